"""What the sandbox costs: the same files described in a limited decoder and in this process, in turns.

    python -m benchmarks sandbox [--small]

Both ways read, decode, hash in eight turns and read tags; neither computes digests. The bar is 2 x.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import measure
from benchmarks.intake_reading import drawn, film
from entente.evidence.decode import describe
from entente.evidence.identify import HEAD, identify
from entente.evidence.open import Known, read
from entente.evidence.sandbox import Sandbox
from entente.evidence.warming import warm

BAR = 2.0
KNOWN = Known(0, "", "", "")  # digests are computed beside the decoder, never in it
SIZES = {"12 megapixel": (4000, 3000), "2 megapixel": (1600, 1200), "0.8 megapixel": (1024, 768)}


def files(folder: Path, each: int) -> dict[str, list[Path]]:
    """Draw ``each`` pictures of every size and as many films as a third of it."""
    rng, made = np.random.default_rng(0), {}
    for name, size in SIZES.items():
        made[f"{name} JPEG"] = [folder / f"{size[0]}-{i}.jpg" for i in range(each)]
        for path in made[f"{name} JPEG"]:
            Image.fromarray(drawn(*size, rng)).save(path, quality=90)
    made["film of 8 s, 640 x 480"] = [folder / f"{i}.mp4" for i in range(max(1, each // 3))]
    for path in made["film of 8 s, 640 x 480"]:
        film(path, rng)
    return made


def here(path: Path) -> None:
    """Describe a file in this process, as a program without a sandbox does."""
    fd = os.open(path, os.O_RDONLY)
    try:
        what = identify(os.pread(fd, HEAD, 0))
        data, _ = describe(fd, kind=str(what.kind), container=what.container, extract=[], limit_s=60.0)
    finally:
        os.close(fd)
    if "refusal" in data:
        raise RuntimeError(f"a drawn file was refused: {data['refusal']}")


def limited(sandbox: Sandbox) -> Callable[[Path], None]:
    """Return the way through the sandbox."""

    def way(path: Path) -> None:
        opened = read(path, known=KNOWN, sandbox=sandbox)
        if opened.refusal:
            raise RuntimeError(f"a drawn file was refused: {opened.refusal}")

    return way


def timed(way: Callable[[Path], None], path: Path) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    way(path)
    return time.perf_counter() - start


def main() -> int:
    """Print medians of paired runs and the ratio over all files; 1 above the bar."""
    small = measure.wanted(__doc__.splitlines()[0])
    warm()
    figure = measure.Figure("A decode in the sandbox (B5)", "in this process")
    pooled, fresh = Sandbox(1), Sandbox(1, files_each=1)
    ways = {"here": here, "pooled": limited(pooled), "fresh": limited(fresh)}
    totals = dict.fromkeys(ways, 0.0)
    try:
        with tempfile.TemporaryDirectory() as spare:
            for what, paths in files(Path(spare), 3 if small else 9).items():
                for way in ways.values():
                    way(paths[0])
                runs = {name: [] for name in ways}
                for path in paths * 3:
                    for name, way in ways.items():  # in turns: what else the machine does hits all alike
                        runs[name].append(timed(way, path))
                ms = {name: statistics.median(took) * 1000 for name, took in runs.items()}
                totals = {name: totals[name] + statistics.median(runs[name]) * len(paths) for name in ways}
                for name, says in (("pooled", what), ("fresh", f"{what}, a fresh decoder each")):
                    figure.add(
                        says, f"{ms[name]:.1f} ms", f"{ms['here']:.1f} ms", f"{ms[name] / ms['here']:.2f}"
                    )
    finally:
        pooled.close()
        fresh.close()
    ratio = totals["pooled"] / totals["here"]
    figure.add("all files", f"{totals['pooled']:.2f} s", f"{totals['here']:.2f} s", f"{ratio:.2f}")
    figure.notes.append(f"Bar: at most {BAR} x. A fresh decoder for each file is ENTENTE_FILES_EACH=1.")
    figure.say()
    return int(ratio > BAR)


if __name__ == "__main__":
    sys.exit(main())
