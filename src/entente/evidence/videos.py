"""A video opened by its one reader: its size, times and tags, or what it would need. Limited decoder only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import av

from entente.evidence.mended import Mended
from entente.evidence.packets import Count, decoded_of, packets_of
from entente.evidence.pictures import Refused, demand_size
from entente.evidence.source import Source
from entente.evidence.tags import LONGEST, MOST
from entente.vocabulary.media import RefusalCode

LONGEST_NAME = 100  # characters of a tag's name
_FORMATS = {"mp4": "mov", "mov": "mov", "webm": "matroska", "matroska": "matroska"}
READERS = frozenset(
    {"mov", "matroska", "avi", "asf", "flv", "mpeg", "mpegts"}
)  # of FFmpeg's; none reads lists


@dataclass(slots=True)
class Video:
    """An opened video. Sizes are as displayed; ``duration`` in seconds, 0 when unknown."""

    source: Source
    format: str
    width: int
    height: int
    duration: float
    start: float
    declared: int  # frames that the container announces, 0 when it does not
    turned: int  # quarter turns counter-clockwise for display
    tags: dict[str, str] = field(default_factory=dict)
    count: Count = field(default_factory=Count)

    @property
    def mends(self) -> int:
        """Return at how many places of the container damage was set right on the way."""
        return self.source.mends if isinstance(self.source, Mended) else 0


def container_of(source: Source, name: str) -> Any:
    """Open with the one reader that the first bytes call for, and no way to any other file."""
    if name not in READERS:
        raise Refused(RefusalCode.UNSUPPORTED, f"{name} is not read here; add a converted copy beside it")
    source.seek(0)
    options = {"format_whitelist": name, "protocol_whitelist": "none"}
    if name == "mov":
        options["enable_drefs"] = "0"  # a track whose samples lie in another file stays empty
    return av.open(source, format=name, options=options, metadata_errors="replace", buffer_size=1 << 18)


def open_video(source: Source, container: str) -> Video:
    """Open a video of a known container; raises ``Refused`` with what it would need."""
    name = _FORMATS.get(container, container)
    source = Mended(source) if name == "matroska" else source
    try:
        opened = container_of(source, name)
    except (av.FFmpegError, ValueError, OSError) as error:
        raise Refused(RefusalCode.DAMAGED, _why_closed(source, name, error)) from None
    with opened:
        if not opened.streams.video:
            raise Refused(
                RefusalCode.NOT_MEDIA, "it is a container without pictures; it is kept, but not hashed"
            )
        stream = opened.streams.video[0]
        context = stream.codec_context
        if context is None:
            raise Refused(
                RefusalCode.UNSUPPORTED, "its video codec is not known here; add a converted copy beside it"
            )
        demand_size(context.width, context.height)
        video = Video(source, name, context.width, context.height, *_times(opened, stream), stream.frames, 0)
        video.tags = _tags(opened)
        frame = next(_first_of(opened, stream), None)
    if frame is None:
        raise Refused(
            RefusalCode.DAMAGED,
            "no frame of it can be decoded; ask for another copy, or an undamaged file of the same device",
        )
    video.turned = round(getattr(frame, "rotation", 0) / 90) % 4
    width, height = frame.width, frame.height
    video.width, video.height = (height, width) if video.turned % 2 else (width, height)
    return video


def _times(opened: Any, stream: Any) -> tuple[float, float]:
    """Return duration and start in seconds, as a player shows them."""
    start = opened.start_time / av.time_base if opened.start_time else 0.0
    if opened.duration and opened.duration > 0:
        return opened.duration / av.time_base, start
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base), start
    return 0.0, start


def _why_closed(source: Source, name: str, error: Exception) -> str:
    """Say what a container that cannot be opened would need."""
    if name == "mov" and "moov" not in (boxes := boxes_of(source)):
        return (
            f"its index (moov) is missing, as when a recording breaks off; it holds {', '.join(boxes)}: "
            "a repair needs an undamaged file of the same device as pattern"
        )
    return f"the container cannot be read ({type(error).__name__}); ask for another copy"


def boxes_of(source: Source, most: int = 64) -> list[str]:
    """Return the outermost boxes of an ISO base media file (ISO/IEC 14496-12, 4.2) with their sizes."""
    found: list[str] = []
    at = 0
    while at + 8 <= source.size and len(found) < most:
        source.seek(at)
        head = source.read(16) or b""
        size, name = int.from_bytes(head[:4], "big"), head[4:8].decode("latin-1")
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size == 0:
            size = source.size - at
        if size < 8 or not name.isprintable():
            break
        found.append("moov" if name == "moov" else f"{name} of {size} bytes")
        at += size
    return found or ["no boxes"]


def _tags(opened: Any) -> dict[str, str]:
    """Return what the container and its streams say of themselves."""
    tags = {f"container:{k}": str(v) for k, v in opened.metadata.items()}
    for stream in opened.streams:
        tags |= {f"{stream.type}:{k}": str(v) for k, v in stream.metadata.items()}
    video = opened.streams.video[0]
    tags["video:codec"] = video.codec_context.name
    if video.average_rate:
        tags["video:rate"] = f"{float(video.average_rate):.6g}"
    if opened.streams.audio and opened.streams.audio[0].codec_context is not None:
        tags["audio:codec"] = opened.streams.audio[0].codec_context.name
    return {name[:LONGEST_NAME]: value[:LONGEST] for name, value in list(tags.items())[:MOST]}


def _first_of(opened: Any, stream: Any) -> Iterator[Any]:
    """Iterate over the key frames, each asked of the decoder at once, without those that follow."""
    context, count = stream.codec_context, Count()
    context.thread_count = 1
    for packet in packets_of(opened, stream, count):
        if packet.is_keyframe:
            for frame in [*decoded_of(context, packet, count), *decoded_of(context, None, count)]:
                demand_size(frame.width, frame.height)
                yield frame
            context.flush_buffers()
