"""The compiled loops of ``index``; apart, because numba alone costs a process 55 MB."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

WORDS = 16  # of 16 bits in a hash


@njit(cache=True, nogil=True, inline="always")
def _bits(x: Any) -> Any:
    """Count the bits of a 64-bit word (compiled to the processor's own count)."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True, inline="always")
def _apart(a: Any, i: Any, b: Any, j: Any) -> Any:
    """Return the distance of two packed hashes."""
    return (
        _bits(a[i, 0] ^ b[j, 0])
        + _bits(a[i, 1] ^ b[j, 1])
        + _bits(a[i, 2] ^ b[j, 2])
        + _bits(a[i, 3] ^ b[j, 3])
    )


@njit(cache=True, nogil=True)
def _grown(rows: Any) -> Any:
    """Return the buffer at twice its length."""
    wider = np.empty((2 * rows.shape[0], 3), np.int64)
    wider[: rows.shape[0]] = rows
    return wider


@njit(cache=True, nogil=True)
def scan(queries: Any, radii: Any, held: Any) -> Any:
    """Compare every query with every held hash."""
    rows, found = np.empty((1024, 3), np.int64), 0
    for q in range(queries.shape[0]):
        for h in range(held.shape[0]):
            distance = _apart(queries, q, held, h)
            if distance <= radii[q]:
                if found == rows.shape[0]:
                    rows = _grown(rows)
                rows[found, 0], rows[found, 1], rows[found, 2] = q, h, distance
                found += 1
    return rows[:found]


@njit(cache=True, nogil=True)
def _word(hashes: Any, i: Any, w: Any) -> Any:
    """Return the 16-bit word ``w`` of a packed hash."""
    return np.int64((hashes[i, w >> 2] >> np.uint64(16 * (w & 3))) & np.uint64(0xFFFF))


@njit(cache=True, nogil=True)
def bucketed(held: Any) -> Any:
    """Return bucket starts (16, 65537) and held places (16, n) by each word's value (counting sort)."""
    count = held.shape[0]
    starts, places = np.zeros((WORDS, 65537), np.uint32), np.empty((WORDS, count), np.uint32)
    for w in range(WORDS):
        for i in range(count):
            starts[w, _word(held, i, w) + 1] += 1
        for v in range(65536):
            starts[w, v + 1] += starts[w, v]
        nexts = starts[w].copy()
        for i in range(count):
            v = _word(held, i, w)
            places[w, nexts[v]] = i
            nexts[v] += 1
    return starts, places


@njit(cache=True, nogil=True)
def probe(queries: Any, radii: Any, held: Any, starts: Any, places: Any, masks: Any, mask_starts: Any) -> Any:
    """Look each query up in the buckets near its words; a pair counts at its first near word only."""
    rows, found = np.empty((1024, 3), np.int64), 0
    limits = np.empty(WORDS, np.int64)
    for q in range(queries.shape[0]):
        for w in range(WORDS):  # shares of radius + 1, as even as can be, less one
            limits[w] = (radii[q] + 1 + WORDS - 1 - w) // WORDS - 1
        for w in range(WORDS):
            if limits[w] < 0:
                continue
            own = _word(queries, q, w)
            for m in range(mask_starts[limits[w] + 1]):
                value = own ^ np.int64(masks[m])
                for k in range(starts[w, value], starts[w, value + 1]):
                    h = np.int64(places[w, k])
                    distance = _apart(queries, q, held, h)
                    if distance > radii[q]:
                        continue
                    earlier = False
                    for e in range(w):
                        if _bits(np.uint64(_word(queries, q, e) ^ _word(held, h, e))) <= limits[e]:
                            earlier = True
                            break
                    if earlier:
                        continue
                    if found == rows.shape[0]:
                        rows = _grown(rows)
                    rows[found, 0], rows[found, 1], rows[found, 2] = q, h, distance
                    found += 1
    return rows[:found]
