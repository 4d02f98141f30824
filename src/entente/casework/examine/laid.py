"""Where each point of a picture goes when it is straightened, flipped, turned, rotated and zoomed.

One projective map for all of it (Hartley and Zisserman, Multiple View Geometry, 2nd ed., 2.3), so pixels are
interpolated once, and a point of the copy can be told back as a point of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, cos, floor, hypot, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.vocabulary.media import Region

LEAST_AREA = 0.0005  # of the picture; a smaller quadrilateral shows a handful of pixels
LEAST_SIDE = 0.005
LONGEST = 8000  # pixels a side of a copy before it is made smaller
_NEAR = 1e-6  # pixels: rounding of the map must not add a row

Matrix = NDArray[np.floating]


class QuadRefused(ValueError):
    """Four corners that are no surface; the sentence says the mend."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A map from points of a picture of ``columns`` x ``rows`` to those of a copy of ``wide`` x ``high``."""

    columns: int
    rows: int
    wide: int
    high: int
    there: Matrix

    def around(self) -> Region:
        """Return the box of the picture around everything that the copy shows."""
        ends = np.array([[0, 0], [self.wide, 0], [self.wide, self.high], [0, self.high]], float)
        x, y = (mapped(np.linalg.inv(self.there), ends) / (self.columns, self.rows)).clip(0, 1).T
        left, top = min(float(x.min()), 1 - 1e-6), min(float(y.min()), 1 - 1e-6)
        return Region(left, top, max(float(x.max()) - left, 1e-6), max(float(y.max()) - top, 1e-6))


def demand_quad(corners: Sequence[float]) -> None:
    """Raise ``QuadRefused`` unless eight fractions are a surface's corners, clockwise from the top left."""
    if len(corners) != 8 or not all(0 <= v <= 1 for v in corners):
        raise QuadRefused("four corners lie inside the picture: x and y as fractions of it")
    points = [(corners[n], corners[n + 1]) for n in range(0, 8, 2)]
    around = [*points, *points[:2]]
    if any(hypot(b[0] - a[0], b[1] - a[1]) < LEAST_SIDE for a, b in pairwise([*points, points[0]])):
        raise QuadRefused("two corners lie on each other; draw them apart")
    bends = [_bend(*around[n : n + 3]) for n in range(4)]
    if max(bends) < 0:
        raise QuadRefused("the corners go clockwise: top left, top right, bottom right, bottom left")
    if min(bends) <= 0 or sum(bends) / 4 < LEAST_AREA:  # each is twice a triangle, four are the surface twice
        raise QuadRefused("four corners make a surface without a dent or a crossing; move the one inside")


def _bend(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Return how far the way a-b-c bends to the right; 0 is straight."""
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def layout(
    columns: int,
    rows: int,
    *,
    corners: Sequence[float] = (),
    flip: bool = False,
    turn: int = 0,
    angle: float = 0.0,
    zoom: float = 1.0,
    centre: tuple[float, float] = (0.5, 0.5),
) -> Layout:
    """Return the map of a whole recipe; what is not given does nothing.

    A straightened surface gets the longer of its two widths and of its two heights: its true proportions are
    not known from one picture.
    """
    there: Matrix = np.eye(3)
    wide, high = float(columns), float(rows)
    if corners:
        there, wide, high = _straight(corners, columns, rows)
    if flip:
        there = np.array([[-1, 0, wide], [0, 1, 0], [0, 0, 1.0]]) @ there
    for _ in range(turn):
        there = np.array([[0, -1, high], [1, 0, 0], [0, 0, 1.0]]) @ there
        wide, high = high, wide
    if angle:
        round_, wide, high = _rotated(angle, wide, high)
        there = round_ @ there
    left, right = _window(wide, zoom, centre[0])
    top, low = _window(high, zoom, centre[1])
    there = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]]) @ there
    return Layout(columns, rows, right - left, low - top, there)


def _straight(corners: Sequence[float], columns: int, rows: int) -> tuple[Matrix, float, float]:
    points = np.array(corners, np.float32).reshape(4, 2) * np.array([columns, rows], np.float32)
    a, b, c, d = (tuple(map(float, p)) for p in points)
    wide = max(hypot(b[0] - a[0], b[1] - a[1]), hypot(c[0] - d[0], c[1] - d[1]))
    high = max(hypot(d[0] - a[0], d[1] - a[1]), hypot(c[0] - b[0], c[1] - b[1]))
    size = [min(max(1, round(side)), LONGEST) for side in (wide, high)]
    ends = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(points, ends), float), float(size[0]), float(size[1])


def _rotated(angle: float, wide: float, high: float) -> tuple[Matrix, float, float]:
    """Return the turn by ``angle`` degrees clockwise about the middle, on a sheet that holds all of it."""
    c, s = cos(radians(angle)), sin(radians(angle))
    new = (wide * abs(c) + high * abs(s), wide * abs(s) + high * abs(c))
    x, y = new[0] / 2 - (c * wide - s * high) / 2, new[1] / 2 - (s * wide + c * high) / 2
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1.0]]), *new


def _window(side: float, zoom: float, centre: float) -> tuple[int, int]:
    """Return the first and the last pixel of the part shown: whole pixels, inside the sheet."""
    part = side / zoom
    first = min(max(centre * side - part / 2, 0.0), side - part)
    low = floor(first + _NEAR)
    return low, max(low + 1, ceil(first + part - _NEAR))


def mapped(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return where points (n, 2) go."""
    on = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(on[:, :2] / on[:, 2:], float)


def laid_out(pixels: NDArray[np.uint8], plan: Layout) -> NDArray[np.uint8]:
    """Return the copy; what lies outside the picture is black. Whole moves and turns change no pixel."""
    if np.array_equal(plan.there[:, :2], np.eye(3)[:, :2]):
        left, top = -round(plan.there[0, 2]), -round(plan.there[1, 2])
        return np.ascontiguousarray(pixels[top : top + plan.high, left : left + plan.wide])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # a pixel's middle, where OpenCV counts from
    matrix = np.linalg.inv(half) @ plan.there @ half
    copy = cv2.warpPerspective(
        np.ascontiguousarray(pixels), matrix, (plan.wide, plan.high), flags=cv2.INTER_LINEAR
    )
    return np.asarray(copy, np.uint8)
