"""The compiled loops of the adaptive Wiener filter, on wavelet details and on a spectrum.

What is noise at a place is judged by the smallest of its mean energies in windows of 3, 5, 7 and 9
(Mihcak, Kozintsev and Ramchandran 1999). Beyond an edge there is no energy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

REACH = 4  # pixels from the middle of the largest window
RING = 2 * REACH + 1


@njit(cache=True, nogil=True, fastmath=True)
def _spread(energy: Any, sums: Any) -> None:
    """Add up energies along a row over 3, 5, 7 and 9; the row has four more at each end."""
    three, five, seven, nine = sums[0], sums[1], sums[2], sums[3]
    for x in range(three.shape[0]):
        three[x] = energy[x + 3] + energy[x + 4] + energy[x + 5]
    for x in range(three.shape[0]):
        five[x] = three[x] + energy[x + 2] + energy[x + 6]
    for x in range(three.shape[0]):
        seven[x] = five[x] + energy[x + 1] + energy[x + 7]
    for x in range(three.shape[0]):
        nine[x] = seven[x] + energy[x] + energy[x + 8]


@njit(cache=True, nogil=True, fastmath=True)
def _add3(a: Any, b: Any, c: Any, out: Any) -> None:
    for x in range(out.shape[0]):
        out[x] = a[x] + b[x] + c[x]


@njit(cache=True, nogil=True, fastmath=True)
def _more(a: Any, b: Any, out: Any) -> None:
    for x in range(out.shape[0]):
        out[x] += a[x] + b[x]


@njit(cache=True, nogil=True, fastmath=True)
def _least(ring: Any, row: int, each: Any, out: Any) -> None:
    """Write the smallest of the four mean energies about ``row`` into ``out``."""
    width = out.shape[0]
    for window in range(4):
        rows, into = ring[window], each[window]
        _add3(rows[(row - 1) % RING], rows[row % RING], rows[(row + 1) % RING], into)
        for step in range(2, window + 2):
            _more(rows[(row - step) % RING], rows[(row + step) % RING], into)
    three, five, seven, nine = each[0], each[1], each[2], each[3]
    a, b, c, d = np.float32(1 / 9), np.float32(1 / 25), np.float32(1 / 49), np.float32(1 / 81)
    for x in range(width):
        one, two = min(three[x] * a, five[x] * b), min(seven[x] * c, nine[x] * d)
        out[x] = min(one, two)


@njit(cache=True, nogil=True, fastmath=True)
def _square(row: Any, energy: Any) -> None:
    for x in range(row.shape[0]):
        energy[x + REACH] = row[x] * row[x]


@njit(cache=True, nogil=True, fastmath=True)
def _keep(row: Any, least: Any, noise: Any, weight: Any, out: Any) -> None:
    """Add the noise in a row of details to ``out``, times ``weight``."""
    share = noise * weight
    for x in range(row.shape[0]):
        out[x] += row[x] * share / max(least[x], noise)


@njit(cache=True, nogil=True)
def add_noise_of(details: Any, noise: Any, weight: Any, out: Any) -> None:
    """Add to ``out`` what is noise of variance ``noise`` in a plane of details, times ``weight``."""
    rows, columns = details.shape
    ring = np.zeros((4, RING, columns), np.float32)
    sums, each = np.zeros((4, columns), np.float32), np.empty((4, columns), np.float32)
    energy, least = np.zeros(columns + 2 * REACH, np.float32), np.empty(columns, np.float32)
    for at in range(rows + REACH):
        if at < rows:
            _square(details[at], energy)
            _spread(energy, sums)
            ring[:, at % RING] = sums
        else:
            ring[:, at % RING] = 0
        row = at - REACH
        if row >= 0:
            _least(ring, row, each, least)
            _keep(details[row], least, noise, weight, out[row])


# --- the spectrum of a real plane: one half is held, the other is its mirror image ------------------------


@njit(cache=True, nogil=True, fastmath=True)
def power_of(spectrum: Any, count: int) -> Any:
    """Return the energies of half a spectrum, over ``count`` pixels."""
    out = np.empty(spectrum.shape, np.float32)
    share = np.float32(1.0 / count)
    for r in range(spectrum.shape[0]):
        for c in range(spectrum.shape[1]):
            value = spectrum[r, c]
            out[r, c] = (value.real * value.real + value.imag * value.imag) * share
    return out


@njit(cache=True, nogil=True, inline="always")
def _there(power: Any, r: int, c: int, width: int) -> Any:
    """Return the energy anywhere in the whole spectrum."""
    height = power.shape[0]
    r, c = r % height, c % width
    if c < power.shape[1]:
        return power[r, c]
    return power[(height - r) % height, width - c]


@njit(cache=True, nogil=True)
def gains(power: Any, noise: Any, width: int) -> Any:
    """Return for half a spectrum of a plane ``width`` wide what share of each frequency is noise.

    The filter sees an edge beside frequency 0 that its mirror image does not have. What a real plane keeps of
    both is their mean, so along that edge both are computed.
    """
    height, half = power.shape
    ring = np.zeros((4, RING, half), np.float32)
    sums, each = np.zeros((4, half), np.float32), np.empty((4, half), np.float32)
    energy = np.zeros(half + 2 * REACH, np.float32)
    out = np.empty((height, half), np.float32)
    for at in range(height + REACH):
        if at < height:
            energy[REACH : REACH + half] = power[at]
            for c in range(half, half + REACH):
                energy[REACH + c] = _there(power, at, c, width) if c < width else np.float32(0)
            _spread(energy, sums)
            ring[:, at % RING] = sums
        else:
            ring[:, at % RING] = 0
        row = at - REACH
        if row >= 0:
            _least(ring, row, each, out[row])
            for c in range(half):
                out[row, c] = noise / max(out[row, c], noise)
    for r in range(height):
        beside = r <= REACH or r >= height - REACH
        for c in range(half if beside else min(half, REACH + 1)):
            out[r, c] = (out[r, c] + _mirrored_gain(power, noise, width, r, c)) / 2
    return out


@njit(cache=True, nogil=True)
def _mirrored_gain(power: Any, noise: Any, width: int, r: int, c: int) -> Any:
    """Return the gain at the mirror image of a place: the window that ends beyond frequency 0, not before."""
    height = power.shape[0]
    r, c = r if r else height, c if c else width
    least, total = np.float32(np.inf), np.float32(0)
    for reach in range(REACH + 1):
        for i in range(r - reach, r + reach + 1):
            if i < 1 or i > height:
                continue
            step = 1 if abs(i - r) == reach else max(1, 2 * reach)
            for j in range(c - reach, c + reach + 1, step):
                if 1 <= j <= width:
                    total += _there(power, i, j, width)
        if reach:
            least = min(least, total / np.float32((2 * reach + 1) ** 2))
    return noise / max(least, noise)
