"""The compiled loops of the db4 wavelet on planes, one level down and one level up.

Daubechies (1988), eight taps; edges are mirrored between pixels. Down, the order of the sums is that of
PyWavelets (columns before rows, tap by tap, those beyond the far edge backwards), so that both round alike: a
bright picture's smooth parts are a thousand times its noise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

TAPS = 8
LOW = np.array(
    [
        *(-0.010597401785069032, 0.0328830116668852, 0.030841381835560764, -0.18703481171909309),
        *(-0.027983769416859854, 0.6308807679298589, 0.7148465705529157, 0.2303778133088965),
    ],
    np.float32,
)
HIGH = np.array([(-1) ** (j + 1) * LOW[7 - j] for j in range(TAPS)], np.float32)
BACK_LOW, BACK_HIGH = LOW[::-1].copy(), HIGH[::-1].copy()


def halved(side: int) -> int:
    """Return how many coefficients stand for ``side`` pixels, the mirrored edges' own included."""
    return (side + TAPS - 1) // 2


@njit(cache=True, nogil=True, inline="always")
def _mirrored(at: int, size: int) -> int:
    """Return which pixel stands at a place beyond an edge."""
    if at < 0:
        return -at - 1
    return at if at < size else 2 * size - 1 - at


@njit(cache=True, nogil=True, inline="always")
def _tap(n: int, beyond: int) -> int:
    """Return which tap is added as the ``n``-th: those beyond the far edge come backwards."""
    return beyond - 1 - n if n < beyond else n


