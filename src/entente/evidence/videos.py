"""Videos to frames at their real times and to sound, packet by packet. Runs inside a limited decoder only.

The reader of OpenCV is never used: it stops at the first damaged packet and looks like a normal end.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from entente.evidence.pictures import Refused, demand_size
from entente.evidence.source import Source
from entente.evidence.tags import LONGEST, MOST
from entente.vocabulary.media import RefusalCode, Sampling

# Longer stretches without a frame that was looked at are filled.
GAP_S = {Sampling.KEYS: math.inf, Sampling.SPARSE: 0.5, Sampling.DENSE: 1 / 6}
LOST_S = 2.0  # a stretch without a frame that is longer than this, where there are packets, is a loss
STRIPS = 4  # upright ones, whose brightness is told too
NEAREST_S = 0.25  # key frames closer than this are looked at once
SOUND_S = 60.0
LONGEST_NAME = 100  # characters of a tag's name
FILLING = 0.6  # share of the time that may go into filling; the rest is for what comes after
_FORMATS = {"mp4": "mov", "mov": "mov", "webm": "matroska", "matroska": "matroska"}
READERS = frozenset(
    {"mov", "matroska", "avi", "asf", "flv", "mpeg", "mpegts"}
)  # of FFmpeg's; none reads lists
_LUMA_FIRST = ("yuv4", "yuvj4", "nv12", "nv21", "gray")
_LUMA_IS_PLAIN: dict[str, bool] = {}


@dataclass(slots=True)
class Count:
    """What was asked of a video and what came: sampled frames expected and decoded, packets that failed."""

    decoded: int = 0
    expected: int = 0
    errors: int = 0
    packets: int = 0
    filled: bool = True  # whether every long gap was filled in the time there was


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


def packets_of(opened: Any, stream: Any, count: Count) -> Iterator[Any]:
    """Iterate over the packets of one stream past damaged ones, which are counted."""
    packets = opened.demux(stream)
    for _ in range(1000):  # a demuxer that only fails gets no more than so many attempts
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


Choose = Callable[[Iterator[Any], Any, Count], Iterator[Any]]


def frames_of(video: Video, choose: Choose, count: Count) -> Iterator[tuple[float, Any]]:
    """Iterate over (seconds, frame) of those frames that ``choose`` feeds to the decoder and picks."""
    with container_of(video.source, video.format) as opened:
        stream = opened.streams.video[0]
        stream.codec_context.thread_count = 1
        for frame in choose(packets_of(opened, stream, count), stream, count):
            demand_size(frame.width, frame.height)
            moment = time_of(frame, frame.time_base or stream.time_base)
            yield max(0.0, (moment or 0.0) - video.start), frame


def brightness_of(video: Video, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return seconds and mean luma of the first ``most`` frames, or ``None`` where one is damaged.

    Of each frame the luma of the whole comes first, then that of ``STRIPS`` upright strips from the left.
    """
    count = Count()
    frames = islice(frames_of(video, _all_until(math.inf, count), count), most)
    seen = [(moment, _strips(luma_of(frame, 0))) for moment, frame in frames]
    if not seen or count.errors:
        return None
    return np.array([moment for moment, _ in seen], np.float64), np.array([each for _, each in seen])


def _strips(luma: NDArray[np.uint8]) -> list[float]:
    """Return the mean of a frame and of each upright strip."""
    columns = luma.mean(axis=0)
    return [float(columns.mean()), *(float(part.mean()) for part in np.array_split(columns, STRIPS))]


def keys_only(packets: Iterator[Any], stream: Any, count: Count) -> Iterator[Any]:
    """Feed key packets only: works for codecs that ignore ``skip_frame`` (VP9) too."""
    context, last = stream.codec_context, float("-inf")
    for packet in packets:
        moment = time_of(packet, packet.time_base or stream.time_base)
        if not packet.is_keyframe or (moment is not None and moment - last < NEAREST_S):
            continue
        last = moment if moment is not None else last
        count.expected += 1
        yield from decoded_of(context, packet, count)
    yield from decoded_of(context, None, count)


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


def _gaps(times: list[float], end: float, longest: float) -> list[float]:
    """Return the times to look at so that no stretch over ``longest`` seconds up to ``end`` stays unseen."""
    wanted: list[float] = []
    for before, after in zip(times, [*times[1:], max(end, times[-1])], strict=True):
        pieces = math.ceil((after - before) / longest - 1e-6)
        wanted.extend(before + (after - before) * i / pieces for i in range(1, pieces))
    return wanted


def sampled(
    video: Video, limit_s: float, sampling: Sampling = Sampling.SPARSE
) -> Iterator[tuple[float, Any]]:
    """Iterate over (seconds, frame) by real presentation times: every key frame first, then the gaps.

    ``video.count`` is filled on the way. Filling stops at a share of ``limit_s``; ``count.filled`` says so.
    ``EVERY`` frame comes in one pass, in order.
    """
    until, count = time.monotonic() + limit_s * FILLING, video.count
    if sampling is Sampling.EVERY:
        yield from _counted(frames_of(video, _all_until(until, count), count), count)
        return
    times = []
    for moment, frame in _counted(frames_of(video, keys_only, count), count):
        times.append(moment)
        yield moment, frame
    if not times or sampling is Sampling.KEYS:
        return
    wanted = _gaps(sorted(times), video.duration, GAP_S[sampling])
    filling = Count()
    yield from _counted(frames_of(video, _between(wanted, video, until), filling), count)
    count.errors = max(count.errors, filling.errors)


