"""What sealing costs: keep and read sealed originals against plain writing and against SHA-256 alone.

    python -m benchmarks.store [--small]

The plain way writes the same bytes to a file, syncs file and folder, and takes no digest; the other measure
is SHA-256 over bytes in memory. All three in alternating rounds of one run. A range is one read of 64 KiB at
a random place, sealed and plain, both from the page cache.
"""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import measure

ROUNDS = 5
MEGABYTES, SMALL_MEGABYTES = 64, 16
FILES, SMALL_FILES = 200, 40  # of 250 kB, as pictures are
PICTURE = 250_000
RANGES = 300


def synced(path: Path, data: bytes) -> None:
    """Write a file as a careful program does that neither digests nor seals."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    view = memoryview(data)
    while len(view):
        view = view[os.write(handle, view) :]
    os.fsync(handle)
    os.close(handle)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)


def seconds(act: Callable[[], Any]) -> float:
    """Return the wall-clock seconds of one act."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


class Rounds:
    """Rounds of several acts in turn; the median of each counts."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def add(self, name: str, act: Callable[[], Any]) -> None:
        """Do an act once more."""
        self.taken.setdefault(name, []).append(seconds(act))

    def __getitem__(self, name: str) -> float:
        return statistics.median(self.taken[name])


def main() -> None:
    """Keep, read and look up in turn, and print the figure."""
    small = measure.wanted(__doc__.splitlines()[0])
    with tempfile.TemporaryDirectory() as spare:
        figure_of(Path(spare), small).say()


def figure_of(spare: Path, small: bool) -> measure.Figure:
    """Measure in a folder of its own."""
    from entente.evidence.keyring import FileKeyRing
    from entente.evidence.store import EvidenceStore

    size = (SMALL_MEGABYTES if small else MEGABYTES) * 1_000_000
    count = SMALL_FILES if small else FILES
    store = EvidenceStore(spare / "store", FileKeyRing(spare / "keys.sqlite3", secrets.token_bytes(32)))
    plain, case, rounds = spare / "plain", uuid4(), Rounds()
    plain.mkdir()
    for number in range(ROUNDS):
        big = os.urandom(size)
        pictures = [os.urandom(PICTURE) for _ in range(count)]
        kept: list[Any] = []
        acts: dict[str, Callable[[], Any]] = {
            "seal": lambda data=big, kept=kept: kept.append(store.keep_bytes(data, case)),
            "write": lambda data=big, n=number: synced(plain / f"big{n}", data),
            "digest": lambda data=big: hashlib.sha256(data).digest(),
            "seal many": lambda some=pictures: [store.keep_bytes(p, case) for p in some],
            "write many": lambda some=pictures, n=number: [
                synced(plain / f"{n}-{i}", p) for i, p in enumerate(some)
            ],
        }
        for name in acts if number % 2 == 0 else reversed(acts):
            rounds.add(name, acts[name])
        key = kept[0].key
        rounds.add("open", lambda key=key: store.open(key).read())
        rounds.add("read", lambda n=number: (plain / f"big{n}").read_bytes())
        places = [random.Random(n).randrange(size - 65_536) for n in range(RANGES)]
        rounds.add("sealed range", lambda key=key, places=places: ranged(store.open(key), places))
        rounds.add(
            "plain range", lambda n=number, places=places: ranged((plain / f"big{n}").open("rb"), places)
        )
        if store.open(key).read() != big:
            raise RuntimeError("what came back is not what went in")
    return _told(rounds, size / 1e6, count)


def ranged(stream: Any, places: list[int]) -> None:
    """Read 64 KiB at each place."""
    with stream:
        for place in places:
            stream.seek(place)
            stream.read(65_536)


def _told(rounds: Rounds, megabytes: float, count: int) -> measure.Figure:
    figure = measure.Figure("Sealed originals", "plain write and fsync, no digest")

    def line(what: str, ours: str, peer: str, amount: float, unit: str) -> None:
        a, b = amount / rounds[ours], amount / rounds[peer]
        figure.add(what, f"{a:.0f} {unit}", f"{b:.0f} {unit}", f"{a / b:.2f} ×")

    line(f"keep {megabytes:.0f} MB", "seal", "write", megabytes, "MB/s")
    line(f"keep {count} files of 250 kB", "seal many", "write many", count, "files/s")
    line("read and verify whole", "open", "read", megabytes, "MB/s")
    line("keep, against SHA-256 alone", "seal", "digest", megabytes, "MB/s")
    line("read and verify, against SHA-256 alone", "open", "digest", megabytes, "MB/s")
    line("64 KiB at a random place", "sealed range", "plain range", RANGES, "reads/s")
    figure.notes.append(
        "Keeping takes three digests, seals, syncs file and folder, and reads back with a fourth digest "
        "before the name is given; medians of five rounds in turn. " + measure.named("cryptography")
    )
    return figure


if __name__ == "__main__":
    main()
