"""The sealed form of an original: a header, then chunks of 64 KiB, each sealed with AES-256-GCM.

The chunks follow STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015): the nonce is a random prefix
of 7 bytes, a counter of 4 and a flag for the last chunk, so that a chunk that is changed, moved, cut off or
added is refused. Each object has a key of its own, wrapped with its case's key. The header's plain part is
authenticated with every chunk and with the wrap; the object's name only with the wrap, because it follows
from the digest, which is known when the last byte has been read.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entente.evidence.faults import Damaged
from entente.evidence.source import Source

MAGIC = b"entente\0"
VERSION = 1
AES_256_GCM_STREAM = 1  # algorithm id: another one is another number, and old objects stay readable
KEY_BYTES = 32
CHUNK = 64 << 10  # bytes of plain text
TAG = 16
NONCE = 12
PREFIX = 7
FACTS = len(MAGIC) + 2 + 16 + PREFIX  # magic, version, algorithm, case, prefix
WRAP = NONCE + KEY_BYTES + TAG
HEADER = FACTS + WRAP
AT_ONCE = 64  # chunks read in one call

_SEALED_CHUNK = CHUNK + TAG

PRead = Callable[[memoryview, int], int]  # (buffer, place) to bytes read


def new_facts(case: UUID) -> bytes:
    """Return the plain part of a new object's header."""
    return MAGIC + bytes((VERSION, AES_256_GCM_STREAM)) + case.bytes + secrets.token_bytes(PREFIX)


def case_of(header: bytes) -> UUID:
    """Return the case that a header names; raises ``Damaged`` for what is no header of ours."""
    if len(header) != HEADER or not header.startswith(MAGIC):
        raise Damaged("it does not begin as a sealed object does")
    if (header[8], header[9]) != (VERSION, AES_256_GCM_STREAM):
        raise Damaged("its format or algorithm is not one that this version knows")
    return UUID(bytes=header[10:26])


def wrap(key: bytes, case_key: bytes, facts: bytes, name: str) -> bytes:
    """Return an object's key sealed with its case's key, bound to the header and to the object's name."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(case_key).encrypt(nonce, key, facts + bytes.fromhex(name))


def unwrap(header: bytes, case_key: bytes, name: str) -> bytes:
    """Return an object's key; raises ``Damaged`` where header, name and case do not belong together."""
    facts, nonce, sealed = header[:FACTS], header[FACTS : FACTS + NONCE], header[FACTS + NONCE :]
    try:
        return AESGCM(case_key).decrypt(nonce, sealed, facts + bytes.fromhex(name))
    except InvalidTag:
        raise Damaged("its header was changed, or it is another object under this name") from None


