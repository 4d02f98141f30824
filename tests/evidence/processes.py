"""What the machine tells of the processes that a sandbox started: who began whom, and what each holds."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from entente.evidence.sandbox import Sandbox


def begun_by(pid: int) -> set[int]:
    """Return the living processes that a process began."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.add(int(place.name))
    return found


class Watched(Sandbox):
    """A sandbox whose processes a test may see, by what began after it."""

    def __init__(self, *args: int, **how: int) -> None:
        self._others = begun_by(os.getpid())
        super().__init__(*args, **how)

    def warm(self) -> int:
        """Return its warm process."""
        (found,) = (
            pid
            for pid in begun_by(os.getpid()) - self._others
            if b"entente.evidence.child" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )
        return found

    def decoders(self) -> set[int]:
        """Return the decoders that live."""
        return begun_by(self.warm())
