"""Headers of a Matroska file's elements (RFC 8794 and RFC 9559): read, judged, and written anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

EBML, SEGMENT, CLUSTER, TRACKS = b"\x1aE\xdf\xa3", b"\x18S\x80g", b"\x1fC\xb6u", b"\x16T\xaek"
SIMPLE, GROUP, TIME, VOID = b"\xa3", b"\xa0", b"\xe7", b"\xec"
_ENTRY, _NUMBER, _TYPE, _VIDEO, _LACING = b"\xae", b"\xd7", b"\x83", b"\x01", b"\x9c"
TOP = {EBML, SEGMENT, CLUSTER, TRACKS, b"\x11M\x9bt", b"\x15I\xa9f", b"\x1cS\xbbk", b"\x12T\xc3g"}
TOP |= {b"\x19A\xa4i", b"\x10C\xa7p"}  # attachments and chapters
ENTERED = {SEGMENT, CLUSTER}  # whose children are walked; everything else is passed over
SMALL = {TIME: 8, b"\xa7": 8, b"\xab": 8, b"\xbf": 4}  # bytes that these hold at most
_WITHIN = {SIMPLE, GROUP, VOID, b"\xaf", b"\x58\x54", *SMALL}
LONGEST = 12  # bytes of a header: four of its name, eight of its size
LEAST_BLOCK = 5  # bytes: track, two of time, flags, and something to show
# What the beginning of a block, of a group with one, of a cluster's time or of a cluster looks like.
BEGINNING = re.compile(
    rb"(?=\xa3(?:[\x80-\xff]|[\x40-\x7f].|[\x20-\x3f]..|[\x10-\x1f]...)[\x81-\xfe]..[\x00-\x0f\x80-\x8f]"
    rb"|\xa0(?:[\x80-\xff]|[\x40-\x7f].|[\x20-\x3f]..|[\x10-\x1f]...)\xa1|\xe7[\x81-\x88]|\x1fC\xb6u)",
    re.DOTALL,
)

Look = Callable[[int, int], bytes]


class Header(NamedTuple):
    """An element: where it stands, its name, where what it holds begins and ends; ``end`` -1: not said."""

    at: int
    name: bytes
    start: int
    end: int


def header(look: Look, at: int) -> Header | None:
    """Return the element at a place of the file, ``None`` where no name and size can be read."""
    head = look(at, LONGEST)
    if not head or head[0] < 16:
        return None
    name = 9 - head[0].bit_length()
    if len(head) <= name or not head[name]:
        return None
    width = 9 - head[name].bit_length()
    if len(head) < name + width:
        return None
    mask = (1 << 7 * width) - 1
    size = int.from_bytes(head[name : name + width], "big") & mask
    start = at + name + width
    return Header(at, head[:name], start, -1 if size == mask else start + size)


def holds(found: Header | None, size: int) -> bool:
    """Return whether an element is one that Matroska knows, of a size that it can have in such a file."""
    if found is None:
        return False
    if found.name in ENTERED:
        return found.end == -1 or found.end > found.start
    if found.end == -1 or found.end > size or (found.name not in TOP and found.name not in _WITHIN):
        return False
    if found.name == SIMPLE:
        return found.end - found.start >= LEAST_BLOCK
    return found.end - found.start <= SMALL.get(found.name, size)


def tracks_of(body: bytes) -> dict[int, bool]:
    """Return the numbers of a file's tracks as blocks write them, and whether its blocks may be laced.

    A track that does not say may have some (RFC 9559, FlagLacing); but pictures are not laced without a word.
    Only numbers of one byte.
    """
    found: dict[int, bool] = {}
    for name, held in _children(body):
        if name == _ENTRY:
            told = dict(_children(held))
            laced = told.get(_LACING)
            number = int.from_bytes(told.get(_NUMBER, b""), "big")
            if 0 < number < 127:
                found[0x80 | number] = any(laced) if laced else told.get(_TYPE) != _VIDEO
    return found


def _children(body: bytes) -> Iterable[tuple[bytes, bytes]]:
    at = 0
    while (found := header(lambda at, n: body[at : at + n], at)) and found.end >= found.start:
        yield found.name, body[found.start : found.end]
        at = found.end


def sized(name: bytes, size: int, width: int) -> bytes | None:
    """Return a header of a name and a size written in so many bytes, ``None`` where it does not go in."""
    if size < 0 or size >= (1 << 7 * width) - 1:
        return None
    return name + (size | 1 << 7 * width).to_bytes(width, "big")


def endless(name: bytes, width: int) -> bytes:
    """Return a header of an element whose end is not said."""
    return name + ((1 << 7 * width + 1) - 1).to_bytes(width, "big")


def apart(one: bytes, other: bytes) -> int:
    """Return in how many bits two strings of one length differ."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