@njit(cache=True, nogil=True)
def _along(even: Any, odd: Any, taps: Any, width: int, out: Any) -> None:
    """Filter one row that is parted into its even and odd pixels, three more of each in front."""
    t0, t1, t2, t3, t4, t5, t6, t7 = (
        taps[0], taps[1], taps[2], taps[3], taps[4], taps[5], taps[6], taps[7],
    )  # fmt: skip
    for k in range(out.shape[0]):
        out[k] = (
            t0 * odd[k + 3]
            + t1 * even[k + 3]
            + t2 * odd[k + 2]
            + t3 * even[k + 2]
            + t4 * odd[k + 1]
            + t5 * even[k + 1]
            + t6 * odd[k]
            + t7 * even[k]
        )
    for k in range(width // 2, out.shape[0]):
        total = np.float32(0)
        for n in range(TAPS):
            j = _tap(n, 2 * k + 2 - width)
            total += taps[j] * (even[k + 3 - j // 2] if j % 2 else odd[k + 3 - j // 2])
        out[k] = total


@njit(cache=True, nogil=True)
def _across(rows: Any, last: int, beyond: int, taps: Any, out: Any) -> None:
    """Filter the eight rows of a ring down their columns; ``last`` is the number of the lowest."""
    j0, j1, j2, j3 = _tap(0, beyond), _tap(1, beyond), _tap(2, beyond), _tap(3, beyond)
    j4, j5, j6, j7 = _tap(4, beyond), _tap(5, beyond), _tap(6, beyond), _tap(7, beyond)
    r0, r1 = rows[(last - j0) % TAPS], rows[(last - j1) % TAPS]
    r2, r3 = rows[(last - j2) % TAPS], rows[(last - j3) % TAPS]
    r4, r5 = rows[(last - j4) % TAPS], rows[(last - j5) % TAPS]
    r6, r7 = rows[(last - j6) % TAPS], rows[(last - j7) % TAPS]
    t0, t1, t2, t3 = taps[j0], taps[j1], taps[j2], taps[j3]
    t4, t5, t6, t7 = taps[j4], taps[j5], taps[j6], taps[j7]
    for x in range(out.shape[0]):
        out[x] = (
            t0 * r0[x]
            + t1 * r1[x]
            + t2 * r2[x]
            + t3 * r3[x]
            + t4 * r4[x]
            + t5 * r5[x]
            + t6 * r6[x]
            + t7 * r7[x]
        )


@njit(cache=True, nogil=True)
def _part(row: Any, even: Any, odd: Any) -> None:
    """Part a row into even and odd pixels, mirrored at both ends."""
    width, whole = row.shape[0], row.shape[0] // 2
    for i in range(whole):
        even[i + 3] = row[2 * i]
        odd[i + 3] = row[2 * i + 1]
    for i in range(-3, 0):
        even[i + 3], odd[i + 3] = row[_mirrored(2 * i, width)], row[_mirrored(2 * i + 1, width)]
    for i in range(whole, even.shape[0] - 3):
        even[i + 3], odd[i + 3] = row[_mirrored(2 * i, width)], row[_mirrored(2 * i + 1, width)]


@njit(cache=True, nogil=True)
def down(plane: Any, low: Any, high: Any) -> Any:
    """Return (4, rows, columns) of a plane: what is smooth, then the details along, down and both."""
    height, width = plane.shape
    rows, columns = (height + TAPS - 1) // 2, (width + TAPS - 1) // 2
    out = np.empty((4, rows, columns), np.float32)
    ring = np.empty((TAPS, width), np.float32)
    smooth, sharp = np.empty(width, np.float32), np.empty(width, np.float32)
    even, odd = np.empty(columns + 3, np.float32), np.empty(columns + 3, np.float32)
    at = -6
    for k in range(rows):
        while at < 2 * k + 2:
            ring[at % TAPS] = plane[_mirrored(at, height)]
            at += 1
        _across(ring, at - 1, at - height, low, smooth)
        _across(ring, at - 1, at - height, high, sharp)
        _part(smooth, even, odd)
        _along(even, odd, low, width, out[0, k])
        _along(even, odd, high, width, out[1, k])
        _part(sharp, even, odd)
        _along(even, odd, low, width, out[2, k])
        _along(even, odd, high, width, out[3, k])
    return out


@njit(cache=True, nogil=True, fastmath=True)
def _upwards(bands: Any, one: int, other: int, m: int, odd: int, low: Any, high: Any, out: Any) -> None:
    """Return a row between four rows each of two bands."""
    a0, a1, a2, a3 = bands[one, m], bands[one, m + 1], bands[one, m + 2], bands[one, m + 3]
    l0, l1, l2, l3 = low[6 + odd], low[4 + odd], low[2 + odd], low[odd]
    for x in range(out.shape[0]):
        out[x] = l0 * a0[x] + l1 * a1[x] + l2 * a2[x] + l3 * a3[x]
    a0, a1, a2, a3 = bands[other, m], bands[other, m + 1], bands[other, m + 2], bands[other, m + 3]
    l0, l1, l2, l3 = high[6 + odd], high[4 + odd], high[2 + odd], high[odd]
    for x in range(out.shape[0]):
        out[x] += l0 * a0[x] + l1 * a1[x] + l2 * a2[x] + l3 * a3[x]


@njit(cache=True, nogil=True, fastmath=True)
def _sideways(smooth: Any, sharp: Any, odd: int, low: Any, high: Any, out: Any) -> None:
    """Return the even or the odd pixels of a row from its two halves."""
    l0, l1, l2, l3 = low[6 + odd], low[4 + odd], low[2 + odd], low[odd]
    h0, h1, h2, h3 = high[6 + odd], high[4 + odd], high[2 + odd], high[odd]
    for q in range(out.shape[0]):
        out[q] = (
            l0 * smooth[q]
            + l1 * smooth[q + 1]
            + l2 * smooth[q + 2]
            + l3 * smooth[q + 3]
            + h0 * sharp[q]
            + h1 * sharp[q + 1]
            + h2 * sharp[q + 2]
            + h3 * sharp[q + 3]
        )


@njit(cache=True, nogil=True)
def up(bands: Any, out: Any, low: Any, high: Any) -> None:
    """Write the plane whose four bands these are into ``out``; a row or column too many is left away."""
    height, width = out.shape
    columns = bands.shape[2]
    smooth, sharp = np.empty(columns, np.float32), np.empty(columns, np.float32)
    even, odd = np.empty(columns - 3, np.float32), np.empty(columns - 3, np.float32)
    for n in range(height):
        _upwards(bands, 0, 2, n // 2, n % 2, low, high, smooth)
        _upwards(bands, 1, 3, n // 2, n % 2, low, high, sharp)
        _sideways(smooth, sharp, 0, low, high, even)
        _sideways(smooth, sharp, 1, low, high, odd)
        row = out[n]
        for q in range(width // 2):
            row[2 * q] = even[q]
            row[2 * q + 1] = odd[q]
        if width % 2:
            row[width - 1] = even[width // 2]
