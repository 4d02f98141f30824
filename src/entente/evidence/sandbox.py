"""Decoders in limited processes: as many as callers, each replaced when it dies, hangs or grows old.

One warm child (``child``) is started as a clean interpreter and forks them, so a decoder costs
milliseconds and a threaded program is never forked. A decoder gets its file as an open descriptor and
answers in one checked message.
"""

from __future__ import annotations

import atexit
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from entente.evidence import wire
from entente.evidence.confine import MEMORY
from entente.evidence.holding import Holding
from entente.vocabulary.media import Refusal, RefusalCode

START_S = 120.0  # a cold machine compiles the hash once
FILES_EACH = 100  # then a fresh decoder: bounds what one bad file could do to later ones, at 1 % of the cost


FILES_EACH_SETTING = "ENTENTE_FILES_EACH"  # 1: a fresh decoder for every file, at some 20 ms each


STREAMS = 2  # archives that are unpacked at a time, beside the decoders that open what comes out

Need = str | Holding  # a dotted name to import, or a site's file to hold

NEEDS_OF = {"describe": ("entente.evidence.hashing:hashed",)}  # what the warm child loads before such a job


@dataclass(frozen=True, slots=True)
class Answer:
    """What a decoder said: an object and bytes, or the refusal."""

    data: dict[str, Any] = field(default_factory=dict)
    blob: bytes = b""
    refusal: Refusal | None = None


class SandboxFailed(RuntimeError):
    """No decoder can be started; the message says what to mend."""


@dataclass(slots=True)
class _Decoder:
    """One limited process as we see it."""

    pid: int
    channel: socket.socket
    child: int  # which warm child forked it; process numbers mean something only there
    warmed: int  # what that child had loaded then
    threads: bool  # whether it may start some
    files: int = 0


