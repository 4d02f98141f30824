"""How loud a video is over time: as columns to draw, and as stretches to read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLUMNS, HEIGHT = 600, 80  # of the drawing
SHARE = 0.5  # of the loudest moment; what reaches it is loud
FLOOR = 13  # of 255; below it nothing is called loud
GAP_S = 0.5  # quieter moments shorter than this do not part a stretch
MOST = 20  # stretches told, the loudest


@dataclass(frozen=True, slots=True)
class Loud:
    """A loud stretch in seconds, and its loudest moment as a share of full scale."""

    start: float
    end: float
    peak: float


def columns_of(levels: bytes, columns: int = COLUMNS) -> list[int]:
    """Return the loudest level, 0-255, of each of at most so many equal parts."""
    values = np.frombuffer(levels, np.uint8)
    if values.size <= columns:
        return [int(v) for v in values]
    starts = np.arange(columns) * values.size // columns
    return [int(v) for v in np.maximum.reduceat(values, starts)]


def path_of(columns: list[int], wide: int = COLUMNS, high: int = HEIGHT) -> str:
    """Return the outline of a drawing: above and below the middle the same."""
    if not columns:
        return ""
    step = wide / len(columns)
    upper = [(n * step, high / 2 * (1 - level / 255)) for n, level in enumerate(columns)]
    corners = [*upper, (wide, upper[-1][1]), (wide, high - upper[-1][1])]
    corners += [(x, high - y) for x, y in reversed(upper)]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"


def loud_stretches(levels: bytes, steps_each_s: int) -> list[Loud]:
    """Return the loud stretches in order of time; of very many the loudest."""
    values = np.frombuffer(levels, np.uint8)
    if values.size == 0:
        return []
    limit = max(FLOOR, SHARE * int(values.max()))
    found = [_loud(values, first, last, steps_each_s) for first, last in _runs(values >= limit, steps_each_s)]
    loudest = sorted(found, key=lambda each: -each.peak)[:MOST]
    return sorted(loudest, key=lambda each: each.start)


def _runs(loud: NDArray[np.bool_], steps_each_s: int) -> list[tuple[int, int]]:
    """Return first and last step of each run; runs with a short gap between them are one."""
    runs: list[tuple[int, int]] = []
    for place in np.flatnonzero(loud).tolist():
        if runs and place - runs[-1][1] <= GAP_S * steps_each_s:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _loud(values: NDArray[np.uint8], first: int, last: int, steps_each_s: int) -> Loud:
    peak = int(values[first : last + 1].max()) / 255
    return Loud(first / steps_each_s, (last + 1) / steps_each_s, round(peak, 2))
