"""The compiled loops of the scene search: words that corners share, and the nearest corner of a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic


def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.ctpop(arguments[0])


def _typed(context: Any, word: Any) -> Any:
    """Count the bits of a 64-bit word: the processor's own instruction."""
    return types.int64(types.uint64), _generate


_bits: Any = intrinsic(_typed)


@njit(cache=True, nogil=True, inline="always")
def _apart(a: Any, i: int, b: Any, j: int) -> Any:
    """Return the Hamming distance of row ``i`` of ``a`` and row ``j`` of ``b``."""
    bits = _bits(a[i, 0] ^ b[j, 0]) + _bits(a[i, 1] ^ b[j, 1])
    return bits + _bits(a[i, 2] ^ b[j, 2]) + _bits(a[i, 3] ^ b[j, 3])


@njit(cache=True, nogil=True)
def key_of(words: Any, bits: Any) -> Any:
    """Return for each of (n, 4) words the number that the bits at the places ``bits`` make, (n,) uint32."""
    keys = np.zeros(words.shape[0], np.uint32)
    for i in range(words.shape[0]):
        key = np.uint64(0)
        for place in bits:
            key = (key << np.uint64(1)) | ((words[i, place >> 6] >> np.uint64(place & 63)) & np.uint64(1))
        keys[i] = key
    return keys


@njit(cache=True, nogil=True)
def bucketed(keys: Any, buckets: int) -> Any:
    """Return where each bucket starts, (buckets + 1,) uint32, and the corners in order of their buckets."""
    starts = np.zeros(buckets + 1, np.uint32)
    for key in keys:
        starts[key + 1] += 1
    for i in range(buckets):
        starts[i + 1] += starts[i]
    at = starts[:-1].copy()
    corners = np.empty(len(keys), np.uint32)
    for i in range(len(keys)):
        corners[at[keys[i]]] = i
        at[keys[i]] += 1
    return starts, corners


@njit(cache=True, nogil=True)
def meeting(asked: Any, keys: Any, starts: Any, corners: Any, held: Any, most: int, fullest: int) -> Any:
    """Return (asked corner, held corner) that share a word in one table and differ by at most ``most`` bits.

    A bucket of more than ``fullest`` corners says nothing on which picture it is and is passed over.
    """
    found, pairs = 0, np.empty((1024, 2), np.uint32)
    for i in range(asked.shape[0]):
        start, end = starts[keys[i]], starts[keys[i] + 1]
        if end - start > fullest:
            continue
        for at in range(start, end):
            if _apart(asked, i, held, corners[at]) <= most:
                if found == pairs.shape[0]:
                    larger = np.empty((2 * found, 2), np.uint32)
                    larger[:found] = pairs
                    pairs = larger
                pairs[found, 0], pairs[found, 1] = i, corners[at]
                found += 1
    return pairs[:found]


@njit(cache=True, nogil=True)
def weights(owners: Any, asked: Any, corners: int) -> Any:
    """Return what each pair counts: 1 / (pictures that its asked corner meets), for pairs sorted by owner.

    A letter that stands in a hundred held pictures so counts a hundredth in each; a second pair of the same
    corner and picture counts nothing.
    """
    pictures, last = np.zeros(corners, np.int64), np.full(corners, -1, np.int64)
    again = np.zeros(len(owners), np.bool_)
    for i in range(len(owners)):
        again[i] = last[asked[i]] == owners[i]
        if not again[i]:
            last[asked[i]] = owners[i]
            pictures[asked[i]] += 1
    out = np.zeros(len(owners), np.float32)
    for i in range(len(owners)):
        if not again[i]:
            out[i] = 1.0 / pictures[asked[i]]
    return out


@njit(cache=True, nogil=True)
def peaks(owners: Any, turns: Any, sizes: Any, weight: Any) -> Any:
    """Return for each run of equal ``owners`` its start, and the heaviest sum of one turn and one size.

    ``turns`` (0-15, circular) and ``sizes`` (0-31) are the differences of each pair; neighbours count in.
    """
    runs = 0
    for i in range(len(owners)):
        runs += i == 0 or owners[i] != owners[i - 1]
    starts, votes = np.empty(runs, np.int64), np.empty(runs, np.float32)
    table = np.zeros((16, 34), np.float32)
    i = 0
    for run in range(runs):
        starts[run], table[:] = i, 0
        while i < len(owners) and owners[i] == owners[starts[run]]:
            table[turns[i], sizes[i] + 1] += weight[i]
            i += 1
        votes[run] = 0
        for t in range(16):
            for s in range(1, 33):
                here = np.float32(0)
                for dt in range(-1, 2):
                    for ds in range(-1, 2):
                        here += table[(t + dt) % 16, s + ds]
                votes[run] = max(votes[run], here)
    return starts, votes


@njit(cache=True, nogil=True)
def nearest(asked: Any, held: Any, at: Any, most: int, ratio: float, beside: float) -> Any:
    """Return (asked corner, held corner) that are each other's nearest within ``most`` bits.

    A corner that looks like another elsewhere in the held picture says nothing: the distance must be below
    ``ratio`` of that to the nearest one more than ``beside`` away (``at``: places of the held corners).
    """
    best = np.full(asked.shape[0], -1, np.int64)
    bits = np.full(asked.shape[0], 257, np.int64)
    back = np.full(held.shape[0], -1, np.int64)
    back_bits = np.full(held.shape[0], 257, np.int64)
    apart = np.empty(held.shape[0], np.int64)
    for i in range(asked.shape[0]):
        for j in range(held.shape[0]):
            d = _apart(asked, i, held, j)
            apart[j] = d
            if d < bits[i]:
                bits[i], best[i] = d, j
            if d < back_bits[j]:
                back_bits[j], back[j] = d, i
        if bits[i] > most:
            best[i] = -1
            continue
        x, y = at[best[i], 0], at[best[i], 1]
        for j in range(held.shape[0]):
            far = max(abs(at[j, 0] - x), abs(at[j, 1] - y)) > beside
            if far and apart[j] * ratio < bits[i]:
                best[i] = -1
                break
    pairs = np.empty((asked.shape[0], 2), np.int64)
    found = 0
    for i in range(asked.shape[0]):
        if best[i] >= 0 and back[best[i]] == i:
            pairs[found, 0], pairs[found, 1] = i, best[i]
            found += 1
    return pairs[:found]
