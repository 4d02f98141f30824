"""The hours at which an account posts: counted, drawn, and which offsets from UTC they fit.

References
----------
La Morgia, Mei, Nemmi, Raponi and Stefa, "Nationality and geolocation-based profiling in the dark(web)", ICDCS
2018. Posts of one person hang together, so that they are weighed as if there were at most ``POSTING_CAP``, as
``locate`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from entente.casework.locate.tables import POSTING_BY_HOUR, POSTING_CAP

FEWEST = 30  # posts under which no clue is proposed: the median error is 1 h from there on
QUIET = 6  # hours of the stretch that is named
OFFSETS = range(-11, 13)  # whole hours east of UTC
WIDTH, HEIGHT = 720.0, 160.0


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of UTC: its count, its share, and its bar in the units of the chart."""

    hour: int
    count: int
    share: float
    x: float
    y: float
    w: float
    h: float


def counted(times: Iterable[datetime]) -> list[int]:
    """Return how many of the moments (in UTC) lie in each hour of the day."""
    counts = [0] * 24
    for moment in times:
        counts[moment.hour] += 1
    return counts


def added(several: Iterable[Sequence[int]]) -> list[int]:
    """Return the counts of several files together."""
    return [sum(column) for column in zip([0] * 24, *filter(None, several), strict=True)]


def hours(counts: Sequence[int]) -> list[Hour]:
    """Return each hour with its bar; the largest has the full height."""
    most, whole, step = max(counts) or 1, sum(counts) or 1, WIDTH / 24
    return [
        Hour(
            n,
            count,
            count / whole,
            round(n * step + 0.1 * step, 2),
            round(HEIGHT - HEIGHT * count / most, 2),
            round(0.8 * step, 2),
            round(HEIGHT * count / most, 2),
        )
        for n, count in enumerate(counts)
    ]


def quiet(counts: Sequence[int]) -> tuple[int, int]:
    """Return the hour at which the quietest stretch of ``QUIET`` hours begins, and the posts in it."""
    sums = [sum(counts[(n + k) % 24] for k in range(QUIET)) for n in range(24)]
    fewest = min(sums)
    return sums.index(fewest), fewest


def offsets(counts: Sequence[int], share: float = 0.9) -> list[tuple[int, float]]:
    """Return the offsets that hold ``share`` of the belief, in order, each before any place is thought of."""
    given = np.array(counts, float)
    if given.sum() <= 0:
        return []
    given *= min(1.0, POSTING_CAP / given.sum())
    day = np.log(np.array(POSTING_BY_HOUR) / sum(POSTING_BY_HOUR))
    fit = np.array([sum(given[h] * day[(h + offset) % 24] for h in range(24)) for offset in OFFSETS])
    belief = np.exp(fit - fit.max())
    belief /= belief.sum()
    kept: list[int] = []
    for place in np.argsort(-belief, kind="stable"):
        kept.append(int(place))
        if belief[kept].sum() >= share:
            break
    return [(OFFSETS[n], float(belief[n])) for n in sorted(kept)]
