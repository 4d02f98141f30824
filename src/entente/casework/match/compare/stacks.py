"""Stacks of duplicates: items of the same bytes or the same picture, so that one look serves for all."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from entente.casework.match.index import NearIndex
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY

STACK_NEAR = 8  # bits: a copy saved again. Wider ones are series, which link proposes with its reason


def stacked(
    keys: Sequence[Hashable], hashes: Sequence[str], qualities: Sequence[int | None], near: int = STACK_NEAR
) -> list[int]:
    """Return for each item the place of the first item of its stack.

    ``keys`` are digests (blank: unlike anything), ``hashes`` PDQ in hex (blank: none). Items stand in one
    stack when their digest is the same or their PDQ is within ``near`` bits of the stack's first picture: a
    stack is a star around one picture, never a chain that wanders from one scene to another.
    """
    first: dict[Hashable, int] = {}
    place = [first.setdefault(key, at) if key else at for at, key in enumerate(keys)]
    told = [
        at
        for at, (value, quality) in enumerate(zip(hashes, qualities, strict=True))
        if value and (quality or 0) >= PDQ_MIN_QUALITY and place[at] == at
    ]
    if len(told) > 1:
        rows = np.frombuffer(bytes.fromhex("".join(hashes[at] for at in told)), ">u8")
        packed = rows.astype(np.uint64).reshape(-1, 4)
        pairs = NearIndex(packed).search(packed, near)
        heads: set[int] = set()
        order = zip(pairs.query.tolist(), pairs.held.tolist(), strict=True)
        head = {}
        for query, held in order:  # sorted by query, then held: earlier items become heads first
            if query not in head and (held in heads or held == query):
                head[query] = held
                if held == query:
                    heads.add(query)
        for query, held in head.items():
            place[told[query]] = told[held]
    return [place[at] for at in place]
