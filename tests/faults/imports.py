"""An import of a few small pictures, and what became of it when one of its system calls failed."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.evidence.drawn import encoded, scene
from tests.faults import calls
from tests.faults.calls import Fault
from tests.faults.warm import Warm

QUIET = (0, 1)  # done, or done with refusals


def spare_folder() -> Path:
    """Return a new folder in memory where there is one: what a killed process wrote stands there too."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="entente-faults-", dir=memory if memory.is_dir() else None))


def phone(folder: Path) -> Path:
    """Draw two pictures, a copy of one and a letter that is no picture."""
    folder.mkdir()
    for n in range(2):
        (folder / f"{n}.png").write_bytes(encoded(scene(60, 80, seed=n), "PNG"))
    (folder / "copy.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "letter.jpg").write_text("a letter")
    return folder


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one fault did; each text names one thing that must not be."""

    fault: Fault
    left_bad: tuple[str, ...]  # before anything was run again
    resumed_bad: tuple[str, ...]  # after the same import was run again
    hit: bool  # whether the fault was reached


@dataclass
class Import:
    """One desk that is put back before each fault; ``undisturbed`` is what the whole import leaves."""

    folder: Path
    faults: list[Fault] = field(default_factory=list)
    undisturbed: list[Any] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.desk, self.plain, self.trace = (self.folder / n for n in ("desk", "plain", "trace"))
        self.phone = phone(self.folder / "phone")
        self.warm = Warm(self.desk)
        self.warm.do("make", str(self.desk))
        self.warm.do("open_case")
        shutil.copytree(self.desk, self.plain)

    def trace_all(self) -> None:
        """Learn every call of the undisturbed import, and what it leaves."""
        self.faults = self.faults_of("")
        self.calls = Counter({f: n for f, n in calls.counted(self.trace).items() if f not in calls.OPENING})
        after = self.warm.do("examined")
        assert not faults_in(after), faults_in(after)
        self.undisturbed = after["state"]

    def faults_of(self, double: str) -> list[Fault]:
        """Return every fault of an undisturbed import, done with one of the ``doubles`` or with none."""
        self.put_back()
        code, told = self._run("", "", double)
        assert (code, told["code"]) == (0, 1), (code, told, self.warm.errors.read_text())
        return calls.faults_of(self.trace)

    def put_back(self) -> None:
        """Make the desk again what it was before any import."""
        shutil.rmtree(self.desk)
        shutil.copytree(self.plain, self.desk)

    def _run(self, injection: str, only: str, double: str) -> tuple[int, Any]:
        pid = self.warm.begin("receive", str(self.phone), stopped=True, double=double)
        with calls.traced(pid, out=self.trace, inject=injection, only=only):
            return self.warm.end()

    def under(self, fault: Fault, double: str = "") -> Verdict:
        """Import with one fault, look at what is left, import again, and look once more."""
        self.put_back()
        code, told = self._run(fault.injection, fault.call, double)
        made = self.trace.read_text()
        hit = "(INJECTED)" in made or "killed by SIGKILL" in made
        found = self.warm.do("resumed", str(self.phone))
        left = faults_in(found["before"]) + self._answered_wrongly(
            fault, code, told, found["before"]["state"]
        )
        resumed = faults_in(found["after"])
        if found["again"]["code"] not in QUIET or "stopped" in found["again"]["error"]:
            resumed.append(f"the second import: {found['again']}")
        if found["after"]["state"] != self.undisturbed:
            resumed.append(f"another state: {found['after']['state']}")
        if (found["after"]["fsck"]["told"] or {}).get("without_a_row"):
            resumed.append("an original without a row")
        return Verdict(fault, tuple(left), tuple(resumed), hit)

    def _answered_wrongly(self, fault: Fault, code: int, told: Any, state: list[Any]) -> list[str]:
        """A fault is death or a sentence; what was counted as received is there."""
        if fault.what == "kill":
            return [] if code < 0 else [f"it was to be killed and ended with {code}"]
        if told is None or told["code"] not in (*QUIET, 2):
            return [f"no typed error: {self.warm.errors.read_text()[-400:]} {told}"]
        if told["told"] is None:
            return [] if told["code"] and told["error"].count("\n") == 1 else [f"no sentence: {told}"]
        held = len(state[0])
        given = told["told"]["new"] + told["told"]["refused"]
        return [] if held >= given else [f"{given} acknowledged, {held} held"]

    def close(self) -> None:
        """End the program and take the folder away."""
        self.warm.close()
        shutil.rmtree(self.folder)


def faults_in(examined: dict[str, Any]) -> list[str]:
    """Return what ``fsck`` and ``log verify`` found."""
    return [f"{name}: {examined[name]}" for name in ("fsck", "log") if examined[name]["code"]]


@contextmanager
def an_import() -> Iterator[Import]:
    """Make a desk and an import to be disturbed, in a folder of its own."""
    made = Import(spare_folder())
    try:
        yield made
    finally:
        made.close()
