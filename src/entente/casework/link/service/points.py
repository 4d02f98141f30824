"""The points of a case's items: found in limited decoders, sealed in the store, and an index over them.

Found once for each item and agency; what a stopped job has found stays found. Where the site has a matcher of
its own, an item has two parts in the store: our points, and those of its network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import transaction

from entente.casework.intake.service import evidence_store
from entente.casework.link.scene.agreement import METHOD, VERSION, WORKING, Agreement, agreement
from entente.casework.link.scene.index import CANDIDATES, NEAREST, SceneIndex
from entente.casework.link.scene.kept import Shot, packed, shots_of, words_of
from entente.casework.link.scene.points import Points, PointsDamaged
from entente.casework.link.scene.seen import TO_LINK, points_of
from entente.casework.link.scene.site import METHOD as OF_SITE
from entente.casework.link.scene.site import SiteMatcher, fit, version_of
from entente.casework.link.scene.site_seen import TO_SITE
from entente.casework.link.scene.words import Coded, signed, vocabulary
from entente.casework.link.service.site import FRAMES, asked_of
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
INDEXES_KEPT = 4  # of cases whose words a process keeps in memory, never on the disk: 10 KB a picture
NONE_FOUND = "nothing in it that could be found again"
_KEPT: dict[tuple[UUID, UUID, bool], HeldPoints] = {}
_KEPT_LOCK = Lock()


def compared(case: UUID) -> Any:
    """Return the items that are compared: no crops, nothing that the police photographed."""
    items = Media.objects.filter(case_id=case, kind__in=["picture", "video"], refusal="").exclude(key="")
    return items.exclude(origin__in=["crop", "search"])


@dataclass(frozen=True, slots=True)
class Looked:
    """At how many items was looked, and which of them the site's network could not read, with the reason."""

    items: int
    unread: list[tuple[int, str]]


def find_points(progress: Progress, site: SiteMatcher | None = None) -> Looked:
    """Find the points of the items that have none yet, the site's network's too."""
    officer, purpose = progress.officer, progress.purpose
    case = UUID(str(progress.job.case))
    thing = Case.thing_of(case, officer.agency)
    with acting(officer, Act.READ, thing, purpose, step="link", reason="whose points are known") as deed:
        rows = {r.media_id: r for r in ScenePoints.objects.filter(owner_id=officer.agency, case_id=case)}
        stale = [pk for pk, row in rows.items() if not fit(row.version, site)]
        todo = list(compared(case).exclude(pk__in=rows.keys() - set(stale)))
        deed.reason = f"{len(rows)} items' points are known, {len(todo)} are to be found"
    unread: list[tuple[int, str]] = []
    for start in range(0, len(todo), AT_ONCE):
        part = todo[start : start + AT_ONCE]
        with ThreadPoolExecutor(len(part)) as threads:  # they wait for decoders; the sandbox limits those
            found = list(threads.map(partial(_found_in, site), part))
        unread += [(each.media.number, each.unread) for each in found if each.unread]
        thing = Case.thing_of(case, officer.agency)  # anew: it may have been restricted meanwhile
        with acting(officer, Act.ALTER, thing, purpose, step="link") as deed:
            made = [_kept(officer, each, rows.get(each.media.pk), site) for each in found]
            derivation.record(deed, officer, [m for m in made if m])
            deed.reason = f"find points in {len(part)} items"
        progress.tell(start + len(part), len(todo), "looking for points")
    return Looked(len(todo), unread)


@dataclass(frozen=True, slots=True)
class _Found:
    """What decoders found in one item; ``because`` says why nothing, ``unread`` why nothing of the site's."""

    media: Media
    shots: Sequence[Shot]
    theirs: Sequence[Shot]
    because: str
    unread: str


def _found_in(site: SiteMatcher | None, media: Media) -> _Found:
    """Return one item's points; touches no database. The decoder's answer is checked."""
    known = Known(media.size, media.md5, media.sha1, media.sha256)
    sampling = Sampling.KEYS if media.kind == "video" else Sampling.SPARSE
    original = evidence_store().original(media.key)
    opened = read(original, known=known, extract=[TO_LINK], sampling=sampling)
    found = [(t, each) for t, each in points_of(opened.extracted.get(TO_LINK, {})) if len(each)]
    shots = [Shot(t, each, vocabulary().coded(each)) for t, each in found]
    theirs: list[Shot] = []
    unread = ""
    if site and not opened.refusal:  # by a decoder of its own: one that dies of it costs none of our points
        asked = asked_of(site, original, known, FRAMES if media.kind == "video" else 1)
        theirs, unread = [Shot(t, each, signed(each)) for t, each in asked.shots], asked.because
    because = ""
    if not shots and not theirs:
        because = opened.refusal.reason if opened.refusal else NONE_FOUND
    return _Found(media, shots, theirs, because[:300], unread[:300])


