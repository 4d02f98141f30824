"""Numbers for prevention and policy: re-shares, the board's funnel, the clock; small cells hidden.

Counts of reports are not prevalence. Suppression: a cell below five is hidden, and so is a second one in each
row and column that would otherwise give it away by subtraction (Hundepool et al., Statistical Disclosure
Control, 2012, ch. 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from entente.vocabulary.case import Clock, Stage

LEAST = 5
FEWER = {"en": "fewer than 5", "fr": "moins de 5", "it": "meno di 5"}
HIDDEN = {"en": "not shown", "fr": "non publié", "it": "non indicato"}


def reshares(
    seen: Iterable[tuple[str, datetime]], safe_since: Mapping[str, datetime] | None = None
) -> dict[str, int]:
    """Count meetings of each item; with ``safe_since``, only those after its victim was safe."""
    counts: dict[str, int] = {}
    for item, at in seen:
        if safe_since is None or (item in safe_since and at >= safe_since[item]):
            counts[item] = counts.get(item, 0) + 1
    return dict(sorted(counts.items()))


def suppress(cells: Sequence[Sequence[int]]) -> list[list[bool]]:
    """Return which cells of a table with published row and column totals must be hidden.

    Cells of 1 to 4 are hidden; then, wherever exactly one cell of a row or column is hidden, or the hidden
    ones add up to less than five, the smallest shown one that is not 0 joins them, until nothing follows by
    subtraction. In a table of one line only that line is checked.

    Raises
    ------
    ValueError
        Rows of different length or a negative count.
    """
    if len({len(r) for r in cells}) > 1 or any(v < 0 for r in cells for v in r):
        raise ValueError("a table has rows of one length and no negative count")
    hidden = [[0 < v < LEAST for v in row] for row in cells]
    height, width = len(cells), len(cells[0]) if cells else 0
    lines = [[(i, j) for j in range(width)] for i in range(height) if width > 1]
    lines += [[(i, j) for i in range(height)] for j in range(width) if height > 1]
    changed = True
    while changed:
        changed = False
        for line in lines:
            changed |= _cover(cells, hidden, line)
    return hidden


def _cover(cells: Sequence[Sequence[int]], hidden: list[list[bool]], line: list[tuple[int, int]]) -> bool:
    """Hide one more cell of a line whose hidden cells could be worked out; return whether one was."""
    inside = [(i, j) for i, j in line if hidden[i][j]]
    if not inside or (len(inside) > 1 and sum(cells[i][j] for i, j in inside) >= LEAST):
        return False
    open_cells = [(i, j) for i, j in line if not hidden[i][j]]
    if not open_cells:
        return False

    def loss(place: tuple[int, int]) -> tuple[bool, bool, int, tuple[int, int]]:
        """A 0 last, as hiding it says little; first one whose crossing line has hidden cells."""
        i, j = place
        crossed = any(hidden[i]) and any(row[j] for row in hidden)
        return (cells[i][j] == 0, not crossed, cells[i][j], place)

    i, j = min(open_cells, key=loss)
    hidden[i][j] = True
    return True


def published(cells: Sequence[Sequence[int]], language: str = "en") -> list[list[str]]:
    """Return the table as it may be printed; a total under five must not be printed beside it."""
    hidden = suppress(cells)
    few, gone = FEWER.get(language, FEWER["en"]), HIDDEN.get(language, HIDDEN["en"])
    return [
        [(few if 0 < v < LEAST else gone) if h else str(v) for v, h in zip(row, flags, strict=True)]
        for row, flags in zip(cells, hidden, strict=True)
    ]


def total_shown(total: int, language: str = "en") -> str:
    """Return a total as it may be printed."""
    return FEWER.get(language, FEWER["en"]) if 0 < total < LEAST else str(total)


def funnel(reached: Iterable[Iterable[Stage]]) -> dict[Stage, int]:
    """Return how many cases came at least so far: a case that skipped a stage passed it."""
    order = list(Stage)
    far = [max((order.index(s) for s in stages), default=-1) for stages in reached]
    return {stage: sum(f >= n for f in far) for n, stage in enumerate(order)}


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """The clocks of many cases: median time by stage and the cases behind it; how many within ten days."""

    cases: int
    behind: dict[Stage, int]
    median: dict[Stage, timedelta]
    slowest: Stage | None
    median_to_safe: timedelta | None
    within_ten_days: int


def clock_figures(clocks: Iterable[Clock]) -> ClockFigures:
    """Summarise clocks; only stages reached count, and only safe cases count for the whole way."""
    told = list(clocks)
    spans: dict[Stage, list[timedelta]] = {}
    for clock in told:
        for step in clock.reached:
            if step.stage is not Stage.DISCOVERED:
                spans.setdefault(step.stage, []).append(step.took)
    medians = {s: _median(spans[s]) for s in Stage if s in spans}
    safe = [c.elapsed for c in told if c.waiting_for is None]
    return ClockFigures(
        cases=len(told),
        behind={s: len(spans[s]) for s in medians},
        median=medians,
        slowest=max(medians, key=lambda s: medians[s]) if medians else None,
        median_to_safe=_median(safe) if safe else None,
        within_ten_days=sum(e <= timedelta(days=10) for e in safe),
    )


def _median(spans: list[timedelta]) -> timedelta:
    return timedelta(seconds=median(s.total_seconds() for s in spans))
