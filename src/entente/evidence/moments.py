"""Which frames a video has, by their real presentation times, and one of them exactly.

Runs inside a limited decoder only.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from entente.evidence.choosing import Choose, frames_of, keys_only
from entente.evidence.packets import Count, decoded_of, packets_of, then_none, time_of
from entente.evidence.videos import Video, container_of

HALF_MS = 0.0005  # an address names a moment in thousandths of a second
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Listed:
    """A packet that is shown: its place in the file, its seconds, whether decoding can begin there."""

    place: int
    seconds: float
    key: bool


def listed_of(video: Video) -> list[Listed]:
    """Return every packet that is shown, in the order of the file. Nothing is decoded."""
    found = []
    with container_of(video.source, video.format) as opened:
        stream = opened.streams.video[0]
        for place, packet in enumerate(packets_of(opened, stream, Count())):
            moment = time_of(packet, packet.time_base or stream.time_base)
            if moment is not None and not packet.is_discard:
                found.append(Listed(place, max(0.0, moment - video.start), packet.is_keyframe))
    return found


def times_of(listed: list[Listed]) -> list[float]:
    """Return the seconds at which a new frame is shown, in order."""
    return sorted({each.seconds for each in listed})


def shown_at(times: list[float], seconds: float) -> int:
    """Return the place in ``times`` of the frame that a player shows at ``seconds``; 0 before the first."""
    return max(0, bisect_right(times, seconds + HALF_MS) - 1)


def frame_at(video: Video, seconds: float, listed: list[Listed] | None = None) -> tuple[float, Any] | None:
    """Return the frame that a player shows at ``seconds``; where it cannot be decoded, the nearest before.

    Decoding begins at the last key frame before it, so that no frame waits in the decoder. ``None`` where
    nothing can be decoded.
    """
    listed = listed_of(video) if listed is None else listed
    times = times_of(listed)
    wanted = times[shown_at(times, seconds)] if times else 0.0
    keys = [each.place for each in listed if each.key and each.seconds <= wanted + _SAME]
    found = None
    for moment, frame in frames_of(video, _from(max(keys, default=0)), Count()):
        if found is None or moment <= wanted + _SAME:
            found = moment, frame
        if moment >= wanted - _SAME:
            break
    return found or _any_key(video, wanted)


def _from(place: int) -> Choose:
    """Return a choice of every frame from a packet on."""

    def choose(packets: Iterator[Any], stream: Any, count: Count) -> Iterator[Any]:
        for at, packet in enumerate(then_none(packets)):
            if packet is None or at >= place:
                yield from decoded_of(stream.codec_context, packet, count)

    return choose


def _any_key(video: Video, seconds: float) -> tuple[float, Any] | None:
    """Return the last key frame up to ``seconds`` that can be decoded, else the first, else ``None``."""
    found = None
    for candidate in frames_of(video, keys_only, Count()):
        if found is None or candidate[0] <= seconds:
            found = candidate
    return found
