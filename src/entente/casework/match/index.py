"""Exact search for near 256-bit hashes: every pair within a radius, none lost, the radius chosen per query.

Multi-index hashing (Norouzi, Punjani and Fleet 2014, generalised radii): a pair within r bits agrees on at
least one of 16 words of 16 bits up to t_i bits when the (t_i + 1) add up to more than r. Pairs go into a
buffer that grows; it never clips. Small sets and wide radii are scanned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

WORDS = 16
SCAN_BELOW = 2_000  # held hashes; tables are 8 times faster here already but cost 4 MB and their building
WIDEST = 47  # radius up to which buckets pay; beyond, each word would have to be probed at 3 bits and more


@dataclass(frozen=True, slots=True)
class Pairs:
    """Places in the queries and in the held hashes, and their distance; sorted by query, then held."""

    query: NDArray[np.int64]
    held: NDArray[np.int64]
    distance: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.query)


def packed(hashes: Sequence[str]) -> NDArray[np.uint64]:
    """Return hashes of 64 hex digits as (n, 4) uint64; raise ``ValueError`` for any other length."""
    if any(len(h) != 64 for h in hashes):
        raise ValueError("a hash to search has 64 hex digits")
    raw = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=">u8")
    return raw.astype(np.uint64).reshape(-1, 4)


def _neighbours() -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Return all 16-bit masks by their number of bits, and where each number starts."""
    masks = np.arange(1 << 16)
    bits = np.bitwise_count(masks.astype(np.uint16)).astype(np.int64)
    order = np.argsort(bits, kind="stable")
    return order.astype(np.uint16), np.searchsorted(bits[order], np.arange(18))


_MASKS, _STARTS = _neighbours()


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
def _scan(queries: Any, radii: Any, held: Any) -> Any:
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
def _bucketed(held: Any) -> Any:
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
def _probe(
    queries: Any, radii: Any, held: Any, starts: Any, places: Any, masks: Any, mask_starts: Any
) -> Any:
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


class NearIndex:
    """Held hashes, (n, 4) uint64 from ``packed``; duplicates keep their places."""

    def __init__(self, held: NDArray[np.uint64]) -> None:
        self._held = np.array(held, dtype=np.uint64, order="C").reshape(-1, 4)
        self._buckets: tuple[Any, Any] | None = None

    def __len__(self) -> int:
        return len(self._held)

    def search(self, queries: NDArray[np.uint64], radius: int | Sequence[int] | NDArray[np.integer]) -> Pairs:
        """Return all pairs within ``radius`` bits, one radius for all or one for each query (negative: none).

        ``queries`` is (m, 4) uint64. Exact: equal as a set to comparing everything with everything.
        """
        asked = np.array(queries, dtype=np.uint64, order="C").reshape(-1, 4)
        radii = np.array(np.broadcast_to(np.asarray(radius, dtype=np.int64), (len(asked),)), order="C")
        if len(self._held) < SCAN_BELOW or (len(radii) and radii.max() > WIDEST):
            rows = _scan(asked, radii, self._held)
        else:
            if self._buckets is None:
                self._buckets = _bucketed(self._held)
            starts, places = self._buckets
            rows = _probe(asked, radii, self._held, starts, places, _MASKS, _STARTS)
            rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        return Pairs(rows[:, 0], rows[:, 1], rows[:, 2])
