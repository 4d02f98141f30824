"""The arithmetic of PDQ in numba: a banded filter, a cosine transform, all eight turns of it.

Two box means a side and one sample are one banded matrix; the transform is 16 x 64 on each side; a bit is one
for each coefficient above the median. The banded way adds in another order than the reference, so a
coefficient may differ by a thousandth. Where that could turn a bit or the quality, ``hashed`` says so, and
``running_sums`` samples the picture as the reference does: the answer is the reference's, bit for bit, on any
machine. (Of the unturned picture: other turns may keep a bit in doubt.)
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

SIDE = 64  # samples a side after the filter
FREQUENCIES = 16
BITS = FREQUENCIES * FREQUENCIES
TURNS = 8
GAP_DOUBT = 0.01  # between two coefficients; the largest error seen of one is 0.0017
STEP_DOUBT = 0.001  # of a step between samples, in percent; the largest error seen is 0.0003
STEPS_A_POINT = 90  # of quality

Band = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def _cosines() -> NDArray[np.float32]:
    """Return the transform's rows, (16, 64): frequencies 1 to 16, the constant left out.

    The factor is rounded before it multiplies, as the reference's is.
    """
    factor = np.float32(math.sqrt(2 / SIDE)).astype(np.float64)
    frequency = np.arange(1, FREQUENCIES + 1)[:, None]
    sample = 2 * np.arange(SIDE)[None, :] + 1
    return np.asarray(factor * np.cos(math.pi / 2 / SIDE * frequency * sample), dtype=np.float32)


COSINES = _cosines()


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
    weights = np.zeros((SIDE, 2 * width), np.float32)
    steps = np.zeros(2 * width + 1, np.float64)  # where a share begins and where it ends
    for o in range(SIDE):
        centre = int((o + 0.5) * length / SIDE)
        low, high = max(0, centre - behind), min(length - 1, centre + ahead)
        first[o] = max(0, low - behind)
        count[o] = min(length - 1, high + ahead) - first[o] + 1
        steps[:] = 0
        for j in range(low, high + 1):
            a, b = max(0, j - behind), min(length - 1, j + ahead)
            share = 1.0 / ((high - low + 1) * (b - a + 1))
            steps[a - first[o]] += share
            steps[b + 1 - first[o]] -= share
        total = 0.0
        for k in range(count[o]):
            total += steps[k]
            weights[o, k] = total
    return first, count, weights


@lru_cache(maxsize=512)
def band(length: int) -> Band:
    """Return the banded filter of a side; 64 x 64 pictures are never filtered, see ``pdq``."""
    return _band(length)


@lru_cache(maxsize=512)
def scaled_band(length: int, scaled: int, eighths: int, backwards: bool = False) -> Band:
    """Return the filter of a full side for a picture decoded at ``eighths``/8 of it (``scaled`` pixels).

    Each scaled pixel stands for 8/``eighths`` full ones: it gets what the full filter gives those, shared
    where a border runs through one. So the window and its half-pixel shift are those of the full picture.
    ``backwards``: the side was reversed after decoding, so the pixel that stands for fewer comes first.
    """
    offset = scaled - length * eighths / 8 if backwards else 0.0
    first, count, weights = band(length)
    shares = np.zeros((SIDE, scaled))
    for o in range(SIDE):
        for k in range(int(count[o])):
            pixel = int(first[o]) + k
            begin, end = pixel * eighths / 8 + offset, (pixel + 1) * eighths / 8 + offset  # scaled pixels
            at = int(begin)
            while at < end - 1e-12:
                part = (min(end, at + 1) - max(begin, at)) / (end - begin)
                shares[o, min(at, scaled - 1)] += float(weights[o, k]) * part
                at += 1
    return banded(shares)


def dense(length: int) -> NDArray[np.float64]:
    """Return the filter of a side as a full matrix (64, length)."""
    first, count, weights = band(length)
    out = np.zeros((SIDE, length))
    for o in range(SIDE):
        out[o, first[o] : first[o] + count[o]] = weights[o, : count[o]]
    return out


def banded(matrix: NDArray[np.float64]) -> Band:
    """Return a matrix (64, length), zero but for a stretch of each row, as first index, count and weights."""
    first = np.array([np.flatnonzero(row)[0] for row in matrix], dtype=np.int64)
    count = np.array([np.flatnonzero(row)[-1] for row in matrix], dtype=np.int64) - first + 1
    weights = np.zeros((SIDE, int(count.max())), np.float32)
    for o in range(SIDE):
        weights[o, : count[o]] = matrix[o, first[o] : first[o] + count[o]]
    return first, count, weights


@njit(cache=True, nogil=True, fastmath=True)
def samples(
    pixels: Any,
    channels: int,
    first_r: Any,
    count_r: Any,
    weight_r: Any,
    first_c: Any,
    count_c: Any,
    weight_c: Any,
) -> Any:
    """Return 64 x 64 samples of ``pixels`` (rows, columns x channels), uint8 or float32; 1 or 3 channels.

    Rows first, eight at a time and colours apart, so that each value is read about once and in order; the
    luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) is taken of the 64 lines that are left.
    """
    values, bottom = pixels.shape[1], pixels.shape[0] - 1
    out = np.empty((SIDE, SIDE), np.float32)
    line = np.empty(values, np.float32)
    luma = np.empty(values // channels, np.float32)
    red, green, blue = np.float32(0.299), np.float32(0.587), np.float32(0.114)
    w = np.empty(8, np.float32)
    for o in range(SIDE):
        line[:] = 0
        start, count = first_r[o], count_r[o]
        done = 0
        while count - done > 5:  # rows past the last weigh nothing; what is read of them does not matter
            for i in range(8):
                w[i] = weight_r[o, done + i] if done + i < count else np.float32(0)
            w0, w1, w2, w3, w4, w5, w6, w7 = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
            r = start + done
            p0, p1 = pixels[r], pixels[min(r + 1, bottom)]
            p2, p3 = pixels[min(r + 2, bottom)], pixels[min(r + 3, bottom)]
            p4, p5 = pixels[min(r + 4, bottom)], pixels[min(r + 5, bottom)]
            p6, p7 = pixels[min(r + 6, bottom)], pixels[min(r + 7, bottom)]
            for c in range(values):
                line[c] += (
                    w0 * np.float32(p0[c])
                    + w1 * np.float32(p1[c])
                    + w2 * np.float32(p2[c])
                    + w3 * np.float32(p3[c])
                    + w4 * np.float32(p4[c])
                    + w5 * np.float32(p5[c])
                    + w6 * np.float32(p6[c])
                    + w7 * np.float32(p7[c])
                )
            done += 8
        while done < count:
            w0, p0 = weight_r[o, done], pixels[start + done]
            for c in range(values):
                line[c] += w0 * np.float32(p0[c])
            done += 1
        if channels == 3:
            for c in range(values // 3):
                luma[c] = red * line[3 * c] + green * line[3 * c + 1] + blue * line[3 * c + 2]
        else:
            luma[:] = line
        for p in range(SIDE):
            total = np.float32(0)
            at = np.uintp(first_c[p])  # unsigned: what may be negative is not made into vectors
            for k in range(np.uintp(count_c[p])):
                total += weight_c[p, k] * luma[at + k]
            out[o, p] = total
    return out


@njit(cache=True, nogil=True)
def _product(left: Any, right: Any) -> Any:
    """Return ``left`` (16, 64) times ``right`` (64, n) in float32, each sum from the first term to the last.

    Eight terms at a time, so that what is added up is fetched and put away less often.
    """
    out = np.zeros((FREQUENCIES, right.shape[1]), np.float32)
    for i in range(FREQUENCIES):
        sums = out[i]
        for k in range(0, SIDE, 8):
            w0, w1, w2, w3 = left[i, k], left[i, k + 1], left[i, k + 2], left[i, k + 3]
            w4, w5, w6, w7 = left[i, k + 4], left[i, k + 5], left[i, k + 6], left[i, k + 7]
            r0, r1, r2, r3 = right[k], right[k + 1], right[k + 2], right[k + 3]
            r4, r5, r6, r7 = right[k + 4], right[k + 5], right[k + 6], right[k + 7]
            for j in range(right.shape[1]):
                total = sums[j] + w0 * r0[j]
                total += w1 * r1[j]
                total += w2 * r2[j]
                total += w3 * r3[j]
                total += w4 * r4[j]
                total += w5 * r5[j]
                total += w6 * r6[j]
                sums[j] = total + w7 * r7[j]
    return out


@njit(cache=True, nogil=True)
def transformed(sampled: Any, cosines: Any) -> Any:
    """Return the 16 x 16 coefficients in float32, added up in the reference's order."""
    return _product(_product(cosines, sampled), np.ascontiguousarray(cosines.T))


