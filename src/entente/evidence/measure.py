"""How much an archive may hold. Asked of what it declares, while it is unpacked, and of what comes back."""

from __future__ import annotations

MOST_MEMBERS = 10_000
MOST_BYTES = 2 << 30  # unpacked, of all members together
MOST_RATIO = 200  # unpacked to packed, of a member and of all
FREE = 1 << 20  # bytes for which no ratio is asked: an even picture of that size is no bomb
LONGEST_NAME = 4000  # characters; what a kernel takes for a path
PIECE = 4 << 20  # bytes of one answer
