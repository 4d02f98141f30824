"""Lines in the plane of two times: which held second goes with which query second, at which speed.

Each meeting of a query run with a held run is a box: any line through it agrees. For each slope the boxes
become intervals of offsets, and the offset in most of them, by weight, wins; a query run votes once however
many held runs it meets. Exact for each slope: no bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLOWEST, FASTEST = 0.8, 1.25  # held seconds for a query second
_STEPS = 23
BETTER = 1.08  # by which a slope further from 1 must explain more
NEIGHBOURS_S = 1.0  # held runs nearer than this after one another are one group
AS_NEAR = 3  # bits by which a neighbour may be further than the nearest of its group
LEAST_FITTED = 8  # runs for a slope of their own
REFITTED_S = 6.0  # stretches longer than this tell their slope better than the steps do
ROUNDS = 8


def _slopes() -> NDArray[np.float64]:
    """Return the slopes to try, the nearest to 1 first, a hundredth apart."""
    up = np.geomspace(1.0, FASTEST, _STEPS)
    tried = np.concatenate([1 / up[:0:-1], up])
    return tried[np.argsort(np.abs(np.log(tried)), kind="stable")]


SLOPES = _slopes()


@dataclass(frozen=True, slots=True)
class Meetings:
    """Where runs of two videos meet, (n,) each, sorted by query run: its number, both stretches, weight.

    ``weight`` is the query run's and the same in all its rows.
    """

    run: NDArray[np.int64]
    q0: NDArray[np.float64]
    q1: NDArray[np.float64]
    h0: NDArray[np.float64]
    h1: NDArray[np.float64]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.run)

    def only(self, kept: NDArray[np.bool_] | NDArray[np.int64]) -> Meetings:
        """Return some of the rows."""
        return Meetings(
            self.run[kept], self.q0[kept], self.q1[kept], self.h0[kept], self.h1[kept], self.weight[kept]
        )


@dataclass(frozen=True, slots=True)
class Line:
    """Held second = ``slope`` x query second + ``offset``."""

    slope: float
    offset: float

    def at(self, t: float) -> float:
        """Return the held second that goes with a query second."""
        return self.slope * t + self.offset


def _intervals(
    meetings: Meetings, slope: float, within: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and highest offset of each row's lines."""
    low = meetings.h0 - slope * meetings.q1 - within
    high = meetings.h1 - slope * meetings.q0 + within
    return low, high


def _peak(meetings: Meetings, slope: float, within: float) -> tuple[float, float]:
    """Return the greatest weight that one offset gathers at a slope, and that offset."""
    low, high = _intervals(meetings, slope, within)
    order = np.lexsort((low, meetings.run))
    low, high, run = low[order], high[order], meetings.run[order]
    weight = meetings.weight[order]
    wide = float(high.max() - low.min()) + 1.0  # the intervals of one run are made to overlap no more
    reach = np.maximum.accumulate(high + run * wide) - run * wide
    before = np.concatenate([[-np.inf], np.where(run[1:] == run[:-1], reach[:-1], -np.inf)])
    low = np.maximum(low, before)
    kept = high > low
    low, high, weight = low[kept], high[kept], weight[kept]
    at = np.concatenate([low, high])
    change = np.concatenate([weight, -weight])
    order = np.lexsort((-change, at))
    at, gathered = at[order], np.cumsum(change[order])
    best = float(gathered.max())
    tops = np.flatnonzero(gathered[:-1] >= best - 1e-9)
    top = tops[np.argmax(at[tops + 1] - at[tops])]  # of equal ones the least doubtful
    return best, float(at[top] + at[top + 1]) / 2


def best_line(meetings: Meetings, within: float) -> Line:
    """Return the line that most weight agrees on to ``within`` seconds; of near-equal ones the plainest."""
    score, line = -1.0, Line(1.0, 0.0)
    for slope in SLOPES.tolist():
        gathered, offset = _peak(meetings, slope, within)
        if gathered > score * (BETTER if score >= 0 else 1.0):
            score, line = gathered, Line(slope, offset)
    return _refitted(meetings, line, within)


def agreeing(meetings: Meetings, line: Line, within: float) -> NDArray[np.int64]:
    """Return the rows that a line goes through, one for each query run: the nearest to the line."""
    low, high = _intervals(meetings, line.slope, within)
    rows = np.flatnonzero((low <= line.offset) & (line.offset <= high))
    middle = (meetings.h0 + meetings.h1) / 2 - line.slope * (meetings.q0 + meetings.q1) / 2
    off = np.abs(middle - line.offset)[rows]
    rows = rows[np.lexsort((off, meetings.run[rows]))]
    _, first = np.unique(meetings.run[rows], return_index=True)
    return rows[first]


def sharpest(
    run: NDArray[np.int64], h0: NDArray[np.float64], h1: NDArray[np.float64], distance: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the rows, sorted by run and held time, that are nearest among their neighbours in time.

    Neighbours of the right frame are within the radius too while little moves; the nearest tell the time.
    """
    if not len(run):
        return np.zeros(0, np.int64)
    apart = (run[1:] != run[:-1]) | (h0[1:] - h1[:-1] > NEIGHBOURS_S)
    group = np.concatenate([[0], np.cumsum(apart)])
    least = np.minimum.reduceat(distance, np.flatnonzero(np.concatenate([[True], apart])))
    return np.flatnonzero(distance <= least[group] + AS_NEAR)


def _refitted(meetings: Meetings, line: Line, within: float) -> Line:
    """Return the line through the middles of what agrees, as long as no less agrees with it.

    Copies made for another television system run 0.1 to 4 % fast: over an hour no step of slopes is fine
    enough. A slope that cannot be told from 1 is 1.
    """
    rows = agreeing(meetings, line, within)
    for _ in range(ROUNDS):
        part = meetings.only(rows)
        span = float(part.q1.max() - part.q0.min())
        if len(part) < LEAST_FITTED or span < REFITTED_S:
            return line
        q, h = (part.q0 + part.q1) / 2, (part.h0 + part.h1) / 2
        sure = 1 / (0.1 + part.q1 - part.q0 + part.h1 - part.h0)
        slope, offset = np.polyfit(q, h, 1, w=np.sqrt(sure))
        if abs(slope - 1) * span < within:
            slope, offset = 1.0, float(np.average(h - q, weights=sure))
        refit = Line(float(slope), float(offset))
        more = agreeing(meetings, refit, within)
        gained = meetings.weight[more].sum() - meetings.weight[rows].sum()
        if not SLOWEST * 0.99 <= slope <= FASTEST * 1.01 or gained < 0:
            return line
        rows, line = more, refit
        if gained == 0:
            return line
    return line
