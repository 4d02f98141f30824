"""A disk that loses its power: what SQLite wrote and did not sync is lost in part, and some of it is torn.

``Disk`` is a file system in memory for SQLite (a VFS through apsw). A write is volatile until the next sync
of its file; at the cut each volatile write survives or not by a throw of the dice, one in four torn at a
sector. What is left is opened with the library that the desk itself uses. Shared memory is not simulated: the
writing connection holds its lock alone, which changes nothing in what is written and synced.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import apsw

from tests.faults.acts import content
from tests.faults.imports import Import

SECTOR = 512
POWERSAFE_OVERWRITE = 0x1000  # what SQLite's own VFS says of a disk
BASE = "desk.sqlite3"
CHECKPOINTS = (1, 4, 16, 60, 250, 1000)  # pages; 1000 is SQLite's own


class PowerCut(Exception):
    """The machine is off."""


@dataclass
class _File:
    """Bytes that are safe, and writes that are not yet: (offset, bytes), or (size, None) to shorten."""

    safe: bytearray = field(default_factory=bytearray)
    volatile: list[tuple[int, bytes | None]] = field(default_factory=list)
    seen: bytearray = field(default_factory=bytearray)  # what a reader sees while the power is on


def _apply(data: bytearray, at: int, what: bytes | None) -> None:
    if what is None:
        del data[at:]
        return
    if len(data) < at:
        data.extend(bytes(at - len(data)))
    data[at : at + len(what)] = what


class Disk(apsw.VFS):
    """Files in memory; the power goes off at the operation ``cut`` (0: never)."""

    def __init__(self, name: str, base: bytes, *, cut: int = 0) -> None:
        self.files = {f"/{BASE}": _File(bytearray(base), [], bytearray(base))}
        self.operations, self.cut, self.name, self.off = 0, cut, name, False
        super().__init__(name, base="")

    def step(self) -> bool:
        """Count one operation that changes the disk; return whether there is power to do it."""
        if self.off:
            return False  # what a closing connection still asks for
        self.operations += 1
        if self.cut and self.operations >= self.cut:
            self.off = True
            raise PowerCut
        return True

    def after_cut(self, dice: Random) -> dict[str, bytes]:
        """Return what is on the disk when the power comes back."""
        left = {}
        for name, file in self.files.items():
            data = bytearray(file.safe)
            for at, what in file.volatile:
                if dice.random() < 0.5:
                    continue
                if what and dice.random() < 0.25:
                    what = what[: SECTOR * dice.randrange(1 + len(what) // SECTOR)]
                _apply(data, at, what)
            left[name.lstrip("/")] = bytes(data)
        return left

    def xOpen(self, name: Any, flags: list[int]) -> _Open:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or f"/temporary-{id(flags)}"
        file = self.files.setdefault(path, _File())
        flags[1] = flags[0]
        return _Open(self, file)

    def xFullPathname(self, name: str) -> str:
        return name if name.startswith("/") else f"/{name}"

    def xAccess(self, name: str, flags: int) -> bool:
        return name in self.files

    def xDelete(self, name: str, sync: bool) -> None:
        if self.step():
            self.files.pop(name, None)


class _Open:
    """One open file, as SQLite asks of it."""

    def __init__(self, disk: Disk, file: _File) -> None:
        self._disk, self._file = disk, file

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._file.seen[offset : offset + amount])

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.step():
            self._file.volatile.append((offset, bytes(data)))
            _apply(self._file.seen, offset, bytes(data))

    def xTruncate(self, size: int) -> None:
        if self._disk.step():
            self._file.volatile.append((size, None))
            _apply(self._file.seen, size, None)

    def xSync(self, flags: int) -> None:
        if self._disk.step():
            for at, what in self._file.volatile:
                _apply(self._file.safe, at, what)
            self._file.volatile.clear()

    def xFileSize(self) -> int:
        return len(self._file.seen)

    def xLock(self, level: int) -> None:
        pass

    def xUnlock(self, level: int) -> None:
        pass

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 4096

    def xDeviceCharacteristics(self) -> int:
        return POWERSAFE_OVERWRITE

    def xClose(self) -> None:
        pass


def desk_pragmas() -> list[str]:
    """Return the PRAGMAs of the desk's own settings, one statement each."""
    from entente.web import settings

    options = settings.DATABASES["default"]["OPTIONS"]
    return [p.strip() for p in options["init_command"].split(";") if p.strip()]


@dataclass(slots=True)
class Story:
    """A desk before, and the transactions of real acts on it as the rows that each changed."""

    base: bytes
    transactions: list[list[list[Any]]]
    columns: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        base = sqlite3.connect(":memory:")
        base.deserialize(_without_wal(self.base))
        tables = [r[0] for r in base.execute("select name from sqlite_master where type = 'table'")]
        self.columns = {t: [c[1] for c in base.execute(f'PRAGMA table_info("{t}")')] for t in tables}

    def write(self, base: Any, transaction: list[list[Any]]) -> None:
        """Write one transaction and commit it."""
        base.execute("BEGIN IMMEDIATE")
        base.execute(
            "PRAGMA defer_foreign_keys=ON"
        )  # the rows come in another order than the acts wrote them
        for table, number, row in transaction:
            if row is None:
                base.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (number,))
                continue
            names = ", ".join(f'"{n}"' for n in self.columns[table])
            marks = ", ".join("?" * len(row))
            told = ", ".join(f'"{n}" = excluded."{n}"' for n in self.columns[table])
            base.execute(
                f'INSERT INTO "{table}" (rowid, {names}) VALUES (?, {marks})'
                f" ON CONFLICT (rowid) DO UPDATE SET {told}",
                (number, *row),
            )
        base.execute("COMMIT")


