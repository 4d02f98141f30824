"""The sound of a video: how loud it is over time, and a short stretch to be heard. Limited decoder only."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from numpy.typing import NDArray

from entente.evidence.packets import Count, decoded_of, packets_of, time_of
from entente.evidence.pictures import Refused
from entente.evidence.videos import Video, container_of
from entente.vocabulary.media import RefusalCode

STEPS_EACH_S = 20  # peaks a second
MOST_STEPS = STEPS_EACH_S * 3600 * 12  # of half a day; what comes later is not drawn
RATE = 24_000  # hertz, of what is heard
SOUND_S = 60.0  # what extractors hear
BEFORE_S = 1.0  # decoded before the stretch: codecs need some way to settle


def _stretch(video: Video, rate: int, start: float, end: float) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Iterate over (place of the first sample from the video's start, mono samples) up to ``end`` seconds.

    Packets that end long before ``start`` are not decoded.
    """
    with container_of(video.source, video.format) as opened:
        if not opened.streams.audio or opened.streams.audio[0].codec_context is None:
            why = "it has no sound track that can be decoded here; there is nothing to hear or to draw"
            raise Refused(RefusalCode.NOT_MEDIA, why)
        stream = opened.streams.audio[0]
        stream.codec_context.thread_count = 1
        resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        at: int | None = None
        for packet in packets_of(opened, stream, Count()):
            moment = time_of(packet, packet.time_base or stream.time_base)
            if moment is not None and moment - video.start < start - BEFORE_S:
                continue
            if moment is not None and moment - video.start > end:
                return
            for frame in decoded_of(stream.codec_context, packet, Count()):
                if at is None:
                    first = time_of(frame, frame.time_base or stream.time_base)
                    at = round(((first or 0.0) - video.start) * rate)
                for mono in resampler.resample(frame):
                    samples = mono.to_ndarray().reshape(-1).astype(np.float32, copy=False)
                    yield at, samples
                    at += samples.size


def peaks_of(video: Video) -> bytes:
    """Return the largest deviation in each twentieth of a second, 0-255, from the video's start."""
    step, peaks, end = RATE // STEPS_EACH_S, np.zeros(0, np.float32), 0
    for at, samples in _stretch(video, RATE, 0.0, MOST_STEPS / STEPS_EACH_S):
        places = (at + np.arange(samples.size)) // step
        inside = (places >= 0) & (places < MOST_STEPS)
        if not inside.any():
            continue
        end = max(end, int(places[inside][-1]) + 1)
        if end > peaks.size:
            peaks = np.concatenate([peaks, np.zeros(max(end - peaks.size, peaks.size), np.float32)])
        np.maximum.at(peaks, places[inside], np.abs(samples[inside]))
    return np.rint(np.clip(np.nan_to_num(peaks[:end]), 0, 1) * 255).astype(np.uint8).tobytes()


def heard_of(video: Video, start: float, seconds: float) -> bytes:
    """Return a stretch as mono samples of 16 bits, little-endian, at ``RATE``; what lacks is silence."""
    first, wanted = round(start * RATE), round(seconds * RATE)
    heard, last = np.zeros(wanted, np.float32), 0
    for at, samples in _stretch(video, RATE, start, start + seconds):
        low, high = max(at, first), min(at + samples.size, first + wanted)
        if low < high:
            heard[low - first : high - first] = samples[low - at : high - at]
            last = max(last, high - first)
    if last == 0:
        why = "there is no sound in that stretch; choose another second"
        raise Refused(RefusalCode.NOT_MEDIA, why)
    return np.rint(np.clip(np.nan_to_num(heard[:last]), -1, 1) * 32767).astype("<i2").tobytes()


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
