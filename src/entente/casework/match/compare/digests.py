"""Digests of one kind in one block of bytes: some 20 bytes each beside the digest, no object."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray


class Digests:
    """Digests of one length, each with the number of the entry that holds it. Equal ones may be many."""

    def __init__(self, length: int) -> None:
        """``length`` in hex digits."""
        self.bytes = length // 2
        self._raw = bytearray()
        self._entry = array("Q")
        self._sorted: tuple[NDArray[np.uint64], NDArray[np.uint32]] | None = None

    def __len__(self) -> int:
        return len(self._entry)

    def add(self, digest: str, entry: int) -> None:
        """Hold a digest in hex; entries come in rising order."""
        self._raw += bytes.fromhex(digest)
        self._entry.append(entry)
        self._sorted = None

    def find(self, digest: str) -> list[int]:
        """Return the entries that hold a digest, in the order they came."""
        if not len(self):
            return []
        wanted = bytes.fromhex(digest)
        keys, order = self._order()
        key = np.uint64(int.from_bytes(wanted[:8], "big"))
        first, end = np.searchsorted(keys, key, "left"), np.searchsorted(keys, key, "right")
        places = sorted(order[first:end].tolist())
        return [self._entry[place] for place in places if self._at(place) == wanted]

    def of(self, entry: int) -> str:
        """Return the digest that an entry holds, in hex, or nothing."""
        if not len(self):
            return ""
        place = int(np.searchsorted(self.entries(), np.uint64(entry)))
        return self._at(place).hex() if place < len(self) and self._entry[place] == entry else ""

    def rows(self) -> NDArray[np.uint8]:
        """Return all digests, (n, bytes); nothing may be added while the array lives."""
        return np.frombuffer(self._raw, np.uint8).reshape(-1, self.bytes)

    def entries(self) -> NDArray[np.uint64]:
        """Return the entry of each row, (n,); nothing may be added while the array lives."""
        return np.frombuffer(self._entry, np.uint64)

    def _at(self, place: int) -> bytes:
        return bytes(self._raw[place * self.bytes : (place + 1) * self.bytes])

    def _order(self) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
        if self._sorted is None:
            rows = self.rows()
            keys = np.ascontiguousarray(rows[:, :8]).view(">u8").ravel().astype(np.uint64)
            order = np.argsort(keys, kind="stable").astype(np.uint32)
            self._sorted = keys[order], order
        return self._sorted
