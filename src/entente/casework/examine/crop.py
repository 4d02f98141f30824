"""Background only: which part of a picture may be shown when boxes in it must stay hidden.

The answer is a rectangle of the original that meets no hidden box: nothing is painted over, nothing hidden is
in the bytes that leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from entente.vocabulary.media import Region

LEAST_SIDE = 0.05  # a sliver shows nothing
ROUNDING = 1e-9
MOST_HIDDEN = 40  # boxes; the search grows with their fourth power


def overlaps(a: Region, b: Region) -> bool:
    """Whether two boxes share any area."""
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def widened(region: Region, margin: float) -> Region:
    """Return ``region`` grown by ``margin`` (a fraction of the picture) on each side, kept inside."""
    x, y = max(region.x - margin, 0.0), max(region.y - margin, 0.0)
    right, low = min(region.x + region.w + margin, 1.0), min(region.y + region.h + margin, 1.0)
    return Region(x, y, right - x, low - y)


def background(
    hidden: Sequence[Region], *, margin: float = 0.02, around: Region | None = None
) -> Region | None:
    """Return the largest rectangle that meets no hidden box, or ``None`` when there is none worth showing.

    ``around`` demands that a box (the object of interest) lies wholly inside. The largest empty rectangle has
    each side on the picture's edge or on a hidden box's, so only those are tried. Raises ``ValueError`` for
    more than ``MOST_HIDDEN`` boxes.
    """
    if len(hidden) > MOST_HIDDEN:
        raise ValueError(f"no more than {MOST_HIDDEN} hidden boxes in one picture; join those that touch")
    closed = [widened(box, margin) for box in hidden]
    lefts = sorted({0.0, *(b.x + b.w for b in closed)})
    rights = sorted({1.0, *(b.x for b in closed)})
    best: Region | None = None
    for left, right in product(lefts, rights):
        if right - left < LEAST_SIDE or (around and not (left <= around.x and around.x + around.w <= right)):
            continue
        for top, low in _gaps(closed, left, right):
            if low - top < LEAST_SIDE or (around and not (top <= around.y and around.y + around.h <= low)):
                continue
            if best is None or (right - left) * (low - top) > best.w * best.h:
                best = Region(left, top, right - left, low - top)
    return best and _inside(best)


def _inside(found: Region) -> Region:
    """Draw the sides that touch a hidden box in by far less than a pixel, so that rounding shows nothing."""
    left, top = found.x + (ROUNDING if found.x > 0 else 0), found.y + (ROUNDING if found.y > 0 else 0)
    right, low = found.x + found.w, found.y + found.h
    right, low = (side - ROUNDING if side < 1 else 1.0 for side in (right, low))
    return Region(left, top, right - left, low - top)


def _gaps(closed: Sequence[Region], left: float, right: float) -> list[tuple[float, float]]:
    """Return the free stretches from top to bottom of the column between ``left`` and ``right``."""
    spans = sorted((b.y, b.y + b.h) for b in closed if b.x < right and left < b.x + b.w)
    gaps, at = [], 0.0
    for top, low in spans:
        if top > at:
            gaps.append((at, top))
        at = max(at, low)
    return [*gaps, (at, 1.0)] if at < 1.0 else gaps
