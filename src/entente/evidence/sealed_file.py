"""Write one sealed file: digested as it is sealed, made durable, and read back before anything names it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import BinaryIO

from entente.evidence import seal
from entente.evidence.digests import Digests
from entente.evidence.disk import Disk, demand_synced
from entente.evidence.faults import Damaged, NotKept, StoreFailed, SyncFailed
from entente.evidence.reach import NotOpened
from entente.vocabulary.media import Refusal, RefusalCode

BUFFER = 4 << 20


def write_sealed(
    disk: Disk,
    stream: BinaryIO | io.RawIOBase,
    handle: int,
    sealer: seal.Sealer,
    facts: bytes,
    digests: Digests,
) -> None:
    """Write a whole stream in sealed form; the wrapped key's place stays empty."""
    write(disk, handle, facts + bytes(seal.WRAP))
    for piece in _pieces(stream):
        digests.update(piece)
        write(disk, handle, sealer.update(piece))
    write(disk, handle, sealer.finish())


def finish(disk: Disk, handle: int, wrapped: bytes, name: str, case_key: bytes, digests: Digests) -> None:
    """Write the wrapped key, make the file durable, and read it back before anything names it."""
    if disk.pwrite(handle, wrapped, seal.FACTS) != len(wrapped):
        raise StoreFailed("the evidence store took half of a header; check the disk")
    disk.protect(handle)
    demand_synced(disk, handle)
    try:
        read = _read_back(disk, handle, name, case_key)
    except Damaged:
        read = ""
    if read != digests.hex[2]:
        raise SyncFailed("the disk gave back other bytes than were written; stop and check it")


def _read_back(disk: Disk, handle: int, name: str, case_key: bytes) -> str:
    """Return the SHA-256 of what an open sealed file holds."""
    header = bytearray(seal.HEADER)
    disk.pread(handle, memoryview(header), 0)
    source = seal.SealedSource(
        lambda buffer, at: disk.pread(handle, buffer, at),
        disk.size(handle),
        seal.unwrap(bytes(header), case_key, name),
    )
    return hashlib.file_digest(io.BufferedReader(source, 1 << 20), "sha256").hexdigest()


def write(disk: Disk, handle: int, data: bytes) -> None:
    """Write all of it, in as many writes as the disk takes."""
    view = memoryview(data)
    while len(view):
        view = view[disk.write(handle, view) :]


def _pieces(stream: BinaryIO | io.RawIOBase) -> Iterator[memoryview]:
    """Iterate over everything; a source that cannot be read is ``NotKept``."""
    buffer = memoryview(bytearray(BUFFER))
    while True:
        try:
            count = stream.readinto(buffer)  # type: ignore[union-attr]
        except NotOpened as error:
            raise NotKept(error.refusal) from None
        except OSError as error:
            why = f"it could not be read to its end ({error.strerror}); copy it again from its carrier"
            raise NotKept(Refusal(RefusalCode.UNREADABLE, why)) from error
        if not count:
            return
        yield buffer[:count]
