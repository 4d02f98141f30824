"""Decrypt what a partner sent (age), in a limited process that holds only the file and the keys for it.

What comes back are pieces of plain text that nobody has believed yet: who reads them checks the signature.
The keys go into the limited process because only they open the file; it can reach nothing to give them to.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Any, BinaryIO

from pyrage import DecryptError, decrypt_io, x25519

from entente.evidence.sandbox import Answer, Sandbox, shared
from entente.evidence.source import Source
from entente.vocabulary.media import Refusal, RefusalCode

PIECE = 256 << 10
LARGEST = 640 << 20  # bytes of a file that is looked at
NEEDS = ("entente.evidence.letter:unsealed",)
LEAST_S, BYTES_A_SECOND = 20.0, 2 << 20  # for which the limited process is waited

Job = tuple[dict[str, Any], bytes]
Say = Callable[[dict[str, Any], bytes], None]


class NotUnsealed(ValueError):
    """It cannot be decrypted; ``ours`` is false where it is encrypted to another key."""

    def __init__(self, refusal: Refusal, *, ours: bool = True) -> None:
        super().__init__(refusal.reason)
        self.refusal, self.ours = refusal, ours


def pieces(
    file: BinaryIO, identities: Sequence[str], *, sandbox: Sandbox | None = None
) -> Generator[bytes, None, None]:
    """Iterate over the plain text of an open file, in pieces; raise ``NotUnsealed`` where there is none.

    What was given out before the refusal of a damaged file is worth nothing.
    """
    fd = file.fileno()
    size = Source(fd).size
    if size > LARGEST:
        raise NotUnsealed(Refusal(RefusalCode.TOO_LARGE, "it is over 640 MiB; ask for several packages"))
    limit = LEAST_S + size / BYTES_A_SECOND
    told = (sandbox or shared()).stream(
        fd, "unseal", {"identities": list(identities)}, limit_s=limit, needs=NEEDS
    )
    with closing(told):  # ends the limited process now, whoever still holds on to an exception
        yield from _pieces(told, size)


def _pieces(told: Iterator[Answer], size: int) -> Iterator[bytes]:
    given = 0
    for answer in told:
        if answer.refusal:
            raise NotUnsealed(answer.refusal)
        if answer.data.get("done") is True:
            why = answer.data.get("why")
            if why is not None:
                ours = why != "another key"
                says = "it was changed or cut off on its way; have it copied again"
                if not ours:
                    says = "it is not sealed to your agency; ask the sender to whom it is sealed"
                raise NotUnsealed(Refusal(RefusalCode.DAMAGED, says), ours=ours)
            return
        given += len(answer.blob)
        if given > size:  # age only adds; whoever gives more makes it up
            raise NotUnsealed(Refusal(RefusalCode.DAMAGED, "it gave more than it holds; handle with care"))
        yield answer.blob


# --- inside the limited process -------------------------------------------------------------------------


def unsealed(fd: int, say: Say, identities: list[str]) -> Job:
    """Decrypt the file to ``say``, and return how it ended."""
    out = _Out(say)
    try:
        decrypt_io(
            io.BufferedReader(Source(fd), PIECE), out, [x25519.Identity.from_str(i) for i in identities]
        )
    except DecryptError as fault:
        return {"done": True, "why": "another key" if "matching keys" in str(fault) else "damaged"}, b""
    except OSError:
        return {"done": True, "why": "damaged"}, b""
    out.flush_all()
    return {"done": True}, b""


class _Out:
    """A file that says what is written to it, in pieces of a good size."""

    def __init__(self, say: Say) -> None:
        self._say, self._held, self._size = say, [b""], 0

    def write(self, data: bytes) -> int:
        """Take more."""
        self._held.append(bytes(data))
        self._size += len(data)
        if self._size >= PIECE:
            self.flush_all()
        return len(data)

    def flush(self) -> None:
        """Nothing: pieces go when they are large enough."""

    def flush_all(self) -> None:
        """Say what is held."""
        if self._size:
            self._say({"piece": self._size}, b"".join(self._held))
        self._held, self._size = [], 0
