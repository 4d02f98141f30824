"""One camera among very many: fingerprints as one bit a pixel, compared by counting the bits that differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from entente.casework.link.camera.plane import Plane

Words = NDArray[np.uint64]
BLOCK = 2048  # words of a fingerprint that are compared with each asked one before the next are read


def packed(plane: Plane) -> Words:
    """Return the signs of a plane, 64 to a word; its pixels are a multiple of 64."""
    if plane.size % 64:
        raise ValueError(f"{plane.size} pixels are no whole words; cut the plane to a multiple of 64")
    return np.packbits(np.ascontiguousarray(plane) > 0).view(np.uint64)


def turned(plane: Plane) -> Words:
    """Return (4, words): the signs of a square plane after no, one, two and three quarter turns."""
    if plane.shape[0] != plane.shape[1]:
        raise ValueError("only a square plane keeps its size when it is turned")
    return np.stack([packed(np.rot90(plane, turns)) for turns in range(4)])


def search(held: Words, asked: Words) -> NDArray[np.float64]:
    """Return z of each held fingerprint (n, words) against each asked one (m, words), as (n, m).

    Of signs that have nothing to do with each other half differ, give or take half the root of their number.
    """
    bits = 64 * held.shape[1]
    apart = np.zeros((len(held), len(asked)), np.int64)
    differing(held, asked, BLOCK, apart)
    return (bits - 2 * apart) / np.sqrt(bits)


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.ctpop(arguments[0])


def _typed(context: Any, word: Any) -> Any:
    """Count the bits of a word: the processor's own instruction."""
    return types.uint64(types.uint64), _generate


_bits: Any = intrinsic(_typed)


@njit(cache=True, nogil=True)
def _apart(one: Any, other: Any) -> Any:
    count = np.uint64(0)
    for at in range(one.shape[0]):
        count += _bits(one[at] ^ other[at])
    return count


@njit(cache=True, nogil=True)
def differing(held: Any, asked: Any, block: int, apart: Any) -> None:
    """Write how many bits of each held row differ from each asked row; a held word is read once."""
    for i in range(held.shape[0]):
        for start in range(0, held.shape[1], block):
            part = held[i, start : start + block]
            for j in range(asked.shape[0]):
                apart[i, j] += np.int64(_apart(part, asked[j, start : start + block]))
