"""A tar file, plain or packed: listed in a first run over it, given out in a second.

Formats: POSIX.1-2017 pax interchange format, and GNU tar's long names. Links, devices and sparse files are
named and refused.
"""

from __future__ import annotations

import bz2
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
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
    too_much,
)
from entente.evidence.measure import FREE, MOST_BYTES, MOST_MEMBERS, MOST_RATIO
from entente.evidence.pictures import Refused
from entente.evidence.source import Source
from entente.vocabulary.media import Refusal, RefusalCode

MOST_HEADER = 1 << 20  # bytes of one long name or one set of extended attributes
MOST_ASIDE = 128 << 20  # bytes of all headers and fillings together
MOST_STATE = 256 << 20  # bytes that xz may ask for to remember
STEP = 1 << 18  # bytes read at a time
_BLOCK = 512
_NAMED, _EXTENDED = {tarfile.GNUTYPE_LONGNAME}, {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE}
_ASIDE = {tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE}  # a link's far end, notes for all: not needed
_PLAIN = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
_WITHOUT_BYTES = {
    *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE),
    *(tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE),
}


class _Gzip:
    """zlib's decompressor with the manners of the other two."""

    def __init__(self) -> None:
        self._stream, self._left = zlib.decompressobj(zlib.MAX_WBITS | 16), b""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        """Return what lies behind its end."""
        return self._stream.unused_data

    @property
    def needs_input(self) -> bool:
        """Whether there is nothing left to unpack."""
        return not self._left

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return at most so many bytes."""
        piece = self._stream.decompress(self._left + data, max_length)
        self._left = self._stream.unconsumed_tail
        return piece


_STREAMS: dict[str, Callable[[], Any]] = {
    "tar.gz": _Gzip,
    "tar.bz2": bz2.BZ2Decompressor,
    "tar.xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_STATE),
}


class _Tape:
    """A tar file read from its beginning to its end, measured while it is unpacked."""

    def __init__(self, source: Source, form: str) -> None:
        source.seek(0)
        self._source, self._make = source, _STREAMS.get(form)
        self._stream = self._make() if self._make else None
        self._held, self._from, self._rest = b"", 0, b""
        self._used = self.at = 0
        self._ended = False

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes, at most a piece; fewer only at the end."""
        while len(self._held) - self._from < size and not self._ended:
            self._held, self._from = self._held[self._from :] + self._more(), 0
        data = self._held[self._from : self._from + size]
        self._from += len(data)
        self.at += len(data)
        return data

    def skip(self, size: int) -> None:
        """Pass over bytes; raises ``EOFError`` at the end."""
        if self._stream is None:
            ahead = size - (len(self._held) - self._from)
            if ahead > 0:
                if self._source.tell() + ahead > self._source.size:
                    raise EOFError
                self._source.seek(self._source.tell() + ahead)
                self.at, self._held, self._from = self.at + size, b"", 0
                return
        while size:
            piece = self.take(min(size, STEP))
            if not piece:
                raise EOFError
            size -= len(piece)

    def _more(self) -> bytes:
        """Return what comes next, nothing only where it has ended."""
        if self._stream is None:
            data = exactly(self._source, STEP, short=True)
            self._ended = not data
            return data
        while True:
            packed = b""
            if self._stream.eof and not self._again():
                self._ended = True
                return b""
            if self._stream.needs_input:
                packed = self._rest or exactly(self._source, STEP, short=True)
                self._used, self._rest = self._used + len(packed), b""
                if not packed:
                    raise EOFError
            piece = bytes(self._stream.decompress(packed, STEP))
            if piece:
                unpacked = self.at + len(self._held) - self._from + len(piece)
                demand(unpacked <= MOST_BYTES + MOST_ASIDE, *too_much())
                demand(unpacked <= max(FREE, MOST_RATIO * self._used), *bomb("it"))
                return piece

    def _again(self) -> bool:
        """Begin with the next of several streams that were written one behind the other."""
        assert self._make is not None and self._stream is not None  # noqa: S101 - a packed tape
        rest = self._stream.unused_data or exactly(self._source, STEP, short=True)
        rest = rest.lstrip(b"\0")
        if not rest:
            return False
        self._rest, self._stream = rest, self._make()
        self._used -= len(rest)  # counted when it is read the second time
        return True


