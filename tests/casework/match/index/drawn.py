"""Drawn hashes for the tests of the index, and the comparison of everything with everything."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def random(rng: np.random.Generator, count: int) -> NDArray[np.uint64]:
    return rng.integers(0, 2**64, (count, 4), dtype=np.uint64)


def flipped(
    rng: np.random.Generator, rows: NDArray[np.uint64], bits: NDArray[np.int64]
) -> NDArray[np.uint64]:
    """Return (n, 4) hashes with so many bits of each turned over."""
    chosen = rng.random((len(rows), 256)).argsort(axis=1).argsort(axis=1) < np.asarray(bits)[:, None]
    flips = np.packbits(chosen, axis=1, bitorder="little").view(np.uint64)
    return rows ^ flips


def all_pairs(
    queries: NDArray[np.uint64], held: NDArray[np.uint64], radius: NDArray[np.int64] | int
) -> set[tuple[int, int, int]]:
    radii = np.broadcast_to(np.asarray(radius), (len(queries),))
    out = set()
    for q, query in enumerate(queries):
        distance = np.bitwise_count(held ^ query).sum(axis=1, dtype=int)
        out |= {(q, int(h), int(distance[h])) for h in np.flatnonzero(distance <= radii[q])}
    return out
