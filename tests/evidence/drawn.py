"""Media drawn by code for the tests: the same seed gives the same pixels."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

pillow_heif.register_heif_opener()


def scene(height: int = 240, width: int = 320, seed: int = 0) -> NDArray[np.uint8]:
    """A room of flat shapes with no symmetry, (height, width, 3)."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    picture = np.dstack([x * 200 // width + 20, y * 180 // height + 30, (x + y) % 160 + 40]).astype(np.uint8)
    for _ in range(40):
        top, left = int(rng.integers(0, height * 6 // 7)), int(rng.integers(0, width * 6 // 7))
        picture[top : top + height // 7, left : left + width // 9] = rng.integers(0, 255, 3)
    return picture


def encoded(picture: NDArray[np.uint8], format_: str, **options: object) -> bytes:
    """The picture as the bytes of a file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format_, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and has the pixels of none of it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + name + data + struct.pack("!I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 4096)) + chunk(b"IEND", b"")


def clip(
    path: Path,
    *,
    container: str = "mp4",
    codec: str = "libx264",
    seconds: float = 6.0,
    gop: int = 25,
    pixels: str = "yuv420p",
    sound: bool = False,
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a film of drawn scenes, a new one every two seconds, 25 frames a second."""
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, pixels
        stream.codec_context.gop_size = gop
        voice = out.add_stream("aac", rate=8000, layout="mono") if sound else None
        out.metadata.update(tags or {})
        for i in range(int(seconds * 25)):
            shown = np.roll(scene(seed=i // 50), 2 * i, axis=1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if voice is not None:
            tone = np.sin(np.arange(int(8000 * seconds)) * 2 * np.pi * 440 / 8000).astype(np.float32) / 2
            for at in range(0, tone.size - 1023, 1024):
                block = av.AudioFrame.from_ndarray(tone[None, at : at + 1024], format="fltp", layout="mono")
                block.sample_rate, block.pts = 8000, at
                out.mux(voice.encode(block))
            out.mux(voice.encode())
    return path
