"""Bars of log10 ratios, drawn: one for each row of a table, on one scale, so that the rows make a waterfall.

A bar begins where the one above ended (a source upon the others) or at zero (a clue alone). Its side and its
colour say the same; the numbers stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

WIDTH, HEIGHT = 240.0, 24.0
_LEAST = 1.0  # decades shown to each side at least
_THIN = 1.5  # units that a bar of nothing is wide


@dataclass(frozen=True)
class Scale:
    """The decades that all bars of a table share."""

    low: float
    high: float

    def x(self, value: float) -> float:
        """Return where a value stands, 0 to ``WIDTH``."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low) * WIDTH


def scale_of(values: Iterable[float]) -> Scale:
    """Return whole decades about the values, zero and one to each side among them."""
    listed = [-_LEAST, _LEAST, *values]
    return Scale(float(floor(min(listed))), float(ceil(max(listed))))


def bar(scale: Scale, start: float, end: float, whole: bool = False) -> str:
    """Return a bar from ``start`` to ``end``; ``whole`` is a sum, not a step."""
    left, right = sorted((scale.x(start), scale.x(end)))
    kind = "sum" if whole else "for" if end >= start else "against"
    decades = range(int(scale.low) + 1, int(scale.high))
    step = max(1, len(decades) // 12 + 1)
    lines = "".join(f"M{scale.x(d):.1f} 0V{HEIGHT:g}" for d in decades if d % step == 0)
    zero = scale.x(0.0)
    return (
        f'<svg class="bar" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<path class="lines" d="{lines}"/><path class="zero" d="M{zero:.1f} 0V{HEIGHT:g}"/>'
        f'<rect class="{kind}" x="{left:.1f}" y="5" width="{max(right - left, _THIN):.1f}" height="14"/>'
        f"</svg>"
    )
