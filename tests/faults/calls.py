"""A fault at one system call of one process: killed there, or told that the disk fails or is full.

``strace`` injects it (Linux), as Tessera's fault test does. Calls are named by number: the third ``fsync``.
Only the main thread of the process is traced, never the decoders that it has.
"""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# What changes the state of a disk; a name that a machine does not have is left out by the question mark.
CHANGING = (
    *("write", "pwrite64", "writev", "pwritev", "copy_file_range", "sendfile"),
    *("fsync", "fdatasync", "sync_file_range", "msync", "ftruncate", "truncate", "fallocate"),
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat"),
    *("mkdir", "mkdirat", "rmdir", "creat", "chmod", "fchmod", "fchmodat", "utimensat"),
)
TALKING = ("sendto", "sendmsg")  # to a decoder: killed there, but no disk can fail there
OPENING = ("open", "openat")  # counted where they make a file
FAULTS = ("kill", "EIO", "ENOSPC")
MISSING = shutil.which("strace") is None


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the ``number``-th call of a name, counted from 1."""

    call: str
    number: int
    what: str

    def __str__(self) -> str:
        return f"{self.what} at {self.call} {self.number}"

    @property
    def injection(self) -> str:
        """Return what strace is told."""
        effect = "signal=KILL" if self.what == "kill" else f"error={self.what}"
        return f"{self.call}:{effect}:when={self.number}"


@contextmanager
def traced(pid: int, *, out: Path, inject: str = "", only: str = "") -> Iterator[None]:
    """Hold a stopped process by strace, let it go on, and wait for the tracer's end."""
    wanted = only or ",".join(f"?{c}" for c in (*CHANGING, *TALKING, *OPENING))
    command = ["strace", "-q", "-s", "0", "-p", str(pid), "-o", str(out), "-e", f"trace={wanted}"]
    if inject:
        command += ["-e", f"inject={inject}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        _until_held(pid, tracer)
        os.kill(pid, signal.SIGCONT)
        yield
        tracer.wait(60)
    finally:
        if tracer.poll() is None:
            tracer.kill()
            tracer.wait()
        tracer.stderr.close()


def _until_held(pid: int, tracer: subprocess.Popen) -> None:
    until = time.monotonic() + 20
    said = select.poll()  # not select(): a long run may have more than 1,024 files open
    said.register(tracer.stderr)
    while time.monotonic() < until:
        status = Path(f"/proc/{pid}/status").read_text()
        if re.search(rf"^TracerPid:\s+{tracer.pid}$", status, re.M):
            return
        if said.poll(2) and tracer.poll() is not None:
            raise RuntimeError(f"strace: {tracer.stderr.read().decode()}")
    raise TimeoutError("strace did not take hold")


def counted(trace: Path) -> Counter[str]:
    """Return how often each call was made, from the trace of an undisturbed run."""
    return Counter(m[1] for line in _lines(trace) if (m := re.match(r"(\w+)\(", line)))


def _lines(trace: Path) -> Iterator[str]:
    """Return a trace up to where the child writes its answer, which is the harness's own."""
    for line in trace.read_text().splitlines():
        if ".answer" in line:
            return
        yield line


def making(trace: Path) -> list[tuple[str, int]]:
    """Return the opens that may make a file, as call and number."""
    seen: Counter[str] = Counter()
    made = []
    for line in _lines(trace):
        call = line.partition("(")[0]
        if call in OPENING:
            seen[call] += 1
            if "O_CREAT" in line:
                made.append((call, seen[call]))
    return made


def faults_of(trace: Path) -> list[Fault]:
    """Return every fault worth making in a run that was traced once: each state-changing call, each way."""
    counts = counted(trace)
    points = [(c, n) for c in CHANGING for n in range(1, counts[c] + 1)] + making(trace)
    talks = [(c, n) for c in TALKING for n in range(1, counts[c] + 1)]
    return [Fault(c, n, w) for c, n in points for w in FAULTS] + [Fault(c, n, "kill") for c, n in talks]


def sampled(faults: list[Fault], most: int) -> list[Fault]:
    """Return at most ``most`` faults, spread evenly over all kinds of call and of fault."""
    if len(faults) <= most:
        return faults
    step = len(faults) / most
    return [faults[int(i * step)] for i in range(most)]
