"""How 256 bits are cut into chunks, and how far each chunk is looked around for a radius.

A pair within ``r`` bits is near in at least one chunk ``i`` by ``t_i`` bits when the ``t_i + 1`` add up to
``r + 1`` (Norouzi, Punjani and Fleet, "Fast exact search in Hamming space with multi-index hashing", 2014,
§4; with unequal thresholds: Qin et al., "GPH: similarity search in Hamming space", 2018, §4). Every sum is
exact; the choice only moves work between buckets looked up and entries read in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

BITS = 256
RADIUS = 31  # the radius that chunks are cut for: PDQ's own; any other is served by the same chunks
WIDEST = 26  # bits of a chunk: its bucket beginnings take 4 * 2 ** 26 bytes
DEEPEST = 5  # bits by which one chunk is looked around, at most
SKETCH = 64  # bits kept beside an entry

# Relative costs, fitted to measurements at 1 and 10 million hashes: one bucket looked up, one entry with its
# sketch read in it, one held hash measured, one hash compared in a flat scan.
LOOKED_UP, READ, MEASURED, SCANNED = 1.0, 0.2, 0.6, 0.04


@dataclass(frozen=True, slots=True)
class Plan:
    """``widths`` of the chunks in bits, in the order of the bits; ``sketch``: 64 further bits an entry."""

    widths: tuple[int, ...]
    sketch: bool

    def __post_init__(self) -> None:
        if sum(self.widths) > BITS or not all(1 <= w <= WIDEST for w in self.widths):
            raise ValueError(f"chunks of {self.widths} bits do not fit into a hash of {BITS}")

    @property
    def where(self) -> NDArray[np.int64]:
        """First bit and width of each chunk, (m, 2)."""
        widths = np.array(self.widths, dtype=np.int64)
        return np.stack([np.cumsum(widths) - widths, widths], axis=1)

    def bytes_a_hash(self, count: int) -> float:
        """Return the size of all arrays for ``count`` different hashes, labels of 8 bytes included."""
        entries = (len(self.widths) - 1) * (12 if self.sketch else 4)
        return 32 + 8 + entries + 4 * sum((1 << w) + 1 for w in self.widths) / max(1, count)


def plan_for(count: int, *, sketch: bool = True, at_most: float = 190.0) -> Plan:
    """Return the cheapest plan for ``count`` different hashes within ``at_most`` bytes a hash.

    Narrow chunks come first: they are looked around least, and what they rule out lets the sketches of the
    later ones drop more. Small sets are let use more bytes: their tables are small all the same.
    """
    allowed = at_most if count > 1 << 20 else 2 * at_most
    fitting = [p for p in _cuts(sketch) if p.bytes_a_hash(count) <= allowed]
    return min(
        fitting or _cuts(sketch), key=lambda p: cost(p, count, RADIUS) if fitting else p.bytes_a_hash(count)
    )


@lru_cache
def _cuts(sketch: bool) -> tuple[Plan, ...]:
    """Return the plans worth a look: some narrow chunks and then some wider ones, filling the hash."""
    plans = set()
    for chunks in range(9, 25):
        for narrow in range(5, WIDEST + 1):
            for few in range(chunks):
                wide, left = divmod(BITS - few * narrow, chunks - few)
                if narrow <= wide <= min(WIDEST, narrow + 5) and left >= 0:
                    more = min(left, chunks - few) if wide < WIDEST else 0
                    widths = (narrow,) * few + (wide,) * (chunks - few - more) + (wide + 1,) * more
                    plans.add(Plan(widths, sketch))
    return tuple(sorted(plans, key=lambda p: p.widths))


@lru_cache(maxsize=65536)
def thresholds(plan: Plan, count: int, radius: int) -> tuple[int, ...]:
    """Return how many bits each chunk is looked around for ``radius``; -1: not at all.

    Each further bit is given where it costs least, which is best, as the costs of a chunk only rise.
    """
    limits = [-1] * len(plan.widths)
    steps = [_step(w, 0, count, plan.sketch) for w in plan.widths]
    for _ in range(radius + 1):
        # of equal ones the last: what is looked around least comes first and rules out most
        best = min(reversed(range(len(steps))), key=steps.__getitem__)
        limits[best] += 1
        steps[best] = _step(plan.widths[best], limits[best] + 1, count, plan.sketch)
    return tuple(limits)


def _step(width: int, bits: int, count: int, sketch: bool) -> float:
    """Return the cost of looking one chunk around for exactly ``bits`` flips."""
    if bits > min(DEEPEST, width):
        return float("inf")
    return comb(width, bits) * (LOOKED_UP + count / (1 << width) * (READ if sketch else MEASURED))


def cost(plan: Plan, count: int, radius: int) -> float:
    """Return the cost of one query at ``radius``, in bucket look-ups; infinite if the plan cannot."""
    limits = thresholds(plan, count, radius)
    total = 0.0
    for width, limit in zip(plan.widths, limits, strict=True):
        total += sum(_step(width, bits, count, plan.sketch) for bits in range(limit + 1))
    return total


def scanned(count: int) -> float:
    """Return the cost of one query by comparing it with everything."""
    return count * SCANNED


def spent(plan: Plan, limits: Sequence[int]) -> list[int]:
    """Return for each chunk the bits that must differ already outside it and its sketch.

    At chunk ``i`` only pairs are new that differ by more than ``t_j`` bits in each earlier chunk ``j``. Those
    that lie outside the sketch use up that much of the radius; what they leave is the sketch's.
    """
    out = []
    where = plan.where.tolist()
    for i, (start, width) in enumerate(where):
        covered = {(start + width + k) % BITS for k in range(SKETCH)}
        outside = (j for j in range(i) if covered.isdisjoint(range(where[j][0], sum(where[j]))))
        out.append(sum(limits[j] + 1 for j in outside))
    return out
