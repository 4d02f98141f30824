"""PDQ: the open perceptual hash of pictures, full-size profile, with its eight turns.

Method: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (2019). Two
box means along each side, one sample of 64 x 64, gradient quality, a 16 x 64 cosine transform on each
side without its constant term, and one bit for each coefficient above the median. The box means and the
sampling are one banded matrix a side here, so each pixel is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entente.casework.match.hashes import TURNS, HashExample
from entente.vocabulary.media_hash import PDQ_NEAR, Transform

SIDE = 64  # samples a side after the filter
FREQUENCIES = 16
LEAST_SIDE = 5  # smaller pictures have no hash

Band = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def _cosines() -> NDArray[np.float32]:
    """Return the transform's rows, (16, 64): frequencies 1 to 16, the constant left out."""
    frequency = np.arange(1, FREQUENCIES + 1)[:, None]
    sample = 2 * np.arange(SIDE)[None, :] + 1
    return np.asarray(np.sqrt(2 / SIDE) * np.cos(np.pi / (2 * SIDE) * frequency * sample), dtype=np.float32)


COSINES = _cosines()
_ODD = np.where(np.arange(FREQUENCIES) % 2, 1, -1).astype(np.float32)  # sign when a side is reversed
_ROWS, _COLUMNS = np.broadcast_to(_ODD[:, None], (16, 16)), np.broadcast_to(_ODD[None, :], (16, 16))


@njit(cache=True, nogil=True)
def _band(length: int) -> tuple[Any, Any, Any]:
    """Return first index, count and weights (64, widest) that take ``length`` pixels to 64 samples.

    A box of width W = ceil(length / 128) applied twice, then one sample in each of 64 equal parts. At the
    borders each box averages what lies inside.
    """
    width = (length + 2 * SIDE - 1) // (2 * SIDE)
    ahead = (width + 2) // 2 - 1  # pixels to the right of the centre; the rest lie to the left
    behind = width - 1 - ahead
    first, count = np.zeros(SIDE, np.int64), np.zeros(SIDE, np.int64)
    weights = np.zeros((SIDE, 2 * width), np.float64)
    for o in range(SIDE):
        centre = int((o + 0.5) * length / SIDE)
        low, high = max(0, centre - behind), min(length - 1, centre + ahead)
        first[o] = max(0, low - behind)
        count[o] = min(length - 1, high + ahead) - first[o] + 1
        for j in range(low, high + 1):
            a, b = max(0, j - behind), min(length - 1, j + ahead)
            share = 1.0 / ((high - low + 1) * (b - a + 1))
            for k in range(a, b + 1):
                weights[o, k - first[o]] += share
    return first, count, weights.astype(np.float32)


@lru_cache(maxsize=256)
def _band_of(length: int) -> Band:
    """Return the banded filter for a side; 64 x 64 pictures are never filtered, see ``_samples``."""
    return _band(length)


@njit(cache=True, nogil=True, fastmath=True)
def _filter(
    luma: Any, first_r: Any, count_r: Any, weight_r: Any, first_c: Any, count_c: Any, weight_c: Any
) -> Any:
    """Return the 64 x 64 samples: rows first, four at a time, so that each pixel is read about once."""
    columns = luma.shape[1]
    out = np.empty((SIDE, SIDE), np.float32)
    line = np.empty(columns, np.float32)
    for o in range(SIDE):
        line[:] = 0
        start, stop = first_r[o], first_r[o] + count_r[o]
        r = start
        while r + 4 <= stop:
            w0, w1 = weight_r[o, r - start], weight_r[o, r - start + 1]
            w2, w3 = weight_r[o, r - start + 2], weight_r[o, r - start + 3]
            for c in range(columns):
                line[c] += (
                    w0 * np.float32(luma[r, c])
                    + w1 * np.float32(luma[r + 1, c])
                    + w2 * np.float32(luma[r + 2, c])
                    + w3 * np.float32(luma[r + 3, c])
                )
            r += 4
        while r < stop:
            w0 = weight_r[o, r - start]
            for c in range(columns):
                line[c] += w0 * np.float32(luma[r, c])
            r += 1
        for p in range(SIDE):
            total = np.float32(0)
            for k in range(count_c[p]):
                total += weight_c[p, k] * line[first_c[p] + k]
            out[o, p] = total
    return out


