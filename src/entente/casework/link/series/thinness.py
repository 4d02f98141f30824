"""Which of the parts that Leiden found stand on their own: a split is kept only at a thin cut.

A part stands when it is dense in itself, what leaves it is little beside what holds it, and no more of its
items have a link outward than chance would give them. A part that does not stand goes to its nearest one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from entente.casework.link.series.leiden import Places, Strengths

THIN = 0.15  # of a part's links, weighed, that may leave it
BY_CHANCE = 0.2  # of the items of a part that a false link may tie elsewhere
DENSE = 3  # items, and as many links among them: more than a chain


@dataclass(slots=True)
class _Part:
    """One part while parts are joined."""

    size: int = 0
    links: int = 0
    strength: float = 0.0
    out: dict[int, _Cut] = field(default_factory=dict)

    def stands(self) -> bool:
        """Whether the part may stay apart from all that it is linked with."""
        if not self.out:
            return True
        if self.size < DENSE or self.links < self.size:
            return False
        leaving = sum(cut.strength for cut in self.out.values())
        ends = len(set[int]().union(*(cut.ends for cut in self.out.values())))
        chance = BY_CHANCE * self.size
        return leaving <= THIN * (2 * self.strength + leaving) and ends <= 1 + chance + 2 * sqrt(chance)


@dataclass(slots=True)
class _Cut:
    """What leaves a part towards another: weighed, and from which of its own nodes."""

    strength: float = 0.0
    ends: set[int] = field(default_factory=set)

    def take(self, other: _Cut) -> None:
        self.strength += other.strength
        self.ends |= other.ends


def standing(part_of: Places, u: Places, v: Places, strength: Strengths, items: int) -> Places:
    """Return the part of each node once every split at a thick cut is taken back.

    Nodes from ``items`` on are none: each stands for what several items share, so it counts no item and
    each of its edges counts as two links.
    """
    parts = _parts(part_of, u, v, strength, items)
    into = {n: n for n in parts}
    queue = [(part.size, n) for n, part in parts.items()]
    heapq.heapify(queue)
    while queue:
        size, n = heapq.heappop(queue)
        if into[n] != n or size != parts[n].size or parts[n].stands():
            continue
        near = max(parts[n].out, key=lambda k: (_nearness(parts[n].out[k], parts[k]), -k))
        _join(parts, n, near)
        into[n] = near
        heapq.heappush(queue, (parts[near].size, near))
    return np.array([_end(into, n) for n in part_of.tolist()], np.int64)


def _nearness(cut: _Cut, part: _Part) -> tuple[float, float]:
    return len(cut.ends) / sqrt(max(part.size, 1)), cut.strength


def _parts(part_of: Places, u: Places, v: Places, strength: Strengths, items: int) -> dict[int, _Part]:
    parts: dict[int, _Part] = {n: _Part() for n in np.unique(part_of).tolist()}
    for n in part_of[:items].tolist():
        parts[n].size += 1
    for x, y, w in zip(u.tolist(), v.tolist(), strength.tolist(), strict=True):
        a, b = int(part_of[x]), int(part_of[y])
        if a == b:
            parts[a].links += 2 if y >= items else 1
            parts[a].strength += w
        else:
            parts[a].out.setdefault(b, _Cut()).take(_Cut(w, {x}))
            parts[b].out.setdefault(a, _Cut()).take(_Cut(w, {y}))
    return parts


def _join(parts: dict[int, _Part], n: int, near: int) -> None:
    """Put part ``n`` into ``near``; what led from the one to the other is inside now."""
    gone, kept = parts.pop(n), parts[near]
    crossing = gone.out.pop(near)
    kept.out.pop(n)
    kept.size += gone.size
    kept.links += gone.links + len(crossing.ends)
    kept.strength += gone.strength + crossing.strength
    for other, cut in gone.out.items():
        kept.out.setdefault(other, _Cut()).take(cut)
        parts[other].out.setdefault(near, _Cut()).take(parts[other].out.pop(n))


def _end(into: dict[int, int], n: int) -> int:
    while into[n] != n:
        n = into[n]
    return n
