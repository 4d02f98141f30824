"""A member of an archive as it is declared, what it may be, and the sentences where it may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from entente.evidence.measure import FREE, MOST_BYTES, MOST_MEMBERS, MOST_RATIO
from entente.evidence.pictures import Refused
from entente.evidence.source import Source
from entente.vocabulary.media import Refusal, RefusalCode

BY_HAND = "unpack it with a trusted tool and add the folder"


@dataclass(slots=True)
class Entry:
    """A member as the archive declares it: where its bytes begin, how many there are packed and unpacked."""

    name: str
    size: int
    at: int = 0
    packed: int = 0
    method: int = 0
    crc: int = 0
    refusal: Refusal | None = None


class NotHad(Exception):
    """One member cannot be had; the others can."""

    def __init__(self, code: RefusalCode, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(code, reason)


def demand(holds: bool, code: RefusalCode, reason: str) -> None:
    """Raise ``Refused`` unless it holds."""
    if not holds:
        raise Refused(code, reason)


def too_much(size: int = 0) -> tuple[RefusalCode, str]:
    """Say that the whole is over the limit of bytes."""
    much = f" ({size / 2**30:.1f} GiB)" if size else ""
    why = f"its members unpack to over the limit of {MOST_BYTES >> 30} GiB{much}; {BY_HAND}"
    return RefusalCode.TOO_LARGE, why


def damaged(what: str) -> tuple[RefusalCode, str]:
    """Say what is damaged."""
    return RefusalCode.DAMAGED, f"{what}; ask for another copy of the archive"


def bomb(whose: str) -> tuple[RefusalCode, str]:
    """Say that it unpacks to far more than it is."""
    why = f"{whose} unpacks to over {MOST_RATIO} times its size, as if made to fill a disk; {BY_HAND}"
    return RefusalCode.TOO_LARGE, why


def measured(entries: list[Entry], packed: int) -> None:
    """Refuse an archive by what it declares, before anything is unpacked."""
    many = f"it has more than {MOST_MEMBERS} members; {BY_HAND}"
    demand(len(entries) <= MOST_MEMBERS, RefusalCode.TOO_LARGE, many)
    size = sum(e.size for e in entries if e.refusal is None)
    demand(size <= MOST_BYTES, *too_much(size))
    demand(size <= max(FREE, MOST_RATIO * packed), *bomb("it"))


def link() -> Refusal:
    """Say that a member is a link."""
    return Refusal(
        RefusalCode.SYMLINK, "it is a link in an archive, and links are not followed; add the file"
    )


def no_file() -> Refusal:
    """Say that a member is nothing with bytes."""
    return Refusal(
        RefusalCode.NOT_A_FILE, "it is no file but a device or the like in an archive; nothing to mend"
    )


def exactly(source: Source, size: int, *, short: bool = False) -> bytes:
    """Return ``size`` bytes from here; fewer at the end if ``short``, else raises ``EOFError``."""
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size and (count := source.readinto(view[done:])):
        done += count
    if done < size and not short:
        raise EOFError
    return bytes(data[:done])


Listing = tuple[list[Entry], Callable[[Entry], Iterator[bytes]], Refusal | None]
