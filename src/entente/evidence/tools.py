"""What derives something from an original, by name, with the versions that its result depends on."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from entente import __version__
from entente.evidence.open import Opened

# module:function, as a derivation records it
RENDER = "entente.evidence.open:render"  # a derived picture: a crop, grey, clear, edges
READ = "entente.evidence.open:read"  # digests, hashes, frames, tags, and what extractors find
LIBRARIES = (
    "av", "numba", "numpy", "opencv-python-headless", "pillow", "pillow-heif", "scipy", "simplejpeg",
)  # fmt: skip


@cache
def _installed() -> dict[str, str]:
    found = {"entente": __version__, "machine": platform.machine()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def versions(**more: str) -> dict[str, str]:
    """Return the versions of the program, of its decoders and of whatever else (``more``) has a part in it.

    The kind of processor is among them: arithmetic in floating point may differ in its last bit elsewhere.
    """
    return {**_installed(), **more}


def differing(recorded: dict[str, Any], present: dict[str, str]) -> list[str]:
    """Return a sentence for each version that is not the recorded one, in order of names."""
    return [
        f"{name} was {recorded.get(name, 'absent')}, here {present.get(name, 'absent')}"
        for name in sorted(recorded.keys() | present.keys())
        if recorded.get(name) != present.get(name)
    ]


def canonical(told: Any) -> bytes:
    """Return one spelling of plain values: JSON with sorted keys, no spaces, nothing that is no number."""
    return json.dumps(
        told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def described(opened: Opened) -> bytes:
    """Return what opening an original told of it, in one spelling; without what extractors found."""
    told = asdict(opened)
    del told["extracted"]
    return canonical(told)


def output_of(data: bytes) -> str:
    """Return the SHA-256 by which a derivation names its output."""
    return sha256(data).hexdigest()
