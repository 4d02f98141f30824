"""WARC (ISO 28500:2017): kept pages of the web, record by record, with the digests that each record carries.

Read: WARC 1.0 and 1.1, plain or gzip member by member. Written: WARC 1.1, gzip member by member.
What others wrote is read in a limited process only; ``listed`` is what it is asked there.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from entente.vocabulary.media_hash import RecordRefusal

MOST_RECORDS = 100_000
MOST_BYTES = 1 << 30  # of all payloads together, unpacked
MOST_TOLD = 200  # refusals
LONGEST = 2000  # characters of an address that is told
PIECE = 1 << 18
PLAIN, PACKED = b"WARC/1.", b"\x1f\x8b"
_URI = ":/?#[]@!$&'()*+,;=%-._~"  # RFC 3986: what an address may hold; the rest is encoded
_ASCII = "".join(chr(n) for n in range(0x20, 0x7F))
PAGES = frozenset({"response", "resource", "revisit", "conversion"})  # of these an officer speaks as of pages


class NotAnArchive(ValueError):
    """The whole file cannot be read as a web archive: a code and the mend in one sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class WebRecord:
    """One record as it stands in its file. ``sound``: its own digests hold; ``None`` where it has none."""

    number: int
    type: str
    address: str
    at: str
    media_type: str
    status: int | None
    size: int  # of the payload as stored
    sha256: str
    sound: bool | None
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page to be written: with the lines of its answer where it was fetched, without where it was kept."""

    address: str
    at: datetime
    media_type: str
    body: bytes
    status_line: str = ""  # such as "200 OK"
    headers: tuple[tuple[str, str], ...] = ()
    asked: tuple[tuple[str, str], ...] = ()  # the lines of the question


class WARC:
    """Web ARChive, ISO 28500."""

    name = "warc"
    losses = (
        "A page that an officer kept has no answer of a server: it is written as a resource record,"
        " without status and header lines.",
        "Signs outside ASCII in an address or a header line are percent-encoded.",
        "A transfer coding is taken off: a chunked answer is written whole, and its header says so.",
        "What a browser made of the page (scripts, clicks, what it looked like) is no part of the form.",
        "Who kept a page, its evaluation and its handling codes have no field; they stay in the record here.",
    )

    def read(self, stream: BinaryIO) -> Iterator[WebRecord | RecordRefusal]:
        """Yield each record, or why it cannot be read; raise ``NotAnArchive`` where nothing can."""
        archive = ArchiveIterator(stream, check_digests=True, block_size=PIECE // 16)
        number = given = 0
        last = (0, 0)  # where the newest record begins, and how long it is
        while True:
            try:
                record = next(archive)
            except StopIteration:
                break
            except Exception as fault:  # the library raises what it meets: zlib's, its own, and others
                yield from _broken(number, fault)
                return
            if (
                record.format != "warc"
            ):  # the library also takes the older ARC, in which nearly any line is a head
                yield from _broken(number, ValueError())
                return
            number += 1
            if number > MOST_RECORDS:
                raise NotAnArchive("too-many", f"it holds over {MOST_RECORDS} records; split it")
            try:
                size, digest = _payload(record.raw_stream, MOST_BYTES - given)
                cut = bool(record.raw_stream.limit)  # fewer bytes than the record announces
                told = _told(number, record, archive, size, digest)
            except NotAnArchive:
                raise
            except Exception as fault:
                yield from _broken(number - 1, fault)
                return
            given, last = given + size, (told.offset, told.length)
            if cut or not told.type:
                yield from _broken(number - 1, EOFError() if cut else ValueError())
                return
            yield told
        if not number:
            raise NotAnArchive("empty", "it holds no record; ask for another copy")
        if _cut_off(stream, last):
            yield from _broken(number, EOFError())

    def write(self, pages: Iterable[WebPage], stream: BinaryIO, *, software: str, now: datetime) -> None:
        """Write pages, each with its question where it was fetched, behind a record of what wrote them."""
        writer = WARCWriter(stream, gzip=True, warc_version="1.1")
        told = {"software": software, "format": "WARC File Format 1.1"}
        head = writer.create_warcinfo_record("", told)
        head.rec_headers.replace_header("WARC-Date", _iso(now))
        writer.write_record(head)
        for page in pages:
            _write(writer, page)

    def examples(self) -> tuple[tuple[WebPage, ...], ...]:
        """Return pages of which a file is made, for the conformance tests."""
        at = datetime(2026, 6, 1, 10, 0, 0, 250_000, tzinfo=UTC)
        lines = (("Content-Type", "text/html"), ("Date", "Mon, 01 Jun 2026 10:00:00 GMT"))
        kept = WebPage("https://x.example/round", at, "text/html", b"<!doctype html><p>the lane")
        came = WebPage("https://x.example/a", at, "text/html", b"<p>a", "200 OK", lines, (("Host", "x"),))
        picture = WebPage("https://x.example/plan.png", at, "image/png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
        return ((kept,), (came,), (kept, picture, came))


def _broken(number: int, fault: Exception) -> Iterator[RecordRefusal]:
    """Say that the file goes no further; a file whose first record is none is no archive at all."""
    if isinstance(fault, ArchiveLoadFailed) and "non-chunked gzip" in str(fault):
        why = (
            "it is packed as one piece; pack it record by record (`warcio recompress`), or bring it unpacked"
        )
        raise NotAnArchive("one-piece", why) from None
    if not number:
        raise NotAnArchive("not-warc", "it is no WARC file; bring the file that the tool wrote") from None
    why = "the file cannot be read any further; it may be cut off: ask for another copy"
    yield RecordRefusal(number + 1, "damaged", why)


def _cut_off(stream: BinaryIO, last: tuple[int, int]) -> bool:
    """Whether a file ends before its last record does: the library takes what there is for all."""
    stream.seek(last[0])
    if stream.read(len(PACKED)) != PACKED:
        stream.seek(sum(last))
        return bool(stream.read(PIECE).strip())  # the head of a record that never came
    stream.seek(last[0])
    member = zlib.decompressobj(zlib.MAX_WBITS | 16)
    while not member.eof and (piece := member.unconsumed_tail or stream.read(PIECE // 16)):
        member.decompress(piece, PIECE)
    return not member.eof or bool((member.unused_data + stream.read(1)).strip(b"\0"))


def _payload(stream: Any, most: int) -> tuple[int, str]:
    digest, size = sha256(), 0
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > most:
            why = f"its records unpack to over {MOST_BYTES >> 20} MiB; bring the part that matters"
            raise NotAnArchive("too-large", why)
        digest.update(piece)
    return size, digest.hexdigest()


def _told(number: int, record: Any, archive: ArchiveIterator, size: int, digest: str) -> WebRecord:
    def header(name: str) -> str:
        return str(record.rec_headers.get_header(name) or "")[:LONGEST]

    lines = record.http_headers
    status = lines.get_statuscode() if lines and record.rec_type in PAGES else ""
    kind = lines.get_header("Content-Type") if lines else record.rec_headers.get_header("Content-Type")
    sound = record.digest_checker.passed if record.digest_checker else None
    return WebRecord(
        number,
        str(record.rec_type or "")[:40],
        header("WARC-Target-URI").strip("<>"),
        header("WARC-Date")[:40],
        str(kind or "").partition(";")[0].strip()[:100],
        int(status) if status and status.isdigit() and len(status) == 3 else None,
        size,
        digest,
        sound,
        int(archive.get_record_offset()),
        int(archive.get_record_length()),
    )


def _line(text: str) -> str:
    """Return a text as one line of ASCII: a line's end in it would begin a line of its own."""
    return quote(" ".join(text.split()), safe=_ASCII)


