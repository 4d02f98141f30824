"""Damaged video: frames recovered of those whose bytes are there, and what is said, against plain readers.

Those are PyAV's packet loop that counts failures, as in the research before, and OpenCV's, on the same bytes.

python -m benchmarks.link_video [--small]
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks import measure
from entente.evidence.open import Opened, read
from entente.vocabulary.media import Sampling

os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"  # what it finds wrong with the files is no part of the figure
import cv2  # it reads that once

FRAMES, SMALL_FRAMES, RATE = 1691, 300, 30
WIDTH, HEIGHT = 640, 360
CUT, FLIPS, SEEDS, SMALL_SEEDS = 0.6, 200, 20, 3
HEAD = 5000  # bytes at the beginning in which no bit is flipped: damage to the index is the cut's business
LEAST, LEAST_FLIPPED = 0.98, 1690 / 1691  # of the frames whose bytes are there; below it the run fails
FORMS = {
    "mp4": ("mp4", {}),
    "faststart": ("mp4", {"movflags": "faststart"}),
    "fragmented": ("mp4", {"movflags": "frag_keyframe+empty_moov"}),
    "mkv": ("matroska", {}),
    "ts": ("mpegts", {}),
    "avi": ("avi", {}),
}


@dataclass(frozen=True, slots=True)
class Came:
    """Frames that a reader gave, and what it said."""

    frames: int
    said: str


def _pictures(count: int) -> Iterator[NDArray[np.uint8]]:
    """Iterate over a film of rooms of flat shapes with a sensor's grain; the camera moves, and cuts."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    for shot in range(-(-count // 90)):
        rng = np.random.default_rng(shot)
        room = np.dstack([x * 200 // WIDTH + 20, y * 180 // HEIGHT + 30, (x + y) % 160 + 40])
        for _ in range(50):
            top, left = int(rng.integers(0, HEIGHT - 50)), int(rng.integers(0, WIDTH - 70))
            room[top : top + 50, left : left + 70] = rng.integers(0, 255, 3)
        for i in range(min(90, count - 90 * shot)):
            seen = np.roll(room, 3 * i, axis=1) + rng.normal(0, 3, (HEIGHT, WIDTH, 1))
            yield np.clip(seen, 0, 255).astype(np.uint8)


def _filmed(path: Path, codec: str, count: int) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "23"} if codec == "libx264" else {"qscale": "4"}
        for i, picture in enumerate(_pictures(count)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def _put_into(source: Path, path: Path, form: str, options: dict[str, str]) -> Path:
    """Write the same packets into another container."""
    with av.open(str(source)) as given, av.open(str(path), "w", format=form, options=options) as out:
        stream = out.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return path


def _there(path: Path, start: int, end: int) -> int:
    """Return how many frames of a whole file lie between two bytes of it."""
    with av.open(str(path)) as opened:
        packets = [p for p in opened.demux(video=0) if p.size and p.pos is not None]
    return sum(start <= p.pos and p.pos + p.size <= end for p in packets)


def _ours(path: Path) -> tuple[Came, Opened]:
    """Go through the door of the desk, every frame."""
    opened = read(path, sampling=Sampling.EVERY, limit_s=900.0)
    if opened.refusal:
        return Came(0, opened.refusal.reason), opened
    told = f"{opened.errors} errors" + (", damaged in part" if opened.partial else "")
    return Came(opened.decoded, told), opened


def _loop(path: Path) -> Came:
    """Decode packet by packet, go on after what fails, and count it."""
    frames = errors = 0
    try:
        opened = av.open(str(path))
    except av.FFmpegError as error:
        return Came(0, type(error).__name__)
    with opened:
        packets = opened.demux(video=0)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    break
                frames += len(packet.decode())
            except av.FFmpegError:
                errors += 1
                if errors > 1000:
                    break
    return Came(frames, f"{errors} errors")


def _opencv(path: Path) -> Came:
    """Read to what looks like the end, as its manual does."""
    film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not film.isOpened():
        return Came(0, "not opened, no reason")
    frames = 0
    while film.read()[0]:
        frames += 1
    film.release()
    return Came(frames, "nothing")


def _flipped(data: bytes, start: int, seed: int) -> bytes:
    damaged, rng = bytearray(data), np.random.default_rng(seed)
    for at in rng.integers(start, len(data), FLIPS):
        damaged[at] ^= 1 << int(rng.integers(8))
    return bytes(damaged)


def _row(
    figure: measure.Figure, what: str, there: int, came: list[tuple[Came, Came, Came]], least: float = LEAST
) -> None:
    """Add a line: the mean over all damages of a kind; raises where ours is below a peer or the floor."""
    ours, loop, opencv = (statistics.mean(each[i].frames for each in came) for i in range(3))
    said = [each.said for each in came[0]]
    figure.add(
        f"{what} ({there} are there)",
        f"{ours:.1f} · {said[0]}",
        f"{loop:.1f} · {said[1]} \\| {opencv:.1f} · {said[2]}",
        f"{ours / loop:.3f} × \\| {ours / opencv:.2f} ×" if loop and opencv else "–",
    )
    if len(came) > 1:
        worst = [min(each[i].frames for each in came) for i in range(3)]
        figure.add("the worst of these", f"{worst[0]}", f"{worst[1]} \\| {worst[2]}")
    fewer = [i for i, each in enumerate(came) if each[0].frames < each[1].frames]
    if fewer or ours < opencv - 0.5 or ours < least * there:
        raise RuntimeError(
            f"{what}: {ours:.1f} frames of {there}, the peers {loop:.1f} and {opencv:.1f}, {fewer}"
        )


def _cuts(figure: measure.Figure, whole: dict[str, Path], folder: Path) -> None:
    for name, path in whole.items():
        data = path.read_bytes()
        end = int(len(data) * CUT)
        cut = folder / f"cut-{path.name}"
        cut.write_bytes(data[:end])
        ours, opened = _ours(cut)
        if name == "mp4":  # its index stood at the end: nothing can be read, and what it needs is said
            needed = opened.refusal is not None and "same device" in opened.refusal.reason
            if not needed or not opened.sha256:
                raise RuntimeError("a file without its index is not kept with what it needs")
            figure.add(
                "moov at the end, cut",
                "0 · kept, says what it needs",
                f"{_loop(cut).said} \\| {_opencv(cut).said}",
            )
            continue
        _row(figure, f"{name} cut at 60 %", _there(path, 0, end), [(ours, _loop(cut), _opencv(cut))])


def _flips(figure: measure.Figure, whole: dict[str, Path], folder: Path, seeds: int, count: int) -> None:
    for name in ("faststart", "mkv"):
        data = whole[name].read_bytes()
        start = data.index(b"mdat") if name == "faststart" else HEAD
        came: list[tuple[Came, Came, Came]] = []
        for seed in range(seeds):
            path = folder / f"flipped-{seed}-{whole[name].name}"
            path.write_bytes(_flipped(data, start, seed))
            came.append((_ours(path)[0], _loop(path), _opencv(path)))
            path.unlink()
        _row(figure, f"{name}, {FLIPS} bits flipped, mean of {seeds}", count, came, LEAST_FLIPPED)


def _lost_beginning(figure: measure.Figure, path: Path, folder: Path) -> None:
    """Take the first third of a transport stream away, as a recording that was joined late."""
    data = path.read_bytes()
    start = len(data) // 3 // 188 * 188
    late = folder / "late.ts"
    late.write_bytes(data[start:])
    with av.open(str(path)) as opened:
        every = [p for p in opened.demux(video=0) if p.size and p.pos is not None]
    keys = [i for i, p in enumerate(every) if p.is_keyframe and p.pos >= start]
    there = len(every) - keys[0]  # what stands before the first key frame has nothing to stand on
    _row(figure, "ts, first third lost", there, [(_ours(late)[0], _loop(late), _opencv(late))])


def main() -> None:
    """Write the films, damage them, and read them with each reader."""
    small = measure.wanted(__doc__.splitlines()[0])
    count, seeds = (SMALL_FRAMES, SMALL_SEEDS) if small else (FRAMES, SEEDS)
    figure = measure.Figure(
        f"Damaged video: frames that come, of {count}",
        f"PyAV {av.__version__}'s packet loop \\| OpenCV {cv2.__version__}",
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole: dict[str, Any] = {}
        film = _filmed(folder / "film.mkv", "libx264", count)
        for form, (container, options) in FORMS.items():
            path = folder / f"{form}.{'avi' if form == 'avi' else 'bin'}"
            source = _filmed(folder / "old.avi", "mpeg4", count) if form == "avi" else film
            whole[form] = _put_into(source, path, container, options)
        _cuts(figure, whole, folder)
        _flips(figure, whole, folder, seeds, count)
        _lost_beginning(figure, whole["ts"], folder)
    figure.notes.append(
        f"{WIDTH} × {HEIGHT}, H.264 ({RATE}/s; AVI: MPEG-4); ours through the desk's door, every frame, in "
        "the limited process. All decode with FFmpeg; a frame that comes may be damaged itself."
    )
    figure.say()


if __name__ == "__main__":
    main()
