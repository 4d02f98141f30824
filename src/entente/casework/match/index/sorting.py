"""The compiled loops that put hashes in order: another order of bits, values told apart, buckets.

numba alone costs a process 55 MB: import this where it is first used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from entente.casework.match.index.instructions import chunk_of, sketch_of


@njit(cache=True, nogil=True)
def mask(hashes: Any, table: Any, flip: Any) -> Any:
    """Return (n, 4) hashes with their bits in another order, by tables of bytes."""
    out = np.empty((hashes.shape[0], 4), np.uint64)
    for i in range(hashes.shape[0]):
        a, b, c, d = flip[0], flip[1], flip[2], flip[3]
        for byte in range(32):
            value = np.int64((hashes[i, byte >> 3] >> np.uint64(8 * (byte & 7))) & np.uint64(0xFF))
            a ^= table[byte, value, 0]
            b ^= table[byte, value, 1]
            c ^= table[byte, value, 2]
            d ^= table[byte, value, 3]
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a, b, c, d
    return out


@njit(cache=True, nogil=True)
def numbered(hashes: Any, seed: Any) -> Any:
    """Return for each of (n, 4) hashes the number of its value, and the row where each value is first.

    A table with open places; ``seed`` is drawn, so that nobody can send hashes that all want one place.
    """
    count = hashes.shape[0]
    size = 16
    while size < 2 * count:
        size *= 2
    places = np.full(size, 0xFFFFFFFF, np.uint32)
    number, first, values = np.empty(count, np.uint32), np.empty(count, np.uint32), 0
    odd = np.uint64(0x9E3779B97F4A7C15)
    for i in range(count):
        x = seed
        for w in range(4):
            x = (x ^ hashes[i, w]) * odd
            x ^= x >> np.uint64(32)
        at = np.int64(x & np.uint64(size - 1))
        while True:
            n = places[at]
            if n == np.uint32(0xFFFFFFFF):
                places[at] = np.uint32(values)
                first[values] = i
                number[i] = np.uint32(values)
                values += 1
                break
            j = first[n]
            if (
                hashes[i, 0] == hashes[j, 0]
                and hashes[i, 1] == hashes[j, 1]
                and hashes[i, 2] == hashes[j, 2]
                and hashes[i, 3] == hashes[j, 3]
            ):
                number[i] = n
                break
            at = (at + 1) & (size - 1)
    return number, first[:values].copy()


@njit(cache=True, nogil=True)
def counted(hashes: Any, start: Any, width: Any) -> Any:
    """Return where each bucket of one chunk begins, (2 ** width + 1,) uint32."""
    starts = np.zeros((1 << width) + 1, np.uint32)
    for i in range(hashes.shape[0]):
        starts[chunk_of(hashes, i, start, width) + 1] += np.uint32(1)
    for v in range(1 << width):
        starts[v + 1] += starts[v]
    return starts


@njit(cache=True, nogil=True)
def ordered(hashes: Any, start: Any, width: Any, starts: Any) -> Any:
    """Return the places of the hashes, bucket by bucket of one chunk, (n,) uint32 (counting sort)."""
    nexts, places = starts.copy(), np.empty(hashes.shape[0], np.uint32)
    for i in range(hashes.shape[0]):
        v = chunk_of(hashes, i, start, width)
        places[nexts[v]] = np.uint32(i)
        nexts[v] += np.uint32(1)
    return places


@njit(cache=True, nogil=True)
def sketched(hashes: Any, places: Any, start: Any) -> Any:
    """Return the 64 bits after a chunk for each place, (n,) uint64."""
    out = np.empty(places.shape[0], np.uint64)
    for k in range(places.shape[0]):
        out[k] = sketch_of(hashes, places[k], start)
    return out
