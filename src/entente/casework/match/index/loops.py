"""The compiled loops that search; apart, because numba alone costs a process 55 MB.

All arrays that are held come read-only, in memory as from a file, so that each loop compiles once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from entente.casework.match.index.instructions import bits, chunk_of, fetch, sketch_of

AHEAD = 16  # bucket beginnings that are on their way from memory while one is read
BLOCK = 512  # probes of a chunk whose buckets are on their way from memory at once
SCANNED = 4096  # held hashes that are compared with each query in turn, and stay in the cache
WAITING = 512  # candidates that wait for their hashes; more are looked at in turns, never dropped


@njit(cache=True, nogil=True)
def _grown(rows: Any) -> Any:
    """Return the buffer at twice its length."""
    wider = np.empty((2 * rows.shape[0], 3), np.int64)
    wider[: rows.shape[0]] = rows
    return wider


@njit(cache=True, nogil=True)
def _near_in(queries: Any, q: Any, radius: Any, held: Any, start: Any, end: Any, near: Any) -> Any:
    """Write places from ``start`` to ``end`` within the radius, and their distance, into ``near``; how many.

    Apart from ``scan``: where the growing buffer is in reach, its uses are counted at every hash.
    """
    a, b, c, d, found = queries[q, 0], queries[q, 1], queries[q, 2], queries[q, 3], 0
    for h in range(start, end):
        distance = bits(a ^ held[h, 0]) + bits(b ^ held[h, 1])
        distance += bits(c ^ held[h, 2]) + bits(d ^ held[h, 3])
        if distance <= radius:
            near[found, 0], near[found, 1] = h, distance
            found += 1
    return found


@njit(cache=True, nogil=True)
def scan(queries: Any, radii: Any, held: Any) -> Any:
    """Compare every query with every held hash, in blocks that stay in the cache; rows in no order."""
    rows, found, near = np.empty((1024, 3), np.int64), 0, np.empty((SCANNED, 2), np.int64)
    for start in range(0, held.shape[0], SCANNED):
        end = min(start + SCANNED, held.shape[0])
        for q in range(queries.shape[0]):
            count = _near_in(queries, q, radii[q], held, start, end, near)
            while found + count > rows.shape[0]:
                rows = _grown(rows)
            for k in range(count):
                rows[found, 0], rows[found, 1], rows[found, 2] = q, near[k, 0], near[k, 1]
                found += 1
    return rows[:found]


@njit(cache=True, nogil=True, inline="always")
def _apart(queries: Any, q: Any, held: Any, h: Any) -> Any:
    """Return the distance of two hashes."""
    return (
        bits(queries[q, 0] ^ held[h, 0])
        + bits(queries[q, 1] ^ held[h, 1])
        + bits(queries[q, 2] ^ held[h, 2])
        + bits(queries[q, 3] ^ held[h, 3])
    )


@njit(cache=True, nogil=True)
def _settled(
    queries: Any,
    q: Any,
    radius: Any,
    limits: Any,
    where: Any,
    held: Any,
    places: Any,
    waiting: Any,
    origin: Any,
    count: Any,
    rows: Any,
    found: Any,
) -> Any:
    """Measure the candidates that wait; a pair counts only at its first near chunk.

    ``waiting``: where in ``places`` each stands, or, of the first chunk, its place; ``origin``: its chunk.
    """
    flat = held.reshape(-1)
    for c in range(min(AHEAD, count)):
        fetch(places, waiting[c])
    for c in range(count):
        if c + AHEAD < count and origin[c + AHEAD]:
            fetch(places, waiting[c + AHEAD])
        if origin[c]:
            waiting[c] = places[waiting[c]]
        fetch(flat, 4 * waiting[c])
    for c in range(count):
        h = waiting[c]
        distance = _apart(queries, q, held, h)
        if distance > radius:
            continue
        earlier = False
        for e in range(origin[c]):
            apart = chunk_of(queries, q, where[e, 0], where[e, 1]) ^ chunk_of(
                held, h, where[e, 0], where[e, 1]
            )
            if bits(np.uint64(apart)) <= limits[e]:
                earlier = True
                break
        if earlier:
            continue
        if found == rows.shape[0]:
            rows = _grown(rows)
        rows[found, 0], rows[found, 1], rows[found, 2] = q, h, distance
        found += 1
    return rows, found


@njit(cache=True, nogil=True)
def _sifted(
    sketches: Any, near: Any, budget: Any, flips: Any, first: Any, offset: Any, shift: Any,
    begins: Any, ends: Any, block: Any, at: Any, waiting: Any, count: Any,
) -> Any:  # fmt: skip
    """Let the entries wait whose sketch leaves them a chance; return how many wait.

    Goes on from probe and entry ``at``, and stops there when no more can wait: nothing is dropped.
    """
    k = at[1]
    for p in range(at[0], block):
        if k < 0:
            k = offset + begins[p]
        left = budget - bits(np.uint64(flips[first + p]))
        for entry in range(k, offset + ends[p]):
            if bits(sketches[entry] ^ near) <= left:
                waiting[count] = entry + shift
                count += 1
                if count == WAITING:
                    at[0], at[1] = p, entry + 1
                    return count
        k = -1
    at[0], at[1] = block, -1
    return count


@njit(cache=True, nogil=True)
def _taken(offset: Any, begins: Any, ends: Any, block: Any, at: Any, waiting: Any, count: Any) -> Any:
    """Let every entry wait; otherwise as ``_sifted``."""
    k = at[1]
    for p in range(at[0], block):
        if k < 0:
            k = offset + begins[p]
        for entry in range(k, offset + ends[p]):
            waiting[count] = entry
            count += 1
            if count == WAITING:
                at[0], at[1] = p, entry + 1
                return count
        k = -1
    at[0], at[1] = block, -1
    return count


@njit(cache=True, nogil=True)
def probe(
    queries: Any,
    radii: Any,
    kinds: Any,
    limits: Any,
    spent: Any,
    where: Any,
    masks: Any,
    mask_ends: Any,
    held: Any,
    starts: Any,
    bases: Any,
    places: Any,
    sketches: Any,
    stride: Any,
) -> Any:
    """Look each query up in the buckets near its chunks.

    ``kinds`` (q,): the row of ``limits`` and ``spent`` for the query's radius; ``limits`` (k, m): bits by
    which a chunk may differ, negative if it is not probed; ``spent`` (k, m): bits that must differ already
    outside the chunk and its sketch; ``where`` (m, 2): first bit and width; ``masks`` (m, most) with
    ``mask_ends`` (m, t): flips of a chunk by their number of bits; ``held`` (n, 4), in the order of the first
    chunk; ``starts`` from ``bases[i]``: bucket beginnings; ``places``: the entries of each further chunk,
    every ``stride``; ``sketches``: the same bytes as numbers of 64 bits, or nothing, and every entry is
    measured.

    What decides the speed is memory: a block of probes goes through in two passes (read where the entries
    begin and ask for them; read them), so that many lines are on their way at once. Asked for all at once
    without work in between, the processor lets most of the requests fall.
    """
    rows, found = np.empty((1024, 3), np.int64), 0
    count, chunks = held.shape[0], where.shape[0]
    flat, with_sketch = held.reshape(-1), sketches.shape[0] > 0
    waiting, origin, held_back = np.empty(WAITING, np.int64), np.empty(WAITING, np.int64), 0
    begins, ends = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    at_probe, origins = np.empty(2, np.int64), 0
    for q in range(queries.shape[0]):
        radius, kind = radii[q], kinds[q]
        limit_row = limits[kind]
        for chunk in range(chunks):
            if limit_row[chunk] < 0:
                continue
            own = chunk_of(queries, q, where[chunk, 0], where[chunk, 1])
            base, column = bases[chunk], (chunk - 1) * stride
            # the sketches stand behind the places of their chunk, two of these to a sketch
            aside = (column + count + (count & 1)) >> 1
            near = sketch_of(queries, q, where[chunk, 0] + where[chunk, 1])
            budget, flips = radius - spent[kind, chunk], masks[chunk]
            probes = mask_ends[chunk, limit_row[chunk]]
            for first in range(0, probes, BLOCK):
                block = min(BLOCK, probes - first)
                for p in range(min(AHEAD, block)):
                    fetch(starts, base + (own ^ flips[first + p]))
                for p in range(block):
                    if p + AHEAD < block:
                        fetch(starts, base + (own ^ flips[first + p + AHEAD]))
                    at = base + (own ^ flips[first + p])
                    begin = np.int64(starts[at])
                    end = np.int64(starts[at + 1])
                    begins[p], ends[p] = begin, end
                    # the last line too: a bucket often lies across two, and the second is not guessed
                    if chunk == 0:
                        fetch(flat, 4 * begin)
                        fetch(flat, 4 * end - 1)
                    elif with_sketch:
                        fetch(sketches, aside + begin)
                        fetch(sketches, aside + end - 1)
                    else:
                        fetch(places, column + begin)
                        fetch(places, column + end - 1)
                at_probe[0], at_probe[1] = 0, -1
                while at_probe[0] < block:
                    if chunk and with_sketch:
                        held_back = _sifted(
                            sketches, near, budget, flips, first, aside, column - aside,
                            begins, ends, block, at_probe, waiting, held_back,
                        )  # fmt: skip
                    else:  # those of the first chunk stand in its order, whole
                        offset = column if chunk else 0
                        held_back = _taken(offset, begins, ends, block, at_probe, waiting, held_back)
                    origin[origins:held_back] = chunk
                    origins = held_back
                    if held_back == WAITING:
                        rows, found = _settled(
                            queries, q, radius, limit_row, where, held, places, waiting, origin,
                            held_back, rows, found,
                        )  # fmt: skip
                        held_back, origins = 0, 0
        rows, found = _settled(
            queries, q, radius, limit_row, where, held, places, waiting, origin, held_back, rows, found
        )
        held_back, origins = 0, 0
    return rows[:found]
