"""Bars of a small chart: arithmetic only; a template draws them, and an equal table stands beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDEST = 60.0  # units for one bar and the gap beside it, so that one day is no wall


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in the units of the chart, from the top left corner."""

    x: float
    y: float
    w: float
    h: float
    label: str
    value: int


def bars(values: Sequence[tuple[str, int]], width: float = 720, height: float = 160) -> list[Bar]:
    """Return a bar for each (label, count): equal widths, a fifth of each left free, the largest full height.

    Raises ``ValueError`` for a negative count.
    """
    if any(n < 0 for _, n in values):
        raise ValueError("a count is never negative")
    most = max((n for _, n in values), default=0) or 1
    step = min(width / max(len(values), 1), WIDEST)
    return [
        Bar(
            round(i * step + 0.1 * step, 2),
            round(height - height * n / most, 2),
            round(0.8 * step, 2),
            round(height * n / most, 2),
            label,
            n,
        )
        for i, (label, n) in enumerate(values)
    ]


def by_day(moments: Iterable[datetime], most: int = 60) -> list[tuple[str, int]]:
    """Return (day, count) for every day from the first moment to the last, empty days too.

    Over ``most`` days, whole months are counted in place of days.
    """
    days = sorted(m.date() for m in moments)
    if not days:
        return []
    length = (days[-1] - days[0]).days + 1
    if length > most:
        months = [f"{d:%Y-%m}" for d in days]
        return [(m, months.count(m)) for m in _months(months[0], months[-1])]
    return [(f"{d:%Y-%m-%d}", days.count(d)) for d in (days[0] + timedelta(days=i) for i in range(length))]


def _months(first: str, last: str) -> list[str]:
    year, month = (int(p) for p in first.split("-"))
    told = [first]
    while told[-1] < last:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        told.append(f"{year:04d}-{month:02d}")
    return told
