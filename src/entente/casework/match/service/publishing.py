"""Change the files of an index: append to the delta, make segments, publish, and sweep what is left over."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import made
from entente.casework.match.service import manifest as manifests
from entente.casework.match.service.delta_file import append, new_delta
from entente.casework.match.service.lock import lock
from entente.casework.match.service.manifest import Manifest, SegmentName
from entente.casework.match.service.moment import Hashes, Ids, Moment, Segment
from entente.casework.match.service.present import Present
from entente.casework.match.service.segment_file import IndexDamaged, write_arrays

DELTA_MOST = 60_000  # records after which the delta becomes a segment: a scan of so many takes 0.1 ms


class Publisher:
    """Who writes the files of ``folder``; ``key`` is the name of the key that its manifests get."""

    def __init__(self, folder: Path, key: str, present: Present) -> None:
        self._folder, self._key, self._present = folder, key, present

    def begin(self) -> None:
        """Make an empty index, unless another process just did; never over the remains of one."""
        with lock(self._folder, "LOCK"):
            if (self._folder / manifests.NAME).exists():
                return
            if any(self._folder.glob("*.index")):
                raise IndexDamaged(self._folder / manifests.NAME, "it is missing")
            delta = _name("delta")
            new_delta(self._folder / delta)
            manifests.publish(self._folder, Manifest(1, self._key, (), "", delta, 0))

    def append(self, records: NDArray[np.void]) -> None:
        """Append records to the delta, which becomes a segment where it has grown too long."""
        with lock(self._folder, "LOCK"):
            view = self._present.now()
            append(self._folder / view.manifest.delta, records)
            if len(view.delta) + len(records) > DELTA_MOST:
                self.close_delta()

    def add_segment(self, masked: Hashes, ids: Ids) -> None:
        """Make a segment of many additions at once; the lock is held only to publish it."""
        with lock(self._folder, "WRITING", shared=True):  # what is not published yet is not swept away
            file = self.write_segment(masked, ids)
            with lock(self._folder, "LOCK"):
                view = self._present.now()
                added = SegmentName(file, len(ids), view.next)
                manifest = view.manifest
                self._publish(view, (*manifest.segments, added), manifest.delta, manifest.first)

    def write_segment(self, masked: Hashes, ids: Ids) -> str:
        """Write a segment that no manifest names yet; return its file."""
        file = _name("index")
        write_arrays(self._folder / file, made(masked, ids))
        return file

    def close_delta(self) -> None:
        """Make a segment of what the delta holds and begin a new one. The caller holds the lock."""
        view = self._present.now()
        if not len(view.delta):
            return
        ids = view.delta["id"][view.added]
        alive = view.alive(ids, view.manifest.first + view.added)
        segments = view.manifest.segments
        if alive.any():
            file = self.write_segment(view.hashes[alive], ids[alive])
            segments = (*segments, SegmentName(file, int(alive.sum()), view.next))
        delta = _name("delta")
        new_delta(self._folder / delta)
        self._publish(view, segments, delta, view.next)

    def swap(self, chosen: Sequence[Segment], merged: SegmentName) -> None:
        """Publish the merged segment in the place of those it was made of. The caller holds the lock."""
        view = self._present.now()
        gone = {s.name.file for s in chosen}
        kept = tuple(s for s in view.manifest.segments if s.file not in gone)
        new = (merged,) if merged.file else ()
        self._publish(view, new + kept, view.manifest.delta, view.manifest.first)

    def _publish(self, view: Moment, segments: tuple[SegmentName, ...], delta: str, first: int) -> None:
        """Publish segments and a delta; write down again those removals before it that still concern any."""
        oldest = min((s.since for s in segments), default=first)
        keep = (view.when >= oldest) & (view.when < first)
        removed = ""
        if keep.any():
            removed = _name("index")
            arrays = [("ids", view.removed[keep]), ("when", view.when[keep])]
            write_arrays(self._folder / removed, arrays)
        manifests.publish(
            self._folder, Manifest(view.manifest.generation + 1, self._key, segments, removed, delta, first)
        )

    def sweep(self) -> None:
        """Take away the files that belong to no moment any more. The caller holds LOCK and COMPACT."""
        with lock(self._folder, "WRITING", wait=False) as nobody_writes:
            if not nobody_writes:
                return
            living = self._present.now().manifest.files
            for path in self._folder.iterdir():
                if path.suffix in (".index", ".delta", ".part") and path.name not in living:
                    path.unlink(missing_ok=True)
                    path.with_suffix(".checked").unlink(missing_ok=True)


def _name(suffix: str) -> str:
    return f"{os.urandom(8).hex()}.{suffix}"