class Sandbox:
    """A pool of decoders for any number of threads; ``most`` of them at a time."""

    def __init__(
        self, most: int | None = None, *, memory: int = MEMORY, files_each: int = FILES_EACH
    ) -> None:
        self._slots = threading.BoundedSemaphore(most or (os.cpu_count() or 2))
        # of their own: who unpacks holds one while it asks for what came out to be opened
        self._streams = threading.BoundedSemaphore(STREAMS)
        self._memory, self._files_each = memory, files_each
        self._lock = threading.RLock()  # of everything below
        self._child: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._idle: list[_Decoder] = []
        self._loaded: set[Need] = set()
        self._generation = self._children = self._peak = 0

    def ask(
        self,
        fd: int,
        job: str,
        arguments: dict[str, Any],
        *,
        limit_s: float,
        needs: tuple[Need, ...] = (),
        threads: bool = False,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Answer:
        """Have ``job`` done on an open file; a decoder that dies or hangs is a refusal, never an exception.

        ``needs`` are dotted names that the decoder must have imported, and files of the site that it must
        hold; ``threads`` is for codecs that cannot do without. ``meanwhile`` runs here while the decoder
        works.

        Raises ``SandboxFailed`` when none can be started.
        """
        with self._slots:
            decoder = self._take((*NEEDS_OF.get(job, ()), *needs), threads)
            try:
                return self._converse(decoder, fd, job, arguments, limit_s, meanwhile)
            except BaseException:
                self._end(decoder)  # of a conversation broken off nothing may be left in the channel
                raise

    def stream(
        self, fd: int, job: str, arguments: dict[str, Any], *, limit_s: float, needs: tuple[Need, ...] = ()
    ) -> Generator[Answer, None, None]:
        """Have ``job`` done that answers many times, by a decoder that serves nothing else after.

        Iterates until an answer says ``done`` or carries a refusal, which is the last. ``limit_s`` counts the
        time in which we wait for it, not ours between two answers. Raises ``SandboxFailed`` when none can be
        started.
        """
        with self._streams:
            decoder = self._take(needs, threads=False)
            try:
                yield from self._listened(decoder, fd, job, arguments, limit_s)
            finally:
                self._end(decoder)

    def _listened(
        self, decoder: _Decoder, fd: int, job: str, arguments: dict[str, Any], limit_s: float
    ) -> Iterator[Answer]:
        ticket, left = secrets.token_hex(16), limit_s
        message = {"job": job, "arguments": arguments, "limit_s": limit_s, "ticket": ticket}
        try:
            wire.send(decoder.channel, message, fd=fd)
            while True:
                since = time.monotonic()
                data, blob, extra = wire.receive(decoder.channel, deadline=since + left)
                left -= time.monotonic() - since
                if extra is not None:
                    os.close(extra)
                if extra is not None or data.pop("ticket", "") != ticket:
                    yield Answer(refusal=_without_sense())
                    return
                answer = _checked(data, blob)
                yield answer
                if answer.refusal or answer.data.get("done") is True:
                    return
        except TimeoutError:
            yield Answer(refusal=_timed_out(limit_s))
        except wire.Broken as error:
            yield Answer(refusal=_death(self._end(decoder), str(error), limit_s))

    def peak(self) -> int:
        """End the idle decoders; return the largest resident set in bytes that any so far had.

        What they share with the warm child is in it.
        """
        with self._lock:
            while self._idle:
                self._end(self._idle.pop())
            return self._peak

    def close(self) -> None:
        """End every decoder and the warm child."""
        with self._lock:
            for decoder in self._idle:
                decoder.channel.close()
            self._idle.clear()
            if self._control:
                self._control.close()
            if self._child:
                try:
                    self._child.wait(5)
                except subprocess.TimeoutExpired:
                    self._child.kill()
                    self._child.wait()
            self._child = self._control = None
            self._loaded.clear()

    def _converse(
        self,
        decoder: _Decoder,
        fd: int,
        job: str,
        arguments: dict[str, Any],
        limit_s: float,
        meanwhile: Callable[[], object],
    ) -> Answer:
        deadline = time.monotonic() + limit_s
        ticket = secrets.token_hex(16)
        message = {"job": job, "arguments": arguments, "limit_s": limit_s, "ticket": ticket}
        try:
            wire.send(decoder.channel, message, fd=fd)
            meanwhile()
            # Our own reading may have taken long; the decoder had that time, so it gets a moment at least.
            data, blob, extra = wire.receive(decoder.channel, deadline=max(deadline, time.monotonic() + 0.5))
        except TimeoutError:
            self._end(decoder)
            return Answer(refusal=_timed_out(limit_s))
        except wire.Broken as error:
            return Answer(refusal=_death(self._end(decoder), str(error), limit_s))
        if extra is not None:
            os.close(extra)
        if extra is not None or data.pop("ticket", "") != ticket or not wire.silent(decoder.channel):
            self._end(decoder)  # it may have said more than it was asked, for the next file to be answered
            return Answer(refusal=_without_sense())
        self._give(decoder)
        return _checked(data, blob)

    def _take(self, needs: tuple[Need, ...], threads: bool) -> _Decoder:
        """Return an idle decoder of this generation or a new one, that has what is needed."""
        with self._lock:
            self._load(needs)
            for old in [d for d in self._idle if d.warmed != self._generation]:
                self._idle.remove(old)
                self._end(old)
            for talking in [d for d in self._idle if not wire.silent(d.channel)]:
                self._idle.remove(talking)  # what it says now would be taken for the next file's answer
                self._end(talking)
            fit = next((d for d in reversed(self._idle) if d.threads == threads), None)
            if fit is None:
                return self._spawn(threads)
            self._idle.remove(fit)
            return fit

    def _give(self, decoder: _Decoder) -> None:
        """Take a decoder back, or end one that has seen its share of files."""
        decoder.files += 1
        with self._lock:
            if decoder.files < self._files_each and decoder.warmed == self._generation:
                self._idle.append(decoder)
                return
        self._end(decoder)

    def _spawn(self, threads: bool) -> _Decoder:
        ours, theirs = socket.socketpair()
        try:
            answer = self._order(
                {"do": "spawn", "memory": self._memory, "threads": threads}, fd=theirs.fileno()
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return _Decoder(answer["pid"], ours, self._children, self._generation, threads)

    def _end(self, decoder: _Decoder) -> int:
        """End a decoder and return its wait status, which names the signal if it had died by itself."""
        decoder.channel.close()
        with self._lock:
            if self._control is None or decoder.child != self._children:
                return 0  # it died with its warm child
            try:
                told = self._order({"do": "end", "pid": decoder.pid}, again=False)
                self._peak = max(self._peak, int(told.get("peak", 0)))
                return int(told.get("status", 0))
            except SandboxFailed:
                return 0

    def _load(self, needs: tuple[Need, ...]) -> None:
        """Have the warm child import and hold what ``needs`` say; decoders without it are replaced."""
        with self._lock:
            # more than once only where the child was lost on the way, and what it had loaded with it
            while new := [each for each in needs if each not in self._loaded]:
                replaced = {each.function for each in new if isinstance(each, Holding)}
                self._loaded = {
                    each for each in self._loaded if isinstance(each, str) or each.function not in replaced
                }
                orders = [each.as_json() if isinstance(each, Holding) else each for each in new]
                answer = self._order({"do": "load", "names": orders})
                if "error" in answer:
                    raise SandboxFailed(f"an extractor cannot be loaded: {answer['error']}")
                self._loaded.update(new)
                self._generation += 1

    def _order(self, message: dict[str, Any], *, fd: int | None = None, again: bool = True) -> dict[str, Any]:
        """Give the warm child one order; if it is gone, start another, once."""
        with self._lock:
            try:
                control = self._started()
                wire.send(control, message, fd=fd)
                return wire.receive(control, deadline=time.monotonic() + START_S)[0]
            except (wire.Broken, TimeoutError) as error:
                held = tuple(self._loaded)
                self._lost()
                if not again:
                    raise SandboxFailed("the decoder process is gone") from error
            if message["do"] == "spawn":
                # what its decoders count on, before the first of them is forked
                self._load(tuple(each for each in held if isinstance(each, str)))
                for each in held:
                    if isinstance(each, Holding):
                        with suppress(SandboxFailed):  # changed meanwhile: it stops only who asks for it
                            self._load((each,))
        return self._order(message, fd=fd, again=False)

    def _started(self) -> socket.socket:
        if self._control is None:
            ours, theirs = socket.socketpair()
            with theirs:
                command = [sys.executable, "-P", "-m", "entente.evidence.child", str(theirs.fileno())]
                self._child = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env=_environment(), cwd="/"
                )
            self._control = ours
            try:
                wire.receive(ours, deadline=time.monotonic() + START_S)
            except (wire.Broken, TimeoutError) as error:
                self._lost()
                why = "the decoder process did not start; run `entente doctor` and see its messages above"
                raise SandboxFailed(why) from error
        return self._control

    def _lost(self) -> None:
        """Forget a warm child that is gone, and its decoders with it."""
        if self._child:
            self._child.kill()
            self._child.wait()
        if self._control:
            self._control.close()
        for decoder in self._idle:
            decoder.channel.close()
        self._idle.clear()
        self._loaded.clear()
        self._child = self._control = None
        self._generation += 1
        self._children += 1


def _environment() -> dict[str, str]:
    """What the warm child sees: where to import from, one thread for each library, and nothing else."""
    places = [str(Path(place).absolute()) for place in sys.path if place]
    one = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS"), "1"
    )
    kept = {name: os.environ[name] for name in ("HOME", "NUMBA_CACHE_DIR") if name in os.environ}
    return {"PYTHONPATH": os.pathsep.join(places), "LC_ALL": "C.UTF-8", **one, **kept}


