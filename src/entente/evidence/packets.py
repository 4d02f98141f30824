"""A stream's packets one by one, past damaged ones, which are counted. Runs inside a limited decoder only.

The reader of OpenCV is never used: it stops at the first damaged packet and looks like a normal end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av

from entente.evidence import units

ATTEMPTS = 1000  # a demuxer that only fails gets no more
WAITING, WAITING_BYTES = 16, 1 << 26  # frames that a decoder may hold back, and what they may weigh


@dataclass(slots=True)
class Count:
    """What was asked of a video and what came: sampled frames expected and decoded, packets that failed."""

    decoded: int = 0
    expected: int = 0
    errors: int = 0
    packets: int = 0
    concealed: int = 0  # frames in which the decoder filled in what was damaged
    filled: bool = True  # whether every long gap was filled in the time there was


def packets_of(opened: Any, stream: Any, count: Count) -> Iterator[Any]:
    """Iterate over the packets of one stream past damaged ones, which are counted."""
    packets = opened.demux(stream)
    for _ in range(ATTEMPTS):
        try:
            for packet in packets:
                if packet.size:
                    count.packets += 1
                    if packet.is_corrupt:
                        count.errors += 1
                    yield packet
        except av.FFmpegError:
            count.errors += 1
            packets = opened.demux(stream)
            continue
        return


def decoded_of(context: Any, packet: Any, count: Count) -> list[Any]:
    """Return the frames that a packet completes; a packet that fails is counted, and the next is tried."""
    try:
        return list(context.decode(_set_right(context, packet, count)))
    except av.FFmpegError:
        count.errors += 1
        return []


def stands_alone(context: Any, packet: Any) -> bool:
    """Return whether a packet is a key frame, and not the point from which a film is refreshed row by row."""
    width = units.width_of(context) if packet.is_keyframe and context.name == "h264" else 0
    return packet.is_keyframe and not (width and units.leans(memoryview(packet), width))


def patient(context: Any) -> None:
    """Have the decoder wait longer for a frame's turn: a wrong number in one costs those around it no place.

    Only of H.264, which would throw away what comes after its turn; it holds more frames for that.
    """
    if context.name == "h264":
        waiting = min(WAITING, WAITING_BYTES // max(1, context.width * context.height * 3 // 2))
        context.reorder_depth = max(context.reorder_depth, waiting)  # of a large one as deep as it says


def _set_right(context: Any, packet: Any, count: Count) -> Any:
    """Return a packet, or in its place one whose units are set right, which is counted as an error."""
    width = units.width_of(context) if packet is not None else 0
    put = units.set_right(memoryview(packet), width, context.name == "h264") if width else None
    if put is None:
        return packet
    count.errors += 1
    made = av.Packet(put)
    made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
    made.is_keyframe = packet.is_keyframe
    return made


def time_of(item: Any, base: Any) -> float | None:
    """Return the seconds at which a packet or a frame is shown, ``None`` where it does not say."""
    stamp = item.pts if item.pts is not None else item.dts
    # whole numbers divide to the nearest float, as the fraction would, in a tenth of the time
    return None if stamp is None else stamp * base.numerator / base.denominator


def then_none(packets: Iterator[Any]) -> Iterator[Any]:
    """Iterate over packets and the end, at which the decoder gives out what it holds back."""
    yield from packets
    yield None