def _kept(officer: Officer, found: _Found, row: ScenePoints | None, site: SiteMatcher | None) -> Made | None:
    """Seal the points and write their row; return how they were derived, if they were."""
    media = found.media
    data = packed(found.shots) + packed(found.theirs) if found.shots or found.theirs else b""
    row = row or ScenePoints(media=media, case_id=media.case_id, owner_id=officer.agency)
    fresh, before = row._state.adding, row.key
    row.key = evidence_store().keep_bytes(media.pk.bytes + data, media.case_id).key if data else ""
    row.made_by_id, row.version, row.asked = officer.id, version_of(site), False
    row.count, row.because = sum(len(s.points) for s in (*found.shots, *found.theirs)), found.because
    row.audience, row.handling = media.audience, media.handling
    row.save()
    if before and before != row.key:  # of an older method, or of a matcher that the site has no more
        transaction.on_commit(lambda: evidence_store().remove(before))
    if fresh:
        row.derives_from(media)
    if not data:
        return None
    by_site = {OF_SITE: f"{site.name} {site.version} {site.sha256}"} if site else {}
    return Made(
        what="scene points",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.READ,
        version=tools.versions(**{METHOD: VERSION}, **by_site),
        parameters={"extract": [TO_LINK, TO_SITE] if site else [TO_LINK]},
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
    """The index over some items' points; it grows by one row at a time.

    ``site`` says that it is of the site's network's points, else of our own.
    """

    site: SiteMatcher | None = None
    index: SceneIndex = field(default_factory=SceneIndex)
    shots: list[tuple[UUID, int]] = field(default_factory=list)  # row and place of each picture in the index
    rows: dict[UUID, ScenePoints] = field(default_factory=dict)

    def add(self, row: ScenePoints) -> None:
        """Add one item; what is damaged or erased in between is left out."""
        self.rows[row.pk] = row
        with suppress(OSError, Erased, PointsDamaged), evidence_store().open(row.key) as stream:
            stream.read(OWN)
            if self.site:
                shots_of(stream)
            for place, (_, coded) in enumerate(words_of(stream)):
                self.index.add(len(self.shots), coded)
                self.shots.append((row.pk, place))

    def ask(self, asked: Points, most: int = CANDIDATES) -> Iterator[Met]:
        """Yield the items that show what the points show, in the order in which they were named."""
        named: dict[UUID, set[int]] = {}
        for number in self.index.candidates(self._coded(asked), most):
            row, place = self.shots[number]
            named.setdefault(row, set()).add(place)
        working = self.site.points if self.site else WORKING
        for pk, places in named.items():
            shots = opened(self.rows[pk], self.site)
            met = [(s, a) for p, s in enumerate(shots) if p in places and (a := agreement(asked, s.points))]
            if met:
                shot, found = max(met, key=lambda m: m[1].score)
                if found.score >= working:
                    yield Met(self.rows[pk], shot.t, found)

    def _coded(self, asked: Points) -> Coded:
        return signed(asked, NEAREST) if self.site else vocabulary().coded(asked, NEAREST)


def opened(row: ScenePoints, site: SiteMatcher | None = None) -> list[Shot]:
    """Return an item's shots, our own or the site's network's; none where they are damaged or erased."""
    with suppress(OSError, Erased, PointsDamaged), evidence_store().open(row.key) as stream:
        stream.read(OWN)
        shots = shots_of(stream)
        return shots_of(stream) if site else shots
    return []


def in_sight(agency: UUID, case: UUID, site: SiteMatcher | None = None) -> list[ScenePoints]:
    """Return the rows with points that the scope shows, in the order of their making.

    With ``site`` only those in which this very network looked.
    """
    rows = ScenePoints.objects.filter(owner_id=agency, case_id=case).exclude(key="")
    told = rows.select_related("media").order_by("made_at", "pk")
    return [row for row in told if fit(row.version, site)]


def held(
    agency: UUID, case: UUID, rows: Sequence[ScenePoints], site: SiteMatcher | None = None
) -> HeldPoints:
    """Return the index of rows; what this process held of the case before is grown, not built again."""
    with _KEPT_LOCK:
        before = _KEPT.pop((agency, case, site is not None), None)
        wanted = {row.pk: row for row in rows}
        if (
            before is None
            or before.site != site
            or any(before.rows[pk].key != wanted[pk].key for pk in before.rows if pk in wanted)
            or (before.rows.keys() - wanted.keys())
        ):
            before = HeldPoints(site)
        for pk, row in wanted.items():
            if pk not in before.rows:
                before.add(row)
        _KEPT[agency, case, site is not None] = before
        while len(_KEPT) > INDEXES_KEPT:
            del _KEPT[next(iter(_KEPT))]
        return before


@on("erased")
def _forget(news: News) -> None:
    """Nothing of an erased item stays in memory."""
    with _KEPT_LOCK:
        _KEPT.clear()
