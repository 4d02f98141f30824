"""The compiled loops: who looks most alike both ways, and the votes of an inverted file with signatures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from entente.casework.link.scene.words import IN_BLOCK, RADIUS
from entente.casework.match.index.instructions import bits


@njit(cache=True, nogil=True)
def mutual(alike: Any, at: Any, length: Any, held_length: Any, ratio: float, beside: float) -> Any:
    """Return (asked, held) points that are each other's nearest and clearly nearer than any elsewhere.

    ``alike`` (n, m) are scalar products, the lengths are squared; ``at`` are the held places in pixels. A
    point comes in several directions and sizes: within ``beside`` pixels is not elsewhere.
    """
    n, m = alike.shape
    best, back = np.full(n, -1, np.int64), np.full(m, -1, np.int64)
    near, back_near = np.full(n, np.float32(3e38)), np.full(m, np.float32(3e38))
    for i in range(n):
        for j in range(m):
            d = length[i] + held_length[j] - 2 * alike[i, j]
            if d < near[i]:
                near[i], best[i] = d, j
            if d < back_near[j]:
                back_near[j], back[j] = d, i
    pairs, found = np.empty((n, 2), np.int64), 0
    for i in range(n):
        j = best[i]
        if j < 0 or back[j] != i:
            continue
        limit, clear = near[i] / (ratio * ratio), True
        for k in range(m):
            d = length[i] + held_length[k] - 2 * alike[i, k]
            if d <= limit and max(abs(at[k, 0] - at[j, 0]), abs(at[k, 1] - at[j, 1])) > beside:
                clear = False
                break
        if clear:
            pairs[found, 0], pairs[found, 1] = i, j
            found += 1
    return pairs[:found]


@njit(cache=True, nogil=True)
def put(
    words: Any, signs: Any, owner: Any, last: Any, fill: Any, before: Any, owners: Any, held: Any, used: Any
) -> Any:
    """Write one picture's postings behind those of their words; return how many blocks are used now.

    ``last`` and ``fill`` are each word's newest block and how full that is, ``before`` a block's predecessor.
    """
    for i in range(len(words)):
        word = words[i]
        if last[word] < 0 or fill[word] == IN_BLOCK:
            before[used], last[word], fill[word] = last[word], used, 0
            used += 1
        owners[last[word], fill[word]] = owner
        held[last[word], fill[word]] = signs[i]
        fill[word] += 1
    return used


@njit(cache=True, nogil=True)
def votes(
    words: Any,
    signs: Any,
    last: Any,
    fill: Any,
    before: Any,
    owners: Any,
    held: Any,
    worth: Any,
    near: Any,
    pictures: Any,
) -> Any:
    """Return each held picture's votes, (pictures,) float32.

    ``words`` and ``signs`` (n, m): each asked point under its m nearest words. A point gives a picture one
    vote, its best: ``worth`` of the word times ``near`` of the bits apart. So a hundred equal tiles do not
    count a hundred times.
    """
    total = np.zeros(pictures, np.float32)
    asked, given = np.full(pictures, -1, np.int64), np.zeros(pictures, np.float32)
    for i in range(words.shape[0]):
        for k in range(words.shape[1]):
            word, sign = words[i, k], signs[i, k]
            block, full = last[word], fill[word]
            while block >= 0:
                for place in range(full):
                    apart = bits(held[block, place] ^ sign)
                    if apart > RADIUS:
                        continue
                    owner, vote = owners[block, place], worth[word] * near[apart]
                    if asked[owner] != i:
                        asked[owner], given[owner] = i, 0
                    if vote > given[owner]:
                        total[owner] += vote - given[owner]
                        given[owner] = vote
                block, full = before[block], IN_BLOCK
    return total
