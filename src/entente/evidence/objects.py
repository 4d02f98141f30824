"""Where sealed objects lie: a folder here, a bucket in ``bucket``; the store asks both the same things."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from entente.evidence.disk import Disk, demand_folder_synced

MARK = "key-mark"  # shows that the objects and a key ring belong together


class Blob(Protocol):
    """An open sealed object."""

    @property
    def size(self) -> int:
        """Its bytes."""

    def pread(self, buffer: memoryview, at: int) -> int:
        """Fill ``buffer`` from a place; return how many bytes came."""

    def descriptor(self) -> int:
        """Return an open file of the sealed bytes, for another process; the caller closes it."""

    def close(self) -> None:
        """Give it back."""


class Objects(Protocol):
    """Names to sealed blobs, each written once."""

    def place(self, sealed: Path, name: str, *, over: bool = False) -> bool:
        """Give a durable sealed file its name; ``False`` where it was held already. ``over``: replace it."""

    def renew(self, name: str) -> bool:
        """Make a held object durable and young, so that no sweep takes it; ``False`` where none is held."""

    def open(self, name: str) -> Blob:
        """Open an object; raises ``FileNotFoundError``."""

    def has(self, name: str) -> bool:
        """Whether it is held."""

    def remove(self, name: str, *, older_than_s: float = 0.0) -> bool:
        """Remove an object unless it became younger; whether it was removed."""

    def age(self, name: str) -> float:
        """Return the seconds since it was placed or renewed; raises ``FileNotFoundError``."""

    def names(self) -> Iterator[str]:
        """Iterate over all names, in order."""

    def mark(self) -> bytes | None:
        """Return the mark, where the store was begun."""

    def set_mark(self, sealed: Path) -> None:
        """Place a durable file as the mark, once."""


class OpenFile:
    """A blob that is a file here."""

    def __init__(self, disk: Disk, handle: int) -> None:
        self._disk, self._handle = disk, handle
        self.size = disk.size(handle)

    def pread(self, buffer: memoryview, at: int) -> int:
        """See ``Blob``."""
        return self._disk.pread(self._handle, buffer, at)

    def descriptor(self) -> int:
        """See ``Blob``."""
        return os.dup(self._handle)

    def close(self) -> None:
        """See ``Blob``."""
        self._disk.close(self._handle)


class Folder:
    """Objects in folders under ``root``; names are made durable one by one.

    The file is durable before it has its name, the name before it is acknowledged. A lock keeps a sweep from
    removing what an import is just taking for held.
    """

    def __init__(self, root: Path, disk: Disk | None = None) -> None:
        self.root, self._disk = root, disk or Disk()
        self._durable: set[Path] = set()  # folders whose own name this process has seen made durable

    def path(self, name: str) -> Path:
        """Return where an object is or would be."""
        return self.root / name[:2] / name[2:4] / name

    def place(self, sealed: Path, name: str, *, over: bool = False) -> bool:
        """See ``Objects``."""
        final = self.path(name)
        self._demand_folders(final)
        with self._locked():
            try:
                if over:
                    self._disk.replace(sealed, final)
                else:
                    self._disk.link(sealed, final)
                fresh = True
            except FileExistsError:
                self._disk.touch(final)
                fresh = False
        demand_folder_synced(self._disk, final.parent)
        return fresh

    def renew(self, name: str) -> bool:
        """See ``Objects``."""
        final = self.path(name)
        with self._locked():
            if not self._disk.exists(final):
                return False
            self._disk.touch(final)
        self._demand_folders(final)
        demand_folder_synced(self._disk, final.parent)  # whoever named it may have lost power before this
        return True

    def open(self, name: str) -> OpenFile:
        """See ``Objects``."""
        return OpenFile(self._disk, self._disk.open(self.path(name)))

    def has(self, name: str) -> bool:
        """See ``Objects``."""
        return self._disk.exists(self.path(name))

    def remove(self, name: str, *, older_than_s: float = 0.0) -> bool:
        """See ``Objects``."""
        with self._locked():
            if not self.has(name) or self.age(name) < older_than_s:
                return False
            self._disk.unlink(self.path(name))
        demand_folder_synced(self._disk, self.path(name).parent)
        return True

    def age(self, name: str) -> float:
        """See ``Objects``."""
        return self._disk.age(self.path(name))

    def names(self) -> Iterator[str]:
        """See ``Objects``."""
        for first in (n for n in self._disk.names(self.root) if len(n) == 2):
            for second in self._disk.names(self.root / first):
                yield from self._disk.names(self.root / first / second)

    def mark(self) -> bytes | None:
        """See ``Objects``."""
        try:
            handle = self._disk.open(self.root / MARK)
        except FileNotFoundError:
            return None
        try:
            data = bytearray(self._disk.size(handle))
            self._disk.pread(handle, memoryview(data), 0)
        finally:
            self._disk.close(handle)
        return bytes(data)

    def set_mark(self, sealed: Path) -> None:
        """See ``Objects``."""
        with suppress(FileExistsError):
            self._disk.link(sealed, self.root / MARK)
        demand_folder_synced(self._disk, self.root)

    def _demand_folders(self, final: Path) -> None:
        """Make the folders of a name and see that their own names are durable, whoever made them."""
        for folder in (final.parent.parent, final.parent):
            if folder not in self._durable:
                self._disk.mkdir(folder)
                demand_folder_synced(self._disk, folder.parent)
                self._durable.add(folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock between imports and sweeps of all processes."""
        lock = self._disk.lock(self.root)
        try:
            yield
        finally:
            self._disk.close(lock)