def _lines(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(_line(name), _line(value)) for name, value in headers]


def _write(writer: WARCWriter, page: WebPage) -> None:
    address = quote(page.address.strip(), safe=_URI)
    told = {"WARC-Date": _iso(page.at)}
    if page.status_line:
        answer = StatusAndHeaders(_line(page.status_line), _lines(page.headers), protocol="HTTP/1.1")
        record = writer.create_warc_record(
            address,
            "response",
            payload=io.BytesIO(page.body),
            length=len(page.body),
            http_headers=answer,
            warc_headers_dict=told,
        )
        writer.write_record(record)
        parts = urlsplit(address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        asked = StatusAndHeaders(f"GET {target} HTTP/1.1", _lines(page.asked), is_http_request=True)
        same = {**told, "WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID")}
        writer.write_record(
            writer.create_warc_record(address, "request", http_headers=asked, warc_headers_dict=same)
        )
        return
    writer.write_record(
        writer.create_warc_record(
            address,
            "resource",
            payload=io.BytesIO(page.body),
            length=len(page.body),
            warc_content_type=_line(page.media_type),
            warc_headers_dict=told,
        )
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def listed(stream: BinaryIO, told: dict[str, Any]) -> dict[str, Any]:
    """Return what a limited process says of a WARC file: counts, and up to ``most`` of its pages."""
    return summed(WARC().read(stream), int(told["most"]))


def summed(records: Iterable[WebRecord | RecordRefusal], most: int) -> dict[str, Any]:
    """Return counts, pages and refusals as plain values, or the refusal of the whole."""
    count = unsound = 0
    pages: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    try:
        for one in records:
            if isinstance(one, RecordRefusal):
                refused.append(asdict(one))
                continue
            count += 1
            unsound += one.sound is False
            if one.type in PAGES and len(pages) < most:
                pages.append(asdict(one))
    except NotAnArchive as fault:
        return {"not": {"code": fault.code, "reason": fault.reason}}
    return {"records": count, "unsound": unsound, "pages": pages, "refused": refused[:MOST_TOLD]}
