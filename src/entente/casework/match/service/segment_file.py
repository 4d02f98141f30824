"""A file of named arrays, written once and mapped: header of one page with sizes and checksums.

Cut short, lengthened or with one bit turned over, it is refused by its name. Sizes and the header are looked
at when a file is opened; its gigabytes once after each start of the machine (or change of the file), by
whoever opens it first, at the speed of the memory: a note beside the file says that it was done.
"""

from __future__ import annotations

import json
import mmap
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.evidence.disk import Disk
from entente.safeguards.strict_json import loads

MAGIC = b"ENTENTE INDEX 1\n"
PAGE = 4096
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_disk = Disk()


class IndexDamaged(ValueError):
    """A file of the index is not what was written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the index file {path.name} is damaged: {why}; rebuild the index from the lists of the database"
        )
        self.path = path


def write_arrays(path: Path, parts: Iterable[tuple[str, NDArray[Any]]]) -> None:
    """Write arrays under their names, parts of one name one after the other, and make the file durable.

    The bytes are on the disk before the file has its name; a crash leaves a ``.part`` file and nothing else.
    Raises ``OSError`` as the disk does.
    """
    temporary = path.with_suffix(".part")
    arrays: dict[str, dict[str, Any]] = {}
    with os.fdopen(_disk.create(temporary), "wb", buffering=0) as out:
        out.write(bytes(PAGE))
        for name, part in parts:
            raw = np.ascontiguousarray(part).reshape(-1)
            if name not in arrays:
                out.seek(-out.tell() % 64, os.SEEK_CUR)
                arrays[name] = {"type": raw.dtype.str, "at": out.tell(), "bytes": 0, "crc": 0}
            data = memoryview(raw.view(np.uint8))  # type: ignore[arg-type]  # numpy's stubs know no Buffer
            arrays[name]["bytes"] += len(data)
            arrays[name]["crc"] = zlib.crc32(data, arrays[name]["crc"])
            while data:
                data = data[out.write(data) :]
        size = out.tell()
        out.truncate(size)
        out.seek(0)
        out.write(_header(arrays, size))
        _disk.sync(out.fileno())
    _disk.replace(temporary, path)
    _disk.sync_folder(path.parent)


def _header(arrays: dict[str, dict[str, Any]], size: int) -> bytes:
    told = json.dumps({"size": size, "arrays": arrays}, separators=(",", ":")).encode()
    page = MAGIC + len(told).to_bytes(4, "little") + zlib.crc32(told).to_bytes(4, "little") + told
    if len(page) > PAGE:
        raise ValueError("too many arrays for the header of one page")
    return page.ljust(PAGE, b"\0")


def open_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file, mapped read-only: one copy for all processes of the machine.

    Raises
    ------
    IndexDamaged
        If the header, the size or a checksum does not hold.
    FileNotFoundError
        If there is no such file.
    """
    handle = _disk.open(path)
    try:
        size = _disk.size(handle)
        page = os.pread(handle, PAGE, 0)
        told = _told(path, page, size)
        if size == 0:
            raise IndexDamaged(path, "it is empty")
        mapped = mmap.mmap(handle, size, access=mmap.ACCESS_READ)
    finally:
        _disk.close(handle)
    if not _checked_before(path):
        _check(path, mapped, told)
        _note_checked(path)
    if hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_RANDOM)  # buckets lie anywhere: reading ahead would be wasted
    return {
        name: np.frombuffer(mapped, it["type"], it["bytes"] // np.dtype(it["type"]).itemsize, it["at"])
        for name, it in told.items()
    }


def check_arrays(path: Path) -> None:
    """Read a whole file and compare its checksums, whatever was noted before; raises ``IndexDamaged``."""
    _note(path).unlink(missing_ok=True)
    open_arrays(path)


def _told(path: Path, page: bytes, size: int) -> dict[str, dict[str, Any]]:
    """Return what the header says of the arrays, if it is whole and the file is as long as it says."""
    length = int.from_bytes(page[len(MAGIC) : len(MAGIC) + 4], "little")
    told = page[len(MAGIC) + 8 : len(MAGIC) + 8 + length]
    if not page.startswith(MAGIC):
        raise IndexDamaged(path, "it does not begin as an index of this version does")
    crc = int.from_bytes(page[len(MAGIC) + 4 : len(MAGIC) + 8], "little")
    if page.rstrip(b"\0") != page[: len(MAGIC) + 8 + length].rstrip(b"\0") or zlib.crc32(told) != crc:
        raise IndexDamaged(path, "its header was changed")
    header = loads(told)
    if header["size"] != size:
        raise IndexDamaged(path, f"it has {size:,} bytes instead of {header['size']:,}")
    arrays: dict[str, dict[str, Any]] = header["arrays"]
    return arrays


def _check(path: Path, mapped: mmap.mmap, told: dict[str, dict[str, Any]]) -> None:
    if hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_SEQUENTIAL)
    end = PAGE
    with memoryview(mapped) as whole:
        for name, it in sorted(told.items(), key=lambda pair: pair[1]["at"]):
            if zlib.crc32(whole[it["at"] : it["at"] + it["bytes"]]) != it["crc"]:
                raise IndexDamaged(path, f"the checksum of its {name} does not hold")
            if any(whole[end : it["at"]]):
                raise IndexDamaged(path, f"there is something before its {name}")
            end = it["at"] + it["bytes"]


def _note(path: Path) -> Path:
    return path.with_suffix(".checked")


def _state(path: Path) -> str:
    """Return what would be another after a new start of the machine or a change of the file."""
    told = path.stat()
    boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
    return f"{boot} {told.st_ino} {told.st_size} {told.st_mtime_ns} {told.st_ctime_ns}"


def _checked_before(path: Path) -> bool:
    try:
        return _BOOT.exists() and _note(path).read_text() == _state(path)
    except FileNotFoundError:
        return False


def _note_checked(path: Path) -> None:
    """Note that the file was read whole. Two who do so at once write the same."""
    temporary = _note(path).with_suffix(f".checked-{os.getpid()}-{os.urandom(4).hex()}")
    temporary.write_text(_state(path))
    temporary.replace(_note(path))
