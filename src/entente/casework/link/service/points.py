"""The points of a case's items: found in limited decoders, sealed in the store, and an index over them.

Found once for each item and agency; what a stopped job has found stays found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from uuid import UUID

from entente.casework.intake.service import evidence_store
from entente.casework.link.scene.agreement import METHOD, VERSION, WORKING, Agreement, agreement
from entente.casework.link.scene.index import CANDIDATES, NEAREST, SceneIndex
from entente.casework.link.scene.kept import Shot, packed, shots_of, words_of
from entente.casework.link.scene.points import Points, PointsDamaged
from entente.casework.link.scene.seen import TO_LINK, points_of
from entente.casework.link.scene.words import vocabulary
from entente.evidence import tools
from entente.evidence.open import Known, read
from entente.evidence.store import Erased
from entente.records import derivation
from entente.records.act import acting
from entente.records.announce import News, on
from entente.records.derivation import Made
from entente.records.jobs import Progress
from entente.records.models import Case, Media, ScenePoints
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.media import Sampling

AT_ONCE = 8
OWN = 16  # bytes of the item's id before its points: no two items share one object, so erasing is safe
CASES_KEPT = 2  # whose words a process keeps in memory, never on the disk: 10 KB a picture
NONE_FOUND = "nothing in it that could be found again"
_KEPT: dict[tuple[UUID, UUID], HeldPoints] = {}
_KEPT_LOCK = Lock()


def compared(case: UUID) -> Any:
    """Return the items that are compared: no crops, nothing that the police photographed."""
    items = Media.objects.filter(case_id=case, kind__in=["picture", "video"], refusal="").exclude(key="")
    return items.exclude(origin__in=["crop", "search"])


def find_points(progress: Progress) -> int:
    """Find the points of the items that have none yet; return how many items were looked at."""
    officer, purpose = progress.officer, progress.purpose
    case = UUID(str(progress.job.case))
    thing = Case.thing_of(case, officer.agency)
    with acting(officer, Act.READ, thing, purpose, step="link", reason="whose points are known") as deed:
        rows = {r.media_id: r for r in ScenePoints.objects.filter(owner_id=officer.agency, case_id=case)}
        stale = [pk for pk, row in rows.items() if row.version != VERSION]
        todo = list(compared(case).exclude(pk__in=rows.keys() - set(stale)))
        deed.reason = f"{len(rows)} items' points are known, {len(todo)} are to be found"
    for start in range(0, len(todo), AT_ONCE):
        part = todo[start : start + AT_ONCE]
        with ThreadPoolExecutor(len(part)) as threads:  # they wait for decoders; the sandbox limits those
            found = list(threads.map(_found_in, part))
        thing = Case.thing_of(case, officer.agency)  # anew: it may have been restricted meanwhile
        with acting(officer, Act.ALTER, thing, purpose, step="link") as deed:
            made = [_kept(officer, each, rows.get(each.media.pk)) for each in found]
            derivation.record(deed, officer, [m for m in made if m])
            deed.reason = f"find points in {len(part)} items"
        progress.tell(start + len(part), len(todo), "looking for points")
    return len(todo)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a decoder found in one item; ``because`` says why there is nothing."""

    media: Media
    shots: Sequence[Shot]
    because: str


def _found_in(media: Media) -> _Found:
    """Return one item's points; touches no database. The decoder's answer is checked."""
    known = Known(media.size, media.md5, media.sha1, media.sha256)
    sampling = Sampling.KEYS if media.kind == "video" else Sampling.SPARSE
    opened = read(evidence_store().original(media.key), known=known, extract=[TO_LINK], sampling=sampling)
    found = [(t, each) for t, each in points_of(opened.extracted.get(TO_LINK, {})) if len(each)]
    shots = [Shot(t, each, vocabulary().coded(each)) for t, each in found]
    because = ""
    if not shots:
        because = opened.refusal.reason if opened.refusal else NONE_FOUND
    return _Found(media, shots, because[:300])