@njit(cache=True, nogil=True)
def middle(values: Any) -> tuple[Any, Any]:
    """Return the lower median of the 256 ``values``, which are shuffled, and the next one above."""
    low, high, wanted = 0, BITS - 1, BITS // 2 - 1
    while low < high:
        pivot, i, j = values[(low + high) >> 1], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            break
    return values[wanted], np.min(values[wanted + 1 :])


@njit(cache=True, nogil=True)
def turns(coefficients: Any) -> tuple[Any, Any]:
    """Return the eight hashes, uint8 (8, 32) in the order of ``Transform``, and the gap at the median.

    Reversing a side negates its odd frequencies (cosine of n -> N-1-n); swapping sides transposes. A bit is
    one above the lower median. The gap is between the first hash's largest zero and its smallest one: if it
    is wider than the doubt about a coefficient, every bit is certain.
    """
    out = np.zeros((TURNS, BITS // 8), np.uint8)
    medians = np.empty(4, np.float32)  # swapping sides changes no median
    signed = np.empty((FREQUENCIES, FREQUENCIES), np.float32)
    gap = np.float32(0)
    for signs in range(4):
        for i in range(FREQUENCIES):
            for j in range(FREQUENCIES):
                odd = (signs & 1 and i % 2 == 0) != (signs & 2 != 0 and j % 2 == 0)
                signed[i, j] = -coefficients[i, j] if odd else coefficients[i, j]
        medians[signs], above = middle(signed.ravel())
        if signs == 0:
            gap = above - medians[0]
    for turn in range(TURNS):
        swaps = turn in (1, 3, 6, 7)
        rows, columns = turn in (2, 3, 4, 7), turn in (1, 2, 5, 7)
        # of a swapped picture the rows were columns
        median = medians[(columns if swaps else rows) + 2 * (rows if swaps else columns)]
        for i in range(FREQUENCIES):
            for j in range(FREQUENCIES):
                value = coefficients[j, i] if swaps else coefficients[i, j]
                odd = (rows and i % 2 == 0) != (columns and j % 2 == 0)
                bit = i * FREQUENCIES + j
                if (-value if odd else value) > median:
                    out[turn, (BITS - 1 - bit) // 8] |= np.uint8(1 << (bit % 8))
    return out, gap


@njit(cache=True, nogil=True)
def gradients(sampled: Any, doubt: float) -> tuple[Any, Any, Any]:
    """Return the sum of steps between neighbours in whole percent, and by how much it may be less or more."""
    total, less, more = np.int32(0), np.int32(0), np.int32(0)
    percent, most, small = np.float32(100), np.float32(255), np.float32(doubt)
    large = np.float32(1) - small
    for down, across in ((0, 1), (1, 0)):
        for i in range(SIDE - down):
            for j in range(SIDE - across):
                size = abs((sampled[i, j] - sampled[i + down, j + across]) * percent / most)
                whole = np.int32(size)
                part = size - np.float32(whole)
                total += whole
                less += np.int32((whole > 0) & (part < small))
                more += np.int32(part > large)
    return total, less, more


@njit(cache=True, nogil=True)
def hashed(sampled: Any, cosines: Any, gap_doubt: float, step_doubt: float) -> tuple[Any, int, bool]:
    """Return the eight hashes (8, 32), the quality 0-100, and whether hash and quality are beyond doubt."""
    hashes, gap = turns(transformed(sampled, cosines))
    total, less, more = gradients(sampled, step_doubt)
    sure = gap > gap_doubt and min(100, (total - less) // STEPS_A_POINT) == min(
        100, (total + more) // STEPS_A_POINT
    )
    return hashes, min(100, total // STEPS_A_POINT), sure


@njit(cache=True, nogil=True)
def quick(
    pixels: Any, channels: int, rows: Any, columns: Any, cosines: Any, gap_doubt: float, step_doubt: float
) -> tuple[Any, int, bool]:
    """Return what ``hashed`` does of (rows, columns x channels) under the bands of its two sides."""
    first_r, count_r, weight_r = rows
    first_c, count_c, weight_c = columns
    sampled = samples(pixels, channels, first_r, count_r, weight_r, first_c, count_c, weight_c)
    return hashed(sampled, cosines, gap_doubt, step_doubt)
