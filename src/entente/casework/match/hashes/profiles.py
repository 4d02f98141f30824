"""How a picture is made small before its PDQ, for each of the three profiles in use.

FULL: not at all. THUMB512: ``Image.thumbnail`` of Pillow, which the Python reference calls. NEAREST512: the
nearest pixel of 512 by 512, aspect lost, as CImg's ``resize`` does for the C++ command line and the browser.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from PIL import Image

from entente.casework.match.hashes import kernel
from entente.vocabulary.media_hash import Profile

SIDE = 512
GAP = 2.0  # Pillow shrinks by whole boxes until this near to the wanted size, then by cubic curves


def made_small(rgb: NDArray[np.uint8], profile: Profile) -> NDArray[np.uint8]:
    """Return (rows, columns, 3) as ``profile`` has it before the filter; the picture itself where it is FULL.

    Where Pillow itself opens a JPEG of 2,048 pixels a side and more, it decodes it at half size first; here
    the full picture is at hand and shrunk. On 22 pictures of 12 megapixels 0 bits apart in the middle, at
    most 4.
    """
    rows, columns = rgb.shape[:2]
    if profile is Profile.FULL or max(rows, columns) <= SIDE:
        return rgb
    if profile is Profile.NEAREST512:
        return np.asarray(_nearest(read_only(rgb)))
    return _thumbnail(rgb)


def _thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what ``Image.thumbnail((512, 512))`` makes of the picture; the first boxes are ours."""
    rows, columns = rgb.shape[:2]
    width, height = thumb_size(columns, rows)
    across, down = int(columns / width / GAP) or 1, int(rows / height / GAP) or 1
    box = (0.0, 0.0, columns / across, rows / down)
    if across > 1 or down > 1:
        rgb = _boxes(read_only(rgb).reshape(rows, columns * 3), down, across)
    shrunk = Image.fromarray(rgb).resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(shrunk)


def read_only(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the same values as the one kind that numba compiles for: contiguous, not to be written."""
    plane = np.ascontiguousarray(pixels).view()
    plane.flags.writeable = False
    return plane


@njit(cache=True, nogil=True)
def _nearest(rgb: Any) -> Any:
    """Return (512, 512, 3): of each of 512 equal parts a side the pixel at its beginning."""
    rows, columns = rgb.shape[0], rgb.shape[1]
    out = np.empty((SIDE, SIDE, 3), np.uint8)
    for i in range(SIDE):
        for j in range(SIDE):
            for k in range(3):
                out[i, j, k] = rgb[i * rows // SIDE, j * columns // SIDE, k]
    return out


@lru_cache(maxsize=512)
def thumb_band(length: int, other: int) -> kernel.Band:
    """Return the filter that takes a side of ``length`` to 64 samples by way of the thumbnail.

    ``other`` is the picture's other side. Boxes, cubic curves and PDQ's own filter are one matrix, so that
    the picture is read once. The thumbnail's rounding to whole numbers is left out.
    """
    target = thumb_size(length, other)[0]
    boxes = int(length / target / GAP) or 1
    curves = _curves(-(-length // boxes), length / boxes, target)
    begins, counts, shares = kernel.banded(kernel.dense(target) @ curves)
    first, sizes = begins * boxes, np.minimum(counts * boxes, length - begins * boxes)
    weights = np.repeat(shares / np.float32(boxes), boxes, axis=1)
    for o in np.flatnonzero(sizes < counts * boxes):  # the last box has fewer pixels; each counts for more
        left = length % boxes
        weights[o, sizes[o] - left : sizes[o]] *= np.float32(boxes / left)
    return first, sizes, weights


def _curves(length: int, span: float, target: int) -> NDArray[np.float64]:
    """Return (target, length): cubic curves (a = -0.5) widened by ``span``/``target``, as Pillow's."""
    ratio = span / target
    reach = 2.0 * max(ratio, 1.0)
    out = np.zeros((target, length))
    for at in range(target):
        centre = (at + 0.5) * ratio
        begin, end = max(0, int(centre - reach + 0.5)), min(length, int(centre + reach + 0.5))
        x = np.abs((np.arange(begin, end) - centre + 0.5) / max(ratio, 1.0))
        near = (1.5 * x - 2.5) * x * x + 1
        far = ((-0.5 * x + 2.5) * x - 4) * x + 2
        curve = np.where(x < 1, near, np.where(x < 2, far, 0.0))
        out[at, begin:end] = curve / curve.sum()
    return out


def thumb_size(columns: int, rows: int) -> tuple[int, int]:
    """Return width and height of the thumbnail: at most 512, the ratio nearest to the picture's."""
    ratio = columns / rows
    if ratio <= 1:
        fits = SIDE * ratio
        return max(min(int(fits), -int(-fits // 1), key=lambda n: abs(ratio - n / SIDE)), 1), SIDE
    fits = SIDE / ratio
    return SIDE, max(min(int(fits), -int(-fits // 1), key=lambda n: abs(ratio - SIDE / n) if n else 0), 1)


@njit(cache=True, nogil=True)
def _boxes(flat: Any, down: int, across: int) -> Any:
    """Return the means of boxes ``down`` by ``across`` of (rows, columns x 3), rounded as Pillow rounds them.

    At the right and the lower border boxes are what is left of them.
    """
    rows, columns = flat.shape[0], flat.shape[1] // 3
    high, wide = (rows + down - 1) // down, (columns + across - 1) // across
    out = np.empty((high, wide, 3), np.uint8)
    sums = np.empty(columns * 3, np.uint32)
    for i in range(high):
        top, bottom = i * down, min(rows, (i + 1) * down)
        sums[:] = 0
        for r in range(top, bottom):
            for c in range(columns * 3):
                sums[c] += flat[r, c]
        for j in range(wide):
            left, right = j * across, min(columns, (j + 1) * across)
            size = (bottom - top) * (right - left)
            share = (1 << 24) // size
            for k in range(3):
                total = size // 2
                for c in range(left, right):
                    total += sums[3 * c + k]
                out[i, j, k] = (total * share) >> 24
    return out