def _without_wal(image: bytes) -> bytes:
    """Say in the file's header that it has no write-ahead log, so that it opens in memory."""
    return image[:18] + b"\x01\x01" + image[20:]


def digest(base: Any) -> str:
    """Return one hash of every row of every table."""
    return hashlib.sha256(json.dumps(content(base), sort_keys=True, default=str).encode()).hexdigest()


def prefixes(story: Story) -> dict[str, bytes]:
    """Return the desk before and after each transaction, in order, as database files by their digests."""
    base = sqlite3.connect(":memory:", isolation_level=None)
    base.deserialize(_without_wal(story.base))
    told = {digest(base): base.serialize()}
    for transaction in story.transactions:
        story.write(base, transaction)
        told[digest(base)] = base.serialize()
    assert len(told) == 1 + len(story.transactions)
    return told


def record(ground: Import) -> tuple[Story, dict[str, list[str]]]:
    """Play real acts on a desk; return them, and what is wrong with the log after each of them: nothing."""
    ground.put_back()
    base = (ground.desk / BASE).read_bytes()
    story = Story(base, ground.warm.do("recorded", str(ground.phone)))
    proved = {}
    for told, image in prefixes(story).items():
        for old in ground.desk.glob(f"{BASE}*"):
            old.unlink()
        (ground.desk / BASE).write_bytes(image)
        proof = ground.warm.do("command", "log", "verify")
        proved[told] = proof["told"]["faults"] if proof["told"] else [proof["error"]]
    return story, proved


@dataclass(frozen=True, slots=True)
class Cut:
    """What one power cut left: how many transactions were acknowledged, and how many are there."""

    seed: int
    acknowledged: int
    present: int | None  # None: what is left is no prefix of the story
    fault: str = ""


def play(story: Story, disk: Disk, pragmas: list[str], checkpoint: int) -> int:
    """Play the story on a disk until its end or the cut; return how many transactions were acknowledged."""
    acknowledged = 0
    base = apsw.Connection(f"/{BASE}", vfs=disk.name)
    try:
        base.execute("PRAGMA locking_mode=EXCLUSIVE")
        for pragma in pragmas:
            base.execute(pragma).fetchall()
        journal = base.execute("PRAGMA journal_mode").fetchone()[0]
        assert journal == "wal", f"the journal is {journal}: such a test would prove nothing"
        base.execute(f"PRAGMA wal_autocheckpoint={checkpoint}")
        for transaction in story.transactions:
            story.write(base, transaction)
            acknowledged += 1
    except (PowerCut, apsw.Error):
        if not disk.off:
            raise
    finally:
        disk.off = True  # a closing connection would tidy up
        base.close()
    return acknowledged


def cut(
    story: Story,
    told: list[str],
    seed: int,
    pragmas: list[str],
    spare: Path,
    lengths: dict[tuple[str, int], int],
) -> Cut:
    """Cut the power once at a moment that the seed chooses, and look at what is left."""
    dice = Random(seed)
    checkpoint = dice.choice(CHECKPOINTS)
    played = "".join(pragmas), checkpoint
    if played not in lengths:
        whole = Disk(f"whole-{checkpoint}", story.base)
        assert play(story, whole, pragmas, checkpoint) == len(story.transactions)
        lengths[played] = whole.operations
        whole.unregister()
    disk = Disk(f"cut-{seed}", story.base, cut=dice.randint(1, lengths[played]))
    acknowledged = play(story, disk, pragmas, checkpoint)
    left = disk.after_cut(dice)
    disk.unregister()
    return looked_at(seed, acknowledged, left, told, spare)


def looked_at(seed: int, acknowledged: int, left: dict[str, bytes], told: list[str], spare: Path) -> Cut:
    """Open what is left with the desk's own SQLite library: whole, and a prefix of the story?"""
    for old in spare.glob(f"{BASE}*"):
        old.unlink()
    for name, data in left.items():
        if name.startswith(BASE):
            (spare / name).write_bytes(data)
    try:
        base = sqlite3.connect(spare / BASE)
        try:
            found = [r[0] for r in base.execute("PRAGMA integrity_check")]
            found += [f"foreign key of {r[0]}" for r in base.execute("PRAGMA foreign_key_check")]
            if found != ["ok"]:
                return Cut(seed, acknowledged, None, "; ".join(found[:3]))
            now = digest(base)
        finally:
            base.close()
    except sqlite3.DatabaseError as fault:
        return Cut(seed, acknowledged, None, f"cannot be opened: {fault}")
    if now not in told:
        return Cut(seed, acknowledged, None, "no prefix of the story")
    return Cut(seed, acknowledged, told.index(now))


def cuts(story: Story, told: list[str], seeds: range, pragmas: list[str], spare: Path) -> list[Cut]:
    """Cut the power once for each seed."""
    lengths: dict[tuple[str, int], int] = {}
    return [cut(story, told, seed, pragmas, spare, lengths) for seed in seeds]


def lost(made: Cut) -> bool:
    """Whether an acknowledged transaction is gone, or more came back than was ever asked for."""
    return made.present is None or not made.acknowledged <= made.present <= made.acknowledged + 1
