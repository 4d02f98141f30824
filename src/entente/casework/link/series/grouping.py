"""Which items belong together by strong or accepted links, under people's words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from entente.casework.link.series.evidence import Link

STRONG = 0.6  # weight from which a link joins by itself; below it only a person joins


@dataclass(frozen=True, slots=True)
class Series:
    """Groups of two and more, largest first; the links held back by a person's word; contradicting words."""

    groups: tuple[tuple[str, ...], ...]
    held_back: tuple[Link, ...]
    contradictions: tuple[tuple[str, str], ...]


class _Union:
    """Joins items under constraints: which roots may never meet."""

    def __init__(self, apart: Iterable[tuple[str, str]]) -> None:
        self.parent: dict[str, str] = {}
        self.members: dict[str, set[str]] = {}
        self.enemies: dict[str, set[str]] = defaultdict(set)
        for a, b in apart:
            self.enemies[a].add(b)
            self.enemies[b].add(a)

    def root(self, item: str) -> str:
        self.members.setdefault(item, {item})
        node = self.parent.setdefault(item, item)
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def join(self, a: str, b: str) -> bool:
        """Join two items' groups unless a person keeps any two of them apart."""
        one, other = self.root(a), self.root(b)
        if one == other:
            return True
        if len(self.members[one]) < len(self.members[other]):
            one, other = other, one
        if any(self.enemies.get(m, set()) & self.members[one] for m in self.members[other]):
            return False
        self.parent[other] = one
        self.members[one] |= self.members.pop(other)
        return True


def series(
    links: Iterable[Link],
    must: Iterable[tuple[str, str]] = (),
    must_not: Iterable[tuple[str, str]] = (),
    accepted: Iterable[tuple[str, str]] = (),
) -> Series:
    """Group items by strong or accepted links under people's words.

    ``must`` and ``must_not`` are pairs that people wrote; no link overrides them. Where they contradict each
    other the items stay apart and the pair is returned, for people to settle. ``accepted`` are pairs whose
    weak link a person confirmed. The strongest links are applied first.
    """
    union, contradictions, held_back = _Union(must_not), [], []
    for a, b in must:
        if not union.join(a, b):
            contradictions.append((a, b))
    confirmed = {frozenset(pair) for pair in accepted}
    for link in sorted(links, key=lambda k: (-k.weight, k.a, k.b)):
        strong = link.weight >= STRONG or frozenset((link.a, link.b)) in confirmed
        if strong and not union.join(link.a, link.b):
            held_back.append(link)
    groups = [tuple(sorted(m)) for m in union.members.values() if len(m) > 1]
    return Series(tuple(sorted(groups, key=lambda g: (-len(g), g))), tuple(held_back), tuple(contradictions))
