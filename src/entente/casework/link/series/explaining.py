"""Why two items belong together: the path of links whose weakest link is strongest."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable

from entente.casework.link.series.evidence import Link


def why(a: str, b: str, links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the path of links from ``a`` to ``b`` whose weakest link is strongest, or nothing."""
    around: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        around[link.a].append(link)
        around[link.b].append(link)
    queue: list[tuple[float, int, str, tuple[Link, ...]]] = [(-1.0, 0, a, ())]
    seen: set[str] = set()
    while queue:
        weakest, steps, here, path = heapq.heappop(queue)
        if here == b:
            return path
        if here in seen:
            continue
        seen.add(here)
        for link in around[here]:
            there = link.b if link.a == here else link.a
            if there not in seen:
                heapq.heappush(queue, (max(weakest, -link.weight), steps + 1, there, (*path, link)))
    return ()
