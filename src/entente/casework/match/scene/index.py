"""Held pictures by the words of their corners: which may share a part with the asked one, and which do.

Each corner's 256 bits are cut into words by fixed choices of bits (Indyk and Motwani, "Approximate nearest
neighbors", STOC 1998), so that alike corners share a word in some table; pictures whose corners are met in
one turn and one size are then compared in full. The candidate stage may miss; nothing is believed without
the second stage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.scene.arrangement import Arrangement, Box, arranged, difference
from entente.casework.match.scene.corners import Asked, Features
from entente.vocabulary.reason import Reason

METHOD, VERSION = "match.scene", "1"  # of the features: those of two versions are never compared
RULE = "2"  # of what is believed; 2: things of one make, seen from one place, are no common part
TABLES = 8
FEWEST_BITS, MOST_BITS = 12, 24  # of a word
IN_BUCKET = 8  # corners that a bucket shall hold
FULLEST = 64  # times that: a bucket so full says nothing
MEET_BITS = 40  # of 256: closer than what is compared in full, so that letters of other texts stay away
LEAST_VOTES = 0.5  # in corners that meet this picture alone
CANDIDATES = 8  # pictures compared in full


@dataclass(frozen=True, slots=True)
class SceneMatch:
    """A held picture that shares a part with the asked one.

    ``transform`` (3, 3) takes pixels of the asked picture as displayed to pixels of the held one; regions are
    x, y, w, h in fractions, the part that both show by that map; ``points`` (n, 4) are fractions too: x, y in
    the asked, x, y in the held picture.
    """

    id: int
    score: int  # points in one arrangement
    transform: NDArray[np.float64]
    region_query: Box
    region_held: Box
    points: NDArray[np.float64]
    filled: float
    mirrored: bool

    @property
    def because(self) -> Reason:
        """The sentence for an officer."""
        turn = " after mirroring left to right" if self.mirrored else ""
        return Reason(
            f"{self.score} corners lie in one arrangement{turn}, in {self.filled:.0%} of what both show: "
            f"{_words(self.region_query)} of this picture, {_words(self.region_held)} of the held one",
            METHOD,
            f"{VERSION}.{RULE}",
            float(self.score),
        )


def _words(region: Box) -> str:
    return f"{region[2] * 100:.0f} % x {region[3] * 100:.0f} %"


class SceneIndex:
    """Features of held pictures, searchable without comparing with all of them; each corner is held once."""

    def __init__(self, pictures: list[tuple[int, Features]]) -> None:
        """Take in (id, features); those with too few features are not searched (``skipped``)."""
        from entente.casework.match.scene.loops import bucketed, key_of  # numba, with the first index only

        held = [(number, f) for number, f in pictures if not f.too_few]
        self.skipped = len(pictures) - len(held)
        self._numbers = [number for number, _ in held]
        self._frames = [(f.width, f.height) for _, f in held]
        counts = [len(f) for _, f in held]
        self._first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._owner = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
        self._places = np.concatenate([np.zeros((0, 2), np.uint16), *(f.places for _, f in held)])
        self._words = np.concatenate([np.zeros((0, 4), np.uint64), *(f.words for _, f in held)])
        self._turns = np.concatenate([np.zeros(0, np.uint8), *(f.turns for _, f in held)])
        self._sizes = np.concatenate([np.zeros(0, np.uint8), *(f.sizes for _, f in held)])
        wanted = int(np.log2(max(1, len(self._words) / IN_BUCKET)))
        self._bits = [_chosen(table, min(MOST_BITS, max(FEWEST_BITS, wanted))) for table in range(TABLES)]
        self._tables = [bucketed(key_of(self._words, bits), 1 << len(bits)) for bits in self._bits]
        self._fullest = FULLEST * max(IN_BUCKET, len(self._words) >> MOST_BITS)

    @classmethod
    def build(cls, pictures: Iterable[tuple[int, Features]]) -> SceneIndex:
        """Return the index of held pictures."""
        return cls(list(pictures))

    def __len__(self) -> int:
        return len(self._numbers)

    def pictures(self) -> Iterator[tuple[int, Features]]:
        """Yield (id, features) of what is searched, as parts of the index itself: nothing is copied."""
        return ((number, self._features(place)) for place, number in enumerate(self._numbers))

    def _features(self, place: int) -> Features:
        own = slice(self._first[place], self._first[place + 1])
        parts = (self._places[own], self._turns[own], self._sizes[own], self._words[own])
        return Features(*self._frames[place], *parts)

    @property
    def nbytes(self) -> int:
        """What the index holds in memory, features included."""
        own = [self._owner, self._places, self._words, self._turns, self._sizes, self._first]
        return sum(a.nbytes for a in own) + sum(a.nbytes for pair in self._tables for a in pair)

    def search(self, query: Asked | Features) -> list[SceneMatch]:
        """Return the held pictures that share a part with the asked one, the most points first.

        An ``Asked`` is also asked as mirrored. Too few features give no match; see ``Features.too_few``.
        """
        found: dict[int, SceneMatch] = {}
        sides = (
            [(query, False)]
            if isinstance(query, Features)
            else [(query.plain, False), (query.mirrored, True)]
        )
        for side, mirrored in sides:
            for place in self.candidates(side):
                number, held = self._numbers[place], self._features(place)
                shared = arranged(side, held)
                if shared and (number not in found or len(shared.pairs) > found[number].score):
                    found[number] = _match(number, side, held, shared, mirrored)
        return sorted(found.values(), key=lambda m: (-m.score, m.id))

    def candidates(self, query: Features) -> list[int]:
        """Return the places of the held pictures most of whose met corners agree in turn and size."""
        from entente.casework.match.scene.loops import key_of, meeting, peaks, weights

        if query.too_few or not self._numbers:
            return []
        met = [
            meeting(
                query.words, key_of(query.words, bits), starts, corners, self._words, MEET_BITS, self._fullest
            )
            for bits, (starts, corners) in zip(self._bits, self._tables, strict=True)
        ]
        both = np.concatenate(met).astype(np.uint64)
        once = np.unique(both[:, 1] << np.uint64(32) | both[:, 0])  # by held corner, so by picture
        pairs = np.stack([once & np.uint64(0xFFFFFFFF), once >> np.uint64(32)], axis=1).astype(np.int64)
        if not len(pairs):
            return []
        everything = Features(1, 1, np.zeros((0, 2), np.uint16), self._turns, self._sizes, self._words)
        owners = self._owner[pairs[:, 1]]
        weight = weights(owners, pairs[:, 0], len(query))
        starts, votes = peaks(owners, *difference(query, everything, pairs), weight)
        best = np.lexsort((owners[starts], -votes))[:CANDIDATES]
        return [int(owners[starts[i]]) for i in best if votes[i] >= LEAST_VOTES]


def _chosen(table: int, bits: int) -> NDArray[np.int64]:
    """Return which bits make the word of a table: by chance, and the same everywhere for ever."""
    drawn = hashlib.shake_256(f"entente scene table {table}".encode()).digest(512)
    order = np.argsort(np.frombuffer(drawn, "<u2"), kind="stable")
    return np.ascontiguousarray(order[:bits]).astype(np.int64)


def _match(number: int, asked: Features, held: Features, shared: Arrangement, mirrored: bool) -> SceneMatch:
    """Return the match as it concerns the asked picture as displayed."""
    points, transform = shared.pairs.copy(), shared.affine
    if mirrored:
        points[:, 0] = 1 - points[:, 0]
        transform = transform @ np.array([[-1.0, 0, asked.width], [0, 1, 0], [0, 0, 1]])
    return SceneMatch(
        number,
        len(points),
        transform,
        _common(np.linalg.inv(transform).astype(np.float64), held, asked),
        _common(transform, asked, held),
        points,
        shared.filled,
        mirrored,
    )


def _common(transform: NDArray[np.float64], one: Features, other: Features) -> Box:
    """Return the box of ``other`` into which the whole of ``one`` falls, clipped: x, y, w, h in fractions."""
    corners = np.array([(0, 0, 1), (one.width, 0, 1), (0, one.height, 1), (one.width, one.height, 1)])
    there = (corners @ transform.T)[:, :2] / (other.width, other.height)
    low, high = (np.clip(edge(axis=0), 0, 1) for edge in (there.min, there.max))
    x, y, right, bottom = (round(float(v), 4) for v in (*low, *high))
    return x, y, round(right - x, 4), round(bottom - y, 4)
