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
from numpy.typing import NDArray

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
        # numba comes with the first search: the web process, which imports every service, rarely makes one
        from entente.casework.match.loops import bucketed, probe, scan

        asked = np.array(queries, dtype=np.uint64, order="C").reshape(-1, 4)
        radii = np.array(np.broadcast_to(np.asarray(radius, dtype=np.int64), (len(asked),)), order="C")
        if len(self._held) < SCAN_BELOW or (len(radii) and radii.max() > WIDEST):
            rows = scan(asked, radii, self._held)
        else:
            if self._buckets is None:
                self._buckets = bucketed(self._held)
            starts, places = self._buckets
            rows = probe(asked, radii, self._held, starts, places, _MASKS, _STARTS)
            rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        return Pairs(rows[:, 0], rows[:, 1], rows[:, 2])
