"""Which frames of a video are looked at: key frames first, then every long gap. Limited decoder only."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from entente.evidence.packets import (
    Count,
    decoded_of,
    packets_of,
    patient,
    stands_alone,
    then_none,
    time_of,
)
from entente.evidence.pictures import demand_size
from entente.evidence.videos import Video, container_of
from entente.vocabulary.media import Sampling

# Longer stretches without a frame that was looked at are filled.
GAP_S = {Sampling.KEYS: math.inf, Sampling.SPARSE: 0.5, Sampling.DENSE: 1 / 6}
LOST_S = 2.0  # a stretch without a frame that is longer than this, where there are packets, is a loss
NEAREST_S = 0.25  # key frames closer than this are looked at once
FILLING = 0.6  # share of the time that may go into filling; the rest is for what comes after

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


def keys_only(packets: Iterator[Any], stream: Any, count: Count) -> Iterator[Any]:
    """Feed key packets only: works for codecs that ignore ``skip_frame`` (VP9) too.

    Each alone: in an open group of pictures, a decoder that still knows the last one finds it out of turn.
    """
    context, last = stream.codec_context, float("-inf")
    for packet in packets:
        moment = time_of(packet, packet.time_base or stream.time_base)
        if not stands_alone(context, packet) or (moment is not None and moment - last < NEAREST_S):
            continue
        last = moment if moment is not None else last
        count.expected += 1
        yield from [*decoded_of(context, packet, count), *decoded_of(context, None, count)]
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
        last = 0.0
        for last, frame in _counted(frames_of(video, every_until(until, count), count), count):
            yield last, frame
        if count.filled and video.duration - last > LOST_S:
            count.expected = count.decoded + 1  # what lies between there and the announced end
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
        count.concealed += bool(frame.is_corrupt)
        yield moment, frame


def every_until(until: float, told: Count) -> Choose:
    """Return a choice of everything, until the time is over."""

    def choose(packets: Iterator[Any], stream: Any, count: Count) -> Iterator[Any]:
        patient(stream.codec_context)
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
        patient(context)
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
