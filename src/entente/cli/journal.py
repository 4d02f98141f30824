"""A file of JSON lines that a long run writes and goes on from: a killed run loses at most its last lines.

Each line carries what the file looked like (``seen``: bytes and time of change), so that a file that changed
since is done again, and so is one whose refusal may pass: a decoder that was killed is not the file's fault.
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from entente.vocabulary.media import RefusalCode

PASSING = frozenset(
    {RefusalCode.DECODER_DIED, RefusalCode.TIMEOUT, RefusalCode.UNREADABLE, RefusalCode.NO_SPACE}
)
LINES_A_SYNC = 500


class JournalRefused(ValueError):
    """The file cannot be gone on from; the text says the mend."""


class Journal:
    """What was done, as eight bytes a file in memory: a million files are eight megabytes."""

    def __init__(self, path: Path) -> None:
        """Open or make the journal; a line cut short by a kill is taken off. Raises ``JournalRefused``."""
        self.path, self.before, self.refused = path, 0, 0
        keys, end = array("Q"), 0
        if path.exists():
            with path.open("rb") as held:
                for number, raw in enumerate(held, 1):
                    if not raw.endswith(b"\n"):
                        break
                    end += len(raw)
                    if (key := self._key_of(raw, number)) is not None:
                        keys.append(key)
        self._done = np.unique(np.frombuffer(keys, np.uint64)) if keys else np.zeros(0, np.uint64)
        self.before = len(self._done)
        self._out = path.open("ab")
        self._out.truncate(end)
        self._unsynced = 0

    def _key_of(self, raw: bytes, number: int) -> int | None:
        """Return the key of a finished file's line, or nothing where it must be done again."""
        try:
            line = json.loads(raw)
            path, (size, changed) = os.fsencode(line["path"]), line["seen"]
            code = line.get("refused", {}).get("code", "")
        except (ValueError, TypeError, KeyError, AttributeError):
            why = f"line {number} of {self.path} is none of `entente hash --resume`; name another file"
            raise JournalRefused(why) from None
        if code in PASSING:
            return None
        self.refused += bool(code)
        return _key(path, size, changed)

    def left(self, paths: Iterable[Path]) -> Iterator[Path]:
        """Iterate over the files that are not done, or changed since. The journal itself is left out."""
        own = self.path.absolute()
        for path in paths:
            if path.absolute() == own:
                continue
            key = np.uint64(_key(os.fsencode(path), *seen(path)))
            place = int(np.searchsorted(self._done, key))
            if place == len(self._done) or self._done[place] != key:
                yield path

    def add(self, line: dict[str, Any]) -> None:
        """Write one file's line; every few hundred reach the disk for certain."""
        self.refused += "refused" in line
        self._out.write(json.dumps(line).encode() + b"\n")
        self._out.flush()
        self._unsynced += 1
        if self._unsynced >= LINES_A_SYNC:
            self.sync()

    def sync(self) -> None:
        """Bring what was written to the disk."""
        os.fsync(self._out.fileno())
        self._unsynced = 0

    def close(self) -> None:
        """End the journal; it can be gone on from."""
        self.sync()
        self._out.close()


def seen(path: Path) -> tuple[int, int]:
    """Return bytes and time of change in nanoseconds of a file as it is now; zeros where none is told."""
    try:
        found = path.lstat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _key(path: bytes, size: int, changed: int) -> int:
    told = hashlib.blake2b(path + b"\0%d\0%d" % (size, changed), digest_size=8)
    return int.from_bytes(told.digest(), "big")
