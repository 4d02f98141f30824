"""vPDQ's two percentages, by the rule of its library: how many of each video's frames the other has.

Source: the description of the algorithm with ``vpdq`` 0.2 (ThreatExchange): drop frames below the quality,
then equal hashes; a frame is met by any frame of the other within the distance, whenever. Order and times
do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import packed
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR

_BLOCK = 1 << 20  # pairs compared at once: a few megabytes


class Shares(NamedTuple):
    """Percent of the query's, and of the held video's, distinct frames that the other has."""

    query: float
    held: float


def distinct(frames: Iterable[FrameHash]) -> NDArray[np.uint64]:
    """Return the distinct hashes (n, 4) of frames of quality 50 and more, in the order met."""
    hashes = dict.fromkeys(f.pdq for f in frames if f.quality >= PDQ_MIN_QUALITY)
    return packed(list(hashes)).reshape(-1, 4)


def shares_of(query: NDArray[np.uint64], held: NDArray[np.uint64]) -> Shares:
    """Return the percentages of two videos' distinct hashes, (n, 4) and (m, 4); nothing left gives 0."""
    if not len(query) or not len(held):
        return Shares(0.0, 0.0)
    met_query, met_held = np.zeros(len(query), bool), np.zeros(len(held), bool)
    rows = max(1, _BLOCK // max(1, len(held)))
    for at in range(0, len(query), rows):
        part = query[at : at + rows]
        apart = np.zeros((len(part), len(held)), np.uint16)
        for word in range(4):
            apart += np.bitwise_count(part[:, word, None] ^ held[None, :, word])
        near = apart <= PDQ_NEAR
        met_query[at : at + rows] |= near.any(axis=1)
        met_held |= near.any(axis=0)
    return Shares(met_query.sum() * 100 / len(query), met_held.sum() * 100 / len(held))


def shares(query: Sequence[FrameHash], held: Sequence[FrameHash]) -> Shares:
    """Return vPDQ's percentages of two videos' frames."""
    return shares_of(distinct(query), distinct(held))
