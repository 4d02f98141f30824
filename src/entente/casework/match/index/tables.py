"""One immutable set of hashes with its tables: named arrays, in memory or mapped from a file.

Each value is held once, however often it came: the labels of its further copies stand in a posting list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index.looking import looking
from entente.casework.match.index.plan import Plan, cost, plan_for, scanned

Rows = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]

# name → type of its numbers. "entries": for each chunk but the first its places (uint32), padded to an even
# number, and, if there are sketches, these (uint64) behind them.
ARRAYS = {
    "plan": np.dtype(np.int64),  # the widths of the chunks, and at the end the bits of a sketch
    "held": np.dtype(np.uint64),  # (n, 4) different values, in the order of the first chunk
    "labels": np.dtype(np.uint64),  # (n,) of the first copy of each
    "copied": np.dtype(np.uint32),  # places of values that came more than once
    "copies": np.dtype(np.int64),  # where the further labels of each begin in "others", and their end
    "others": np.dtype(np.uint64),
    "starts": np.dtype(np.uint32),  # where each bucket begins, chunk after chunk
    "entries": np.dtype(np.uint32),
}


def made(
    hashes: NDArray[np.uint64], labels: NDArray[Any], plan: Plan | None = None, *, sketch: bool = True
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give the arrays of a table in the order of ``ARRAYS``, ``entries`` in parts, as they are worked out.

    ``hashes`` (n, 4) uint64 in their held order of bits (``Masking.apply``); ``labels`` (n,) integers: what a
    search returns for each. Without ``plan`` the cheapest for their number is taken. Only what is still
    needed stays in memory: one chunk's entries at a time.
    """
    from entente.casework.match.index import sorting  # numba, with the first search only

    if len(hashes) >= 0xFFFFFFFF:
        raise ValueError("a table holds fewer than 2 ** 32 hashes; put the others into another shard")
    number, first = sorting.numbered(_fixed(hashes), _seed(hashes))
    plan = plan or plan_for(len(first), sketch=sketch)
    yield "plan", np.array([*plan.widths, 64 if plan.sketch else 0], dtype=np.int64)
    where = plan.where
    held = _fixed(hashes[first])
    starts = [sorting.counted(held, 0, plan.widths[0])]
    order = sorting.ordered(held, 0, plan.widths[0], starts[0])
    held = _fixed(held[order])
    yield "held", held
    yield "labels", labels[first[order]].astype(np.uint64)
    yield from _copies(number, first, order, labels)
    del number, first, order
    starts += [sorting.counted(held, start, width) for start, width in where[1:]]
    yield "starts", np.concatenate(starts)
    for chunk in range(1, len(where)):
        start, width = where[chunk]
        places = sorting.ordered(held, start, width, starts[chunk])
        yield "entries", places
        if len(places) % 2:
            yield "entries", np.zeros(1, np.uint32)
        if plan.sketch:
            yield "entries", sorting.sketched(held, places, start + width).view(np.uint32)


