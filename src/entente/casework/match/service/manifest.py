"""What an index consists of at one moment: one small file, replaced at once, that names all others."""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from entente.casework.match.service.segment_file import IndexDamaged
from entente.evidence.disk import Disk
from entente.safeguards.strict_json import loads

NAME = "MANIFEST"
_disk = Disk()


@dataclass(frozen=True, slots=True)
class SegmentName:
    """A segment: its file, its labels, and the number of the first removal that can concern it."""

    file: str
    count: int
    since: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """``first``: the number of the delta's first record; numbers go on from delta to delta.

    ``removed`` is the file of removals from before this delta that still concern a segment, or "".
    """

    generation: int
    key: str
    segments: tuple[SegmentName, ...]
    removed: str
    delta: str
    first: int

    @property
    def files(self) -> set[str]:
        """Return the names of all files that belong to this moment."""
        return {s.file for s in self.segments} | {self.delta} | ({self.removed} if self.removed else set())


def publish(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest; durable when this returns. The caller holds the folder's lock."""
    put(folder, NAME, asdict(manifest))


def put(folder: Path, name: str, what: dict[str, Any]) -> None:
    """Replace one small file with its checksum; durable when this returns."""
    told = json.dumps(what, separators=(",", ":"))
    temporary = folder / f"{name}.part"
    _disk.unlink(temporary)
    handle = _disk.create(temporary)
    try:
        data = f"{zlib.crc32(told.encode()):08x} {told}\n".encode()
        while data:
            data = data[_disk.write(handle, data) :]
        _disk.sync(handle)
    finally:
        _disk.close(handle)
    _disk.replace(temporary, folder / name)
    _disk.sync_folder(folder)


def read(folder: Path, handle: int) -> Manifest:
    """Return the manifest of an open file; raises ``IndexDamaged``."""
    held = told_by(folder / NAME, os.pread(handle, _disk.size(handle), 0))
    held["segments"] = tuple(SegmentName(**s) for s in held["segments"])
    return Manifest(**held)


def told_by(path: Path, data: bytes) -> dict[str, Any]:
    """Return what a file written by ``put`` says; raises ``IndexDamaged``."""
    crc, _, told = data.rstrip(b"\n").partition(b" ")
    if not data.endswith(b"\n") or crc != f"{zlib.crc32(told):08x}".encode():
        raise IndexDamaged(path, "its checksum does not hold")
    held: dict[str, Any] = loads(told)
    return held
