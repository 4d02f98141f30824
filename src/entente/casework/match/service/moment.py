"""One moment of an index as a process sees it: segments, what was added since, what was removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import Table
from entente.casework.match.service.manifest import Manifest, SegmentName

APART = 4  # a segment is merged with smaller ones that are together at least a quarter of it

Ids = NDArray[np.uint64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that is open."""

    name: SegmentName
    table: Table


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment, as this process sees it; never changed, so that a search needs no lock."""

    manifest: Manifest
    segments: tuple[Segment, ...]
    delta: NDArray[np.void]  # all its records
    added: NDArray[np.int64]  # rows of the delta that are additions
    hashes: Hashes  # of these
    removed: Ids  # ids that were removed, rising
    when: NDArray[np.int64]  # the number of the last removal of each

    def alive(self, ids: Ids, since: NDArray[np.int64] | int) -> NDArray[np.bool_]:
        """Return which ids were not removed at ``since`` or after."""
        if not len(self.removed) or not len(ids):
            return np.ones(len(ids), bool)
        at = np.minimum(np.searchsorted(self.removed, ids), len(self.removed) - 1)
        return (self.removed[at] != ids) | (self.when[at] < since)

    @property
    def next(self) -> int:
        """Return the number of the next record."""
        return self.manifest.first + len(self.delta)


def latest(ids: Ids, when: NDArray[np.int64]) -> tuple[Ids, NDArray[np.int64]]:
    """Return each id once, rising, with the last of its numbers."""
    order = np.lexsort((when, ids))
    ids, when = ids[order], when[order]
    last = np.append(ids[1:] != ids[:-1], True) if len(ids) else np.empty(0, bool)
    return ids[last], when[last]


def chosen_of(segments: Sequence[Segment], *, whole: bool) -> list[Segment]:
    """Return what to merge: all, or the smallest and each next one that they are not small beside."""
    rising = sorted(segments, key=lambda s: s.name.count)
    if whole:
        return rising
    sums = np.cumsum([s.name.count for s in rising])
    last = max((i for i in range(1, len(rising)) if rising[i].name.count <= APART * sums[i - 1]), default=0)
    return rising[: last + 1]


def gathered(view: Moment, chosen: Sequence[Segment]) -> tuple[Hashes, Ids]:
    """Return what is alive in these segments."""
    hashes, ids = [np.empty((0, 4), np.uint64)], [np.empty(0, np.uint64)]
    for segment in chosen:
        values, labels = segment.table.everything()
        alive = view.alive(labels, segment.name.since)
        hashes.append(values if alive.all() else values[alive])
        ids.append(labels if alive.all() else labels[alive])
    return np.concatenate(hashes), np.concatenate(ids)
