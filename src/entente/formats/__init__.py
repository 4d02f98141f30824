"""What a partner's hash list must offer: read, perhaps write, and what is lost; each format is a file here.

A format is found by the entry point ``entente.formats`` and covered by the conformance tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol, runtime_checkable

from entente.vocabulary.media_hash import HashEntry, RecordRefusal

Record = HashEntry | RecordRefusal


class ListRefused(ValueError):
    """The whole list cannot be read as asked: a code and the mend in one sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the user says about a list where the list does not say it itself."""

    profile: str = ""  # whose categories these are, such as US or UK
    model: str = ""  # the version of that profile's category model
    kind: str = ""  # what an unnamed column of 64 hex digits holds: sha256 or pdq
    delimiter: str = ""  # between columns; empty = look


@dataclass(frozen=True, slots=True)
class ListExample:
    """A small list with its known content, for the conformance tests."""

    data: bytes
    entries: tuple[HashEntry, ...]
    refusals: tuple[str, ...] = ()  # codes, in order
    options: ReadOptions = field(default_factory=ReadOptions)


@runtime_checkable
class ListFormat(Protocol):
    """A hash list format. One that also has ``write(case, media, stream)`` can be exported."""

    name: str
    losses: tuple[str, ...]  # what does not survive the reading, in sentences

    def read(self, stream: BinaryIO, options: ReadOptions = ...) -> Iterator[Record]:
        """Yield entries and refusals in the order of the list, in bounded memory.

        Raises ``ListRefused`` when the list as a whole cannot be read as asked.
        """
        ...

    def examples(self) -> Sequence[ListExample]:
        """Return small lists with their known content."""
        ...
