"""What the store says of an object: how it was kept, what a reading found, that nobody claims it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from uuid import UUID


class State(enum.StrEnum):
    """What a full reading found of one object."""

    INTACT = "intact"
    DAMAGED = "damaged"
    MISSING = "missing"
    ERASED = "erased"  # its case's key was destroyed
    NO_KEY = "no key"  # its case's key is lost


@dataclass(frozen=True, slots=True)
class Kept:
    """An original in the store. ``fresh`` is false where the case already held the same bytes."""

    key: str
    size: int
    md5: str
    sha1: str
    sha256: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Orphan:
    """An object that nothing claims; ``case`` as its header says, where it can be read."""

    key: str
    case: UUID | None
