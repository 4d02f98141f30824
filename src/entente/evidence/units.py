"""A packet's units of H.264 and H.265: read, and set right where a bit is plainly wrong. In the decoder only.

In MP4 and Matroska each unit stands behind its length (ISO/IEC 14496-15). A decoder throws the whole packet
away where one bit of a length is flipped; here the bit is sought with which all lengths fill the packet. In
H.264 (ITU-T H.264, 7.4.3, slice_type) a unit that refreshes everything is not predicted from other pictures.
"""

from __future__ import annotations

from typing import Any

MOST = 64  # units of one packet
_SLICE, _REFRESH = 1, 5  # unit types of H.264
# Types a bit away from a slice, which no unit of a film has in so many bytes; 0, too, is, but makers use it.
_NEVER = {3, 9, 17}
_LONG = 16
_LARGEST = 1 << 16  # bytes of what a stream says of its units, where a length's width stands


def width_of(context: Any) -> int:
    """Return how many bytes a length has in a stream, 0 where its units stand behind none."""
    if context.name not in {"h264", "hevc"} or context.extradata_size > _LARGEST:
        return 0
    told = context.extradata or b""
    if context.name == "h264" and len(told) > 6 and told[0] == 1:
        return (told[4] & 3) + 1
    if context.name == "hevc" and len(told) > 22 and told[0] == 1:
        return (told[21] & 3) + 1
    return 0


def set_right(data: memoryview, width: int, avc: bool) -> bytes | None:
    """Return a packet's bytes set right; ``None`` where nothing is wrong, or nothing can be told of it.

    ``width`` is that of a length in bytes, 1 to 4; ``avc`` says that the units are of H.264.
    """
    places, end = _walked(data, width)
    found = None
    if end != len(data):
        least = len(bytes(data).rstrip(b"\0"))  # zeros may pad a packet
        more = len(places) == MOST and end < least
        if not more and not least <= end <= len(data):
            found = None if _marked(data, width) else _length_mended(data, width, places, least)
            if found is None:
                return None
            places, _ = _walked(memoryview(found), width)
    for at in places if avc else ():
        head = at + width
        kind = (found or data)[head] & 31
        long = int.from_bytes((found or data)[at:head], "big") > _LONG
        if (kind in _NEVER and long) or (kind == _REFRESH and _predicted(data, head + 1)):
            found = bytearray(data) if found is None else found
            found[head] = found[head] & 0x60 | _SLICE
    return bytes(found) if found else None


def leans(data: memoryview, width: int) -> bool:
    """Return whether the first slice of an H.264 packet is predicted from other pictures."""
    for at in _walked(data, width)[0]:
        kind = data[at + width] & 31
        if kind in {_SLICE, _REFRESH}:
            return kind == _SLICE and _predicted(data, at + width + 1)
    return False


def _walked(data: memoryview, width: int, at: int = 0) -> tuple[list[int], int]:
    """Return where each unit's length stands, and where the last unit ends if it is as long as it says."""
    found: list[int] = []
    while at + width < len(data) and len(found) < MOST:
        told = int.from_bytes(data[at : at + width], "big")
        found.append(at)
        if not told:
            break
        at += width + told
    return found, at


def _marked(data: memoryview, width: int) -> bool:
    """Return whether units stand behind start codes all the same (H.264, annex B), as FFmpeg judges."""
    return width == 4 and bytes(data[:4]) == b"\0\0\0\1" and int.from_bytes(data[5:9], "big") > len(data)


def _length_mended(data: memoryview, width: int, places: list[int], least: int) -> bytearray | None:
    """Return the packet with the one bit of a length turned with which the units end from ``least`` on."""
    for at in reversed(places):
        told = int.from_bytes(data[at : at + width], "big")
        for bit in range(8 * width):
            size = told ^ 1 << bit
            end = at + width + size
            if size and end <= len(data) and _whole(data, width, end, least):
                found = bytearray(data)
                found[at : at + width] = size.to_bytes(width, "big")
                return found
    return None


def _whole(data: memoryview, width: int, at: int, least: int) -> bool:
    """Return whether units fill the packet from a place on, none of them of a forbidden head."""
    places, end = _walked(data, width, at)
    return least <= end <= len(data) and all(not data[each + width] & 0x80 for each in places)


def _predicted(data: memoryview, at: int) -> bool:
    """Return whether a slice's header says P or B: two numbers of Exp-Golomb, the place and the type."""
    bits = int.from_bytes(data[at : at + 8], "big")
    left, numbers = 8 * len(data[at : at + 8]), []
    for _ in range(2):
        zeros = left - bits.bit_length()
        if 2 * zeros + 1 > left:
            return False
        left -= 2 * zeros + 1
        numbers.append((bits >> left) - 1)
        bits &= (1 << left) - 1
    return numbers[1] in {0, 1, 5, 6}
