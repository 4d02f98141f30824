"""Readers planted into decoders by the tests: some behave, some do the worst that a decoder could."""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


def looks(seen: Any) -> dict[str, Any]:
    return {
        "shape": list(seen.rgb.shape),
        "mean": float(seen.rgb.mean()),
        "frames": [t for t, _ in seen.frames],
        "rate": seen.rate,
        "loudest_hz": None if seen.sound is None else _loudest(seen.sound, seen.rate),
        "tags": len(seen.tags),
    }


def _loudest(sound: np.ndarray, rate: int) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * rate / sound.size)


def loops(seen: Any) -> None:
    while True:
        time.sleep(0.01)


def dies(seen: Any) -> None:
    ctypes.string_at(0)  # a real fault of memory, as a broken codec has it


def raises(seen: Any) -> None:
    raise RuntimeError("a planted fault")


def eats(seen: Any) -> int:
    return len(bytearray(8 << 30))


def floods(seen: Any) -> str:
    return "x" * (200 << 20)


def eats_slowly(seen: Any) -> int:
    """Memory piece by piece, each page touched, in spite of every error."""
    held = []
    while True:
        try:
            held.append(np.ones(64 << 20, np.uint8))
        except MemoryError:
            held.append(bytearray(1 << 10))


def opens_a_file(seen: Any) -> str:
    return Path("/etc/hostname").read_text()


def opens_by_the_c_library(seen: Any) -> int:
    return ctypes.CDLL(None).open(b"/etc/hostname", 0)


def writes_a_file(seen: Any) -> int:
    return Path("/dev/shm/entente-planted").write_bytes(b"x" * 10)


def lists_a_folder(seen: Any) -> list[str]:
    return [str(p) for p in Path("/").iterdir()]


def looks_at_a_name(seen: Any) -> int:
    return Path("/etc/hostname").stat().st_size


def opens_a_socket(seen: Any) -> None:
    socket.create_connection(("127.0.0.1", 9))


def opens_a_local_socket(seen: Any) -> None:
    socket.socketpair()


def forks(seen: Any) -> int:
    if os.fork() == 0:
        os._exit(0)
    return 1


def execs(seen: Any) -> None:
    os.execv("/bin/true", ["true"])


def starts_a_program(seen: Any) -> int:
    return subprocess.run(["/bin/true"], check=False).returncode


def traces(seen: Any) -> int:
    return ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)


def kills_its_parent(seen: Any) -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def maps_code(seen: Any) -> int:
    return len(mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))


def makes_code_of_data(seen: Any) -> int:
    page = mmap.mmap(-1, 4096)
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CDLL(None).mprotect(ctypes.c_void_p(place), 4096, 7)


def takes_another_user(seen: Any) -> None:
    os.setuid(0)


def loads_a_kernel_program(seen: Any) -> int:
    return ctypes.CDLL(None).syscall(321, 0, 0, 0)  # bpf


def takes_the_ring(seen: Any) -> int:
    return ctypes.CDLL(None).syscall(425, 1, 0)  # io_uring_setup: opens files behind a filter's back


def starts_a_thread(seen: Any) -> str:
    try:
        threading.Thread(target=print).start()
    except RuntimeError as error:
        return str(error)
    return "started"


def imports_late(seen: Any) -> str:
    try:
        import_module("wave")
    except ImportError as error:
        return type(error).__name__
    return "imported"


def reads_the_environment(seen: Any) -> list[str]:
    return sorted(os.environ)


FORBIDDEN = (
    opens_a_file,
    opens_by_the_c_library,
    writes_a_file,
    lists_a_folder,
    looks_at_a_name,
    opens_a_socket,
    opens_a_local_socket,
    forks,
    execs,
    starts_a_program,
    traces,
    kills_its_parent,
    maps_code,
    makes_code_of_data,
    takes_another_user,
    loads_a_kernel_program,
    takes_the_ring,
)

HASHES = {"pdq": {"turns": ["00" * 32] * 8, "quality": 100}}
SENSE = {
    "width": 320,
    "height": 240,
    "hashes": HASHES,
    "tags": {},
    "decoded": 1,
    "expected": 1,
    "errors": 0,
    "partial": False,
}  # what a decoder says that lies well: only its ticket is missing


def _message(text: bytes, blob: bytes = b"") -> bytes:
    return struct.pack("!II", len(text), len(blob)) + text + blob


def _lie(**changed: Any) -> bytes:
    return _message(json.dumps(SENSE | changed).encode())


LIES = {
    "nothing": b"",
    "noise": b"\x00\x00\x00\x20" + bytes(range(200)),
    "a_length_beyond_measure": b"\xff" * 8,
    "no_json": _message(b"{'a': 1}"),
    "no_object": _message(b"[1, 2]"),
    "no_number": _message(b'{"width": NaN}'),
    "two_readings": _message(b'{"width": 1, "width": 2}'),
    "nested": _message(b'{"a":' * 5000 + b"1" + b"}" * 5000),
    "good_but_without_ticket": _lie(),
    "forged_ticket": _lie(ticket="0" * 32),
    "twice": _lie() * 2,
    "endless": _message(b"{}") * 100_000,
}


def __getattr__(name: str) -> Any:
    """``says_<lie>``: one that writes a lie into the channel before its answer, and never answers."""
    if not name.startswith("says_"):
        raise AttributeError(name)

    def says(seen: Any) -> None:
        for fd in range(3, 64):
            with contextlib.suppress(OSError):
                os.write(fd, LIES[name.removeprefix("says_")])
        time.sleep(30)

    return says
