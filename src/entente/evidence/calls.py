"""The system calls that a decoder may make; any other ends it with SIGSYS.

What it needs is in memory before, its file is open, its answer goes over an open channel: so there is no
call that names a file, reaches a network, starts a program or a process, maps new code, or looks at another
process.
Kernel manual: seccomp(2). The limits in ``confine`` hold without this layer too.
"""

from __future__ import annotations

import errno
import mmap
import os
from typing import Any

try:
    import pyseccomp
except (ImportError, RuntimeError, AttributeError) as fault:  # RuntimeError: there is no libseccomp.so.2
    pyseccomp = None
    MISSING = f"{type(fault).__name__}: {fault}"
else:
    MISSING = ""

FREELY = (
    *(
        "read",
        "readv",
        "pread64",
        "preadv",
        "preadv2",
        "write",
        "writev",
        "lseek",
        "close",
    ),  # on what is open already
    # the channel (ppoll where a processor has no poll); no call here makes a socket or connects one
    *("sendto", "recvfrom", "recvmsg", "poll", "ppoll"),
    *("munmap", "mremap", "brk", "madvise"),
    *("futex", "sched_yield", "clock_gettime", "clock_nanosleep", "gettimeofday"),
    *("getrandom", "getrusage", "getpid", "gettid"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("exit", "exit_group"),
)
WITH_THREADS = ("set_robust_list", "rseq")
_THREAD = 0x00010000 | 0x00000100  # CLONE_THREAD | CLONE_VM: never a process of its own
_EMPTY_PATH = 0x1000  # AT_EMPTY_PATH: of an open file, as the C library's fstat asks


def filter_calls(*, threads: bool = False) -> bool:
    """Forbid this process every other call, for the rest of its life; False where the layer is missing.

    ``threads`` also lets it start threads, and nothing else. Needs "no new privileges" to be set already.
    """
    if pyseccomp is None:
        return False
    try:
        wanted = pyseccomp.SyscallFilter(pyseccomp.KILL_PROCESS)
        for name in (*FREELY, *(WITH_THREADS if threads else ())):
            _allow(wanted, name)
        _allow_with_conditions(wanted, threads)
        wanted.load()
    except OSError:
        return False
    return True


def _allow(wanted: Any, name: str, *conditions: Any) -> None:
    """Allow one call; one that this processor's kernel does not have stays forbidden."""
    try:
        wanted.add_rule(pyseccomp.ALLOW, name, *conditions)
    except ValueError:
        return


def _allow_with_conditions(wanted: Any, threads: bool) -> None:
    """Allow what is harmless only in one form."""
    arg, equal, masked = pyseccomp.Arg, pyseccomp.EQ, pyseccomp.MASKED_EQ
    for name in ("mmap", "mprotect"):
        _allow(wanted, name, arg(2, masked, mmap.PROT_EXEC, 0))  # memory, never code
    _allow(wanted, "fstat")
    _allow(wanted, "newfstatat", arg(3, equal, _EMPTY_PATH))
    _allow(wanted, "sched_getaffinity", arg(0, equal, 0))  # FFmpeg counts processors before it reads a stream
    _allow(wanted, "prlimit64", arg(0, equal, 0))  # its own limits, whose hard values only fall
    _allow(wanted, "tgkill", arg(0, equal, os.getpid()))  # abort() of itself
    # FFmpeg tries threads while it probes a stream and does without when told "not now"; a fork is death.
    started = pyseccomp.ALLOW if threads else pyseccomp.ERRNO(errno.EAGAIN)
    wanted.add_rule(started, "clone", arg(0, masked, _THREAD, _THREAD))
    # The flags of clone3 lie in memory where no filter sees them; the C library falls back to clone.
    wanted.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
