"""PDQ of a video's frame: as displayed, straight from the decoder's own plane, without a second look.

A frame is one of thousands that vote, so a bit in doubt costs nothing: the sums are not repeated in the
reference's order as for a picture. Against ``vpdq`` on every frame the middle distance is 0 to 2 bits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from entente.casework.match.hashes import kernel

LEAST_SIDE = 5  # smaller frames have no hash


@njit(cache=True, nogil=True)
def _bits(coefficients: Any) -> Any:
    """Return the hash (32,) uint8: one bit for each coefficient above the lower median."""
    values = coefficients.ravel()
    median, _ = kernel.middle(values.copy())
    out = np.zeros(kernel.BITS // 8, np.uint8)
    for bit in range(kernel.BITS):
        if values[bit] > median:
            out[(kernel.BITS - 1 - bit) // 8] |= np.uint8(1 << (bit % 8))
    return out


@njit(cache=True, nogil=True)
def _steps(sampled: Any) -> Any:
    """Return the sum of steps between neighbours in whole percent, as ``kernel.gradients`` without doubts."""
    hundred, full = np.float32(100), np.float32(255)
    total: Any = 0
    for i in range(kernel.SIDE):
        for j in range(kernel.SIDE - 1):
            total += np.int32(abs((sampled[i, j] - sampled[i, j + 1]) * hundred / full))
    for i in range(kernel.SIDE - 1):
        for j in range(kernel.SIDE):
            total += np.int32(abs((sampled[i, j] - sampled[i + 1, j]) * hundred / full))
    return total


@njit(cache=True, nogil=True)
def _hashed(sampled: Any, cosines: Any) -> tuple[Any, Any]:
    """Return bits (32,) and the sum of steps of 64 x 64 samples."""
    return _bits(kernel.transformed(sampled, cosines)), _steps(sampled)


@njit(cache=True, nogil=True)
def _seen(
    plane: Any,
    first_r: Any,
    count_r: Any,
    weight_r: Any,
    first_c: Any,
    count_c: Any,
    weight_c: Any,
    cosines: Any,
) -> tuple[Any, Any]:
    """Return bits and steps of a luma plane: one call a frame, since each costs as much as a transform."""
    return _hashed(kernel.samples(plane, 1, first_r, count_r, weight_r, first_c, count_c, weight_c), cosines)


@lru_cache(maxsize=64)
def _filters(rows: int, columns: int) -> tuple[NDArray[Any], ...]:
    return *kernel.band(rows), *kernel.band(columns), kernel.COSINES


def hash_of(plane: NDArray[np.uint8], columns: int) -> tuple[str, int]:
    """Return the hash in hex and the quality 0-100 of a luma plane.

    ``plane`` is (rows, at least ``columns``) uint8 in one piece: what a decoder pads a line with is not read
    into the hash. A frame under five pixels a side has zeros and quality 0.
    """
    rows = plane.shape[0]
    if min(rows, columns) < LEAST_SIDE:
        return "0" * (kernel.BITS // 4), 0
    if rows == columns == kernel.SIDE:
        bits, steps = _hashed(plane[:, :columns].astype(np.float32), kernel.COSINES)
    else:
        bits, steps = _seen(_one_kind(plane), *_filters(rows, columns))
    return bits.tobytes().hex(), min(100, int(steps) // kernel.STEPS_A_POINT)


def _one_kind(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the plane in one piece and not to be written: numba compiles each other kind apart."""
    if plane.flags.c_contiguous and not plane.flags.writeable:
        return plane
    seen = np.ascontiguousarray(plane).view()
    seen.flags.writeable = False
    return seen
