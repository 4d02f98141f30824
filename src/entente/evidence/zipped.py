"""A ZIP file: its list of members read and compared with the file, each member unpacked and checked.

Formats: PKWARE APPNOTE 6.3.10; RFC 1951. Stored and deflated members, none encrypted, no two overlapping.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from entente.evidence.entry import (
    BY_HAND,
    Entry,
    Listing,
    NotHad,
    bomb,
    damaged,
    demand,
    exactly,
    link,
    measured,
    no_file,
)
from entente.evidence.measure import FREE, MOST_MEMBERS, MOST_RATIO, PIECE
from entente.evidence.pictures import Refused
from entente.evidence.source import Source
from entente.vocabulary.media import Refusal, RefusalCode

MOST_LIST = 16 << 20  # bytes of a ZIP file's list of members
STEP = 1 << 18  # packed bytes read at a time
PASSWORD = "it is encrypted in its archive; unpack that with its password and add the folder"  # noqa: S105 - a sentence
_ENCRYPTED, _UTF8, _PATCHED = 0x1 | 0x40, 0x800, 0x20
_LOCAL, _LOCAL_MARK = 30, b"PK\x03\x04"
_LINK, _KIND, _PLAIN_FILE = 0o120000, 0o170000, (0, 0o100000)


class _Listed(Source):
    """An archive for the library to list: no read that would cost more than a list may."""

    def __init__(self, source: Source) -> None:
        self._below, self._at, self.size = source, 0, source.size

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer`` from here; 0 at the end."""
        self._below.seek(self._at)
        count = self._below.readinto(buffer)
        self._at += count
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, and return the place; raises ``OSError`` as files do, which is what the library expects."""
        try:
            return super().seek(offset, whence)
        except ValueError as error:
            raise OSError(str(error)) from error

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes; raises ``Refused`` for what no list needs."""
        wanted = max(0, self.size - self._at) if size is None or size < 0 else size
        long = f"its list of members is over {MOST_LIST >> 20} MiB; {BY_HAND}"
        demand(min(wanted, self.size) <= MOST_LIST, RefusalCode.TOO_LARGE, long)
        return exactly(self, min(wanted, self.size), short=True)


def listed(source: Source) -> Listing:
    """List a ZIP file; raises ``Refused`` where it is damaged or over the limits."""
    try:
        with zipfile.ZipFile(_Listed(source)) as archive:
            infos = archive.infolist()
    # NotImplementedError is what the standard library says of a ZIP that needs a newer version than it reads
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, OverflowError):
        raise Refused(*damaged("its list of members cannot be read; it may be cut off")) from None
    files = sorted((i for i in infos if not i.orig_filename.endswith("/")), key=lambda i: i.header_offset)
    many = f"it has more than {MOST_MEMBERS} members; {BY_HAND}"
    demand(len(infos) <= MOST_MEMBERS, RefusalCode.TOO_LARGE, many)
    entries, end = [], 0
    for info in files:
        entry = _zip_entry(info)
        end = _placed(source, entry, info.header_offset, end)
        entries.append(entry)
    measured(entries, source.size)
    return entries, lambda entry: _inflated(source, entry), None


def _zip_entry(info: zipfile.ZipInfo) -> Entry:
    """Return what the list says of one member, with its refusal if that is enough for one."""
    entry = Entry(info.orig_filename, info.file_size, 0, info.compress_size, info.compress_type, info.CRC)
    kind = info.external_attr >> 16 & _KIND if info.create_system == 3 else 0
    if kind == _LINK:
        entry.refusal = link()
    elif kind not in _PLAIN_FILE:
        entry.refusal = no_file()
    elif info.flag_bits & _ENCRYPTED:
        entry.refusal = Refusal(RefusalCode.UNSUPPORTED, PASSWORD)
    elif info.flag_bits & _PATCHED or entry.method not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        why = f"it is packed by a method (number {entry.method}) that is not unpacked here; {BY_HAND}"
        entry.refusal = Refusal(RefusalCode.UNSUPPORTED, why)
    elif entry.size > max(FREE, MOST_RATIO * entry.packed):
        entry.refusal = Refusal(*bomb("it"))
    return entry


def _placed(source: Source, entry: Entry, header: int, end: int) -> int:
    """Find where a member's bytes begin and return where they end; two members never share any."""
    demand(header >= end, *damaged("its members overlap, as if made to fill a disk"))
    source.seek(header)
    local = exactly(source, _LOCAL, short=True)
    if len(local) < _LOCAL or local[:4] != _LOCAL_MARK:
        entry.refusal = entry.refusal or Refusal(*damaged("its beginning is not where the list says"))
        return header
    entry.at = (
        header + _LOCAL + int.from_bytes(local[26:28], "little") + int.from_bytes(local[28:30], "little")
    )
    return entry.at + entry.packed


def _inflated(source: Source, entry: Entry) -> Iterator[bytes]:
    """Iterate over a member's bytes, none more than declared, its checksum compared."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == zipfile.ZIP_DEFLATED else None
    crc = done = used = 0
    other = damaged("its bytes are not those that its archive tells of (size or checksum)")
    try:
        for packed in _packed(source, entry.at, entry.packed):
            used += len(packed)
            for piece in _out(stream, packed):
                done, crc = done + len(piece), zlib.crc32(piece, crc)
                if done > max(FREE, MOST_RATIO * used):
                    raise NotHad(*bomb("it"))
                if done > entry.size:
                    raise NotHad(*other)
                yield piece
    except (zlib.error, EOFError):
        raise NotHad(*damaged("its bytes cannot be unpacked to the end")) from None
    if (done, crc) != (entry.size, entry.crc) or (stream is not None and not stream.eof):
        raise NotHad(*other)


def _packed(source: Source, at: int, size: int) -> Iterator[bytes]:
    """Iterate over ``size`` bytes from ``at``; raises ``EOFError`` where they end before."""
    while size:
        source.seek(at)
        piece = exactly(source, min(size, STEP))
        at, size = at + len(piece), size - len(piece)
        yield piece


def _out(stream: Any, packed: bytes) -> Iterator[bytes]:
    """Iterate over what packed bytes become, a piece at a time; ``None`` stands for stored bytes."""
    if stream is None:
        yield packed
        return
    while packed and not stream.eof:
        piece = stream.decompress(packed, PIECE)
        packed = stream.unconsumed_tail
        if piece:
            yield piece
    while not stream.eof and (piece := stream.decompress(b"", PIECE)):
        yield piece
