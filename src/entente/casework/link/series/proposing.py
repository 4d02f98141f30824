"""Every link that the evidence speaks for, each with its reason, and the hubs."""

from __future__ import annotations

from collections.abc import Iterable

from entente.casework.link.series.evidence import Item, Link, Proposal
from entente.casework.link.series.kinds import FINDERS


def propose(items: Iterable[Item], more: Iterable[Link] = ()) -> Proposal:
    """Return what every finder finds among ``items``, with ``more`` that was found elsewhere."""
    listed = sorted(items, key=lambda item: item.id)
    links, hubs = list(more), []
    for find in FINDERS:
        found, apart = find(listed)
        links += found
        hubs += apart
    unique = {(each.a, each.b, each.kind, each.because.text): each for each in links if each.a != each.b}
    ordered = sorted(unique.values(), key=lambda each: (-each.weight, each.a, each.b, each.kind))
    return Proposal(tuple(ordered), tuple(hubs))
