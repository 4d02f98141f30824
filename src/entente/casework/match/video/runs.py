"""A video's frames as runs: what stays the same is one picture from one second to another, not many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import packed
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY

STILL = 6  # bits within which a frame goes on with the run that it follows
THINNED_S = 0.3  # frames of a query nearer than this would say the same twice
EVEN = 16  # a hash with fewer bits set, or fewer unset, is of an even picture: it says nothing
GAP_S = 12.0  # two frames further apart are two runs, however alike: nobody looked in between


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of alike frames in order: hashes (n, 4) uint64, first and last second, frames in each.

    ``step`` is the usual number of seconds between two frames that were looked at, 0 for fewer than two.
    """

    hashes: NDArray[np.uint64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    frames: NDArray[np.int64]
    step: float

    def __len__(self) -> int:
        return len(self.start)


def searchable(frames: Sequence[FrameHash]) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
    """Return seconds (n,) and hashes (n, 4) of the frames that say something, in the order of time.

    Black, blank and low-quality frames (below 50) say nothing: they are alike in all videos.
    """
    good = sorted((f for f in frames if f.quality >= PDQ_MIN_QUALITY), key=lambda f: f.t)
    hashes = packed([f.pdq for f in good]).reshape(-1, 4)
    bits = np.bitwise_count(hashes).sum(axis=1, dtype=np.int64)
    says = (bits >= EVEN) & (bits <= 256 - EVEN)
    return np.array([f.t for f in good], np.float64)[says], hashes[says]


def thinned(times: NDArray[np.float64], apart: float = THINNED_S) -> NDArray[np.int64]:
    """Return the places of frames at least ``apart`` seconds after the one kept before."""
    kept: list[int] = []
    last = -np.inf
    for place, t in enumerate(times.tolist()):
        if t - last >= apart - 1e-9:
            kept.append(place)
            last = t
    return np.array(kept, np.int64)


def runs_of(frames: Sequence[FrameHash], *, thin: bool = False) -> Runs:
    """Collapse frames within ``STILL`` bits of the first of their run; ``thin`` for a query."""
    times, hashes = searchable(frames)
    if thin:
        kept = thinned(times)
        times, hashes = times[kept], hashes[kept]
    first: list[int] = []
    for place in range(len(times)):
        alike = first and np.bitwise_count(hashes[place] ^ hashes[first[-1]]).sum() <= STILL
        if not alike or times[place] - times[place - 1] > GAP_S:
            first.append(place)
    starts = np.array(first, np.int64)
    ends = np.append(starts[1:], len(times)) - 1 if first else starts
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return Runs(hashes[starts], times[starts], times[ends], ends - starts + 1, step)
