"""Memory that a decoder keeps for pixels: one picture after the other, each wiped before the next.

Fresh memory for each large picture costs a tenth of its decoding, since the system clears it page by page.
What is kept is cleared by us when a picture is done, so its pixels live no longer than their use, and a
picture that breaks off has nothing of the one before under it.
"""

from __future__ import annotations

import mmap

import numpy as np
from numpy.typing import NDArray

MOST = 64 << 20  # bytes that are kept: 22 million pixels in colour


class Canvas:
    """Room for the pixels of one picture; it is lent to one at a time, so that no two can share it."""

    def __init__(self) -> None:
        self._pages: mmap.mmap | None = None  # the system's own: what the C library frees may stay with it
        self._room: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._lent = 0

    def lend(self, size: int) -> NDArray[np.uint8] | None:
        """Return ``size`` zeros to be written to until ``wipe``.

        ``None`` where it is lent already or more is asked than may be kept: take fresh memory then.
        """
        if self._lent or not 0 < size <= MOST:
            return None
        if size > self._room.nbytes:
            self.drop()  # first, so that never both are held
            self._pages = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self._room = np.frombuffer(self._pages, np.uint8)
        self._lent = size
        return self._room[:size]

    def wipe(self) -> None:
        """Overwrite what was lent with zeros and take it back; who still looks at it sees nothing."""
        self._room[: self._lent] = 0
        self._lent = 0

    def drop(self) -> None:
        """Wipe, and give the memory back to the system, even where somebody still looks at it."""
        self.wipe()
        if self._pages is not None:
            self._pages.madvise(mmap.MADV_DONTNEED)  # of private pages of no file: the next look finds zeros
