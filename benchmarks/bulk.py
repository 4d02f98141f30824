"""Bulk: very many small files through ``entente hash --resume``, killed on the way and gone on with.

    python -m benchmarks.bulk [--small]

The peer is the same folder in one run that nobody kills. Every file must have exactly one line in the end.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from demo.camera import write
from demo.postcards import postcard

from benchmarks import measure

FILES, SMALL = 100_000, 2_000
PICTURES = 40  # distinct ones; each file is one of them with its own comment
FOLDER_FILES = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command: seconds, files it hashed, most memory of the command itself in MiB."""

    seconds: float
    hashed: int
    memory: float


def drawn(folder: Path, files: int) -> None:
    """Write small JPEG files of distinct bytes, a thousand a folder."""
    kinds = []
    for number in range(PICTURES):
        path = folder / "kind.jpg"
        write(path, np.ascontiguousarray(postcard(number)[::4, ::4]), None, 80)
        kinds.append(path.read_bytes())
        path.unlink()
    for number in range(files):
        held = folder / f"{number // FOLDER_FILES:04d}"
        held.mkdir(exist_ok=True)
        said = f"file {number}".encode()
        comment = b"\xff\xfe" + (len(said) + 2).to_bytes(2, "big") + said
        data = kinds[number % PICTURES]
        (held / f"{number}.jpg").write_bytes(data[:2] + comment + data[2:])


def run(folder: Path, journal: Path, kill_at: int = 0) -> Run:
    """Run the command; with ``kill_at`` end it when its journal has so many lines."""
    command = [sys.executable, "-m", "entente.cli", "hash", str(folder), "--resume", str(journal), "--json"]
    start, most = time.monotonic(), 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as hashing:
        while hashing.poll() is None:
            time.sleep(0.5)
            try:
                most = max(most, measure.resident(hashing.pid))
            except OSError:
                break
            if kill_at and journal.exists() and lines(journal) >= kill_at:
                os.killpg(hashing.pid, signal.SIGKILL)
                break
        said = hashing.communicate()[0]
    hashed = json.loads(said)["hashed"] if said else lines(journal)
    return Run(time.monotonic() - start, hashed, most)


def lines(journal: Path) -> int:
    """Return how many lines a journal has."""
    with journal.open("rb") as held:
        return sum(block.count(b"\n") for block in iter(lambda: held.read(1 << 20), b""))


def main() -> None:
    """Measure and print."""
    small = measure.wanted(__doc__ or "")
    files = SMALL if small else FILES
    figure = measure.Figure(f"Bulk: {files:,} small files", "one run, not killed")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "in"
        folder.mkdir()
        drawn(folder, files)
        killed = Path(place) / "killed.jsonl"
        first = run(folder, killed, files // 3)
        second = run(folder, killed)
        third = run(folder, killed)
        whole = run(folder, Path(place) / "whole.jsonl")
        with killed.open() as held:
            paths = [json.loads(line)["path"] for line in held]
        assert len(paths) == len(set(paths)) == files, "a file has no line, or two"
    together = first.seconds + second.seconds
    ratio = f"{whole.seconds / together:.2f}"
    figure.add("files a second", f"{files / together:.0f}", f"{files / whole.seconds:.0f}", ratio)
    figure.add("lines before the kill", f"{first.hashed:,}")
    figure.add("hashed after it", f"{second.hashed:,}", f"{whole.hashed:,}")
    figure.add("a run with nothing left, s", f"{third.seconds:.1f}")
    figure.add(
        "most memory of the command, MiB", f"{max(first.memory, second.memory):.0f}", f"{whole.memory:.0f}"
    )
    figure.notes.append("Decoders are processes of their own, about 100 MiB each and shared between them.")
    figure.say()


if __name__ == "__main__":
    main()