def _samples(luma: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return 64 x 64 float32 samples of a luma plane (rows, columns), uint8 or float32."""
    if luma.shape == (SIDE, SIDE):
        return luma.astype(np.float32)
    kind = luma.dtype if luma.dtype == np.uint8 else np.dtype(np.float32)
    plane = np.ascontiguousarray(luma, dtype=kind).view()
    plane.flags.writeable = False  # numba compiles read-only arrays apart; always give it the one kind
    return _filter(plane, *_band_of(luma.shape[0]), *_band_of(luma.shape[1]))


def quality_of(samples: NDArray[np.float32]) -> int:
    """Return the gradient quality 0-100 of 64 x 64 samples: steps in whole percent, summed, over 90."""
    total = 0
    for axis in (0, 1):
        steps = (np.diff(samples, axis=axis) * np.float32(100)) / np.float32(255)
        total += int(np.abs(np.trunc(steps)).sum(dtype=np.int64))
    return min(100, total // 90)


@njit(cache=True, nogil=True)
def _luma(rgb: Any) -> Any:
    """Return 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) as float32."""
    rows, columns, _ = rgb.shape
    out = np.empty((rows, columns), np.float32)
    red, green, blue = np.float32(0.299), np.float32(0.587), np.float32(0.114)
    for r in range(rows):
        for c in range(columns):
            out[r, c] = (
                red * np.float32(rgb[r, c, 0])
                + green * np.float32(rgb[r, c, 1])
                + blue * np.float32(rgb[r, c, 2])
            )
    return out


def luma_of_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the float luma (rows, columns) of a picture (rows, columns, 3), as the reference makes it."""
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError("a colour picture has rows, columns and three channels")
    plane = np.ascontiguousarray(rgb, dtype=np.uint8).view()
    plane.flags.writeable = False
    return _luma(plane)


def _hex(coefficients: NDArray[np.float32], median: np.float32) -> str:
    """Return 64 hex digits; the highest coefficient is the first bit."""
    return np.packbits((coefficients > median).ravel()[::-1]).tobytes().hex()


def _turned(coefficients: NDArray[np.float32]) -> dict[Transform, NDArray[np.float32]]:
    """Return the coefficients of the picture turned eight ways.

    Reversing a side negates its odd frequencies (cosine of n -> N-1-n); swapping sides transposes.
    """
    swapped = coefficients.T
    return {
        Transform.ORIGINAL: coefficients,
        Transform.ROTATE_90: swapped * _COLUMNS,
        Transform.ROTATE_180: coefficients * _ROWS * _COLUMNS,
        Transform.ROTATE_270: swapped * _ROWS,
        Transform.MIRROR_X: coefficients * _ROWS,
        Transform.MIRROR_Y: coefficients * _COLUMNS,
        Transform.TRANSPOSE: swapped,
        Transform.ANTITRANSPOSE: swapped * _ROWS * _COLUMNS,
    }


class PDQHash:
    """The 256-bit PDQ of a picture at full size (profile FULL: no shrinking before the filter)."""

    name = "pdq"
    version = "1-full"
    near = PDQ_NEAR

    def of_luma(self, luma: NDArray[np.generic]) -> tuple[tuple[str, ...], int]:
        """Return the eight turns in hex and the quality; see ``HashType.of_luma``.

        Raises ``ValueError`` for anything but a plane (rows, columns). A side under five pixels gives zeros
        with quality 0, as the reference does.
        """
        if luma.ndim != 2:
            raise ValueError("a luma plane has rows and columns; use luma_of_rgb for a colour picture")
        if min(luma.shape) < LEAST_SIDE:
            return ("0" * 64,) * len(TURNS), 0
        samples = _samples(luma)
        turned = _turned(np.asarray(COSINES @ samples @ COSINES.T, dtype=np.float32))
        hashes = []
        for turn in TURNS:
            values = turned[turn]
            middle = np.partition(values, 127, axis=None)[127]  # the lower median of 256
            hashes.append(_hex(values, middle))
        return tuple(hashes), quality_of(samples)

    def of_rgb(self, rgb: NDArray[np.uint8]) -> tuple[tuple[str, ...], int]:
        """Return the eight turns and the quality of a colour picture (rows, columns, 3)."""
        return self.of_luma(luma_of_rgb(rgb))

    def distance(self, a: str, b: str) -> int:
        """Return the differing bits, 0-256, of two hashes of 64 hex digits."""
        if len(a) != 64 or len(b) != 64:
            raise ValueError("a PDQ hash has 64 hex digits")
        return (int(a, 16) ^ int(b, 16)).bit_count()

    def examples(self) -> Sequence[HashExample]:
        """Return drawn pictures, and one too small, with the answers of pdqhash 0.2.8."""
        return _examples()


def _drawn(rows: int, columns: int) -> NDArray[np.uint8]:
    """Return a drawn scene: a slope, a disc and a bar."""
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    picture = 200 * x * y + 40 * np.sin(9 * x + 4 * y * y) + 60
    picture[(x - 0.3) ** 2 + (y - 0.4) ** 2 < 0.03] += 90
    picture[(x > 0.55) & (x < 0.62)] -= 50
    return np.clip(picture, 0, 255).astype(np.uint8)


def _examples() -> list[HashExample]:
    """Return the answers that pdqhash 0.2.8 gives for the drawn scenes."""
    answers = {
        (240, 320): "fffd470ef8f938dec6f1c0f1271c4711f88e780ec4f180f73701370388cc3443",
        (64, 64): "7de7c0f1c8f1271d2703fe3db88e398ec4f1c4f133033f113701c84ee8cc1753",
        (300, 300): "c7f3c0f1c8f1271d4711f8feb88eb91ec6f1c4f137033f013701c0de88c83753",
    }
    scenes = [HashExample(_drawn(*shape), value, 100) for shape, value in answers.items()]
    return [*scenes, HashExample(_drawn(4, 90), "0" * 64, 0)]


PDQ = PDQHash()