class Sealer:
    """Turns a stream into sealed chunks; the last one is only known at the end."""

    def __init__(self, key: bytes, facts: bytes) -> None:
        self._cipher, self._facts = AESGCM(key), facts
        self._rest = bytearray()
        self._number = 0

    def update(self, data: bytes | memoryview) -> bytes:
        """Take bytes; return the chunks that are full and not the last."""
        self._rest += data
        full = max(0, (len(self._rest) - 1) // CHUNK)
        with memoryview(self._rest) as plain:
            sealed = [self._chunk(plain[i * CHUNK : (i + 1) * CHUNK], last=False) for i in range(full)]
        del self._rest[: full * CHUNK]
        return b"".join(sealed)

    def finish(self) -> bytes:
        """Return the last chunk, which may be empty."""
        return self._chunk(bytes(self._rest), last=True)

    def _chunk(self, plain: bytes | memoryview, *, last: bool) -> bytes:
        nonce = _nonce(self._facts, self._number, last)
        self._number += 1
        return self._cipher.encrypt(nonce, plain, self._facts)


class SealedSource(Source):
    """Reads a sealed object as if it were plain, by place; only the chunks that are touched are opened.

    The last chunk is opened first: a length that was changed is known before anything is given out. A chunk
    that does not verify raises ``Damaged``; no byte of it leaves.
    """

    def __init__(self, pread: PRead, total: int, key: bytes, close: Callable[[], None] | None = None) -> None:
        body = total - HEADER
        self._pread, self._close, self._at = pread, close, 0
        self._count = max(1, -(-body // _SEALED_CHUNK))
        self.size = body - self._count * TAG
        if body < TAG or (self._count > 1 and body - (self._count - 1) * _SEALED_CHUNK <= TAG):
            raise Damaged("its end is missing")
        self._cipher = AESGCM(key)
        self._facts = bytes(self._exactly(0, FACTS))
        self.case = UUID(bytes=self._facts[10:26])  # authentic once the last chunk is opened, below
        self._held: tuple[int, bytes] = (self._count - 1, self._open(self._count - 1, 1))

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer`` from here with verified bytes; 0 at the end."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self.size - self._at)
        if wanted <= 0:
            return 0
        done = 0
        while done < wanted:
            number, inside = divmod(self._at + done, CHUNK)
            whole = (inside + wanted - done + CHUNK - 1) // CHUNK
            plain = self._plain(number, min(whole, AT_ONCE))
            piece = memoryview(plain)[inside : inside + wanted - done]
            view[done : done + len(piece)] = piece
            done += len(piece)
        self._at += done
        return done

    def readall(self) -> bytes:
        """Return every byte from here to the end."""
        data = bytearray(max(0, self.size - self._at))
        self.readinto(data)
        return bytes(data)

    def close(self) -> None:
        """Close what is below, where it was given to us."""
        if not self.closed and self._close:
            self._close()
        super().close()

    def _plain(self, number: int, count: int) -> bytes:
        """Return ``count`` verified chunks from ``number``; a single one is remembered for the next read."""
        if self._held[0] == number:
            return self._held[1]
        if number + count >= self._count:
            count = self._count - number
        plain = self._open(number, count)
        if count == 1:
            self._held = (number, plain)
        return plain

    def _open(self, number: int, count: int) -> bytes:
        """Read and verify ``count`` chunks from ``number``."""
        begin = HEADER + number * _SEALED_CHUNK
        end = self._count - 1 == number + count - 1
        last = self.size - (self._count - 1) * CHUNK + TAG
        sealed = self._exactly(begin, (count - 1) * _SEALED_CHUNK + (last if end else _SEALED_CHUNK))
        plain = []
        for i in range(count):
            piece = sealed[i * _SEALED_CHUNK : (i + 1) * _SEALED_CHUNK]
            nonce = _nonce(self._facts, number + i, number + i == self._count - 1)
            try:
                plain.append(self._cipher.decrypt(nonce, piece, self._facts))
            except InvalidTag:
                raise Damaged(f"its bytes were changed (chunk {number + i + 1} of {self._count})") from None
        return plain[0] if count == 1 else b"".join(plain)

    def _exactly(self, at: int, size: int) -> memoryview:
        buffer = memoryview(bytearray(size))
        done = 0
        while done < size:
            count = self._pread(buffer[done:], at + done)
            if not count:
                raise Damaged("its end is missing")
            done += count
        return buffer


def sealed_file(fd: int, key: bytes) -> SealedSource:
    """Return a reader of an open sealed file, for a decoder that got both; the file stays open."""

    def pread(buffer: memoryview, at: int) -> int:
        return os.preadv(fd, [buffer], at)

    return SealedSource(pread, os.fstat(fd).st_size, key)


def warm() -> None:
    """Use the cipher once, so that a limited process finds everything loaded."""
    cipher = AESGCM(bytes(KEY_BYTES))
    cipher.decrypt(bytes(NONCE), cipher.encrypt(bytes(NONCE), b"warm", b""), b"")


def _nonce(facts: bytes | memoryview, number: int, last: bool) -> bytes:
    """Return a chunk's nonce; raises ``OverflowError`` beyond 2^32 chunks (256 TiB)."""
    return bytes(facts[-PREFIX:]) + number.to_bytes(4, "big") + bytes((last,))