def _seed(hashes: NDArray[np.uint64]) -> np.uint64:
    """Return where the table that tells values apart begins: who knows not all hashes cannot make it slow."""
    digest = hashlib.blake2b(np.ascontiguousarray(hashes).data, digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    """Return a view that cannot be written, which is how the loops are compiled."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _copies(
    number: NDArray[np.uint32], first: NDArray[np.uint32], order: NDArray[np.uint32], labels: NDArray[Any]
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give the posting lists: which places have further copies, and their labels."""
    extra = np.flatnonzero(first[number] != np.arange(len(number), dtype=np.uint32))
    place_of = np.empty(len(order), np.uint32)
    place_of[order] = np.arange(len(order), dtype=np.uint32)
    places = place_of[number[extra]]
    by_place = np.argsort(places, kind="stable")
    copied, begins = np.unique(places[by_place], return_index=True)
    yield "copied", copied
    yield "copies", np.append(begins, len(extra)).astype(np.int64)
    yield "others", labels[extra[by_place]].astype(np.uint64)


class Table:
    """A set of hashes that answers; ``arrays`` as named in ``ARRAYS``. Nothing is copied."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        *widths, sketch = arrays["plan"].tolist()
        self.plan = Plan(tuple(widths), sketch > 0)
        self._arrays = {name: _fixed(array) for name, array in arrays.items()}
        self.held = self._arrays["held"].reshape(-1, 4)
        sizes = np.array([(1 << w) + 1 for w in widths], dtype=np.int64)
        self._bases = np.cumsum(sizes) - sizes
        if len(self._arrays["starts"]) != sizes.sum() or len(self._arrays["entries"]) != self._stride * (
            len(widths) - 1
        ):
            raise ValueError("the arrays do not fit each other; build the index again")

    @classmethod
    def of(cls, hashes: NDArray[np.uint64], labels: NDArray[Any], plan: Plan | None = None) -> Table:
        """Return the table of ``hashes`` in memory; see ``made``."""
        parts: dict[str, list[NDArray[Any]]] = {name: [] for name in ARRAYS}
        for name, part in made(hashes, labels, plan):
            parts[name].append(part)
        return cls(
            {
                name: got[0] if len(got) == 1 else np.concatenate([*got, np.empty(0, ARRAYS[name])])
                for name, got in parts.items()
            }
        )

    def __len__(self) -> int:
        """Return the number of labels, each copy counted."""
        return len(self.held) + len(self._arrays["others"])

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(a.nbytes for a in self._arrays.values())

    @property
    def _stride(self) -> int:
        even = len(self.held) + len(self.held) % 2
        return even + 2 * len(self.held) if self.plan.sketch else even

    def search(self, asked: NDArray[np.uint64], radii: NDArray[np.int64]) -> Rows:
        """Return places in ``asked`` (m, 4), labels and distances of all pairs within ``radii``, in no order.

        ``asked`` has its bits in the held order. A radius for which the buckets cost more than comparing with
        everything is compared with everything.
        """
        if not len(self.held) or not len(asked):
            return np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int64)
        different = sorted(set(radii.tolist()))
        wide = {r for r in different if not self._worth(r)}
        if not wide:
            found = self._probed(asked, radii, tuple(different))
        else:
            scan_it = np.isin(radii, list(wide))
            parts = [self._scanned(asked, radii, np.flatnonzero(scan_it))]
            if len(rest := np.flatnonzero(~scan_it)):
                rows = self._probed(asked[rest], radii[rest], tuple(r for r in different if r not in wide))
                rows[:, 0] = rest[rows[:, 0]]
                parts.append(rows)
            found = np.concatenate(parts)
        return self._labelled(found)

    def _worth(self, radius: int) -> bool:
        return cost(self.plan, len(self.held), radius) < scanned(len(self.held))

    def _scanned(self, asked: Any, radii: Any, rows: Any) -> NDArray[np.int64]:
        from entente.casework.match.index.loops import scan  # numba, with the first search only

        found = scan(asked[rows], radii[rows], self.held)
        found[:, 0] = rows[found[:, 0]]
        return found

    def _probed(self, asked: Any, radii: Any, different: tuple[int, ...]) -> NDArray[np.int64]:
        from entente.casework.match.index.loops import probe  # numba, with the first search only

        how = looking(self.plan, len(self.held), different)
        kinds = np.searchsorted(np.array(different), radii)
        entries = self._arrays["entries"]
        # the sketches are the same bytes, read as numbers of 64 bits
        wide = entries.view(np.uint64) if self.plan.sketch else entries[:0].view(np.uint64)
        return probe(
            asked, radii, kinds, how.limits, how.spent, self.plan.where, how.masks, how.mask_ends, self.held,
            self._arrays["starts"], self._bases, entries, wide, self._stride,
        )  # fmt: skip

    def _labelled(self, found: NDArray[np.int64]) -> Rows:
        """Return rows of places as rows of labels, one for each copy."""
        query, place, distance = found[:, 0], found[:, 1], found[:, 2]
        copied, copies, others = (self._arrays[n] for n in ("copied", "copies", "others"))
        labels = self._arrays["labels"][place]
        if not len(copied) or not len(found):
            return query, labels, distance
        at = np.minimum(np.searchsorted(copied, place), len(copied) - 1)
        has = np.flatnonzero(copied[at] == place)
        begins, counts = copies[at[has]], copies[at[has] + 1] - copies[at[has]]
        row = np.repeat(has, counts)
        nth = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return (
            np.concatenate([query, query[row]]),
            np.concatenate([labels, others[np.repeat(begins, counts) + nth]]),
            np.concatenate([distance, distance[row]]),
        )

    def everything(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return all hashes in their held order of bits, and their labels, each copy by itself."""
        counts = np.diff(self._arrays["copies"])
        further = np.repeat(self._arrays["copied"], counts)
        return (
            np.concatenate([self.held, self.held[further]]) if len(further) else self.held,
            self.labels(),
        )

    def labels(self) -> NDArray[np.uint64]:
        """Return all labels, in the order of ``everything``."""
        return np.concatenate([self._arrays["labels"], self._arrays["others"]])
