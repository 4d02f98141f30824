"""The hashes that are held, in files: immutable segments, what was added since, what was removed.

Several processes may have a folder open. Readers take no lock: they see the manifest, which is replaced at
once, and the records of the delta that are acknowledged. Writers take turns by a lock on the folder. Each
removal and each entry of the delta has a number; an entry is dead if a removal of its id came after it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import Pairs, Table, made, masking
from entente.casework.match.index.pairs import asked_as
from entente.casework.match.service import manifest as manifests
from entente.casework.match.service.delta_file import ADD, RECORD, REMOVE, DeltaReader, append, new_delta
from entente.casework.match.service.manifest import Manifest, SegmentName
from entente.casework.match.service.segment_file import IndexDamaged, check_arrays, open_arrays, write_arrays
from entente.evidence.disk import Disk

BULK = 20_000  # hashes added at once from which on they become a segment of their own
DELTA_MOST = 60_000  # records after which the delta becomes a segment: a scan of so many takes 0.1 ms
APART = 4  # a segment is merged with smaller ones that are together at least a quarter of it

Ids = NDArray[np.uint64]
Hashes = NDArray[np.uint64]
Tell = Callable[[int, int, str], None]
_disk = Disk()


class IndexKeyWrong(ValueError):
    """The index was built with another key."""


@dataclass(frozen=True, slots=True)
class _Segment:
    name: SegmentName
    table: Table


@dataclass(frozen=True, slots=True)
class _View:
    """One moment, as this process sees it; never changed, so that a search needs no lock."""

    manifest: Manifest
    segments: tuple[_Segment, ...]
    delta: NDArray[np.void]  # all its records
    added: NDArray[np.int64]  # rows of the delta that are additions
    hashes: Hashes  # of these
    removed: Ids  # ids that were removed, rising
    when: NDArray[np.int64]  # the number of the last removal of each

    def alive(self, ids: Ids, since: NDArray[np.int64] | int) -> NDArray[np.bool_]:
        """Return which ids were not removed at ``since`` or after."""
        if not len(self.removed) or not len(ids):
            return np.ones(len(ids), bool)
        at = np.minimum(np.searchsorted(self.removed, ids), len(self.removed) - 1)
        return (self.removed[at] != ids) | (self.when[at] < since)

    @property
    def next(self) -> int:
        """Return the number of the next record."""
        return self.manifest.first + len(self.delta)


class Holdings:
    """Hashes and their ids in ``folder``, which is made if it is not there.

    With ``key`` (at least 16 bytes) the files hold masked hashes; ``index.masking`` says what that is worth.

    Raises
    ------
    IndexDamaged
        Here or at any later call, naming the file; ``rebuild`` is the mend.
    IndexKeyWrong
        If the folder was made with another key, or with none.
    """

    def __init__(self, folder: Path, key: bytes | None = None) -> None:
        self._folder = folder
        self._order = masking(key)
        self._key = hashlib.shake_256(b"entente: which key an index has\0" + key).hexdigest(8) if key else ""
        self._turn = threading.RLock()
        self._manifest: int | None = None  # kept open, so that its inode is nobody else's
        self._seen: tuple[int, int] = (0, 0)
        self._reader: DeltaReader | None = None
        self._view: _View | None = None
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / manifests.NAME).exists():
            self._begin()
        try:
            self._now()
        except BaseException:
            self.close()  # a damaged index keeps no file open
            raise

    # -- asking

    def search(self, queries: NDArray[Any], radius: int | Sequence[int] | NDArray[Any]) -> Pairs:
        """Return all pairs within ``radius`` (one for all queries, or one each); ``held`` are ids.

        ``queries`` is (m, 4) uint64. Exact: nothing that is held, by whichever process, is left out. The same
        id comes once for each distance at which it is held.
        """
        asked, radii = asked_as(queries, radius)
        asked, view = self._order.apply(asked), self._now()
        parts = []
        for segment in view.segments:
            query, ids, distance = segment.table.search(asked, radii)
            alive = view.alive(ids, segment.name.since)
            parts.append((query[alive], ids[alive], distance[alive]))
        parts.append(self._in_delta(view, asked, radii))
        return _once(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @staticmethod
    def _in_delta(view: _View, asked: Hashes, radii: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        from entente.casework.match.index.loops import scan  # numba, with the first search only

        rows = scan(asked, radii, view.hashes)
        at = view.added[rows[:, 1]]
        ids = view.delta["id"][at]
        alive = view.alive(ids, view.manifest.first + at)
        return rows[alive, 0], ids[alive], rows[alive, 2]

    def __len__(self) -> int:
        """Return how many entries are held and not removed."""
        view, total = self._now(), 0
        for segment in view.segments:
            total += len(segment.table)
            if len(view.removed):
                ids = segment.table.labels()
                total -= int((~view.alive(ids, segment.name.since)).sum())
        ids = view.delta["id"][view.added]
        return total + int(view.alive(ids, view.manifest.first + view.added).sum())

    def labels(self) -> Ids:
        """Return the ids that are held and not removed, each once, rising."""
        view = self._now()
        every = [view.delta["id"][view.added]]
        every[0] = every[0][view.alive(every[0], view.manifest.first + view.added)]
        for segment in view.segments:
            ids = segment.table.labels()
            every.append(ids[view.alive(ids, segment.name.since)])
        return np.unique(np.concatenate(every))

    @property
    def swept(self) -> bool:
        """Return whether nothing that was removed, or belongs to no moment, is left in any file."""
        view = self._now()
        names = {p.name for p in self._folder.iterdir() if p.suffix in (".index", ".delta", ".part")}
        return not len(view.removed) and names <= view.manifest.files

    @property
    def nbytes(self) -> int:
        """Return the bytes of all files of this moment."""
        return sum((self._folder / name).stat().st_size for name in self._now().manifest.files)

    # -- changing

    def add(self, hashes: NDArray[Any], ids: NDArray[Any] | Sequence[int]) -> None:
        """Hold hashes, (n, 4) uint64, under their ids, below 2 ** 63; durable and searchable on return.

        Adding the same again changes no answer. Raises ``ValueError`` if the two do not fit.
        """
        new, labels = np.asarray(hashes, dtype=np.uint64).reshape(-1, 4), _ids(ids)
        if len(new) != len(labels):
            raise ValueError(f"{len(new)} hashes and {len(labels)} ids; give one id for each hash")
        if not len(new):
            return
        masked = self._order.apply(new)
        if len(masked) >= BULK:
            self._add_segment(masked, labels)
            return
        records = np.empty(len(masked), RECORD)
        records["kind"], records["id"], records["hash"] = ADD, labels, masked
        self._append(records)

    def remove(self, ids: NDArray[Any] | Sequence[int]) -> None:
        """Silence all hashes of these ids; durable on return. Ids that are not held change nothing."""
        labels = _ids(ids)
        records = np.zeros(len(labels), RECORD)
        records["kind"], records["id"] = REMOVE, labels
        if len(records):
            self._append(records)

    def compact(self, tell: Tell = lambda done, of, said: None, *, whole: bool = True) -> int:
        """Merge segments, leaving out what was removed; return how many became one (0: nothing to do).

        Reading and writing go on meanwhile: the lock is held only to close the delta and to publish. With
        ``whole=False`` only those that are small beside the others are merged. One process does it at a time;
        another returns 0 at once.
        """
        with lock(self._folder, "COMPACT", wait=False) as mine:
            if not mine:
                return 0
            with lock(self._folder, "LOCK"):
                self._close_delta()
                self._sweep()
                view = self._now()
            chosen = _chosen(view.segments, whole=whole)
            dead = whole and len(view.removed)
            if len(chosen) < (1 if dead else 2):
                return 0
            tell(0, 2, f"reading {len(chosen)} segments")
            hashes, ids = _gathered(view, chosen)
            tell(1, 2, f"building one segment of {len(ids):,} hashes")
            file = self._write_segment(hashes, ids) if len(ids) else ""
            with lock(self._folder, "LOCK"):
                self._swap(chosen, SegmentName(file, len(ids), view.next))
                self._sweep()
        tell(2, 2, f"{len(ids):,} hashes in one segment")
        return len(chosen)

    def check(self) -> None:
        """Read every file of this moment and compare its checksums; raises ``IndexDamaged``."""
        for name in sorted(self._now().manifest.files):
            if name.endswith(".index"):
                check_arrays(self._folder / name)

    def close(self) -> None:
        """Let the files go; the object is not to be used again."""
        with self._turn:
            if self._reader:
                self._reader.close()
            if self._manifest is not None:
                _disk.close(self._manifest)
            self._reader = self._manifest = self._view = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what this process sees

    def _now(self) -> _View:
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
            replace(s, name=name) if (s := open_now.get(name.file)) else _Segment(name, self._table(name))
            for name in manifest.segments
        )
        reader = DeltaReader(self._folder / manifest.delta)
        if self._reader:
            self._reader.close()
        self._reader = reader
        removed, when = self._removed(manifest)
        nothing = np.empty(0, RECORD)
        self._view = _View(
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

    def _read_on(self) -> _View:
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
        removed, when = _latest(np.concatenate([view.removed, ids]), np.concatenate([view.when, numbers]))
        return _View(view.manifest, view.segments, delta, added, hashes, removed, when)

    # -- writing

    def _begin(self) -> None:
        """Make an empty index, unless another process just did; never over the remains of one."""
        with lock(self._folder, "LOCK"):
            if (self._folder / manifests.NAME).exists():
                return
            if any(self._folder.glob("*.index")):
                raise IndexDamaged(self._folder / manifests.NAME, "it is missing")
            delta = _name("delta")
            new_delta(self._folder / delta)
            manifests.publish(self._folder, Manifest(1, self._key, (), "", delta, 0))

    def _append(self, records: NDArray[np.void]) -> None:
        with lock(self._folder, "LOCK"):
            view = self._now()
            append(self._folder / view.manifest.delta, records)
            if len(view.delta) + len(records) > DELTA_MOST:
                self._close_delta()

    def _add_segment(self, masked: Hashes, ids: Ids) -> None:
        """Make a segment of many additions at once; the lock is held only to publish it."""
        with lock(self._folder, "WRITING", shared=True):  # what is not published yet is not swept away
            file = self._write_segment(masked, ids)
            with lock(self._folder, "LOCK"):
                view = self._now()
                added = SegmentName(file, len(ids), view.next)
                manifest = view.manifest
                self._publish(view, (*manifest.segments, added), manifest.delta, manifest.first)

    def _write_segment(self, masked: Hashes, ids: Ids) -> str:
        file = _name("index")
        write_arrays(self._folder / file, made(masked, ids))
        return file

    def _close_delta(self) -> None:
        """Make a segment of what the delta holds and begin a new one. The caller holds the lock."""
        view = self._now()
        if not len(view.delta):
            return
        ids = view.delta["id"][view.added]
        alive = view.alive(ids, view.manifest.first + view.added)
        segments = view.manifest.segments
        if alive.any():
            file = self._write_segment(view.hashes[alive], ids[alive])
            segments = (*segments, SegmentName(file, int(alive.sum()), view.next))
        delta = _name("delta")
        new_delta(self._folder / delta)
        self._publish(view, segments, delta, view.next)

    def _swap(self, chosen: Sequence[_Segment], merged: SegmentName) -> None:
        """Publish the merged segment in the place of those it was made of. The caller holds the lock."""
        view = self._now()
        gone = {s.name.file for s in chosen}
        kept = tuple(s for s in view.manifest.segments if s.file not in gone)
        new = (merged,) if merged.file else ()
        self._publish(view, new + kept, view.manifest.delta, view.manifest.first)

    def _publish(self, view: _View, segments: tuple[SegmentName, ...], delta: str, first: int) -> None:
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

    def _sweep(self) -> None:
        """Take away the files that belong to no moment any more. The caller holds LOCK and COMPACT."""
        with lock(self._folder, "WRITING", wait=False) as nobody_writes:
            if not nobody_writes:
                return
            living = self._now().manifest.files
            for path in self._folder.iterdir():
                if path.suffix in (".index", ".delta", ".part") and path.name not in living:
                    path.unlink(missing_ok=True)
                    path.with_suffix(".checked").unlink(missing_ok=True)


def rebuild(folder: Path, batches: Iterable[tuple[Hashes, Ids]], key: bytes | None = None) -> Holdings:
    """Build an index anew from the database's hashes and put it in the place of the one in ``folder``.

    The old files may be damaged or gone. Other processes go on with what they had open and then see the new.
    """
    aside = folder.with_name(f"{folder.name}.rebuilt-{os.urandom(4).hex()}")
    with Holdings(aside, key) as new:
        for hashes, ids in batches:
            new.add(hashes, ids)
        new.compact()
        made_here = new._now().manifest
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock(folder, "LOCK"):
        for name in sorted(made_here.files):
            (aside / name).replace(folder / name)
        manifests.publish(folder, made_here)
        for path in folder.iterdir():
            if path.suffix in (".index", ".delta", ".checked") and path.name not in made_here.files:
                path.unlink(missing_ok=True)
    for path in aside.iterdir():
        path.unlink()
    aside.rmdir()
    return Holdings(folder, key)


@contextmanager
def lock(folder: Path, name: str, *, wait: bool = True, shared: bool = False) -> Iterator[bool]:
    """Hold one of the folder's locks; without ``wait``, say whether it could be had."""
    handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        had = True
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            had = False
        yield had
    finally:
        os.close(handle)


