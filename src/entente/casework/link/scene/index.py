"""Which held pictures may show what is asked about: votes of points that share a word and a signature.

It grows by one picture at a time and is never built anew. It only names candidates; what is believed, the
points' arrangement says (``agreement``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entente.casework.link.scene.words import COUNT, IN_BLOCK, RADIUS, Coded

CANDIDATES = 50  # looked at in full
NEAREST = 3  # words under which an asked point is looked for
FIRST = 1024  # blocks
NEAR = np.exp(-((np.arange(RADIUS + 1) / 16.0) ** 2)).astype(np.float32)  # what a vote counts, by bits apart


class SceneIndex:
    """An inverted file of pictures by number."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._counts: list[int] = []
        self._last = np.full(COUNT, -1, np.int64)
        self._fill = np.zeros(COUNT, np.int64)
        self._postings = np.zeros(COUNT, np.int64)
        self._used = 0
        self._before = np.empty(FIRST, np.int32)
        self._owners = np.empty((FIRST, IN_BLOCK), np.uint32)
        self._signs = np.empty((FIRST, IN_BLOCK), np.uint64)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def nbytes(self) -> int:
        """What the postings hold in memory; room that was taken ahead is not counted."""
        each = self._before.itemsize + IN_BLOCK * (self._owners.itemsize + self._signs.itemsize)
        return self._used * each + self._last.nbytes + self._fill.nbytes + self._postings.nbytes

    def add(self, number: int, coded: Coded) -> None:
        """Add one picture under its points' nearest words."""
        from entente.casework.link.scene.loops import put  # numba, with the first picture only

        self._make_room(len(coded))
        words, signs = coded.words[:, 0], coded.signs[:, 0]
        self._used = put(
            words, signs, np.uint32(len(self.numbers)), self._last, self._fill, self._before, self._owners,
            self._signs, self._used,
        )  # fmt: skip
        self._postings += np.bincount(words, minlength=COUNT)
        self.numbers.append(number)
        self._counts.append(len(coded))

    def _make_room(self, points: int) -> None:
        """Have a block at hand for every point; half as much again is taken, so that it happens seldom."""
        wanted = self._used + points
        if wanted <= len(self._before):
            return
        room = max(wanted, len(self._before) * 3 // 2)
        for name in ("_before", "_owners", "_signs"):
            old = getattr(self, name)
            new = np.empty((room, *old.shape[1:]), old.dtype)
            new[: self._used] = old[: self._used]
            setattr(self, name, new)

    def candidates(self, asked: Coded, most: int = CANDIDATES) -> list[int]:
        """Return the numbers of the pictures with the most votes, the best first."""
        if not self.numbers or not len(asked):
            return []
        total = self._voted(asked)
        some = np.argsort(-total, kind="stable")[:most]
        return [self.numbers[i] for i in some if total[i] > 0]

    def _voted(self, asked: Coded) -> NDArray[np.float32]:
        """Return each picture's votes; a rare word is worth more, a picture of many points gets fewer."""
        from entente.casework.link.scene.loops import votes

        worth = np.log1p(self._postings.sum() / (1.0 + self._postings)).astype(np.float32) ** 2
        total = votes(
            asked.words, asked.signs, self._last, self._fill, self._before, self._owners, self._signs, worth,
            NEAR, len(self.numbers),
        )  # fmt: skip
        return total / np.sqrt(np.maximum(1, np.array(self._counts))).astype(np.float32)