def _counted(frames: Iterator[tuple[float, Any]], count: Count) -> Iterator[tuple[float, Any]]:
    """Count what comes."""
    for moment, frame in frames:
        count.decoded += 1
        yield moment, frame


def _all_until(until: float, told: Count) -> Choose:
    """Return a choice of everything, until the time is over."""

    def choose(packets: Iterator[Any], stream: Any, count: Count) -> Iterator[Any]:
        for packet in packets:
            if time.monotonic() > until:
                told.filled = False
                return
            yield from decoded_of(stream.codec_context, packet, count)
        yield from decoded_of(stream.codec_context, None, count)

    return choose


def _between(wanted: list[float], video: Video, until: float) -> Choose:
    """Return a choice of the frame at or after each ``wanted`` time, without the key frames.

    Decoded from the first key frame on without a break, so that no frame waits in the decoder when a new
    group of pictures begins. ``video.count`` gets what is expected: what comes, and each long stretch
    without a frame where there are packets, or that lies before the end.
    """
    told = video.count

    def choose(packets: Iterator[Any], stream: Any, count: Count) -> Iterator[Any]:
        context, base = stream.codec_context, stream.time_base
        context.skip_frame = "NONREF"
        at, seen, last, begun = 0, _Seen(told), 0.0, False
        for packet in then_none(packets):
            if at >= len(wanted):
                return
            if time.monotonic() > until:
                told.filled = False
                return
            begun = begun or packet is None or packet.is_keyframe
            if not begun:
                continue
            seen.packet(None if packet is None else time_of(packet, packet.time_base or base), video.start)
            for frame in decoded_of(context, packet, count):
                moment = time_of(frame, frame.time_base or base)
                if moment is None:
                    continue
                last = moment - video.start
                seen.frame(last)
                due = at < len(wanted) and wanted[at] <= last + 1e-6
                while at < len(wanted) and wanted[at] <= last + 1e-6:
                    at += 1
                if due and not frame.key_frame:
                    told.expected += 1
                    yield frame
        told.expected += int(bool(wanted) and wanted[-1] - last > LOST_S)

    return choose


def then_none(packets: Iterator[Any]) -> Iterator[Any]:
    """Iterate over packets and the end, at which the decoder gives out what it holds back."""
    yield from packets
    yield None


class _Seen:
    """Tells a long stretch whose packets gave no frame from one that has none, as in a show of stills."""

    def __init__(self, told: Count) -> None:
        self._told = told
        self._packets: list[float] = []  # seconds of those since the last frame
        self._last = 0.0

    def packet(self, moment: float | None, start: float) -> None:
        """Note a packet's time."""
        if moment is not None:
            self._packets.append(moment - start)

    def frame(self, moment: float) -> None:
        """Note a frame; what lay long before it and gave none is missing."""
        if moment - self._last > LOST_S:
            low, high = self._last + LOST_S / 4, moment - LOST_S / 4
            self._told.expected += any(low < t < high for t in self._packets)
        self._packets = [t for t in self._packets if t > moment]
        self._last = moment


def plane_of(frame: Any, turned: int) -> tuple[NDArray[np.uint8], int]:
    """Return the luma plane of a frame as displayed and its columns, without a copy where that can be.

    The plane (rows, at least columns) is the decoder's own, with what pads its lines; it lives as long as
    ``frame``.
    """
    if turned or not _plain(frame):
        luma = luma_of(frame, turned)
        return luma, luma.shape[1]
    plane = frame.planes[0]
    height, line = frame.height, plane.line_size
    rows = np.frombuffer(plane, np.uint8, line * height).reshape(height, line)
    rows.flags.writeable = False  # the decoder may still look at it
    return rows, frame.width


def _plain(frame: Any) -> bool:
    """Whether the first plane is luma of 8 bits."""
    picture = frame.format
    name = picture.name  # asked once for each: the library takes a good part of a hash's time to answer
    if name not in _LUMA_IS_PLAIN:
        plain = name.startswith(_LUMA_FIRST) and all(c.bits <= 8 for c in picture.components)
        _LUMA_IS_PLAIN[name] = plain
    return _LUMA_IS_PLAIN[name]


def luma_of(frame: Any, turned: int) -> NDArray[np.uint8]:
    """Return the luma plane (rows, columns) uint8 of a frame as displayed, brought to 8 bits."""
    if not _plain(frame):
        frame = frame.reformat(format="gray", threads=1)  # its own choice would need threads
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    return np.ascontiguousarray(np.rot90(rows, turned))


def rgb_of(frame: Any, turned: int) -> NDArray[np.uint8]:
    """Return a frame as displayed, (rows, columns, 3) uint8."""
    return np.ascontiguousarray(np.rot90(frame.reformat(format="rgb24", threads=1).to_ndarray(), turned))


def sound_of(video: Video) -> tuple[NDArray[np.float32], int] | None:
    """Return the first minute of sound, mono float32 -1 to 1, and its rate in hertz, or ``None``."""
    with container_of(video.source, video.format) as opened:
        if not opened.streams.audio or opened.streams.audio[0].codec_context is None:
            return None
        stream = opened.streams.audio[0]
        stream.codec_context.thread_count = 1
        rate = stream.codec_context.sample_rate or 16000
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        pieces: list[NDArray[np.float32]] = []
        length, most = 0, int(SOUND_S * rate)
        for packet in packets_of(opened, stream, Count()):
            for frame in decoded_of(stream.codec_context, packet, Count()):
                for mono in resampler.resample(frame):
                    pieces.append(mono.to_ndarray().reshape(-1).astype(np.float32, copy=False))
                    length += pieces[-1].size
            if length >= most:
                break
    return (np.concatenate(pieces)[:most], rate) if pieces else None
