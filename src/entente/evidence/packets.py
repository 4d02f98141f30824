"""A stream's packets one by one, past damaged ones, which are counted. Runs inside a limited decoder only.

The reader of OpenCV is never used: it stops at the first damaged packet and looks like a normal end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av

ATTEMPTS = 1000  # a demuxer that only fails gets no more


@dataclass(slots=True)
class Count:
    """What was asked of a video and what came: sampled frames expected and decoded, packets that failed."""

    decoded: int = 0
    expected: int = 0
    errors: int = 0
    packets: int = 0
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
        return list(context.decode(packet))
    except av.FFmpegError:
        count.errors += 1
        return []


def time_of(item: Any, base: Any) -> float | None:
    """Return the seconds at which a packet or a frame is shown, ``None`` where it does not say."""
    stamp = item.pts if item.pts is not None else item.dts
    # whole numbers divide to the nearest float, as the fraction would, in a tenth of the time
    return None if stamp is None else stamp * base.numerator / base.denominator


def then_none(packets: Iterator[Any]) -> Iterator[Any]:
    """Iterate over packets and the end, at which the decoder gives out what it holds back."""
    yield from packets
    yield None
