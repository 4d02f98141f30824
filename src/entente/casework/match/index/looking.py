"""What the loop needs to know of the radii it is asked for: limits, what is spent, and the flips to try."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index.plan import Plan, spent, thresholds


@dataclass(frozen=True, slots=True)
class Looking:
    """Tables for ``loops.probe``: ``limits`` and ``spent`` (radii, chunks), ``masks`` and where they end."""

    limits: NDArray[np.int64]
    spent: NDArray[np.int64]
    masks: NDArray[np.int64]
    mask_ends: NDArray[np.int64]


@lru_cache(maxsize=64)
def looking(plan: Plan, count: int, radii: tuple[int, ...]) -> Looking:
    """Return the tables for these radii, in their order, on ``count`` different held hashes."""
    limits = np.array([thresholds(plan, count, r) for r in radii], dtype=np.int64)
    used = np.array([spent(plan, row) for row in limits.tolist()], dtype=np.int64)
    deepest = max(0, int(limits.max()))
    most = max(flips(w, int(t))[1][-1] for w, t in zip(plan.widths, limits.max(axis=0).clip(0), strict=True))
    masks = np.zeros((len(plan.widths), most), np.int64)
    ends = np.zeros((len(plan.widths), deepest + 1), np.int64)
    for i, width in enumerate(plan.widths):
        values, until = flips(width, max(0, int(limits[:, i].max())))
        masks[i, : len(values)] = values
        ends[i, : len(until)] = until
    return Looking(limits, used, masks, ends)


@lru_cache(maxsize=256)
def flips(width: int, deepest: int) -> tuple[NDArray[np.int64], list[int]]:
    """Return all flips of up to ``deepest`` bits in ``width``, fewest first, and where each number ends.

    Those of one number rise, so that flips of low bits alone, which meet neighbouring buckets, come together.
    """
    rows = [
        sorted(sum(1 << b for b in bits) for bits in combinations(range(width), n))
        for n in range(deepest + 1)
    ]
    ends = np.cumsum([comb(width, n) for n in range(deepest + 1)]).tolist()
    return np.array([value for row in rows for value in row], dtype=np.int64), ends
