"""Hostile files through the one door: what came of each, how long it took, how much memory a decoder took.

``python -m benchmarks hostile`` prints the figure; ``test_hostile`` runs the small one.
"""

from __future__ import annotations

import random
import struct
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from entente.evidence.open import Opened, read
from entente.evidence.sandbox import Sandbox
from entente.vocabulary.media import RefusalCode
from tests.evidence.drawn import clip, encoded, scene

LONGEST_S, MOST_BYTES = 20.0, 1 << 30
PICTURES = {
    "jpg": ("JPEG", {"quality": 80}),
    "png": ("PNG", {}),
    "gif": ("GIF", {}),
    "tif": ("TIFF", {"compression": "tiff_lzw"}),
    "bmp": ("BMP", {}),
    "webp": ("WEBP", {"quality": 70}),
    "heic": ("HEIF", {"quality": 60}),
    "avif": ("AVIF", {"quality": 60, "speed": 9}),
}
CLIPS = {
    "mp4": ("mp4", "libx264"),
    "mov": ("mov", "mpeg4"),
    "mkv": ("matroska", "libx264"),
    "webm": ("webm", "libvpx-vp9"),
    "avi": ("avi", "mpeg4"),
    "ts": ("mpegts", "mpeg2video"),
}


class Outcome(NamedTuple):
    """What came of one file."""

    name: str
    code: str  # of the refusal, or "opened"
    reason: str
    seconds: float


@dataclass
class Figure:
    """What came of many."""

    outcomes: list[Outcome] = field(default_factory=list)
    peak: int = 0  # bytes, the largest resident set that a decoder had
    crashes: int = 0  # an exception here: the service would have fallen
    escapes: int = 0  # decoders ended by the filter: they reached for what is forbidden

    @property
    def codes(self) -> dict[str, int]:
        return dict(sorted(Counter(o.code for o in self.outcomes).items()))

    @property
    def late(self) -> list[Outcome]:
        return [o for o in self.outcomes if o.seconds > LONGEST_S]

    def of(self, code: str) -> list[Outcome]:
        return [o for o in self.outcomes if o.code == code]

    def lines(self, what: str) -> list[str]:
        slowest = max(self.outcomes, key=lambda o: o.seconds)
        return [
            f"{what}: {len(self.outcomes)} files; crashes {self.crashes}, escapes {self.escapes}, "
            f"over {LONGEST_S:.0f} s {len(self.late)}, over 1 GiB {int(self.peak > MOST_BYTES)}",
            f"  slowest {slowest.seconds:.2f} s ({slowest.name}); largest decoder {self.peak >> 20} MiB",
            "  " + ", ".join(f"{code} {count}" for code, count in self.codes.items()),
        ]


def tried(
    files: Iterable[tuple[str, Path | bytes]], sandbox: Sandbox, spare: Path, workers: int = 2
) -> Figure:
    """Open every file, those given as bytes from the folder ``spare``; nothing may raise."""
    figure = Figure()

    def one(item: tuple[str, Path | bytes]) -> Outcome:
        name, given = item
        if isinstance(given, Path):
            return opened_in(name, given)
        path = spare / name
        path.write_bytes(given)
        outcome = opened_in(name, path)
        path.unlink()
        return outcome

    def opened_in(name: str, path: Path) -> Outcome:
        start = time.perf_counter()
        try:
            opened: Opened | None = read(path, sandbox=sandbox)
        except Exception as error:
            figure.crashes += 1
            return Outcome(name, "crash", repr(error), time.perf_counter() - start)
        seconds = time.perf_counter() - start
        refusal = opened.refusal if opened else None
        if refusal is None:
            return Outcome(name, "opened", "", seconds)
        assert isinstance(refusal.code, RefusalCode) and refusal.reason
        figure.escapes += "SIGSYS" in refusal.reason
        return Outcome(name, str(refusal.code), refusal.reason, seconds)

    waiting = iter(files)
    with ThreadPoolExecutor(workers) as pool:
        while batch := list(islice(waiting, 200)):
            figure.outcomes.extend(pool.map(one, batch))
    figure.peak = sandbox.peak()
    return figure


def benign(folder: Path) -> list[tuple[str, bytes]]:
    """Small drawn pictures and films of every container that is opened."""
    made = []
    for i, (ending, (format_, options)) in enumerate(PICTURES.items()):
        made.append((ending, encoded(scene(96, 128, seed=i), format_, **options)))
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    made.append(("exif.jpg", encoded(scene(96, 128), "JPEG", exif=exif)))
    for ending, (container, codec) in CLIPS.items():
        path = folder / f"benign.{ending}"
        clip(path, container=container, codec=codec, seconds=1.0, gop=10, sound=ending == "mp4")
        made.append((ending, path.read_bytes()))
    return made


def mutants(benign_files: list[tuple[str, bytes]], count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield ``count`` damaged copies, the same for the same seed; at least one way of damage each."""
    chance = random.Random(seed)
    ways = (_flipped, _cut, _spliced, _lengthened, _repeated, _zeroed)
    for number in range(count):
        ending, data = benign_files[number % len(benign_files)]
        way = ways[(number // len(benign_files)) % len(ways)]
        yield f"{number:05d}-{way.__name__[1:]}.{ending}", way(data, chance, benign_files)


def _flipped(data: bytes, chance: random.Random, _: list[tuple[str, bytes]]) -> bytes:
    changed = bytearray(data)
    head = chance.random() < 0.5  # half of them where the structure is
    for _bit in range(chance.choice((1, 4, 32, 256))):
        at = chance.randrange(min(len(changed), 512) if head else len(changed))
        changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random, _: list[tuple[str, bytes]]) -> bytes:
    return data[: chance.randrange(len(data))]


def _spliced(data: bytes, chance: random.Random, others: list[tuple[str, bytes]]) -> bytes:
    other = chance.choice(others)[1]
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def _lengthened(data: bytes, chance: random.Random, _: list[tuple[str, bytes]]) -> bytes:
    """Put a length, a count or a size out of measure somewhere, mostly in the structure."""
    changed = bytearray(data)
    value = chance.choice(
        (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(data) * 2)
    )
    packed = struct.pack(chance.choice((">I", "<I")), value & 0xFFFFFFFF)[: chance.choice((2, 4))]
    at = chance.randrange(4, max(5, min(len(changed) - 4, chance.choice((64, 512, len(changed))))))
    changed[at : at + len(packed)] = packed
    return bytes(changed)


def _repeated(data: bytes, chance: random.Random, _: list[tuple[str, bytes]]) -> bytes:
    at = chance.randrange(len(data))
    piece = data[at : at + chance.randrange(1, 512)]
    return data[:at] + piece * chance.choice((2, 50, 2000)) + data[at:]


def _zeroed(data: bytes, chance: random.Random, _: list[tuple[str, bytes]]) -> bytes:
    at, size = chance.randrange(len(data)), chance.randrange(1, 4096)
    return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]