def _kept(officer: Officer, found: _Found, row: ScenePoints | None) -> Made | None:
    """Seal the points and write their row; return how they were derived, if they were."""
    media = found.media
    data = packed(found.shots) if found.shots else b""
    row = row or ScenePoints(media=media, case_id=media.case_id, owner_id=officer.agency)
    fresh = row._state.adding
    row.key = evidence_store().keep_bytes(media.pk.bytes + data, media.case_id).key if data else ""
    row.made_by_id, row.version, row.asked = officer.id, VERSION, False
    row.count, row.because = sum(len(s.points) for s in found.shots), found.because
    row.audience, row.handling = media.audience, media.handling
    row.save()
    if fresh:
        row.derives_from(media)
    if not data or not fresh:
        return None
    return Made(
        what="scene points",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.READ,
        version=tools.versions(**{METHOD: VERSION}),
        parameters={"extract": [TO_LINK]},
        output=tools.output_of(data),
        media=media,
        thing=row.pk,
    )


@dataclass(frozen=True, slots=True)
class Met:
    """An item in which a thing was met: its row, the second, and where."""

    row: ScenePoints
    t: float
    found: Agreement


@dataclass(slots=True)
class HeldPoints:
    """The index over some items' points; it grows by one row at a time."""

    index: SceneIndex = field(default_factory=SceneIndex)
    shots: list[tuple[UUID, int]] = field(default_factory=list)  # row and place of each picture in the index
    rows: dict[UUID, ScenePoints] = field(default_factory=dict)

    def add(self, row: ScenePoints) -> None:
        """Add one item; what is damaged or erased in between is left out."""
        self.rows[row.pk] = row
        with suppress(OSError, Erased, PointsDamaged), evidence_store().open(row.key) as stream:
            stream.read(OWN)
            for place, (_, coded) in enumerate(words_of(stream)):
                self.index.add(len(self.shots), coded)
                self.shots.append((row.pk, place))

    def ask(self, asked: Points, most: int = CANDIDATES) -> Iterator[Met]:
        """Yield the items that show what the points show, in the order in which they were named."""
        named: dict[UUID, set[int]] = {}
        for number in self.index.candidates(vocabulary().coded(asked, NEAREST), most):
            row, place = self.shots[number]
            named.setdefault(row, set()).add(place)
        for pk, places in named.items():
            met = [(s, a) for s in _opened(self.rows[pk], places) if (a := agreement(asked, s.points))]
            if met:
                shot, found = max(met, key=lambda m: m[1].score)
                if found.score >= WORKING:
                    yield Met(self.rows[pk], shot.t, found)


def _opened(row: ScenePoints, places: Iterable[int]) -> list[Shot]:
    """Return the shots of an item at some places; none where they are damaged or erased."""
    shots = opened(row)
    return [shots[place] for place in sorted(places) if place < len(shots)]


def opened(row: ScenePoints) -> list[Shot]:
    """Return an item's shots; none where they are damaged or erased."""
    with suppress(OSError, Erased, PointsDamaged), evidence_store().open(row.key) as stream:
        stream.read(OWN)
        return shots_of(stream)
    return []


def in_sight(agency: UUID, case: UUID) -> list[ScenePoints]:
    """Return the rows with points that the scope shows, in the order of their making."""
    rows = ScenePoints.objects.filter(owner_id=agency, case_id=case, version=VERSION).exclude(key="")
    return list(rows.select_related("media").order_by("made_at", "pk"))


def held(agency: UUID, case: UUID, rows: Sequence[ScenePoints]) -> HeldPoints:
    """Return the index of rows; what this process held of the case before is grown, not built again."""
    with _KEPT_LOCK:
        before = _KEPT.pop((agency, case), None)
        wanted = {row.pk: row for row in rows}
        if (
            before is None
            or any(before.rows[pk].key != wanted[pk].key for pk in before.rows if pk in wanted)
            or (before.rows.keys() - wanted.keys())
        ):
            before = HeldPoints()
        for pk, row in wanted.items():
            if pk not in before.rows:
                before.add(row)
        _KEPT[agency, case] = before
        while len(_KEPT) > CASES_KEPT:
            del _KEPT[next(iter(_KEPT))]
        return before


@on("erased")
def _forget(news: News) -> None:
    """Nothing of an erased item stays in memory."""
    with _KEPT_LOCK:
        _KEPT.clear()
