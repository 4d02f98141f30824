"""WARC and WACZ: what warcio writes is read, what is written warcio reads, and what is hostile is refused."""

from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from datetime import UTC, datetime

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from entente.evidence.open import Through, told
from entente.formats.wacz import WACZ
from entente.formats.warc import PAGES, WARC, NotAnArchive, WebPage, WebRecord, summed
from entente.vocabulary.media_hash import RecordRefusal

NOW = datetime(2026, 6, 2, tzinfo=UTC)


def written(pages) -> bytes:
    out = io.BytesIO()
    WARC().write(pages, out, software="Entente", now=NOW)
    return out.getvalue()


def packed(warc: bytes) -> bytes:
    out = io.BytesIO()
    records = [r for r in WARC().read(io.BytesIO(warc)) if isinstance(r, WebRecord) and r.type in PAGES]
    WACZ().write(warc, records, out, title="t", software="Entente", now=NOW)
    return out.getvalue()


def of_warcio(*, version="1.0", gzipped=True) -> bytes:
    """A file as the library of the field writes it, with our code nowhere in it."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzipped, warc_version=version)
    writer.write_record(writer.create_warcinfo_record("a.warc.gz", {"software": "another tool"}))
    lines = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
    body = b"<!doctype html><p>a lane"
    writer.write_record(
        writer.create_warc_record(
            "https://x.example/", "response", payload=io.BytesIO(body), length=len(body), http_headers=lines
        )
    )
    writer.write_record(
        writer.create_revisit_record(
            "https://x.example/again",
            "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
            "https://x.example/",
            "2026-06-01T10:00:00Z",
        )
    )
    return out.getvalue()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("gzipped", [True, False])
def test_what_warcio_writes_is_read(version, gzipped):
    data = of_warcio(version=version, gzipped=gzipped)
    rows = list(WARC().read(io.BytesIO(data)))
    assert [r.type for r in rows] == ["warcinfo", "response", "revisit"]
    page = rows[1]
    assert (page.address, page.status, page.media_type, page.size) == (
        "https://x.example/",
        200,
        "text/html",
        24,
    )
    assert page.sound is True
    alone = data[page.offset : page.offset + page.length]
    assert (
        next(iter(ArchiveIterator(io.BytesIO(alone)))).content_stream().read() == b"<!doctype html><p>a lane"
    )


@pytest.mark.parametrize("pages", WARC().examples())
def test_what_is_written_warcio_reads_and_nothing_is_lost_but_what_losses_says(pages):
    rows = [
        (r.rec_headers.get_header("WARC-Target-URI"), r.rec_headers.get_header("WARC-Date"), r.rec_type,
         r.http_headers.headers if r.http_headers else None, r.raw_stream.read(), r.digest_checker.passed)
        for r in ArchiveIterator(io.BytesIO(written(pages)), check_digests=True)
    ]  # fmt: skip
    assert rows[0][2] == "warcinfo" and all(r[5] is not False for r in rows)
    found = [r for r in rows if r[2] in PAGES]
    assert [(r[0], r[4]) for r in found] == [(p.address, p.body) for p in pages]
    assert all(r[1] == "2026-06-01T10:00:00.250000Z" for r in found)
    assert [r[3] for r in found] == [list(p.headers) if p.status_line else None for p in pages]
    assert WARC().losses and WACZ().losses


@pytest.mark.parametrize("pages", WARC().examples())
def test_a_wacz_holds_the_file_as_it_was_with_digests_and_an_index_that_leads_to_each_page(pages):
    warc = written(pages)
    data = packed(warc)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.read("archive/data.warc.gz") == warc
        package = json.loads(file.read("datapackage.json"))
        lines = file.read("indexes/index.cdxj").decode().splitlines()
        listed = file.read("pages/pages.jsonl").decode().splitlines()
    assert package["wacz_version"] == "1.1.1" and len(package["resources"]) == 3
    assert lines == sorted(lines) and json.loads(listed[0])["format"] == "json-pages-1.0"
    for line in lines:
        told = json.loads(line.split(" ", 2)[2])
        start, length = int(told["offset"]), int(told["length"])
        (record,) = ArchiveIterator(io.BytesIO(warc[start : start + length]))
        assert record.rec_headers.get_header("WARC-Target-URI") == told["url"]
    rows = list(WACZ().read(io.BytesIO(data)))
    assert not [r for r in rows if isinstance(r, RecordRefusal)]
    assert [r.address for r in rows if r.type in PAGES] == [p.address for p in pages]


def test_an_address_or_a_line_from_outside_cannot_begin_a_line_of_its_own():
    lines = (("X-A", "b\r\nWARC-Type: warcinfo"), ("Content-Type", "text/html; è"))
    address = "https://x.example/è\r\nWARC-Date: 1999-01-01T00:00:00Z"
    data = written([WebPage(address, NOW, "text/html", b"<p>", "200 OK", lines)])
    (page,) = [r for r in WARC().read(io.BytesIO(data)) if r.type == "response"]
    assert page.address == "https://x.example/%C3%A8%0D%0AWARC-Date:%201999-01-01T00:00:00Z"
    assert (page.at[:4], page.sound) == ("2026", True)


def test_an_address_that_is_none_has_its_line_in_the_index():
    warc = written([WebPage("http://[no host", NOW, "text/html", b"<p>")])
    with zipfile.ZipFile(io.BytesIO(packed(warc))) as file:
        (line,) = file.read("indexes/index.cdxj").decode().splitlines()
    assert json.loads(line.split(" ", 2)[2])["url"] == "http://[no%20host"


def changed(data: bytes, name: str, new: bytes | None) -> bytes:
    """The ZIP with one part replaced, taken out, or put in."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as made:
        for each in old.namelist():
            if each != name:
                made.writestr(each, old.read(each))
        if new is not None:
            made.writestr(name, new)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "new", "codes"),
    [
        ("pages/pages.jsonl", b"{}", ["changed"]),
        ("pages/pages.jsonl", None, ["missing"]),
        ("extra.html", b"<p>", ["unlisted"]),
        ("datapackage-digest.json", b"{}", ["bad-digest", "no-digest"]),
        ("datapackage-digest.json", b'{"hash": "sha256:00"}', ["changed"]),
    ],
)
def test_a_part_that_is_not_what_the_list_says_is_told(name, new, codes):
    rows = WACZ().read(io.BytesIO(changed(packed(written(WARC().examples()[0])), name, new)))
    assert [r.code for r in rows if isinstance(r, RecordRefusal)] == codes