def _checked(data: dict[str, Any], blob: bytes) -> Answer:
    """Turn a decoder's message into an answer; a refusal in it must be one that we know."""
    refusal = data.get("refusal")
    if refusal is None:
        return Answer(data, blob)
    try:
        known = Refusal(RefusalCode(refusal["code"]), str(refusal["reason"])[:500])
    except (KeyError, TypeError, ValueError):
        known = _without_sense()
    return Answer(data, blob, known)


def _without_sense() -> Refusal:
    why = "the decoder gave an answer without sense; handle with care, ask for another copy"
    return Refusal(RefusalCode.DECODER_DIED, why)


def _timed_out(limit_s: float) -> Refusal:
    why = f"the decoder was stopped after {limit_s:.0f} s; the file may be made to hang it, ask for another"
    return Refusal(RefusalCode.TIMEOUT, why)


def _death(status: int, said: str, limit_s: float) -> Refusal:
    """Name what a decoder died of."""
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGXCPU:
        return _timed_out(limit_s)
    name = signal.Signals(-code).name if code < 0 else said
    why = f"the decoder died ({name}); the file may be made to break it: handle with care, ask for another"
    return Refusal(RefusalCode.DECODER_DIED, why)


_shared: Sandbox | None = None
_shared_lock = threading.Lock()


def shared() -> Sandbox:
    """Return this process's sandbox, started at its first use and ended with the process."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Sandbox(files_each=int(os.environ.get(FILES_EACH_SETTING, FILES_EACH)))
            atexit.register(_shared.close)
        return _shared


def _forget() -> None:
    """After a fork of this process: its sandbox stays the parent's."""
    global _shared, _shared_lock
    _shared, _shared_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
