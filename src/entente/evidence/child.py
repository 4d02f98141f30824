"""The other side of the sandbox: a clean process that is warmed once and forks limited decoders.

Started by ``sandbox`` as ``python -m entente.evidence.child FD``; never by a fork of a threaded program.
It is single-threaded, opens no evidence itself, and only starts and ends decoders.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from entente.evidence import confine, wire
from entente.evidence.decode import CANVAS, JOBS, STREAMS, TELLING, Job
from entente.evidence.holding import hold
from entente.evidence.warming import warm
from entente.vocabulary.media import RefusalCode

IDLE_S = 2.0  # without a job for so long, a decoder gives its memory for pixels back
OUT_OF_MEMORY = "it needs more memory than a decoder may have; make a smaller copy with a trusted tool"


def main(fd: int) -> None:
    """Serve ``spawn``, ``end`` and ``load`` until the other side is gone."""
    control = socket.socket(fileno=fd)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to handle
    warm()
    gc.freeze()  # what is warm is never copied for a collection
    decoders: set[int] = set()
    wire.send(control, {"ready": True})
    with contextlib.suppress(wire.Broken):
        while True:
            message, _, channel = wire.receive(control)
            wire.send(control, _serve(message, channel, control, decoders))
    for pid in list(decoders):
        _end(pid, decoders)


def _serve(
    message: dict[str, Any], channel: int | None, control: socket.socket, decoders: set[int]
) -> dict[str, Any]:
    """Answer one order."""
    if message["do"] == "load":
        return _load(message["names"])
    if message["do"] == "end":
        status, peak = _end(message["pid"], decoders)
        return {"status": status, "peak": peak}
    assert channel is not None, "spawn comes with a channel"  # noqa: S101 - our own side of the wire
    pid = os.fork()
    if pid == 0:
        control.close()
        _decoder(socket.socket(fileno=channel), message["memory"], message["threads"])
    os.close(channel)
    decoders.add(pid)
    return {"pid": pid}


def _load(names: list[str | dict[str, str]]) -> dict[str, Any]:
    """Import the modules of ``package.module:function`` names; decoders forked from now on have them.

    An object among them is a file of the site to be held (``holding``).
    """
    for name in names:
        try:
            if isinstance(name, dict):
                hold(**name)
                continue
            module, _, function = name.partition(":")
            getattr(import_module(module), function)
        except Exception as error:  # a stranger's module may raise anything
            whose = name["function"] if isinstance(name, dict) else name
            return {"error": f"{whose}: {type(error).__name__}: {error}"}
    gc.freeze()
    return {}


def _end(pid: int, decoders: set[int]) -> tuple[int, int]:
    """Kill a decoder if it still lives; return its wait status and its largest resident set in bytes.

    Only here is a pid given back.
    """
    if pid not in decoders:
        return 0, 0
    decoders.discard(pid)
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)  # it leads its own group; what it may have started goes too
    _, status, used = os.wait4(pid, 0)
    return status, used.ru_maxrss << 10


def _decoder(channel: socket.socket, memory: int, threads: bool) -> None:
    """Be a decoder: limited, then one job after the other; never returns."""
    code = 1
    try:
        sys.meta_path.clear()  # what is not imported by now cannot be: an error, not a death by the filter
        held = confine.confine(memory, threads=threads)
        while True:
            if not wire.spoken(channel, IDLE_S):
                CANVAS.drop()
            message, _, fd = wire.receive(channel)

            def say(data: dict[str, Any], blob: bytes, ticket: str = message["ticket"]) -> None:
                wire.send(channel, {**data, "ticket": ticket}, blob)

            for data, blob in _answers(message, fd, held, say):
                say(data, blob)
    except wire.Broken:
        code = 0
    finally:
        os._exit(code)


def _answers(
    message: dict[str, Any], fd: int | None, held: list[str], say: Callable[[dict[str, Any], bytes], None]
) -> Iterator[Job]:
    """Do one job; whatever it raises becomes an answer, the last one."""
    assert fd is not None, "a job comes with its file"  # noqa: S101 - our own side of the wire
    try:
        confine.limit_processor(message["limit_s"])
        if message["job"] == "layers":
            yield {"layers": held}, b""
        elif message["job"] in TELLING:
            yield TELLING[message["job"]](fd, say, **message["arguments"])
        elif message["job"] in STREAMS:
            yield from STREAMS[message["job"]](fd, **message["arguments"])
        else:
            yield JOBS[message["job"]](fd, **message["arguments"])
    except wire.Broken:
        raise  # nobody listens any more
    except MemoryError:
        yield _refusal(RefusalCode.TOO_LARGE, OUT_OF_MEMORY), b""
    except Exception as error:  # a decoder may raise anything
        why = f"the decoder stopped ({type(error).__name__}: {str(error)[:200]}); ask for another copy"
        yield _refusal(RefusalCode.DAMAGED, why), b""
    finally:
        os.close(fd)


def _refusal(code: RefusalCode, reason: str) -> dict[str, Any]:
    return {"refusal": {"code": str(code), "reason": reason}}


if __name__ == "__main__":
    main(int(sys.argv[1]))