def listed(source: Source, form: str) -> Listing:
    """List a tar file in a first run over it; its members come in a second."""
    entries: list[Entry] = []
    fault: Refusal | None = None
    try:
        for entry in _entries(_Tape(source, form)):
            entries.append(entry)
            measured(entries[-1:], source.size)
            many = f"it has more than {MOST_MEMBERS} members; {BY_HAND}"
            demand(len(entries) <= MOST_MEMBERS, RefusalCode.TOO_LARGE, many)
    except lzma.LZMAError as error:
        large = "memory" in str(error).lower()
        fault = (
            Refusal(RefusalCode.TOO_LARGE, f"it needs too much memory; {BY_HAND}") if large else _cut_off()
        )
    except (EOFError, OSError, ValueError, zlib.error, tarfile.HeaderError):
        fault = _cut_off()
    if fault and not entries:
        raise Refused(fault.code, _none_of(form) if fault.code is RefusalCode.DAMAGED else fault.reason)
    measured(entries, source.size)
    tape = _Tape(source, form)
    return entries, lambda entry: _copied(tape, entry), fault


def _cut_off() -> Refusal:
    return Refusal(*damaged("it is damaged or cut off behind the members that were received"))


def _none_of(form: str) -> str:
    """Say that there is no readable tar file, of a form by name."""
    if form == "tar":
        return "it is a tar archive without a readable member; ask for another copy of the archive"
    packed = {"tar.gz": "gzip", "tar.bz2": "bzip2", "tar.xz": "xz"}[form]
    return f"it is packed with {packed}, and in it is no readable tar archive; {BY_HAND}"


def _entries(tape: _Tape) -> Iterator[Entry]:
    """Iterate over the members of a tar file by their headers."""
    name, headers = "", 0
    told: dict[str, str] = {}
    while True:
        block = tape.take(_BLOCK)
        if not block.strip(b"\0"):
            return
        info = tarfile.TarInfo.frombuf(block, "utf-8", "backslashreplace")
        headers += 1
        size = 0 if info.type in _WITHOUT_BYTES else int(told.get("size", info.size))
        if not 0 <= size < 1 << 48 or headers > 4 * MOST_MEMBERS:
            raise ValueError("a header without sense")
        begin, info_type = tape.at, info.type
        if info_type in _NAMED | _EXTENDED | _ASIDE:
            text = _header_text(tape, info.size)
            if info_type in _NAMED:
                name = text.split(b"\0", 1)[0].decode("utf-8", "backslashreplace")
            elif info_type in _EXTENDED:
                told = _extended(text)
            continue
        if info_type != tarfile.DIRTYPE:
            yield _tar_entry(info, told.get("path") or name or info.name, size, begin, told)
        tape.skip(-(-size // _BLOCK) * _BLOCK if info_type != tarfile.DIRTYPE else 0)
        name, told = "", {}


def _tar_entry(info: tarfile.TarInfo, name: str, size: int, at: int, told: dict[str, str]) -> Entry:
    entry = Entry(name, size, at, size)
    if info.type in {tarfile.LNKTYPE, tarfile.SYMTYPE}:
        entry.refusal = link()
    elif info.type == tarfile.GNUTYPE_SPARSE or any(key.startswith("GNU.sparse.") for key in told):
        why = f"it is written with its empty places left out, which is not unpacked here; {BY_HAND}"
        entry.refusal = Refusal(RefusalCode.UNSUPPORTED, why)
    elif info.type not in _PLAIN:
        entry.refusal = no_file()
    return entry


def _header_text(tape: _Tape, size: int) -> bytes:
    """Return the bytes of a long name or of extended attributes."""
    if not 0 <= size <= MOST_HEADER:
        raise ValueError("a name out of measure")
    text = tape.take(size)
    if len(text) < size:
        raise EOFError
    tape.skip(-size % _BLOCK)
    return text


def _extended(text: bytes) -> dict[str, str]:
    """Return the records ``length key=value`` of a pax header (POSIX pax, extended header)."""
    told: dict[str, str] = {}
    while text.strip(b"\0"):
        length, space, _ = text.partition(b" ")
        if not space or not length.isdigit() or not len(length) + 2 <= int(length[:8]) <= len(text):
            raise ValueError("extended attributes without sense")
        key, _, value = text[len(length) + 1 : int(length) - 1].partition(b"=")
        told[key.decode("utf-8", "backslashreplace")] = value.decode("utf-8", "backslashreplace")
        text = text[int(length) :]
    return told


def _copied(tape: _Tape, entry: Entry) -> Iterator[bytes]:
    """Iterate over one member's bytes on the second run."""
    try:
        tape.skip(entry.at - tape.at)
        left = entry.size
        while left:
            piece = tape.take(min(left, STEP))
            if not piece:
                raise EOFError
            left -= len(piece)
            yield piece
    except (EOFError, OSError, zlib.error, lzma.LZMAError):
        raise NotHad(*damaged("its bytes cannot be unpacked to the end")) from None
