"""What one process sees of an index: it opens what the manifest names and reads on what the delta grew by."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import Table
from entente.casework.match.service import manifest as manifests
from entente.casework.match.service.delta_file import ADD, RECORD, REMOVE, DeltaReader
from entente.casework.match.service.manifest import Manifest, SegmentName
from entente.casework.match.service.moment import Ids, Moment, Segment, latest
from entente.casework.match.service.segment_file import IndexDamaged, open_arrays
from entente.evidence.disk import Disk

_disk = Disk()


class IndexKeyWrong(ValueError):
    """The index was built with another key."""


class Present:
    """The present moment of ``folder``; ``key`` is the name of the key that its manifest must have."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder, self._key = folder, key
        self._turn = threading.RLock()
        self._manifest: int | None = None  # kept open, so that its inode is nobody else's
        self._seen: tuple[int, int] = (0, 0)
        self._reader: DeltaReader | None = None
        self._view: Moment | None = None

    def now(self) -> Moment:
        """Return the present moment: the manifest if it was replaced, and what the delta has grown by."""
        with self._turn:
            for _ in range(100):
                try:
                    told = (self._folder / manifests.NAME).stat()
                    if self._view is None or (told.st_ino, told.st_mtime_ns) != self._seen:
                        self._open_again()
                    self._view = self._read_on()
                    return self._view
                except FileNotFoundError as gone:
                    missing = gone  # between the manifest and its files another process published
            raise IndexDamaged(Path(missing.filename), "it is missing") from missing

    def _open_again(self) -> None:
        """Open what the manifest names; segments that are open already stay so."""
        if self._manifest is not None:
            _disk.close(self._manifest)
        self._manifest = handle = _disk.open(self._folder / manifests.NAME)
        told = os.fstat(handle)
        manifest = manifests.read(self._folder, handle)
        if manifest.key != self._key:
            raise IndexKeyWrong("the index was built with another key, or with none; give the one it has")
        open_now = {s.name.file: s for s in (self._view.segments if self._view else ())}
        segments = tuple(
            replace(s, name=name) if (s := open_now.get(name.file)) else Segment(name, self._table(name))
            for name in manifest.segments
        )
        reader = DeltaReader(self._folder / manifest.delta)
        if self._reader:
            self._reader.close()
        self._reader = reader
        removed, when = self._removed(manifest)
        nothing = np.empty(0, RECORD)
        self._view = Moment(
            manifest, segments, nothing, np.empty(0, np.int64), np.empty((0, 4), np.uint64), removed, when
        )
        self._seen = told.st_ino, told.st_mtime_ns

    def _table(self, name: SegmentName) -> Table:
        path = self._folder / name.file
        table = Table(open_arrays(path))
        if len(table) != name.count:
            raise IndexDamaged(path, f"it holds {len(table):,} hashes instead of {name.count:,}")
        return table

    def _removed(self, manifest: Manifest) -> tuple[Ids, NDArray[np.int64]]:
        if not manifest.removed:
            return np.empty(0, np.uint64), np.empty(0, np.int64)
        arrays = open_arrays(self._folder / manifest.removed)
        return arrays["ids"], arrays["when"]

    def _read_on(self) -> Moment:
        """Return the view with what the delta has grown by."""
        view, reader = self._view, self._reader
        if view is None or reader is None:
            raise ValueError("the index was closed; open it again")
        news = reader.news()
        if not len(news):
            return view
        delta = np.concatenate([view.delta, news])
        added = np.flatnonzero(delta["kind"] == ADD)
        hashes = np.ascontiguousarray(delta["hash"][added])
        hashes.flags.writeable = False
        gone = np.flatnonzero(news["kind"] == REMOVE)
        ids, numbers = news["id"][gone], view.next + gone
        removed, when = latest(np.concatenate([view.removed, ids]), np.concatenate([view.when, numbers]))
        return Moment(view.manifest, view.segments, delta, added, hashes, removed, when)

    def close(self) -> None:
        """Let the files go; nothing can be asked after."""
        with self._turn:
            if self._reader:
                self._reader.close()
            if self._manifest is not None:
                _disk.close(self._manifest)
            self._reader = self._manifest = self._view = None
