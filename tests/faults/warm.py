"""A desk's program, started once and forked for each fault, so that a fault costs no interpreter start.

    python -m tests.faults.warm ANSWER ERRORS

The desk is the one that ENTENTE_DESK names; the other side is ``Warm``. A forked child runs one function of
``acts`` on the desk and writes its answer; it may begin stopped, so that a tracer can take hold of it first.
Two things differ from ``entente receive`` as an officer starts it: files are sealed one after the other in
the main thread, so that the n-th system call is the same one each time, and the decoders' parent is forked
by a program that waits beside this one instead of started as an interpreter.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_PTRACER, ANYBODY = 1, 0x59616D61, ctypes.c_ulong(-1)
PATIENCE_S = 300.0  # no child has so much to do: one that hangs is asked where, and ended
ROOT = Path(__file__).resolve().parents[2]


class Warm:
    """One warm program for one desk folder; the folder may be replaced between two calls."""

    def __init__(self, desk: Path, beside: Path | None = None) -> None:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ENTENTE", "DJANGO", "DATABASE"))}
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
        beside = beside or desk  # where answers are written: not on the disk that fails
        self.desk, self.answer = desk, beside.with_name(beside.name + ".answer")
        self.errors = beside.with_name(beside.name + ".errors")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.warm", str(self.answer), str(self.errors)],
            env=env | one | {"ENTENTE_DESK": str(desk)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()

    def _line(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the warm program is gone; see its messages above")
        return json.loads(line)

    def begin(self, function: str, *arguments: Any, stopped: bool = False, double: str = "") -> int:
        """Fork a child for one function; return its process number. ``stopped``: it waits for SIGCONT."""
        self.answer.unlink(missing_ok=True)
        order = {"function": function, "arguments": arguments, "stopped": stopped, "double": double}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        self._pid = self._line()["pid"]
        return self._pid

    def end(self) -> tuple[int, Any]:
        """Wait for the child; return its exit code, negative for a signal, and its answer if it gave one.

        Raises ``TimeoutError`` with the stack of each of its threads where it hangs.
        """
        hung = threading.Event()
        watch = threading.Timer(PATIENCE_S, self._end_hung, [hung])
        watch.start()
        try:
            code = self._line()["code"]
        finally:
            watch.cancel()
        if hung.is_set():
            raise TimeoutError(f"a child hung: {self.errors.read_text()[-6000:]}")
        return code, pickle.loads(self.answer.read_bytes()) if self.answer.exists() else None

    def _end_hung(self, hung: threading.Event) -> None:
        """Have the child write its stacks into ``errors``, and kill it."""
        hung.set()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGUSR1)
            time.sleep(2)
            os.kill(self._pid, signal.SIGKILL)

    def do(self, function: str, *arguments: Any) -> Any:
        """Run one function to its end; a fault of it is an error here."""
        self.begin(function, *arguments)
        code, answer = self.end()
        if code:
            raise RuntimeError(f"{function} ended with {code}: {self.errors.read_text()[-3000:]}")
        return answer

    def close(self) -> None:
        """End the program."""
        self._process.stdin.close()
        self._process.wait(20)


class _Forked:
    """What the sandbox holds of its warm parent, here forked by the forker instead of started.

    Not by the child that asks: it has threads by then, and a lock
    that one of them holds stays locked in a fork.
    """

    def __init__(self, command: list[str], *, pass_fds: list[int], **_: Any) -> None:
        self.returncode: int | None = None
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
            asked.connect(FORKER)
            socket.send_fds(asked, [command[command.index("-m") + 1].encode()], [*pass_fds, 2])
            self._process = socket.recv_fds(asked, 16, 1)[1][0]

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            ends = select.poll()
            ends.register(self._process, select.POLLIN)
            if not ends.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("the decoders' parent", timeout or 0)
            os.close(self._process)
            self.returncode = 0
        return self.returncode

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def kill(self) -> None:
        if self.poll() is None:
            signal.pidfd_send_signal(self._process, signal.SIGKILL)


FORKER = f"\0entente-forker-{os.getpid()}"  # taken before any fork: one name for the program and its children


def _be_forker() -> None:
    """Fork decoders' parents from a program with one thread, as ``_Forked`` asks, until it is gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(FORKER)
        door.listen(16)
        os.kill(os.getpid(), signal.SIGSTOP)  # what the program waits for
        while True:
            asked, _ = door.accept()
            with asked, contextlib.suppress(ConnectionError):  # who asks may be killed at any moment
                module, fds, *_ = socket.recv_fds(asked, 256, 2)
                if len(fds) == 2:
                    _forked(asked, module.decode(), *fds)
            while _reaped():
                pass


def _forked(asked: socket.socket, module: str, control: int, told: int) -> None:
    pid = os.fork()
    if pid == 0:
        _be_decoder_parent(module, control, told)
    process = os.pidfd_open(pid)
    try:
        socket.send_fds(asked, [b"forked"], [process])
    finally:
        for fd in (process, control, told):
            os.close(fd)


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] > 0
    except ChildProcessError:
        return False


def _be_decoder_parent(module: str, control: int, told: int) -> None:
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, 0)
        os.dup2(told, 2)
        os.closerange(3, control)
        os.closerange(control + 1, 4096)
        import_module(module).main(control)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(0)


def _ready() -> None:
    """Load everything that a child will need, and make it do one thing at a time."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "entente.web.settings"
    django.setup()
    from entente.casework.intake.service import sealing
    from entente.casework.match.scene.seen import TO_HOLD
    from entente.evidence import child, sandbox
    from entente.evidence.warming import warm
    from entente.workers import local
    from tests.faults import acts, doubles  # noqa: F401 - for the children

    warm()
    for names in (*sandbox.NEEDS_OF.values(), (TO_HOLD,)):
        for name in names:
            import_module(name.partition(":")[0])

    class OneByOne(local.LocalEngine):
        def map_batches(self, fn: Any, items: Any, size: int = 16) -> Iterator[Any]:
            for numbered in enumerate(items):
                yield from local._run(fn, [numbered])

    sealing.LocalEngine = OneByOne
    plain = subprocess.Popen
    sandbox.subprocess.Popen = lambda command, **rest: (
        _Forked(command, **rest) if child.__name__ in command else plain(command, **rest)
    )


def _child(order: dict[str, Any], answer: Path, errors: Path) -> None:
    """Do one function, write its answer, end as an interpreter would: connections closed."""
    code = 70
    try:
        from django.db import connections

        from tests.faults import acts, doubles

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY)
        told = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(told, 2)
        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        if order["double"]:
            getattr(doubles, order["double"])()
        if order["stopped"]:
            os.kill(os.getpid(), signal.SIGSTOP)
        given = getattr(acts, order["function"])(*order["arguments"])
        connections.close_all()
        answer.write_bytes(pickle.dumps(given))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    answer, errors = Path(sys.argv[1]), Path(sys.argv[2])
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the program prints is not for the other side
    _ready()
    gc.freeze()  # of what is loaded every child has a look otherwise, and a copy
    forker = os.fork()
    if forker == 0:
        _be_forker()
    os.waitpid(forker, os.WUNTRACED)
    os.kill(forker, signal.SIGCONT)

    def say(**told: Any) -> None:
        channel.write(json.dumps(told) + "\n")
        channel.flush()

    say(ready=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(order, answer, errors)
        if order["stopped"]:
            os.waitpid(pid, os.WUNTRACED)
        say(pid=pid)
        say(code=os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main()
