"""A fixed vocabulary: which of 4,096 words a point's look is nearest to, and 64 bits on where it lies there.

Words: Sivic and Zisserman ("Video Google", ICCV 2003); signatures: Jégou, Douze and Schmid ("Hamming
embedding and weak geometric consistency", ECCV 2008). The words were learnt from pictures drawn by code
(``tools/words.py``) and never change, so that a picture is added without touching those before it. All of it
is reckoned in whole numbers: the same on every machine.
"""

from __future__ import annotations

import hashlib
import lzma
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from entente.casework.link.scene.points import Points

COUNT, SIGNS = 4096, 64
IN_BLOCK = 16  # postings that lie together; a word's blocks are a chain, so that it grows at its end
MIDDLE = 128  # zero in a look of a network's, which has numbers below it
PLANES = 12  # that part looks of which no words were learnt: 4,096 parts
RADIUS = 24  # bits of 64 by which signatures of one thing may differ
FILE = "words.xz"
AT_ONCE = 512  # points that are compared with all words at once: 8 MB
BITS = np.uint64(1) << np.arange(SIGNS, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Coded:
    """Points by words: ``words`` and ``signs`` (n, m), each point under its m nearest words."""

    words: NDArray[np.uint16]
    signs: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """``centres`` (COUNT, 128) uint8, and ``middles`` (COUNT, SIGNS) int16: medians of what a turn shows."""

    centres: NDArray[np.uint8]
    middles: NDArray[np.int16]

    def coded(self, held: Points, nearest: int = 1) -> Coded:
        """Return points under their nearest words, the nearest first."""
        words = np.concatenate([np.zeros((0, nearest), np.uint16), *self._assigned(held.looks, nearest)])
        shown = turned(held.looks)
        above = shown[:, None, :] > self.middles[words]
        signs = (above * BITS).sum(axis=2, dtype=np.uint64)
        return Coded(words, signs)

    def _assigned(self, looks: NDArray[np.uint8], nearest: int) -> list[NDArray[np.uint16]]:
        centres = self.centres.astype(np.float32)
        square = (centres**2).sum(axis=1)
        found = []
        for start in range(0, len(looks), AT_ONCE):
            # float32 holds these whole numbers exactly: they stay below 2^24
            far = square - 2 * (looks[start : start + AT_ONCE].astype(np.float32) @ centres.T)
            if nearest == 1:
                found.append(far.argmin(axis=1)[:, None].astype(np.uint16))
                continue
            some = np.argpartition(far, nearest, axis=1)[:, :nearest]
            order = np.lexsort((some, np.take_along_axis(far, some, 1)))
            found.append(np.take_along_axis(some, order, 1).astype(np.uint16))
        return found


@cache
def turn() -> NDArray[np.float32]:
    """Return 64 rows of 1 and -1 at right angles: of a Hadamard matrix, its columns' signs by chance."""
    return _rows(0, SIGNS)


def _rows(first: int, last: int) -> NDArray[np.float32]:
    whole = np.ones((1, 1), np.float32)
    while len(whole) < 128:
        whole = np.block([[whole, whole], [whole, -whole]])
    drawn = np.frombuffer(hashlib.shake_256(b"entente scene words").digest(512), "<u2")
    signs = np.where(drawn[:128] % 2, 1, -1).astype(np.float32)
    rows = 1 + np.argsort(drawn[128:255], kind="stable")[first:last]  # row 0 would only tell the length
    return whole[rows] * signs


def turned(looks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return looks under the turn, (n, 64), whole numbers."""
    return looks.astype(np.float32) @ turn().T


def signed(held: Points, nearest: int = 1) -> Coded:
    """Return points under words that nobody learnt, for looks of any network, with ``MIDDLE`` for zero.

    On which side of twelve planes a look lies is its word; of sixty-four others, its signature. The nearest
    words after its own are those beyond the planes that it lies closest to.
    """
    looks = held.looks.astype(np.float32) - MIDDLE
    shown = looks @ _rows(SIGNS, SIGNS + PLANES).T
    word = ((shown > 0) * (1 << np.arange(PLANES))).sum(axis=1)
    close = np.argsort(np.abs(shown), axis=1, kind="stable")[:, : nearest - 1]
    words = np.hstack([word[:, None], word[:, None] ^ (1 << close)]).astype(np.uint16)
    signs = ((looks @ turn().T > 0) * BITS).sum(axis=1, dtype=np.uint64)
    return Coded(words, np.repeat(signs[:, None], nearest, axis=1))


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the program."""
    return opened(files("entente.casework.link.scene.data").joinpath(FILE).read_bytes())


def packed(vocabulary: Vocabulary) -> bytes:
    """Return a vocabulary as a file's bytes."""
    body = vocabulary.centres.tobytes() + vocabulary.middles.astype("<i2").tobytes()
    return lzma.compress(body, preset=9 | lzma.PRESET_EXTREME)


def opened(data: bytes) -> Vocabulary:
    """Return the vocabulary in a file's bytes."""
    body = lzma.decompress(data)
    centres = np.frombuffer(body, np.uint8, COUNT * 128).reshape(COUNT, 128)
    middles = np.frombuffer(body, "<i2", offset=COUNT * 128).reshape(COUNT, SIGNS)
    return Vocabulary(centres, middles.astype(np.int16))
