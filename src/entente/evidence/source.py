"""An open file as decoders want it: readable and seekable, with a place of its own."""

from __future__ import annotations

import io
import os
from typing import NamedTuple, Protocol


class Source(io.RawIOBase):
    """Reads a descriptor by position, so that two readers of one descriptor do not move each other."""

    def __init__(self, fd: int) -> None:
        self._fd, self._at = fd, 0
        self.size = os.fstat(fd).st_size

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer`` from here; 0 at the end."""
        count = os.preadv(self._fd, [buffer], self._at)
        self._at += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, and return the place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def whole(self) -> bytes:
        """Return every byte."""
        self._at = 0
        return self.readall() or b""


class Unsealed(NamedTuple):
    """What a decoder needs of a sealed original: its open file, which the caller closes, and the key."""

    fd: int
    key: bytes


class Held(Protocol):
    """An original that a store holds."""

    def unsealed(self) -> Unsealed:
        """Open it; raises ``reach.NotOpened`` where it is not given out."""


def source_of(fd: int, key: bytes | None = None) -> Source:
    """Return a reader of a plain file, or of a sealed one with its key."""
    if key is None:
        return Source(fd)
    # here, not above: the science alone is installed without a cipher and meets no sealed file
    from entente.evidence.seal import sealed_file

    return sealed_file(fd, key)
