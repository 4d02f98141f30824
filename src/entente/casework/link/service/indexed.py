"""An index over the points of a case's items, kept in memory by the process that asks, and grown by one item.

There is one of our own points, and one of those of the site's network, where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from threading import Lock
from uuid import UUID

from entente.casework.intake.service import evidence_store
from entente.casework.link.scene.agreement import LEAST_PAIRS, WORKING, Agreement, agreement
from entente.casework.link.scene.index import CANDIDATES, NEAREST, SceneIndex
from entente.casework.link.scene.kept import Shot, shots_of, words_of
from entente.casework.link.scene.points import Points, PointsDamaged
from entente.casework.link.scene.site import MatcherRefused, SiteMatcher, fit
from entente.casework.link.scene.site_pairs import Pairs
from entente.casework.link.scene.words import Coded, signed, vocabulary
from entente.casework.link.service.points import OWN
from entente.casework.link.service.queue import UNSHOWN
from entente.casework.link.service.site import paired
from entente.evidence.store import Erased
from entente.records.announce import News, on
from entente.records.models import ScenePoints

MOST_PAIRED = 10  # candidates of one asked item at which the site's second network looks
INDEXES_KEPT = 4  # of cases whose words a process keeps in memory, never on the disk: 10 KB a picture
_KEPT: dict[tuple[UUID, UUID, bool], HeldPoints] = {}
_KEPT_LOCK = Lock()

Named = tuple[int, UUID, int]  # a candidate: which asked shot named it, its row, and which shot of that


@dataclass(frozen=True, slots=True)
class Met:
    """An item in which a thing was met: its row, the second, and where.

    ``paired`` says that the site's second network said which points belong together.
    """

    row: ScenePoints
    t: float
    found: Agreement
    paired: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Where an item's shots were met, each by its number, and why the second network paired nothing."""

    met: list[tuple[int, Met]]
    unpaired: str = ""


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

    def ask(self, asked: Sequence[Points], most: int = CANDIDATES) -> Answer:
        """Return the items that show what an item's shots show; each is opened once, however many name it."""
        named = [
            [(n, *self.shots[i]) for i in self.index.candidates(self._coded(points), most)]
            for n, points in enumerate(asked)
        ]
        pairs, unpaired = self._paired(asked, named)
        of_row: dict[UUID, list[Named]] = {}
        for each in chain.from_iterable(named):
            of_row.setdefault(each[1], []).append(each)
        return Answer([m for some in of_row.values() for m in self._met(asked, some, pairs)], unpaired)

    def _met(
        self, asked: Sequence[Points], named: Sequence[Named], pairs: dict[Named, Pairs]
    ) -> Iterator[tuple[int, Met]]:
        """Yield where one item shows most of what each shot shows that named it, if enough."""
        row = self.rows[named[0][1]]
        shots = opened(row, self.site)
        best: dict[int, Met] = {}
        for n, pk, place in named:
            if place >= len(shots):
                continue
            found = agreement(asked[n], shots[place].points, pairs.get((n, pk, place)))
            if found and (n not in best or found.score > best[n].found.score):
                best[n] = Met(row, shots[place].t, found, (n, pk, place) in pairs)
        working = self.site.points if self.site else WORKING
        yield from ((n, met) for n, met in best.items() if met.found.score >= working)

    def _paired(
        self, asked: Sequence[Points], named: Sequence[Sequence[Named]]
    ) -> tuple[dict[Named, Pairs], str]:
        """Return what the second network says of the best candidates, or why it says nothing."""
        if self.site is None or self.site.pairing is None:
            return {}, ""
        best = [each for rank in zip_longest(*named) for each in rank if each][:MOST_PAIRED]
        shots = {pk: opened(self.rows[pk], self.site) for pk in {pk for _, pk, _ in best}}
        asks = {
            (n, pk, place): (asked[n], shots[pk][place].points)
            for n, pk, place in best
            if place < len(shots[pk]) and min(len(asked[n]), len(shots[pk][place].points)) >= LEAST_PAIRS
        }
        if not asks:
            return {}, ""
        try:
            found = paired(self.site.pairing, list(asks.values()))
        except MatcherRefused as refused:
            return {}, str(refused)
        return dict(zip(asks, found, strict=True)), ""

    def _coded(self, asked: Points) -> Coded:
        return signed(asked, NEAREST) if self.site else vocabulary().coded(asked, NEAREST)


def opened(row: ScenePoints, site: SiteMatcher | None = None) -> list[Shot]:
    """Return an item's shots, our own or the site's network's; none where they are damaged or erased."""
    with suppress(OSError, Erased, PointsDamaged), evidence_store().open(row.key) as stream:
        stream.read(OWN)
        shots = shots_of(stream)
        return shots_of(stream) if site else shots
    return []


def in_sight(agency: UUID, case: UUID) -> list[ScenePoints]:
    """Return the rows with points that the scope shows, in the order of their making."""
    rows = ScenePoints.objects.filter(owner_id=agency, case_id=case).exclude(key="")
    told = rows.select_related("media").defer(*(f"media__{name}" for name in UNSHOWN))
    return [row for row in told.order_by("made_at", "pk") if fit(row.version, None)]


def held(
    agency: UUID, case: UUID, rows: Sequence[ScenePoints], site: SiteMatcher | None = None
) -> HeldPoints:
    """Return the index of rows; what this process held of the case before is grown, not built again.

    With ``site`` it is of those in which this very network looked.
    """
    with _KEPT_LOCK:
        before = _KEPT.pop((agency, case, site is not None), None)
        wanted = {row.pk: row for row in rows if fit(row.version, site)}
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
    """Nothing of an erased item stays in memory here; another process drops it when it asks the next time."""
    with _KEPT_LOCK:
        _KEPT.clear()
