"""Why two items belong together: the strongest path of links, its weakest link, what breaks without it."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

from entente.casework.link.series.evidence import SHARED, Link


@dataclass(frozen=True, slots=True)
class Explanation:
    """The path from one item to the other, and on what it stands.

    ``instead`` is the next path where there is one without the weakest link; else ``falls`` are the items
    that would be tied to the first one no more.
    """

    path: tuple[Link, ...]
    weakest: Link | None = None
    instead: tuple[Link, ...] = ()
    falls: tuple[str, ...] = ()


def why(a: str, b: str, links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the path of links from ``a`` to ``b`` whose weakest link is strongest, or nothing."""
    around = _around(links)
    turn = count()  # among equals the first found goes first
    queue: list[tuple[float, int, str, int, tuple[Link, ...]]] = [(-1.0, 0, a, next(turn), ())]
    seen: set[str] = set()
    while queue:
        weakest, steps, here, _, path = heapq.heappop(queue)
        if here == b:
            return path
        if here in seen:
            continue
        seen.add(here)
        for link in around[here]:
            there = link.b if link.a == here else link.a
            if there not in seen:
                heapq.heappush(
                    queue, (max(weakest, -link.weight), steps + 1, there, next(turn), (*path, link))
                )
    return ()


def explain(a: str, b: str, links: Sequence[Link]) -> Explanation:
    """Return why ``a`` and ``b`` belong together, and what breaks without the weakest reason."""
    path = why(a, b, links)
    if not path:
        return Explanation(())
    weakest = min(path, key=lambda k: (k.weight, k.a, k.b))
    without = [k for k in links if not _falls_with(k, weakest)]
    instead = why(a, b, without)
    if instead:
        return Explanation(path, weakest, instead)
    falls = _reached(a, links) - _reached(a, without)
    return Explanation(path, weakest, (), tuple(sorted(falls)))


def _falls_with(link: Link, weakest: Link) -> bool:
    """Whether a link stands on the same as the weakest: itself, or the one thing that a chain shares."""
    if (weakest.kind, weakest.grade) in SHARED:
        return (link.kind, link.grade, link.because.text) == (
            weakest.kind,
            weakest.grade,
            weakest.because.text,
        )
    return link == weakest


def _around(links: Iterable[Link]) -> dict[str, list[Link]]:
    around: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        around[link.a].append(link)
        around[link.b].append(link)
    return around


def _reached(start: str, links: Iterable[Link]) -> set[str]:
    around = _around(links)
    seen, waiting = {start}, [start]
    while waiting:
        for link in around[waiting.pop()]:
            new = {link.a, link.b} - seen
            seen |= new
            waiting += new
    return seen
