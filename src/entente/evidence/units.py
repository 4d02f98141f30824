"""A packet's units of H.264 and H.265, set right where one bit is plainly wrong. Limited decoder only.

In MP4 and Matroska each unit stands behind its length (ISO/IEC 14496-15). A decoder throws the whole packet
away where one bit of a length is flipped; here the bit is sought with which all lengths fill the packet. In
H.264 (ITU-T H.264, 7.4.1) a unit that says it refreshes everything cannot be predicted from another picture.
"""

from __future__ import annotations

from typing import Any

MOST = 64  # units of one packet
_SLICE, _REFRESH = 1, 5  # unit types of H.264
_NEVER = {0, 3, 9, 17}  # types a bit away from a slice, which no unit of a film has in so many bytes
_LONG = 16


def width_of(context: Any) -> int:
    """Return how many bytes a length has in a stream, 0 where its units stand behind none."""
    told = context.extradata or b""
    if context.name == "h264" and len(told) > 6 and told[0] == 1:
        return (told[4] & 3) + 1
    if context.name == "hevc" and len(told) > 22 and told[0] == 1:
        return (told[21] & 3) + 1
    return 0


def set_right(data: memoryview, width: int, avc: bool) -> bytes | None:
    """Return a packet's bytes set right; ``None`` where nothing is wrong, or nothing can be told of it."""
    places = _places(data, width)
    found = None
    if places is None:
        found = _length_mended(data, width)
        places = _places(memoryview(found), width) if found else None
    if places is None or not avc:
        return bytes(found) if found else None
    for at in places:
        head = at + width
        kind = (found or data)[head] & 31
        if (kind in _NEVER and len(data) - head > _LONG) or (kind == _REFRESH and _predicted(data, head + 1)):
            found = bytearray(data) if found is None else found
            found[head] = found[head] & 0x60 | _SLICE
    return bytes(found) if found else None


def _places(data: memoryview, width: int, at: int = 0) -> list[int] | None:
    """Return where each unit's length stands, ``None`` where they do not fill the packet."""
    found: list[int] = []
    size = len(data)
    while at + width < size and len(found) < MOST:
        found.append(at)
        told = int.from_bytes(data[at : at + width], "big")
        if not told:
            return None
        at += width + told
    return found if at == size else None


def _length_mended(data: memoryview, width: int) -> bytearray | None:
    """Return the packet with the one bit of a length turned that makes all lengths fill it."""
    at = 0
    walked: list[int] = []
    while at + width < len(data) and len(walked) < MOST:
        walked.append(at)
        told = int.from_bytes(data[at : at + width], "big")
        at += width + told if told else len(data)
    for at in reversed(walked):
        told = int.from_bytes(data[at : at + width], "big")
        for bit in range(8 * width):
            size = told ^ 1 << bit
            if size and at + width + size <= len(data) and _whole(data, width, at + width + size):
                found = bytearray(data)
                found[at : at + width] = size.to_bytes(width, "big")
                return found
    return None


def _whole(data: memoryview, width: int, at: int) -> bool:
    """Return whether units fill the packet from a place on, none of them of a forbidden head."""
    places = _places(data, width, at)
    return places is not None and all(not data[each + width] & 0x80 for each in places)


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
