"""Reading a mixed seizure: our two decoders against the plain loop of hashlib, Pillow and pdqhash.

    python -m benchmarks.intake_reading [--pictures 200] [--clips 10] [--folder FOLDER]

``generate`` is used by the benchmark of the whole intake too. Everything is drawn by code from a seed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZES = ((4000, 3000), (1600, 1200), (1024, 768), (512, 384))  # in turn: a phone's, and what is sent about
SECONDS, RATE, FILM = 8, 25, (640, 480)


def drawn(width: int, height: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A picture of soft fields, hard edges and sensor noise, (height, width, 3)."""
    fields = rng.integers(20, 235, (12, 16, 3), dtype=np.uint8)
    soft = np.asarray(
        Image.fromarray(fields).resize((width, height), Image.Resampling.BICUBIC), np.int16
    ).copy()
    for _ in range(25):
        top, left = int(rng.integers(0, height * 7 // 8)), int(rng.integers(0, width * 7 // 8))
        soft[top : top + height // 9, left : left + width // 12] += rng.integers(-90, 90, 3, dtype=np.int16)
    noise = rng.integers(-6, 7, (height, width, 1), dtype=np.int16)
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def film(path: Path, rng: np.random.Generator) -> None:
    """A film of two scenes that are panned over."""
    scenes = [drawn(FILM[0] * 2, FILM[1], rng) for _ in range(2)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *FILM, "yuv420p"
        for i in range(SECONDS * RATE):
            shown = scenes[2 * i // (SECONDS * RATE)][:, 2 * i % FILM[0] :][:, : FILM[0]]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def generate(folder: Path, pictures: int = 200, clips: int = 10, seed: int = 0) -> list[Path]:
    """Write ``pictures`` JPEGs and PNGs of mixed size and ``clips`` films; return their paths.

    A picture of a size is drawn once for every eight and varied by a band of its own, so that drawing does
    not take longer than the benchmark; no two files are equal.
    """
    rng, paths = np.random.default_rng(seed), []
    folder.mkdir(parents=True, exist_ok=True)
    held: dict[tuple[int, int], NDArray[np.uint8]] = {}
    for i in range(pictures):
        size = SIZES[i % len(SIZES)]
        if size not in held or i % (8 * len(SIZES)) < len(SIZES):
            held[size] = drawn(*size, rng)
        picture = held[size].copy()
        picture[: size[1] // 10, : size[0] // 3] = rng.integers(0, 255, 3)
        small = size[0] <= 1024 and i % 5 == 0
        path = folder / f"{i:06d}.{'png' if small else 'jpg'}"
        Image.fromarray(picture).save(path, **({} if small else {"quality": 90}))
        paths.append(path)
    for i in range(clips):
        paths.append(folder / f"film-{i:04d}.mp4")
        film(paths[-1], rng)
    return paths


def plain(paths: Iterable[Path]) -> int:
    """The loop of a careful script: read, three digests, decode, pdqhash; of films a frame a second."""
    import pdqhash  # the yardstick only: the program itself does without it

    hashed = 0
    for path in paths:
        data = path.read_bytes()
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            digest(data).hexdigest()
        if path.suffix == ".mp4":
            with av.open(str(path)) as film:
                for i, frame in enumerate(film.decode(video=0)):
                    if i % RATE == 0:
                        pdqhash.compute(frame.to_ndarray(format="rgb24"))
        else:
            pdqhash.compute(np.asarray(Image.open(path).convert("RGB")))
        hashed += 1
    return hashed


def ours(paths: Iterable[Path], workers: int = 2) -> int:
    """The same through the door: digests, limited decoders, hashes with eight turns, tags, frames."""
    from entente.evidence.open import read  # after the files are drawn: its child starts with the first read

    with ThreadPoolExecutor(workers) as pool:
        opened = list(pool.map(read, paths))
    refused = [o.refusal for o in opened if o.refusal]
    if refused:
        raise RuntimeError(f"{len(refused)} drawn files were refused: {refused[0]}")
    return len(opened)


def main() -> None:
    """Print one JSON object with both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--folder", type=Path)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        paths = generate(wanted.folder or Path(spare), wanted.pictures, wanted.clips)
        ours(paths[:1])  # start and warm
        plain(paths[:1])
        times = {}
        for name, way in (("ours_s", ours), ("plain_s", plain)):
            start = time.perf_counter()
            way(paths)
            times[name] = round(time.perf_counter() - start, 2)
        size = sum(p.stat().st_size for p in paths)
        print(
            json.dumps(
                {
                    "files": len(paths),
                    "megabytes": round(size / 1e6, 1),
                    **times,
                    "ratio": round(times["plain_s"] / times["ours_s"], 2),
                    "ours_files_s": round(len(paths) / times["ours_s"], 1),
                }
            )
        )


if __name__ == "__main__":
    main()