def _name(suffix: str) -> str:
    return f"{os.urandom(8).hex()}.{suffix}"


def _ids(ids: NDArray[Any] | Sequence[int]) -> Ids:
    """Return ids as uint64; raise ``ValueError`` for one that is negative or has no place in 63 bits."""
    given = np.asarray(ids).reshape(-1)
    if len(given) and (given.dtype.kind not in "iu" or int(given.min()) < 0 or int(given.max()) >= 1 << 63):
        raise ValueError("the id of a hash is a whole number from 0 to 2 ** 63 - 1")
    return given.astype(np.uint64)


def _latest(ids: Ids, when: NDArray[np.int64]) -> tuple[Ids, NDArray[np.int64]]:
    """Return each id once, rising, with the last of its numbers."""
    order = np.lexsort((when, ids))
    ids, when = ids[order], when[order]
    last = np.append(ids[1:] != ids[:-1], True) if len(ids) else np.empty(0, bool)
    return ids[last], when[last]


def _once(query: NDArray[Any], ids: NDArray[Any], distance: NDArray[Any]) -> Pairs:
    """Return the pairs in their order, each query, id and distance once."""
    pairs = Pairs.sorted(query, ids, distance)
    if len(pairs) < 2:
        return pairs
    same = (pairs.query[1:] == pairs.query[:-1]) & (pairs.held[1:] == pairs.held[:-1])
    keep = np.append(True, ~(same & (pairs.distance[1:] == pairs.distance[:-1])))
    return Pairs(pairs.query[keep], pairs.held[keep], pairs.distance[keep])


def _chosen(segments: Sequence[_Segment], *, whole: bool) -> list[_Segment]:
    """Return what to merge: all, or the smallest and each next one that they are not small beside."""
    rising = sorted(segments, key=lambda s: s.name.count)
    if whole:
        return rising
    sums = np.cumsum([s.name.count for s in rising])
    last = max((i for i in range(1, len(rising)) if rising[i].name.count <= APART * sums[i - 1]), default=0)
    return rising[: last + 1]


def _gathered(view: _View, chosen: Sequence[_Segment]) -> tuple[Hashes, Ids]:
    """Return what is alive in these segments."""
    hashes, ids = [np.empty((0, 4), np.uint64)], [np.empty(0, np.uint64)]
    for segment in chosen:
        values, labels = segment.table.everything()
        alive = view.alive(labels, segment.name.since)
        hashes.append(values if alive.all() else values[alive])
        ids.append(labels if alive.all() else labels[alive])
    return np.concatenate(hashes), np.concatenate(ids)
