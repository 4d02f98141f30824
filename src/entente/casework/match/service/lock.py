"""Locks of a folder, by which the processes that write to an index take turns."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
