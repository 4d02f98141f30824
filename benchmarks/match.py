"""Near search of a million 256-bit hashes: ours against faiss, one thread each, the same pairs demanded.

python -m benchmarks.match [--small]
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from benchmarks import measure

HELD, ASKED = 1_000_000, 2_000
SMALL_HELD, SMALL_ASKED = 100_000, 500
RADIUS = 31
CENTRES = 1_000  # pictures that are held in many variants: real lists have clumps, chance alone has none
MANY = 50  # variants of each


def _flipped(hashes: NDArray[np.uint64], most: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    """Return (n, 4) hashes with up to ``most`` bits of each turned over."""
    bits = np.unpackbits(hashes.view(np.uint8).reshape(len(hashes), 32), axis=1)
    for row, count in zip(bits, rng.integers(0, most + 1, len(hashes)), strict=True):
        row[rng.choice(256, count, replace=False)] ^= 1
    return np.packbits(bits, axis=1).view(np.uint64).reshape(-1, 4)


def drawn(held: int, asked: int, seed: int = 0) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return held hashes with clumps and queries: half near something held (0-40 bits), half by chance."""
    rng = np.random.default_rng(seed)
    pool = rng.integers(0, 1 << 64, (held, 4), dtype=np.uint64)
    variants = min(CENTRES * MANY, held // 4)
    pool[:variants] = _flipped(np.repeat(pool[-variants // MANY :], MANY, axis=0)[:variants], 20, rng)
    near = _flipped(pool[rng.integers(0, held, asked // 2)], 40, rng)
    return pool, np.vstack([near, rng.integers(0, 1 << 64, (asked - len(near), 4), dtype=np.uint64)])


def main() -> None:
    """Search both ways, compare the pairs, print the figure."""
    import faiss  # the yardstick only: the program itself does without it

    from entente.casework.match.index import NearIndex

    small = measure.wanted(__doc__.splitlines()[0])
    held, asked = drawn(*((SMALL_HELD, SMALL_ASKED) if small else (HELD, ASKED)))
    NearIndex(held[:3000]).search(asked[:1], RADIUS)  # compiled
    start = time.perf_counter()
    index = NearIndex(held)
    index.search(asked[:1], RADIUS)  # its tables are built at the first question
    built = time.perf_counter() - start
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexBinaryFlat(256)
    flat.add(held.view(np.uint8).reshape(-1, 32))

    spent = {"ours": 0.0, "faiss": 0.0}
    ours, theirs = set(), set()
    for turn, rows in enumerate(np.array_split(np.arange(len(asked)), 4)):  # in turn: noise hits both
        for name in ("ours", "faiss") if turn % 2 == 0 else ("faiss", "ours"):
            start = time.perf_counter()
            if name == "ours":
                found = index.search(asked[rows], RADIUS)
                spent[name] += time.perf_counter() - start
                ours |= set(zip((found.query + rows[0]).tolist(), found.held.tolist(), strict=True))
            else:
                # faiss keeps what is nearer than its radius, not at it
                limits, _, places = flat.range_search(asked[rows].view(np.uint8).reshape(-1, 32), RADIUS + 1)
                spent[name] += time.perf_counter() - start
                query = np.repeat(np.arange(len(rows)), np.diff(limits.astype(np.int64)))
                theirs |= set(zip((query + rows[0]).tolist(), places.tolist(), strict=True))
    if ours != theirs or not ours:
        raise RuntimeError(f"the pairs differ: ours {len(ours)}, faiss {len(theirs)}")
    figure = measure.Figure(
        f"Near search, {len(held):,} held, ≤ {RADIUS} bits, exact",
        measure.named("faiss-cpu") + " IndexBinaryFlat, one thread",
    )
    a, b = spent["ours"], spent["faiss"]
    figure.add("lookups/s", f"{len(asked) / a:,.0f}", f"{len(asked) / b:,.0f}", f"{b / a:.0f} ×")
    figure.add("pairs found", f"{len(ours):,}", f"{len(theirs):,}", "equal as sets")
    figure.add("tables built once, s", f"{built:.2f}", "0")
    figure.notes.append("Drawn hashes, a twentieth in clumps of variants; faiss compares all with all.")
    figure.say()


if __name__ == "__main__":
    main()
