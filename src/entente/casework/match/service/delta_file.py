"""What was added and removed since the last segment: records that are appended, durable when acknowledged.

Two slots at the head say in turn how many records count, with the checksum over all of them. What stands
behind the last that counts was never acknowledged: a crash left it, and the next writer writes over it.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.service.segment_file import PAGE, IndexDamaged
from entente.evidence.disk import Disk

RECORD = np.dtype([("kind", "<u8"), ("id", "<u8"), ("hash", "<u8", (4,))])
ADD, REMOVE = 1, 2
_SLOT = struct.Struct("<16sQQII")  # magic, turn, records, their checksum, its own checksum
_MAGIC = b"ENTENTE DELTA 1\n"
_APART = 512  # bytes between the slots: two sectors, so that one write never tears both
_PATIENCE = 50  # looks, a millisecond apart, at a head that is being written
_disk = Disk()


def new_delta(path: Path) -> None:
    """Make an empty file, durable under its name."""
    handle = _disk.create(path)
    try:
        _put_slot(handle, 0, 0, 0)
        _put_slot(handle, 1, 0, 0)
        _disk.pwrite(handle, b"\0", PAGE - 1)
        _disk.sync(handle)
    finally:
        _disk.close(handle)
    _disk.sync_folder(path.parent)


def append(path: Path, records: NDArray[np.void]) -> None:
    """Append records and return when they are durable. The caller holds the folder's lock."""
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        turn, count, crc = _newest(path, handle)
        data = memoryview(records.tobytes())
        crc, at = zlib.crc32(data, crc), PAGE + count * RECORD.itemsize
        while data:
            done = os.pwrite(handle, data, at)
            data, at = data[done:], at + done
        _disk.sync(handle)  # the records before the slot that counts them
        _put_slot(handle, turn + 1, count + len(records), crc)
        _disk.sync(handle)
    finally:
        _disk.close(handle)


class DeltaReader:
    """Reads on from where it was; a file that lost or changed what counts is refused."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = _disk.open(path)
        self._count, self._crc = 0, 0

    def news(self) -> NDArray[np.void]:
        """Return the records since the last call; raises ``IndexDamaged``."""
        _, count, crc = _newest(self._path, self._handle)
        if count < self._count:
            raise IndexDamaged(self._path, "records that it held are gone")
        if count == self._count:
            return np.empty(0, RECORD)
        wanted = (count - self._count) * RECORD.itemsize
        data = _read(self._handle, wanted, PAGE + self._count * RECORD.itemsize)
        if len(data) != wanted:
            raise IndexDamaged(self._path, f"it ends {wanted - len(data):,} bytes before its last record")
        if zlib.crc32(data, self._crc) != crc:
            raise IndexDamaged(self._path, "the checksum of its records does not hold")
        self._count, self._crc = count, crc
        return np.frombuffer(data, RECORD)

    def close(self) -> None:
        """Give the file back."""
        _disk.close(self._handle)


def _read(handle: int, wanted: int, at: int) -> bytes:
    parts = []
    while wanted and (part := os.pread(handle, min(wanted, 1 << 26), at)):
        parts.append(part)
        wanted, at = wanted - len(part), at + len(part)
    return b"".join(parts)


def _put_slot(handle: int, turn: int, count: int, crc: int) -> None:
    body = _SLOT.pack(_MAGIC, turn, count, crc, 0)[:-4]
    _disk.pwrite(handle, body + zlib.crc32(body).to_bytes(4, "little"), (turn % 2) * _APART)


def _newest(path: Path, handle: int) -> tuple[int, int, int]:
    """Return turn, records and checksum of the newer slot.

    A slot lies in one sector, which a disk writes whole or not at all, so both always hold; one that is being
    written at this moment is looked at again.
    """
    for _ in range(_PATIENCE):
        page = os.pread(handle, _APART + _SLOT.size, 0)
        slots = [slot for at in (0, _APART) if (slot := _slot(page[at : at + _SLOT.size], at // _APART))]
        if len(slots) == 2 and abs(slots[0][0] - slots[1][0]) == 1:
            return max(slots)
        time.sleep(0.001)
    raise IndexDamaged(path, "a head that counts its records does not hold")


def _slot(raw: bytes, which: int) -> tuple[int, int, int] | None:
    if len(raw) < _SLOT.size or zlib.crc32(raw[:-4]) != int.from_bytes(raw[-4:], "little"):
        return None
    magic, turn, count, crc, _ = _SLOT.unpack(raw)
    return (turn, count, crc) if magic == _MAGIC and turn % 2 == which else None
