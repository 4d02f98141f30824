"""Clips: a camera that moves through rooms, with the sound of a quiet house on the 50 Hz grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from demo.camera import Picture, Room, View, shoot
from demo.rooms import Without

RATE = 44100


def passing(
    room: Room, start: View, end: View, frames: int, without: Without = frozenset()
) -> Iterator[Picture]:
    """Iterate over the pictures of a camera that moves from one view to another."""
    wide = shoot(
        room, replace(start, frame=_around(start, end), size=(1500, 1000), turn=0, tilt=0, noise=0), without
    )
    x, y, w, h = _around(start, end)
    for k in range(frames):
        share = 0.5 - 0.5 * np.cos(np.pi * k / max(frames - 1, 1))
        at = [a + (b - a) * share for a, b in zip(start.frame, end.frame, strict=True)]
        shake = 6 * np.sin(k * 0.9), 4 * np.cos(k * 1.3)
        corners = (
            np.array([(at[0], at[1]), (at[0] + at[2], at[1]), (at[0], at[1] + at[3])], np.float32) + shake
        )
        source = ((corners - (x, y)) * (1500 / w, 1000 / h)).astype(np.float32)
        width, height = start.size
        target = np.array([(0, 0), (width, 0), (0, height)], np.float32)
        move = cv2.getAffineTransform(source, target)
        picture = cv2.warpAffine(wide.picture, move, start.size, borderMode=cv2.BORDER_REPLICATE)
        noise = np.random.default_rng(k).integers(-3, 4, picture.shape, np.int16)
        yield np.clip(picture + noise, 0, 255).astype(np.uint8)


def _around(a: View, b: View) -> tuple[float, float, float, float]:
    """Return the box that holds both views."""
    x, y = min(a.frame[0], b.frame[0]), min(a.frame[1], b.frame[1])
    right = max(a.frame[0] + a.frame[2], b.frame[0] + b.frame[2])
    low = max(a.frame[1] + a.frame[3], b.frame[1] + b.frame[3])
    return x, y, right - x, low - y


def house_sound(seconds: float, mains: int | None = 50, seed: int = 7) -> NDArray[np.float32]:
    """Return room noise, a clock's tick, and the hum of the grid below it, mono at ``RATE``."""
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    noise = rng.standard_normal(n).astype(np.float32)
    noise = 0.03 * (0.6 * noise + 0.4 * np.convolve(noise, np.ones(24) / 5, "same"))
    t = np.arange(n) / RATE
    if mains:
        hum = sum(
            np.sin(2 * np.pi * mains * k * t + k * k) * a
            for k, a in ((1, 0.5), (2, 1), (4, 0.6), (6, 0.4), (8, 0.3), (10, 0.2))
        )
        noise = noise + hum * float(np.std(noise) / np.std(hum)) * 10 ** (-8 / 20)
    for tick in np.arange(0.4, seconds - 0.1, 1.0):
        at = int(tick * RATE)
        noise[at : at + 400] += 0.1 * rng.standard_normal(400) * np.exp(-np.arange(400) / 80)
    return np.clip(noise, -1, 1).astype(np.float32)


def film(
    path: Path,
    pictures: Iterator[Picture] | Sequence[Picture],
    sound: NDArray[np.float32] | None,
    *,
    rate: int = 12,
    video: str = "libx264",
    audio: str = "aac",
    tags: dict[str, str] | None = None,
) -> None:
    """Write a clip; its container follows the name's ending. ``tags`` are the container's own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"movflags": "use_metadata_tags"} if path.suffix.lower() == ".mp4" else {}
    with av.open(str(path), "w", container_options=options) as out:
        out.metadata.update(tags or {})
        pictures = iter(pictures)
        first = next(pictures)
        speed = {"preset": "veryfast"} if video == "libx264" else {"deadline": "realtime", "cpu-used": "8"}
        stream = out.add_stream(video, rate=rate, options=speed)
        stream.height, stream.width, stream.pix_fmt = *first.shape[:2], "yuv420p"
        stream.bit_rate, stream.thread_count = 900_000, 1
        heard = (
            out.add_stream(audio, rate=48000 if audio == "libopus" else RATE, layout="mono")
            if sound is not None
            else None
        )
        picture: Picture | None = first
        number = 0
        while picture is not None:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
            number, picture = number + 1, next(pictures, None)
        out.mux(stream.encode())
        if heard is not None and sound is not None:
            _voice(out, heard, sound)


def _voice(out: av.container.OutputContainer, heard: av.AudioStream, sound: NDArray[np.float32]) -> None:
    """Encode the sound."""
    shape = av.AudioResampler(
        format=heard.format.name, layout="mono", rate=heard.rate, frame_size=heard.frame_size or 1024
    )
    for at in range(0, len(sound), 4096):
        piece = av.AudioFrame.from_ndarray(sound[None, at : at + 4096].copy(), format="fltp", layout="mono")
        piece.sample_rate, piece.pts, piece.time_base = RATE, at, Fraction(1, RATE)
        for frame in shape.resample(piece):
            out.mux(heard.encode(frame))
    for frame in shape.resample(None):
        out.mux(heard.encode(frame))
    out.mux(heard.encode())
