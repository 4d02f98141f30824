"""A decoder that certain files take over: loaded into the warm child by a test, it acts when one says so.

The file's own words choose: a PNG whose text ``act`` names a function of ``planted``, or a lie.
"""

from __future__ import annotations

from typing import Any

from entente.evidence import decode
from entente.evidence.source import Source, source_of
from tests.evidence import planted

_described = decode.describe


def hashed(luma: Any) -> None:
    """What the caller names as needed; importing this module is the act."""


def _describe(fd: int, **arguments: Any) -> Any:
    key = arguments.get("key")
    source = source_of(fd, bytes.fromhex(key)) if key else Source(fd)
    head = source.whole()
    if b"act\x00" in head:
        name = head.partition(b"act\x00")[2].split(b"!")[0].decode()
        getattr(planted, name)(None)
    return _described(fd, **arguments)


decode.JOBS["describe"] = _describe
