"""The hashes that are held, in files: immutable segments, what was added since, what was removed.

Several processes may have a folder open. Readers take no lock: they see the manifest, which is replaced at
once, and the records of the delta that are acknowledged. Writers take turns by a lock on the folder. Each
removal and each entry of the delta has a number; an entry is dead if a removal of its id came after it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import Pairs, masking
from entente.casework.match.index.pairs import asked_as
from entente.casework.match.service import manifest as manifests
from entente.casework.match.service.delta_file import ADD, RECORD, REMOVE
from entente.casework.match.service.lock import lock
from entente.casework.match.service.manifest import SegmentName
from entente.casework.match.service.moment import Hashes, Ids, Moment, chosen_of, gathered
from entente.casework.match.service.present import Present
from entente.casework.match.service.publishing import Publisher
from entente.casework.match.service.segment_file import check_arrays

BULK = 20_000  # hashes added at once from which on they become a segment of their own

Tell = Callable[[int, int, str], None]


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
        self._present = Present(folder, self._key)
        self._files = Publisher(folder, self._key, self._present)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (folder / manifests.NAME).exists():
            self._files.begin()
        try:
            self._present.now()
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
        asked, view = self._order.apply(asked), self._present.now()
        parts = []
        for segment in view.segments:
            query, ids, distance = segment.table.search(asked, radii)
            alive = view.alive(ids, segment.name.since)
            parts.append((query[alive], ids[alive], distance[alive]))
        parts.append(self._in_delta(view, asked, radii))
        return _once(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @staticmethod
    def _in_delta(view: Moment, asked: Hashes, radii: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        from entente.casework.match.index.loops import scan  # numba, with the first search only

        rows = scan(asked, radii, view.hashes)
        at = view.added[rows[:, 1]]
        ids = view.delta["id"][at]
        alive = view.alive(ids, view.manifest.first + at)
        return rows[alive, 0], ids[alive], rows[alive, 2]

    def __len__(self) -> int:
        """Return how many entries are held and not removed."""
        view, total = self._present.now(), 0
        for segment in view.segments:
            total += len(segment.table)
            if len(view.removed):
                ids = segment.table.labels()
                total -= int((~view.alive(ids, segment.name.since)).sum())
        ids = view.delta["id"][view.added]
        return total + int(view.alive(ids, view.manifest.first + view.added).sum())

    def labels(self) -> Ids:
        """Return the ids that are held and not removed, each once, rising."""
        view = self._present.now()
        every = [view.delta["id"][view.added]]
        every[0] = every[0][view.alive(every[0], view.manifest.first + view.added)]
        for segment in view.segments:
            ids = segment.table.labels()
            every.append(ids[view.alive(ids, segment.name.since)])
        return np.unique(np.concatenate(every))

    @property
    def swept(self) -> bool:
        """Return whether nothing that was removed, or belongs to no moment, is left in any file."""
        view = self._present.now()
        names = {p.name for p in self._folder.iterdir() if p.suffix in (".index", ".delta", ".part")}
        return not len(view.removed) and names <= view.manifest.files

    @property
    def nbytes(self) -> int:
        """Return the bytes of all files of this moment."""
        return sum((self._folder / name).stat().st_size for name in self._present.now().manifest.files)

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
            self._files.add_segment(masked, labels)
            return
        records = np.empty(len(masked), RECORD)
        records["kind"], records["id"], records["hash"] = ADD, labels, masked
        self._files.append(records)

    def remove(self, ids: NDArray[Any] | Sequence[int]) -> None:
        """Silence all hashes of these ids; durable on return. Ids that are not held change nothing."""
        labels = _ids(ids)
        records = np.zeros(len(labels), RECORD)
        records["kind"], records["id"] = REMOVE, labels
        if len(records):
            self._files.append(records)

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
                self._files.close_delta()
                self._files.sweep()
                view = self._present.now()
            chosen = chosen_of(view.segments, whole=whole)
            dead = whole and len(view.removed)
            if len(chosen) < (1 if dead else 2):
                return 0
            tell(0, 2, f"reading {len(chosen)} segments")
            hashes, ids = gathered(view, chosen)
            tell(1, 2, f"building one segment of {len(ids):,} hashes")
            file = self._files.write_segment(hashes, ids) if len(ids) else ""
            with lock(self._folder, "LOCK"):
                self._files.swap(chosen, SegmentName(file, len(ids), view.next))
                self._files.sweep()
        tell(2, 2, f"{len(ids):,} hashes in one segment")
        return len(chosen)

    def check(self) -> None:
        """Read every file of this moment and compare its checksums; raises ``IndexDamaged``."""
        for name in sorted(self._present.now().manifest.files):
            if name.endswith(".index"):
                check_arrays(self._folder / name)

    def close(self) -> None:
        """Let the files go; the object is not to be used again."""
        self._present.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def rebuild(folder: Path, batches: Iterable[tuple[Hashes, Ids]], key: bytes | None = None) -> Holdings:
    """Build an index anew from the database's hashes and put it in the place of the one in ``folder``.

    The old files may be damaged or gone. Other processes go on with what they had open and then see the new.
    """
    aside = folder.with_name(f"{folder.name}.rebuilt-{os.urandom(4).hex()}")
    with Holdings(aside, key) as new:
        for hashes, ids in batches:
            new.add(hashes, ids)
        new.compact()
        made_here = new._present.now().manifest
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


def _ids(ids: NDArray[Any] | Sequence[int]) -> Ids:
    """Return ids as uint64; raise ``ValueError`` for one that is negative or has no place in 63 bits."""
    given = np.asarray(ids).reshape(-1)
    if len(given) and (given.dtype.kind not in "iu" or int(given.min()) < 0 or int(given.max()) >= 1 << 63):
        raise ValueError("the id of a hash is a whole number from 0 to 2 ** 63 - 1")
    return given.astype(np.uint64)


def _once(query: NDArray[Any], ids: NDArray[Any], distance: NDArray[Any]) -> Pairs:
    """Return the pairs in their order, each query, id and distance once."""
    pairs = Pairs.sorted(query, ids, distance)
    if len(pairs) < 2:
        return pairs
    same = (pairs.query[1:] == pairs.query[:-1]) & (pairs.held[1:] == pairs.held[:-1])
    keep = np.append(True, ~(same & (pairs.distance[1:] == pairs.distance[:-1])))
    return Pairs(pairs.query[keep], pairs.held[keep], pairs.distance[keep])
