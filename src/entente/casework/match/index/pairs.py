"""What a search gives: pairs of a query and a held hash, with their distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Pairs:
    """Places in the queries and in the held hashes, and their distance; sorted by query, then held."""

    query: NDArray[np.int64]
    held: NDArray[np.int64]
    distance: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.query)

    @classmethod
    def sorted(cls, query: NDArray[Any], held: NDArray[Any], distance: NDArray[Any]) -> Pairs:
        """Return pairs in their order from three arrays of one length."""
        order = np.lexsort((distance, held, query))
        return cls(
            query[order].astype(np.int64), held[order].astype(np.int64), distance[order].astype(np.int64)
        )


def packed(hashes: Sequence[str]) -> NDArray[np.uint64]:
    """Return hashes of 64 hex digits as (n, 4) uint64; raise ``ValueError`` for any other length."""
    if set(map(len, hashes)) - {64}:
        raise ValueError("a hash to search has 64 hex digits")
    raw = np.frombuffer(bytes.fromhex("".join(hashes)), dtype=">u8")
    return raw.astype(np.uint64).reshape(-1, 4)


def asked_as(queries: NDArray[Any], radius: int | Sequence[int] | NDArray[Any]) -> tuple[Any, Any]:
    """Return queries as (m, 4) uint64 and a radius for each; raise ``ValueError`` if they do not fit."""
    asked = np.array(queries, dtype=np.uint64, order="C").reshape(-1, 4)
    radii = np.asarray(radius, dtype=np.int64)
    if radii.ndim and len(radii) != len(asked):
        raise ValueError(f"{len(radii)} radii for {len(asked)} queries; give one for all or one for each")
    return asked, np.minimum(np.array(np.broadcast_to(radii, (len(asked),)), order="C"), 256)
