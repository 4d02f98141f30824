"""Hashes of every frame of 720p video: ours against the vpdq package, one thread each, and decoding alone.

python -m benchmarks.video_hash [--small]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import measure

try:
    import vpdq
except ImportError as fault:  # no wheel: it is built from source against FFmpeg's development files
    vpdq, WHY = None, str(fault)

SECONDS, SMALL_SECONDS, RATE = 40, 4, 25
ROUNDS, SMALL_ROUNDS = 5, 2
WIDTH, HEIGHT = 1280, 720
PHOTOGRAPH = Path(__file__).parents[2] / "shared/data/pdq/bridge-mods/aaa-orig.jpg"
QUALITY = 50  # below it nobody compares


def _wide(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture three screens wide, mirrored at the seams."""
    one = np.asarray(Image.fromarray(picture).resize((WIDTH, HEIGHT)))
    return np.concatenate([one, one[:, ::-1], one], axis=1)


def _drawn(seed: int) -> NDArray[np.uint8]:
    """Return a room of flat shapes with the grain of a sensor."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.dstack([x * 200 // WIDTH + 20, y * 180 // HEIGHT + 30, (x + y) % 160 + 40])
    for _ in range(60):
        top, left = int(rng.integers(0, HEIGHT)), int(rng.integers(0, WIDTH))
        picture[top : top + 110, left : left + 150] = rng.integers(0, 255, 3)
    return np.clip(picture + rng.normal(0, 5, picture.shape), 0, 255).astype(np.uint8)


def _pan(wide: NDArray[np.uint8], path: Path, seconds: int) -> Path:
    """Write a film that pans over a picture."""

    def at(i: int) -> NDArray[np.uint8]:
        left = round(WIDTH * (1 - np.cos(i / 40)))
        return wide[:, left : left + WIDTH]

    return _written(at, path, seconds)


def _moving(path: Path, seconds: int) -> Path:
    """Write a film in which much changes: shapes that cross, a scene every four seconds."""
    scenes = [_drawn(seed) for seed in range(seconds // 4 + 1)]

    def at(i: int) -> NDArray[np.uint8]:
        frame = np.roll(scenes[i // (4 * RATE)], (3 * i, 7 * i), axis=(0, 1)).copy()
        for k in range(6):
            left, top = (50 + i * (5 + k)) % (WIDTH - 200), (80 * k + i * (2 + k)) % (HEIGHT - 150)
            frame[top : top + 150, left : left + 200] = (40 * k, 255 - 30 * k, (i * 5) % 255)
        return frame

    return _written(at, path, seconds)


def _written(at: Callable[[int], NDArray[np.uint8]], path: Path, seconds: int) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "fast", "crf": "23"}
        for i in range(seconds * RATE):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(at(i)), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


@dataclass(slots=True)
class Way:
    """One way through a film: what it gives and the processor seconds of each round."""

    run: Callable[[Path], list[Any]]
    spent: list[float]
    gave: list[Any]


def _decoded(path: Path) -> list[Any]:
    """Only decode, one thread: the limit of every way."""
    with av.open(str(path)) as opened:
        opened.streams.video[0].codec_context.thread_count = 1
        return [None for _ in opened.decode(video=0)]


def _ours(path: Path) -> list[Any]:
    """Go the way that a decoder of the desk goes, within this process."""
    from entente.evidence.choosing import sampled
    from entente.evidence.hashing import framed
    from entente.evidence.planes import plane_of
    from entente.evidence.source import Source
    from entente.evidence.videos import open_video
    from entente.vocabulary.media import Sampling

    with path.open("rb") as file:
        video = open_video(Source(file.fileno()), "mp4")
        frames = sampled(video, 3600.0, Sampling.EVERY)
        return [(t, *framed(*plane_of(frame, video.turned))["pdq"]) for t, frame in frames]


def _theirs(path: Path) -> list[Any]:
    """Hash every frame with one thread of the package."""
    features = vpdq.computeHash(str(path), seconds_per_hash=0, thread_count=1)
    return [(f.timestamp, f.hex, f.quality) for f in features]


def _measured(path: Path, rounds: int) -> dict[str, Way]:
    """Go every way in turn, so that noise hits all alike."""
    ways = {"ours": Way(_ours, [], []), "decode": Way(_decoded, [], [])}
    if vpdq is not None:
        ways["vpdq"] = Way(_theirs, [], [])
    _ours(path)  # compiled and read once
    for _ in range(rounds):
        for way in ways.values():
            start = time.process_time()
            way.gave = way.run(path)
            way.spent.append(time.process_time() - start)
    return ways


def _apart(ours: list[Any], theirs: list[Any]) -> list[int]:
    """Return the distances of the frames that both call good; raises where the frames are not the same."""
    if len(ours) != len(theirs):
        raise RuntimeError(f"ours are {len(ours)} frames, the package's {len(theirs)}")
    pairs = zip(ours, theirs, strict=True)
    return [(int(a[1], 16) ^ int(b[1], 16)).bit_count() for a, b in pairs if min(a[2], b[2]) >= QUALITY]


def _add(figure: measure.Figure, name: str, ways: dict[str, Way]) -> None:
    frames = len(ways["ours"].gave)
    rate = {n: frames / statistics.median(way.spent) for n, way in ways.items()}
    peer, ratio = "not built here", ""
    if "vpdq" in ways:
        peer, ratio = f"{rate['vpdq']:,.0f}", f"{rate['ours'] / rate['vpdq']:.1f} ×"
    figure.add(f"{name}: frames/s of a core", f"{rate['ours']:,.0f}", peer, ratio)
    share = 100 * rate["ours"] / rate["decode"]
    figure.add(f"{name}: of decoding alone ({rate['decode']:,.0f}/s)", f"{share:.0f} %")
    if "vpdq" not in ways:
        return
    apart = _apart(ways["ours"].gave, ways["vpdq"].gave)
    if not apart or statistics.median(apart) > 2:
        raise RuntimeError(f"{name}: the median distance is {statistics.median(apart or [256])}")
    middle, high = statistics.median(apart), sorted(apart)[int(0.95 * (len(apart) - 1))]
    told = f"{middle:.0f} / {high} / {max(apart)}"
    figure.add(f"{name}: bits apart, median / p95 / most, {len(apart)} frames", told, "0")


def main() -> None:
    """Write the films, go every way, print the figure."""
    small = measure.wanted(__doc__.splitlines()[0])
    seconds, rounds = (SMALL_SECONDS, SMALL_ROUNDS) if small else (SECONDS, ROUNDS)
    peer = measure.named("vpdq") + ", one thread" if vpdq is not None else "vpdq package"
    figure = measure.Figure("Hashes of every frame, 1280 × 720, H.264", peer)
    with tempfile.TemporaryDirectory() as folder:
        films = {
            "pan over a drawn room": _pan(_wide(_drawn(1)), Path(folder, "pan.mp4"), seconds),
            "much movement": _moving(Path(folder, "moving.mp4"), seconds),
        }
        if PHOTOGRAPH.exists():
            wide = _wide(np.asarray(Image.open(PHOTOGRAPH).convert("RGB")))
            films["pan over a photograph"] = _pan(wide, Path(folder, "photograph.mp4"), seconds)
        for name, path in films.items():
            _add(figure, name, _measured(path, rounds))
    figure.notes.append(
        f"{seconds} s at {RATE} frames a second each; processor seconds, median of {rounds} rounds in turn."
    )
    if vpdq is None:
        figure.notes.append(f"SKIPPED: the package is not here ({WHY}); it needs FFmpeg's development files.")
        sys.stderr.write("benchmarks.video_hash: vpdq is not built here, ours is measured alone\n")
    if not PHOTOGRAPH.exists():
        figure.notes.append("SKIPPED: no photograph at hand.")
    figure.say()


if __name__ == "__main__":
    main()
