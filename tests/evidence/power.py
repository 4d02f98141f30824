"""A disk that loses power: bytes are volatile until their file is synced, names until their folder is.

What was not synced survives by chance, each write and each name on its own, a write perhaps in part. That is
as bad as POSIX allows, and worse than most file systems are.
"""

from __future__ import annotations

import errno
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from entente.evidence.disk import Disk
from entente.evidence.store import EvidenceStore, SyncFailed

FOLDER = -1


def lose_a_sync(store: EvidenceStore, case: UUID) -> None:
    """Have the disk fail to confirm one write of a store."""

    def lost(*_: object) -> None:
        raise OSError(errno.EIO, "the disk does not answer")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SyncFailed):
        patch.setattr(Disk, "sync", lost)
        store.keep_bytes(b"a write that nobody confirms", case)


class PowerCut(BaseException):
    """The machine is off: nothing above may handle it."""


class Killed(BaseException):
    """The process is gone; the machine and what it holds in memory go on."""


@dataclass
class File:
    data: bytearray = field(default_factory=bytearray)
    durable: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    written: float = 0.0

    def write(self, data: bytes, at: int) -> None:
        put(self.data, data, at)
        self.waiting.append((at, data))

    def survive(self, chance: random.Random) -> File:
        left = bytearray(self.durable)
        for at, data in self.waiting:
            kept = chance.choice((len(data), 0, chance.randint(0, len(data))))
            put(left, data[:kept], at)
        return File(bytearray(left), left, [], self.written)


@dataclass
class Names:
    now: dict[str, int] = field(default_factory=dict)
    durable: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[str, int | None]] = field(default_factory=list)

    def set(self, name: str, to: int | None) -> None:
        apply(self.now, name, to)
        self.waiting.append((name, to))

    def survive(self, chance: random.Random) -> Names:
        left = dict(self.durable)
        for name, to in self.waiting:
            if chance.random() < 0.5:
                apply(left, name, to)
        return Names(dict(left), left, [])


def put(into: bytearray, data: bytes, at: int) -> None:
    if data:
        into.extend(bytes(max(0, at - len(into))))
        into[at : at + len(data)] = data


def apply(names: dict[str, int], name: str, to: int | None) -> None:
    if to is None:
        names.pop(name, None)
    else:
        names[name] = to


class FragileDisk(Disk):
    """Counts every call that changes something; at number ``cut`` it raises ``fault`` instead of doing it."""

    def __init__(self, cut: int = 0, fault: type[BaseException] = PowerCut) -> None:
        self.files: dict[int, File] = {}
        self.folders: dict[str, Names] = {"/": Names()}
        self.handles: dict[int, int] = {}
        self.cut, self.fault, self.calls, self.now = cut, fault, 0, 0.0
        self.free, self.total = 1 << 40, 1 << 41

    def survivor(self, chance: random.Random) -> FragileDisk:
        """Return the disk as it is when power is back."""
        after = FragileDisk()
        after.files = {n: f.survive(chance) for n, f in self.files.items()}
        after.folders = {p: n.survive(chance) for p, n in self.folders.items()}
        for path in sorted(after.folders):  # a folder whose name is lost is lost with all that is in it
            up, _, name = path.rpartition("/")
            if path != "/" and after.folders.get(up or "/", Names()).now.get(name) != FOLDER:
                del after.folders[path]
        return after

    def _changes(self) -> None:
        self.calls += 1
        self.now += 1.0
        if self.calls == self.cut:
            raise self.fault

    def _names(self, path: Path) -> Names:
        try:
            return self.folders[str(path)]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path)) from None

    def _file(self, path: Path) -> int:
        names = self._names(path.parent).now
        if path.name not in names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return names[path.name]

    def _handle(self, number: int) -> int:
        handle = max(self.handles, default=2) + 1
        self.handles[handle] = number
        return handle

    def create(self, path: Path) -> int:
        self._changes()
        names = self._names(path.parent)
        if path.name in names.now:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        number = len(self.files)
        self.files[number] = File(written=self.now)
        names.set(path.name, number)
        return self._handle(number)

    def open(self, path: Path) -> int:
        return self._handle(self._file(path))

    def close(self, handle: int) -> None:
        del self.handles[handle]

    def write(self, handle: int, data: bytes | memoryview) -> int:
        self._changes()
        file = self.files[self.handles[handle]]
        some = bytes(data[: max(1, len(data) // 2)]) if len(data) > 40 else bytes(data)  # a short write
        file.write(some, len(file.data))
        file.written = self.now
        return len(some)

    def pwrite(self, handle: int, data: bytes, at: int) -> int:
        self._changes()
        self.files[self.handles[handle]].write(bytes(data), at)
        return len(data)

    def pread(self, handle: int, buffer: memoryview, at: int) -> int:
        piece = self.files[self.handles[handle]].data[at : at + len(buffer)]
        buffer[: len(piece)] = piece
        return len(piece)

    def size(self, handle: int) -> int:
        return len(self.files[self.handles[handle]].data)

    def protect(self, handle: int) -> None:
        self._changes()

    def sync(self, handle: int) -> None:
        self._changes()
        file = self.files[self.handles[handle]]
        file.durable, file.waiting = bytearray(file.data), []

    def sync_folder(self, path: Path) -> None:
        self._changes()
        names = self._names(path)
        names.durable, names.waiting = dict(names.now), []

    def lock(self, folder: Path) -> int:
        return self._handle(FOLDER)

    def link(self, path: Path, name: Path) -> None:
        self._changes()
        names = self._names(name.parent)
        if name.name in names.now:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(name))
        names.set(name.name, self._file(path))

    def replace(self, path: Path, name: Path) -> None:
        self._changes()
        self._names(name.parent).set(name.name, self._file(path))
        self._names(path.parent).set(path.name, None)

    def unlink(self, path: Path) -> None:
        self._changes()
        if path.name in self._names(path.parent).now:
            self._names(path.parent).set(path.name, None)

    def mkdir(self, path: Path) -> None:
        self._changes()
        for folder in (*reversed(path.parents), path):
            if str(folder) not in self.folders:
                self.folders[str(folder)] = Names()
                self._names(folder.parent).set(folder.name, FOLDER)

    def exists(self, path: Path) -> bool:
        return path.name in self.folders.get(str(path.parent), Names()).now

    def names(self, folder: Path) -> list[str]:
        return sorted(self.folders.get(str(folder), Names()).now)

    def age(self, path: Path) -> float:
        return self.now - self.files[self._file(path)].written

    def touch(self, path: Path) -> None:
        self.files[self._file(path)].written = self.now

    def room(self, folder: Path) -> tuple[int, int]:
        return self.free, self.total
