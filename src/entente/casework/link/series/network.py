"""The links as a network of numbers: what people joined is one node, what items share is a star."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log, prod

import numpy as np

from entente.casework.link.series.evidence import IN_PART, SHARED, WEAK_ALONE, Link, LinkKind
from entente.casework.link.series.leiden import Places, Strengths

STRONG = 0.95  # probability from which the evidence for a pair joins by itself; below it only a person joins
_MOST = 0.99  # beyond this no evidence counts more

Pair = tuple[str, str]


def weight_of_pair(links: Iterable[Link]) -> float:
    """Return the probability that at least one kind of evidence is right; no kind counts twice.

    What is weak alone adds to other evidence and joins nothing by itself.
    """
    best: dict[LinkKind, float] = {}
    for each in links:
        best[each.kind] = max(best.get(each.kind, 0.0), each.weight)
    if not best.keys() - WEAK_ALONE:
        return 0.0
    return 1.0 - prod(1.0 - w for w in best.values())


def strong_pairs(links: Iterable[Link]) -> dict[Pair, list[Link]]:
    """Return the pairs whose evidence together is strong, each with its links."""
    by_pair: dict[Pair, list[Link]] = defaultdict(list)
    for each in links:
        by_pair[each.a, each.b].append(each)
    return {pair: rows for pair, rows in by_pair.items() if weight_of_pair(rows) >= STRONG}


def stars(links: Iterable[Link]) -> list[list[str]]:
    """Return the sets of three and more items that share one thing, of which the links are but a chain."""
    chains: dict[tuple[LinkKind, str], list[Link]] = defaultdict(list)
    for each in links:
        if (each.kind, each.grade) in SHARED:
            chains[each.kind, each.because.text].append(each)
    found = []
    for rows in chains.values():
        found += [sorted(members) for members in _connected((k.a, k.b) for k in rows) if len(members) > 2]
    return found


def _connected(pairs: Iterable[Pair]) -> list[set[str]]:
    of: dict[str, set[str]] = {}
    for a, b in pairs:
        one, other = of.setdefault(a, {a}), of.setdefault(b, {b})
        if one is not other:
            one |= other
            of.update(dict.fromkeys(other, one))
    return list({id(members): members for members in of.values()}.values())


@dataclass(frozen=True, slots=True)
class Network:
    """Edges ``u`` – ``v`` with their strengths; nodes below ``items`` are items, the others stars."""

    items: int
    nodes: int
    u: Places
    v: Places
    strength: Strengths
    in_part: Places  # edges of evidence that a compilation makes as well: 1, else 0


def network(
    pairs: Mapping[Pair, Sequence[Link]], shared: Sequence[Sequence[str]], node_of: Mapping[str, int]
) -> Network:
    """Return the network over nodes that may hold several items each."""
    items = max(node_of.values(), default=-1) + 1
    edges: dict[tuple[int, int], tuple[float, int]] = {}
    for (a, b), rows in pairs.items():
        x, y = sorted((node_of[a], node_of[b]))
        if x != y:
            strength = -log(1.0 - min(weight_of_pair(rows), _MOST))
            part = int(all(each.kind in IN_PART for each in rows))
            before = edges.get((x, y), (0.0, 1))
            edges[x, y] = (max(strength, before[0]), min(part, before[1]))
    at = items
    for members in shared:
        ends = {node_of[m] for m in members}
        if len(ends) > 2:
            edges.update({(end, at): (-log(1.0 - _MOST), 0) for end in sorted(ends)})
            at += 1
    return Network(
        items,
        at,
        np.array([x for x, _ in edges], np.int64),
        np.array([y for _, y in edges], np.int64),
        np.array([s for s, _ in edges.values()], np.float64),
        np.array([p for _, p in edges.values()], np.int64),
    )
