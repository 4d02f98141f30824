"""A file of the site's own that decoders hold in memory, such as a network that it vetted.

The warm child reads it, once, and demands its digest; what the bytes mean is looked at in the limited
decoder, which can open no file. The server may read them to compare the digest, and does nothing else.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

MOST = 512 << 20  # bytes


class HoldingRefused(ValueError):
    """A file that is not the one that was vetted, or cannot be read; the sentence says the mend."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A file by path and SHA-256 in hex, and who takes it in the decoder.

    ``function``, ``package.module:function``, gets ``told`` and the bytes, and keeps them. Of one function
    only the latest file is held.
    """

    function: str
    told: str
    path: str
    sha256: str

    def as_json(self) -> dict[str, str]:
        """Return an order for the warm child."""
        return asdict(self)


def vetted(path: str, sha256: str) -> bytes:
    """Return a file's bytes; raise ``HoldingRefused`` where they are not those that were vetted."""
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MOST + 1)
    except OSError as fault:
        why = f"{path} cannot be read ({fault.strerror}); mend its path or its rights"
        raise HoldingRefused(why) from None
    if len(data) > MOST:
        raise HoldingRefused(f"{path} is larger than {MOST >> 20} MiB; no such file is held")
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise HoldingRefused(
            f"{path} is not the file that was vetted: its SHA-256 is {found}, the setting says {sha256}; "
            "bring back the vetted file, or vet this one and change the setting"
        )
    return data


def hold(function: str, told: str, path: str, sha256: str) -> None:
    """Read a file and give it to who takes it; in the warm child alone."""
    module, _, name = function.partition(":")
    getattr(import_module(module), name)(told, vetted(path, sha256))
