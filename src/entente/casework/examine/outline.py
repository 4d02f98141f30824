"""An outline drawn in a picture: a polygon in fractions, as text and as points, and the box about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite

from entente.vocabulary.media import Region

Point = tuple[float, float]

MOST_POINTS = 200  # enough for a coastline; the test of crossing grows with their square
LEAST_AREA = 1e-6  # of the picture: less is a line


class OutlineRefused(ValueError):
    """What was typed is no outline; the sentence says how to write it."""


def read_outline(text: str) -> list[Point] | None:
    """Return the points of ``x,y x,y …``, ``None`` for nothing; raise ``OutlineRefused`` with the mend."""
    if not text.strip():
        return None
    pairs = re.sub(r"\s*,\s*", ",", text.replace(";", " ").strip()).split()
    return outline([_point(pair) for pair in pairs])


def _point(pair: str) -> Point:
    try:
        x, y = (float(number) for number in pair.split(","))
    except ValueError:
        raise OutlineRefused(
            f"{pair[:40]!r} is no point; write each as two fractions with a comma: 0.1,0.2 0.5,0.2 0.3,0.6"
        ) from None
    return x, y


def outline(points: Sequence[Sequence[float]]) -> list[Point]:
    """Return the points of a polygon that is one, repeated ones left out; raise ``OutlineRefused``."""
    found: list[Point] = []
    for x, y in points:
        if not (isfinite(x) and isfinite(y) and 0 <= x <= 1 and 0 <= y <= 1):
            raise OutlineRefused(f"the point {x:g},{y:g} lies outside the picture; each number is 0 to 1")
        if not found or (x, y) != found[-1]:
            found.append((x, y))
    if len(found) > 1 and found[0] == found[-1]:
        found.pop()
    if len(found) < 3:
        raise OutlineRefused(f"an outline needs three points or more, this has {len(found)}")
    if len(found) > MOST_POINTS:
        raise OutlineRefused(f"an outline has no more than {MOST_POINTS} points; draw it with fewer")
    if crossing := _crossing(found):
        a, b = crossing
        raise OutlineRefused(
            f"the outline crosses itself: its side after point {a} meets that after point {b}; "
            "go round in one direction"
        )
    if abs(_area(found)) < LEAST_AREA:
        raise OutlineRefused("the outline encloses nothing; its points lie on one line")
    return found


def box_about(points: Sequence[Point]) -> Region:
    """Return the smallest box that holds every point, its sides free of the noise of subtraction."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Region(min(xs), min(ys), round(max(xs) - min(xs), 9), round(max(ys) - min(ys), 9))


def as_text(points: Sequence[Sequence[float]] | None) -> str:
    """Return the line that ``read_outline`` reads as ``points``."""
    return " ".join(f"{float(x)!r},{float(y)!r}" for x, y in points or ())


def _area(points: Sequence[Point]) -> float:
    turned = zip(points, [*points[1:], points[0]], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in turned) / 2


def _crossing(points: Sequence[Point]) -> tuple[int, int] | None:
    """Return the numbers, from 1, of the first two sides that meet other than as neighbours do."""
    sides = list(zip(points, [*points[1:], points[0]], strict=True))
    last = len(sides) - 1
    for i, (a, b) in enumerate(sides):
        for j in range(i + 1, len(sides)):
            c, d = sides[j]
            if j == i + 1 or (i == 0 and j == last):
                if _folds_back(*((a, b, d) if j == i + 1 else (b, a, c))):
                    return i + 1, j + 1
            elif _meet(a, b, c, d):
                return i + 1, j + 1
    return None


def _folds_back(a: Point, b: Point, c: Point) -> bool:
    """Whether the side from ``b`` to ``c`` runs back along the one from ``a`` to ``b``."""
    back = (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1])
    return _side(a, b, c) == 0 and back > 0


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two sides share a point."""
    abc, abd, cda, cdb = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if abc != abd and cda != cdb and 0 not in {abc, abd, cda, cdb}:
        return True
    on = ((abc, a, b, c), (abd, a, b, d), (cda, c, d, a), (cdb, c, d, b))
    return any(turn == 0 and _between(p, q, r) for turn, p, q, r in on)


def _side(a: Point, b: Point, c: Point) -> int:
    """Return 1, -1 or 0: ``c`` lies left of the line from ``a`` to ``b``, right of it, or on it."""
    turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return 0 if abs(turn) < 1e-12 else (1 if turn > 0 else -1)


def _between(a: Point, b: Point, p: Point) -> bool:
    return min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
