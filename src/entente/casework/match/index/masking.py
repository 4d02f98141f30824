"""The order of bits in which hashes are held: spread evenly, or mixed by a secret key.

Any order of the 256 bits and any flip of them keeps every distance, so the search is the same. Without a key
the order is a fixed one that puts neighbouring frequencies of a picture into different chunks, whose buckets
are fuller or emptier otherwise.

With a key the file is not plainly a list of hashes. It is **not encryption**: whoever holds the file still
sees which hashes lie near each other, and whoever knows a dozen or two of its hashes and which they are
there solves the order of the bits by comparing columns (each pair halves what a bit may be). It stops the
reader of a stolen copy who has no such pairs, and nobody else.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRIDE = 97  # odd, so every bit has its place; 6 rows and 1 column on in PDQ's 16 by 16 frequencies


@dataclass(frozen=True, slots=True)
class Masking:
    """``table`` (32, 256, 4) uint64: what each byte at each place becomes; ``flip`` (4,) uint64 is added."""

    table: NDArray[np.uint64]
    flip: NDArray[np.uint64]

    def apply(self, hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Return (n, 4) hashes in the held order of bits; distances are those of the originals."""
        # numba comes with the first search: the web process, which imports every service, rarely makes one
        from entente.casework.match.index.sorting import mask

        return mask(np.ascontiguousarray(hashes, dtype=np.uint64).reshape(-1, 4), self.table, self.flip)


def masking(key: bytes | None = None) -> Masking:
    """Return the masking of ``key``, of at least 16 bytes; without one, the fixed spread.

    Raises
    ------
    ValueError
        For a key that could be guessed.
    """
    if key is None:
        return _from_order(np.arange(256) * STRIDE % 256, np.zeros(4, np.uint64))
    if len(key) < 16:
        raise ValueError("the key of an index has at least 16 bytes; draw it with secrets.token_bytes(32)")
    stream = hashlib.shake_256(b"entente: order of an index's bits\0" + key).digest(32 + 256 * 8)
    weights = np.frombuffer(stream[32:], dtype="<u8")
    # sorting by 64 random bits each: ties, which would bias the order, have a chance of 2 ** -49
    return _from_order(
        np.argsort(weights, kind="stable"), np.frombuffer(stream[:32], "<u8").astype(np.uint64)
    )


def _from_order(order: NDArray[np.int64], flip: NDArray[np.uint64]) -> Masking:
    """Return the masking whose bit ``p`` is the original's bit ``order[p]``."""
    places = np.argsort(order)  # where each original bit goes
    table = np.zeros((32, 256, 4), np.uint64)
    values = np.arange(256)
    for bit, place in enumerate(places.tolist()):
        one = np.uint64(1 << (place % 64))
        table[bit // 8, (values >> (bit % 8)) & 1 == 1, place // 64] |= one
    return Masking(table, flip)
