"""What a process that decodes strangers' bytes may still do: the one place for every layer of it.

Layers here: own session, no environment, no terminal, no new rights, another user where we are root,
limits on memory, time, files and processes, and as the last step the filter of system calls (``calls``),
because everything before it needs calls that the filter forbids.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
from pathlib import Path

from entente.evidence.calls import filter_calls

MEMORY = 3 << 29  # bytes of address space beyond what the warm process has: 1.5 GiB
FILES = 16  # open files beyond those that the warm process has
THREADS = 16  # for those few decoders that insist on threads (libde265); all others get none
NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


def confine(memory: int = MEMORY, *, threads: bool = False) -> list[str]:
    """Limit this process for the rest of its life; return the names of the layers that hold.

    A layer that the system refuses is absent from the list and nothing else; limits on resources always hold.
    ``threads`` leaves room for a few; without it not one thread or process can be started.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # dies with the process that made it
    used = _address_space()
    os.setsid()
    _no_terminal()
    os.environ.clear()
    layers = ["session", "environment"]
    if os.getuid() == 0 and _other_user():
        layers.append("user")
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of user forgets it
    limits = {
        resource.RLIMIT_AS: used + memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _highest_file() + FILES,
        resource.RLIMIT_NPROC: _tasks() + THREADS if threads else 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))
    layers.append("limits")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        layers.append("no-new-privileges")
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # nobody traces it, and it leaves no core
    if filter_calls(threads=threads):
        layers.append("system calls")
    return layers


def limit_processor(seconds: float) -> None:
    """Let this process use so many more seconds of processor time before SIGXCPU ends it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _address_space() -> int:
    """Bytes of address space in use."""
    return int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()


def _tasks() -> int:
    """Count the threads of this user, which is what the kernel compares RLIMIT_NPROC with."""
    count, user = 0, str(os.getuid())
    for entry in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            lines = dict(
                line.split(":", 1) for line in entry.read_text("utf-8", "replace").splitlines() if ":" in line
            )
            if lines["Uid"].split()[0] == user:
                count += int(lines["Threads"])
    return count


def _highest_file() -> int:
    return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())


def _no_terminal() -> None:
    """Standard input, output and error lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _other_user() -> bool:
    """Become nobody; only there does the limit on processes bind. False where the system forbids it."""
    with contextlib.suppress(OSError):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        return True
    return False
