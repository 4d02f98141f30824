"""The numbered line of packages from one desk to another: next, seen before, too early, or a fork.

Each card of a sender begins its own line for each recipient, at 1. Every package names the digest of the one
before it, so none can be left out, exchanged or put in unseen. One that comes too early waits; it counts only
when those before it are there. Order, repetition and pieces missing at the end therefore change nothing in
what finally counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a package stands in its line."""

    NEXT = "next"
    REPLAY = "replay"  # taken before
    WAITS = "waits"  # taken before, and waiting for an earlier one
    GAP = "gap"  # an earlier one is missing
    FORK = "fork"  # the line has another package there, or another one before it


@dataclass(frozen=True, slots=True)
class Link:
    """One package of a line: its digest, and that of the one before (empty for the first)."""

    digest: str
    before: str


def place(number: int, link: Link, known: Mapping[int, Link], counted: int) -> Place:
    """Return where a package stands. ``known`` are those that came, ``counted`` the last that counts."""
    if number < 1 or (number == 1) != (link.before == ""):
        return Place.FORK
    if number in known:
        if known[number] != link:
            return Place.FORK
        return Place.REPLAY if number <= counted else Place.WAITS
    if number <= counted:
        return Place.FORK
    earlier, later = known.get(number - 1), known.get(number + 1)
    if (earlier and earlier.digest != link.before) or (later and later.before != link.digest):
        return Place.FORK
    return Place.NEXT if number == counted + 1 else Place.GAP


def now_due(known: Mapping[int, Link], counted: int) -> list[int]:
    """Return the numbers of waiting packages that follow without a gap, in their order."""
    due = []
    while counted + 1 in known:
        counted += 1
        due.append(counted)
    return due
