"""A residual against a camera's fingerprint: z, and what was laid over what, turned and scaled how.

z is the correlation times the root of the number of pixels: about 0, give or take 1, where picture and camera
have nothing to do with each other (Goljan, Fridrich and Filler 2009 on why it is not to be read off a normal
curve: cameras of one model share more than chance).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from entente.casework.link.camera.plane import Plane

LEAST_OVERLAP = 256 * 256  # pixels; below, nothing is said
ALIKE = 0.004  # by how much two shapes may differ and still be one picture made smaller
SMALLEST = 0.45  # of a side: below it what a sensor left is gone
BLUR = 0.45  # of a pixel of the smaller picture: what shrinking takes away


@dataclass(frozen=True, slots=True)
class Fit:
    """How a picture can be laid over a camera's: which size it is of it, and by which quarter turns."""

    scale: float
    turns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """The best of the ways in which a residual was laid over a fingerprint."""

    z: float
    overlap: int  # pixels
    turns: int
    scale: float


def fit(picture: tuple[int, int], camera: tuple[int, int]) -> Fit | None:
    """Return how a picture of (rows, columns) is laid over those of a camera; ``None``: not at all.

    A picture of another shape was cut, or taken in another mode of the camera; where it lies is not known.
    """
    (rows, columns), (high, wide) = picture, camera
    upright = _scale(rows, columns, high, wide)
    fallen = _scale(rows, columns, wide, high)
    if upright and fallen:
        return Fit(upright, (0, 1, 2, 3))
    if upright:
        return Fit(upright, (0, 2))
    return Fit(fallen, (1, 3)) if fallen else None


def _scale(rows: int, columns: int, high: int, wide: int) -> float:
    """Return the scale under which one size becomes the other, 0 where none does."""
    down, along = rows / high, columns / wide
    if abs(down / along - 1) > ALIKE or max(down, along) > 1 or min(down, along) < SMALLEST:
        return 0.0
    return 1.0 if (rows, columns) == (high, wide) else (down + along) / 2


def compared(noise: Plane, camera: Plane, how: Fit) -> Likeness:
    """Return the best likeness of a residual to a fingerprint, both of the middle of their pictures."""
    seen = camera if how.scale == 1 else _shrunk(camera, how.scale)
    found = [_laid(np.rot90(noise, turns), seen, turns, how.scale) for turns in how.turns]
    return max(found, key=lambda each: each.z)


def _shrunk(camera: Plane, scale: float) -> Plane:
    """Return a fingerprint as a smaller picture of the same camera would show it, about the same middle."""
    soft = cv2.GaussianBlur(camera, (0, 0), BLUR / scale)
    size = [int(side * scale) // 2 * 2 for side in camera.shape]
    shift = [(whole - 1) / 2 - (part - 1) / 2 / scale for whole, part in zip(camera.shape, size, strict=True)]
    back = np.array([[1 / scale, 0, shift[1]], [0, 1 / scale, shift[0]]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(soft, back, (size[1], size[0]), flags=how), np.float32)


def _laid(noise: Plane, camera: Plane, turns: int, scale: float) -> Likeness:
    rows, columns = (min(a, b) for a, b in zip(noise.shape, camera.shape, strict=True))
    one, other = _centre(noise, rows, columns), _centre(camera, rows, columns)
    return Likeness(z_of(one, other), rows * columns, turns, scale)


def _centre(plane: Plane, rows: int, columns: int) -> Plane:
    top, left = (plane.shape[0] - rows) // 2, (plane.shape[1] - columns) // 2
    return plane[top : top + rows, left : left + columns]


def z_of(one: Plane, other: Plane) -> float:
    """Return the correlation of two planes of mean zero times the root of their pixels; 0 for an even one."""
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    alone = float(np.sqrt(float(np.vdot(one, one)) * float(np.vdot(other, other))))
    return float(np.vdot(one, other)) / alone * one.size**0.5 if alone else 0.0
