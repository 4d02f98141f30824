"""The reference's own sums, rounding for rounding: what settles a hash that the quick kernel leaves in doubt.

Four box passes over every pixel, each a sum that goes along, taking up a value as it lets another go: slower
than ``kernel.samples``, and asked only where that one's rounding could turn a bit or the quality.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from entente.casework.match.hashes.kernel import SIDE


@njit(cache=True, nogil=True)
def _box(line: Any, n: int, width: int, out: Any) -> None:
    """Write the running box mean of ``line[:n]`` in float32, in the reference's order of sums."""
    ahead = (width + 2) // 2 - 1
    total, count, at = np.float32(0), 0, 0
    for i in range(n + ahead):
        if i < n:
            total += line[i]
            count += 1
        if i >= width:
            total -= line[i - width]
            count -= 1
        if i >= ahead:
            out[at] = total / np.float32(count)
            at += 1


@njit(cache=True, nogil=True)
def _four_sums(lines: Any, width: int, out: Any) -> None:
    """Write the sums of ``_box`` for four lines at once: one waits for its last addition, four need not."""
    ahead, n = (width + 2) // 2 - 1, lines.shape[1]
    l0, l1, l2, l3 = lines[0], lines[1], lines[2], lines[3]
    o0, o1, o2, o3 = out[0], out[1], out[2], out[3]
    t0, t1, t2, t3 = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
    for i in range(min(ahead, n)):
        t0, t1, t2, t3 = t0 + l0[i], t1 + l1[i], t2 + l2[i], t3 + l3[i]
    for at in range(n):
        i = at + ahead
        if i < n:
            t0, t1, t2, t3 = t0 + l0[i], t1 + l1[i], t2 + l2[i], t3 + l3[i]
        if i >= width:
            k = i - width
            t0, t1, t2, t3 = t0 - l0[k], t1 - l1[k], t2 - l2[k], t3 - l3[k]
        o0[at], o1[at], o2[at], o3[at] = t0, t1, t2, t3


@njit(cache=True, nogil=True)
def _counts(n: int, width: int) -> Any:
    """Return how many values each of the ``n`` sums of ``_box`` is of."""
    ahead = (width + 2) // 2 - 1
    out = np.empty(n, np.float32)
    for at in range(n):
        out[at] = min(n, at + ahead + 1) - max(0, at + ahead + 1 - width)
    return out


@njit(cache=True, nogil=True)
def _luma(line: Any, channels: int, out: Any) -> None:
    """Write the luma of one line as the reference has it: worked out in double."""
    for c in range(len(out)):
        if channels == 3:
            out[c] = np.float32(line[3 * c] * 0.299 + line[3 * c + 1] * 0.587 + line[3 * c + 2] * 0.114)
        else:
            out[c] = np.float32(line[c])


@njit(cache=True, nogil=True)
def slow_samples(pixels: Any, channels: int) -> Any:
    """Return the 64 x 64 samples as the reference makes them: four box passes over every pixel.

    Same operations in the same order and precision (luma in double, sums in single), four rows at a time, so
    that no plane of floats is held.
    """
    rows, columns = pixels.shape[0], pixels.shape[1] // channels
    wide, high = (columns + 2 * SIDE - 1) // (2 * SIDE), (rows + 2 * SIDE - 1) // (2 * SIDE)
    ahead, count = (high + 2) // 2 - 1, 0
    lines, means = np.zeros((4, columns), np.float32), np.zeros((4, columns), np.float32)
    ring, totals = np.zeros((high, columns), np.float32), np.zeros(columns, np.float32)
    thin = np.empty((SIDE, rows), np.float32)  # the 64 columns that are sampled
    shares = _counts(columns, wide)
    for first in range(0, rows + ahead, 4):
        for n in range(min(4, rows - first)):
            _luma(pixels[first + n], channels, lines[n])
        if first < rows:
            _four_sums(lines, wide, means)
            for n in range(4):
                mean = means[n]
                for c in range(columns):
                    mean[c] /= shares[c]
        for n in range(4):
            r, mean, kept, down = first + n, means[n], ring[(first + n) % high], lines[n]
            count += int(r < rows) - int(r >= high)
            share = np.float32(max(count, 1))  # past the last row that counts nothing is read any more
            if high <= r < rows:
                for c in range(columns):
                    total = totals[c] + mean[c] - kept[c]
                    totals[c], kept[c], down[c] = total, mean[c], total / share
                continue
            for c in range(columns):
                if r < rows:
                    totals[c], kept[c] = totals[c] + mean[c], mean[c]
                else:
                    totals[c] -= kept[c]
                down[c] = totals[c] / share
        _four_sums(lines, wide, means)
        for n in range(max(0, ahead - first), min(4, rows + ahead - first)):
            for p in range(SIDE):
                c = int((p + 0.5) * columns / SIDE)
                thin[p, first + n - ahead] = means[n, c] / shares[c]
    out = np.empty((SIDE, SIDE), np.float32)
    tall = np.empty(rows, np.float32)
    for p in range(SIDE):
        _box(thin[p], rows, high, tall)
        for o in range(SIDE):
            out[o, p] = tall[int((o + 0.5) * rows / SIDE)]
    return out