GOOD = written(WARC().examples()[2])
PLAIN = gzip.decompress(GOOD)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty"), (b"no archive at all" * 20, "not-warc"), (gzip.compress(PLAIN, mtime=0), "one-piece"),
     (b"WARC/1.0\r\n", "not-warc"), (gzip.compress(b"hello", mtime=0), "not-warc")],
)  # fmt: skip
def test_what_is_no_archive_is_refused_whole(data, code):
    with pytest.raises(NotAnArchive) as refused:
        list(WARC().read(io.BytesIO(data)))
    assert refused.value.code == code


@pytest.mark.parametrize("data", [GOOD[:-3], GOOD[:-60], GOOD[:400], PLAIN[:-60], GOOD + b"\0\0x"])
def test_a_file_that_was_cut_off_says_so_and_keeps_what_came_before(data):
    rows = list(WARC().read(io.BytesIO(data)))
    assert isinstance(rows[0], WebRecord) and isinstance(rows[-1], RecordRefusal)


def test_a_page_that_was_changed_is_not_what_its_digest_says():
    said = summed(WARC().read(io.BytesIO(PLAIN.replace(b"the lane", b"the Lane"))), 9)
    assert said["unsound"] == 1 and said["pages"][0]["sound"] is False


def test_what_unpacks_to_far_more_than_it_is_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("datapackage.json", b"{}")
        file.writestr("archive/data.warc", b"\0" * (64 << 20))
    with pytest.raises(NotAnArchive, match="far more"):
        list(WACZ().read(io.BytesIO(out.getvalue())))


def test_a_stack_of_braces_or_a_broken_list_is_no_wacz():
    good = packed(GOOD)
    for text in (b"[" * 100_000, b"[]", b'{"resources": [1]}', b"\xff"):
        with pytest.raises(NotAnArchive, match="list of parts"):
            list(WACZ().read(io.BytesIO(changed(good, "datapackage.json", text))))


def test_the_limited_process_reads_both_and_a_bomb_ends_only_itself():
    def ask(data: bytes, form: str):
        fd = os.memfd_create("archive")
        os.write(fd, data)
        try:
            return told(fd, Through(f"entente.formats.{form}:listed", {"most": 1}), limit_s=20)
        finally:
            os.close(fd)

    said = ask(of_warcio(), "warc").data["told"]
    assert (said["records"], len(said["pages"]), said["refused"]) == (3, 1, [])
    assert ask(packed(GOOD), "wacz").data["told"]["records"] == 5
    head = b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: 3000000000\r\n\r\n"
    bomb = gzip.compress(head + b"\0" * (40 << 20))
    said = ask(bomb, "warc")
    assert said.refusal or said.data["told"].get("refused") or said.data["told"].get("not")
    assert ask(of_warcio(), "warc").data["told"]["records"] == 3
