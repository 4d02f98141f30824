"""Pictures whose PDQ are near after any turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from entente.casework.link.series.evidence import Hub, Item, Link, LinkKind, chain, link
from entente.casework.match.hashes import TURNS
from entente.casework.match.index import NearIndex, packed
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR, Transform

_BANDS = ((0, "equal"), (8, "1-8"), (16, "9-16"), (24, "17-24"), (PDQ_NEAR, "25-31"))


def band(distance: int) -> str:
    """Return the grade of a PDQ distance within the radius."""
    return next(name for most, name in _BANDS if distance <= most)


def find(items: Sequence[Item]) -> tuple[list[Link], list[Hub]]:
    """Link near pictures; equal ones are chained, so that links stay few."""
    by_hash: dict[str, list[str]] = defaultdict(list)
    turns: dict[str, tuple[str, ...]] = {}
    for item in items:
        if item.pdq_turns and item.pdq_quality >= PDQ_MIN_QUALITY and item.pdq_turns[0].strip("0"):
            by_hash[item.pdq_turns[0]].append(item.id)
            turns.setdefault(item.pdq_turns[0], item.pdq_turns)
    links = [
        tie
        for ids in by_hash.values()
        for tie in chain(ids, LinkKind.NEAR_PICTURE, "equal", "Same picture: equal PDQ")
    ]
    return links + _near(by_hash, turns), []


def _near(by_hash: dict[str, list[str]], turns: dict[str, tuple[str, ...]]) -> list[Link]:
    """Link the first item of each hash with the first of each near one, by the nearest turn."""
    hashes = list(by_hash)
    if len(hashes) < 2:
        return []
    pairs = NearIndex(packed(hashes)).search(packed([t for h in hashes for t in turns[h]]), PDQ_NEAR)
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for q, h, d in zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True):
        owner, turn = divmod(q, len(TURNS))
        if owner < h and (d, turn) < best.get((owner, h), (999, 0)):
            best[owner, h] = (d, turn)
    links = []
    for (i, j), (distance, turn) in best.items():
        turned = "" if TURNS[turn] is Transform.ORIGINAL else f" ({TURNS[turn].value})"
        text = f"Near picture: PDQ distance {distance} of 256{turned}"
        one, other = by_hash[hashes[i]][0], by_hash[hashes[j]][0]
        links.append(link(one, other, LinkKind.NEAR_PICTURE, band(distance), text))
    return links
