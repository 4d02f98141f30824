"""Splits what hangs together into what belongs together: Leiden inside each component, twice and again.

A split is kept only at a thin cut; what ties many strangers is a hub, is dropped, and the component is split
anew without it. A component that was split before is not split again: adding an item costs its own alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from entente.casework.link.series.leiden import Places, Strengths, communities
from entente.casework.link.series.network import Network
from entente.casework.link.series.thinness import DENSE, standing

HUB_PARTS = 6  # groups that meet only in one item: it ties strangers
HUB_SHARE = 3  # … of its links at most one in so many goes to one group
ROUNDS = 6  # of dropping hubs
REMEMBERED = 1 << 15  # components


def parts_of(net: Network) -> tuple[Places, list[int]]:
    """Return the part of every node, and the hubs among the items, each a part of its own."""
    part = np.arange(net.nodes, dtype=np.int64)
    hubs: list[int] = []
    start = 0
    for nodes, edges in _components(net.nodes, net.u, net.v):
        items = int(np.searchsorted(nodes, net.items))
        u, v = np.searchsorted(nodes, net.u[edges]), np.searchsorted(nodes, net.v[edges])
        found, apart = split_component(
            items, len(nodes), u.tobytes(), v.tobytes(), net.strength[edges].tobytes(),
            net.in_part[edges].tobytes(),
        )  # fmt: skip
        part[nodes] = np.frombuffer(found, np.int64) + start
        start += len(nodes)
        hubs += [int(nodes[n]) for n in apart]
    lonely = np.setdiff1d(np.arange(net.nodes), np.concatenate([net.u, net.v]))
    part[lonely] = start + np.arange(len(lonely))
    return part, hubs


def _components(nodes: int, u: Places, v: Places) -> Iterator[tuple[Places, Places]]:
    """Iterate over components: their nodes in order, and their edges by place."""
    if not len(u):
        return
    count, of = _joined(nodes, u, v)
    by_edge, by_node = np.argsort(of[u], kind="stable"), np.argsort(of, kind="stable")
    edge_at = np.searchsorted(of[u][by_edge], np.arange(count + 1))
    node_at = np.searchsorted(of[by_node], np.arange(count + 1))
    for n in range(count):
        if edge_at[n] < edge_at[n + 1]:
            yield by_node[node_at[n] : node_at[n + 1]], by_edge[edge_at[n] : edge_at[n + 1]]


def _joined(nodes: int, u: Places, v: Places) -> tuple[int, Places]:
    """Return how many components the edges ``u`` – ``v`` make, and the number of each node's."""
    from scipy.sparse import coo_array  # with the first series only, as in ``leiden``
    from scipy.sparse.csgraph import connected_components

    count, of = connected_components(
        coo_array((np.ones(len(u)), (u, v)), shape=(nodes, nodes)), directed=False
    )
    return int(count), of


@lru_cache(maxsize=REMEMBERED)
def split_component(
    items: int, nodes: int, u: bytes, v: bytes, strength: bytes, in_part: bytes
) -> tuple[bytes, tuple[int, ...]]:
    """Split one component; the answer rests on nothing but these numbers."""
    x, y = np.frombuffer(u, np.int64), np.frombuffer(v, np.int64)
    w, meets = np.frombuffer(strength, np.float64), np.frombuffer(in_part, np.int64)
    dropped = np.zeros(nodes, bool)
    part = _leiden_twice(items, nodes, x, y, w)
    for _ in range(ROUNDS):
        hubs = [n for n in _hubs(part, x, y, meets) if not dropped[n] and n < items]
        if not hubs:
            break
        dropped[hubs] = True
        kept = ~(dropped[x] | dropped[y])
        part = _leiden_twice(items, nodes, x[kept], y[kept], w[kept])
    return part.tobytes(), tuple(np.flatnonzero(dropped).tolist())


def _leiden_twice(items: int, nodes: int, u: Places, v: Places, strength: Strengths) -> Places:
    """Leiden inside every component, and inside what it kept apart, until nothing is kept apart any more."""
    part = np.arange(nodes, dtype=np.int64)
    waiting = [(np.arange(nodes), np.arange(len(u)))]
    start = 0
    while waiting:
        _, among = waiting.pop()
        for nodes_here, places in _components(nodes, u[among], v[among]):
            edges = among[places]
            inside = int(np.searchsorted(nodes_here, items))
            x, y = np.searchsorted(nodes_here, u[edges]), np.searchsorted(nodes_here, v[edges])
            kept = _once(inside, len(nodes_here), x, y, strength[edges])
            part[nodes_here] = nodes + start + kept
            start += len(nodes_here)
            if kept.any():
                same = kept[x] == kept[y]
                waiting.append((nodes_here, edges[same]))
    return np.unique(part, return_inverse=True)[1].astype(np.int64)


def _once(items: int, nodes: int, u: Places, v: Places, strength: Strengths) -> Places:
    """Return the parts that stand, numbered from 0; one part where there are too few items for two."""
    if items < 2 * DENSE or len(u) + int((v >= items).sum()) <= items:
        return np.zeros(nodes, np.int64)
    found = standing(communities(nodes, u, v, strength), u, v, strength, items)
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _hubs(part: Places, u: Places, v: Places, meets: Places) -> list[int]:
    """Return the nodes whose neighbours, met by their parts alone, have nothing else in common."""
    around: dict[int, set[int]] = defaultdict(set)
    for x, y in zip(u[meets == 1].tolist(), v[meets == 1].tolist(), strict=True):
        around[x].add(y)
        around[y].add(x)
    suspects = {n for n, near in around.items() if len(near) >= HUB_PARTS}
    if not suspects:
        return []
    same = (part[u] == part[v]) & (meets == 0)
    _, group = _joined(len(part), u[same], v[same])
    hubs = []
    for n in sorted(suspects):
        met = Counter(group[list(around[n])].tolist())
        if len(met) >= HUB_PARTS and HUB_SHARE * max(met.values()) <= sum(met.values()):
            hubs.append(n)
    return hubs
