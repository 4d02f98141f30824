"""Which items belong together by strong or accepted links, under people's words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from entente.casework.link.series.evidence import Hub, Link, hub
from entente.casework.link.series.network import Pair, network, stars, strong_pairs
from entente.casework.link.series.splitting import parts_of


@dataclass(frozen=True, slots=True)
class Bridge:
    """Links that alone would make one of two groups: shown for review, not applied. Most often it is one."""

    links: tuple[Link, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """Groups of two and more, largest first, and what joined nothing.

    That is: links held back by a person's word, contradicting words, thin bridges, and hubs.
    """

    groups: tuple[tuple[str, ...], ...]
    held_back: tuple[Link, ...]
    contradictions: tuple[Pair, ...]
    bridges: tuple[Bridge, ...] = ()
    hubs: tuple[Hub, ...] = ()


class _Union:
    """Joins items under constraints: which of them may never meet."""

    def __init__(self, apart: Iterable[Pair]) -> None:
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
    must: Iterable[Pair] = (),
    must_not: Iterable[Pair] = (),
    accepted: Iterable[Pair] = (),
) -> Series:
    """Group items by strong or accepted links under people's words.

    ``must`` and ``must_not`` are pairs that people wrote; no link overrides them. Where they contradict each
    other the items stay apart and the pair is returned, for people to settle. ``accepted`` are pairs whose
    weak link a person confirmed: they join as if they were ``must``, after it. Then what hangs together by
    strong evidence is split where it hangs by a thin bridge, and joined within its parts, strongest first.
    """
    listed = list(links)
    union = _Union(must_not)
    contradictions = tuple((a, b) for a, b in must if not union.join(a, b))
    refused = [(a, b) for a, b in accepted if not union.join(a, b)]
    pairs = strong_pairs(listed)
    held_back = _back(listed, refused)
    part, hubs, shared = _parts(union, pairs, listed)
    crossing: dict[tuple[int, int], list[Link]] = defaultdict(list)
    for a, b in sorted(pairs, key=lambda p: (-max(k.weight for k in pairs[p]), p)):
        if part[a] != part[b]:
            crossing[min(part[a], part[b]), max(part[a], part[b])] += pairs[a, b]
        elif not union.join(a, b):
            held_back += pairs[a, b]
    for a, b in _chained_anew(shared, part):
        union.join(a, b)
    groups = [tuple(sorted(m)) for m in union.members.values() if len(m) > 1]
    return Series(
        tuple(sorted(groups, key=lambda g: (-len(g), g))),
        tuple(held_back),
        contradictions,
        _bridges(crossing.values(), union, {i for each in hubs for i in each.items[:1]}),
        tuple(hubs),
    )


def _back(links: Iterable[Link], refused: Iterable[Pair]) -> list[Link]:
    pairs = {frozenset(pair) for pair in refused}
    return [each for each in links if frozenset((each.a, each.b)) in pairs] if pairs else []


def _parts(
    union: _Union, pairs: Mapping[Pair, list[Link]], links: Iterable[Link]
) -> tuple[dict[str, int], list[Hub], list[list[str]]]:
    """Return the part of each item; the hubs; and the sets of items that share one thing.

    What people joined is one node and falls apart never; what they keep apart is no edge.
    """
    ends = sorted({i for pair in pairs for i in pair})
    together = {i: union.root(i) for i in ends}
    places = {root: n for n, root in enumerate(dict.fromkeys(together.values()))}
    node_of = {i: places[together[i]] for i in ends}
    free = {pair: rows for pair, rows in pairs.items() if pair[1] not in union.enemies.get(pair[0], ())}
    shared = stars(k for rows in free.values() for k in rows)
    part, dropped = parts_of(network(free, shared, node_of))
    of = {i: int(part[node_of[i]]) for i in ends}
    by_hand = {node_of[i] for i in ends if len(union.members[together[i]]) > 1}
    around: dict[int, set[str]] = defaultdict(set)
    for a, b in free:
        around[node_of[a]].add(b)
        around[node_of[b]].add(a)
    name = {n: i for i, n in node_of.items()}
    hubs = [
        hub(
            (name[n], *sorted(around[n])),
            f"{name[n]} ties {len(around[n])} items of groups that meet only in it",
        )
        for n in dropped
        if n not in by_hand
    ]
    return of, hubs, shared


def _chained_anew(shared: Iterable[Sequence[str]], part: Mapping[str, int]) -> Iterator[Pair]:
    """Iterate over what ties each with the next within its part: a chain may have led through another."""
    for members in shared:
        inside: dict[int, list[str]] = defaultdict(list)
        for item in members:
            inside[part[item]].append(item)
        for some in inside.values():
            yield from pairwise(some)


def _bridges(crossing: Iterable[list[Link]], union: _Union, hubs: set[str]) -> tuple[Bridge, ...]:
    """Return what would join two groups and does not; what a hub ties is told with the hub."""
    by_groups: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for links in crossing:
        for each in links:
            one, other = sorted((union.root(each.a), union.root(each.b)))
            if one != other and not {each.a, each.b} & hubs:
                by_groups[one, other].append(each)
    found = [
        Bridge(tuple(links), tuple(sorted(union.members[one])), tuple(sorted(union.members[other])))
        for (one, other), links in by_groups.items()
    ]
    return tuple(sorted(found, key=lambda b: (-len(b.left) - len(b.right), b.left)))
