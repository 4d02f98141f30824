"""Readers planted into decoders by the tests: some behave, some do the worst that a decoder could."""

from __future__ import annotations

import os
import signal
import socket
import time
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
    os.kill(os.getpid(), signal.SIGSEGV)


def raises(seen: Any) -> None:
    raise RuntimeError("a planted fault")


def eats(seen: Any) -> int:
    return len(bytearray(8 << 30))


def floods(seen: Any) -> str:
    return "x" * (200 << 20)


def tries(seen: Any) -> dict[str, str]:
    """What a decoder that was taken over might try; each answer is the error or "done"."""
    attempts = {
        "write": lambda: Path("/dev/shm/entente-planted").write_bytes(b"x" * 10),
        "fork": os.fork,
        "environment": lambda: os.environ["PATH"],
        "many files": lambda: [socket.socketpair() for _ in range(40)],
    }
    results = {}
    for name, attempt in attempts.items():
        try:
            if attempt() == 0:
                os._exit(0)
            results[name] = "done"
        except Exception as error:
            results[name] = type(error).__name__
    return results
