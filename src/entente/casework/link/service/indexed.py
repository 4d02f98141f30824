"""An index over the points of a case's items, kept in memory by the process that asks, and grown by one item.

There is one of our own points, and one of those of the site's network, where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from entente.casework.intake.service import evidence_store
from entente.casework.link.scene.agreement import WORKING, Agreement, agreement
from entente.casework.link.scene.index import CANDIDATES, NEAREST, SceneIndex
from entente.casework.link.scene.kept import Shot, shots_of, words_of
from entente.casework.link.scene.points import Points, PointsDamaged
from entente.casework.link.scene.site import SiteMatcher, fit
from entente.casework.link.scene.words import Coded, signed, vocabulary
from entente.casework.link.service.points import OWN
from entente.evidence.store import Erased
from entente.records.announce import News, on
from entente.records.models import ScenePoints

INDEXES_KEPT = 4  # of cases whose words a process keeps in memory, never on the disk: 10 KB a picture
_KEPT: dict[tuple[UUID, UUID, bool], HeldPoints] = {}
_KEPT_LOCK = Lock()


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
