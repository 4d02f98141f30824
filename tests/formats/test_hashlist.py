"""Plain lists: hashes by column name or length, and no guess between SHA-256 and PDQ."""

from __future__ import annotations

import io

import pytest

from entente.formats import ListRefused, ReadOptions
from entente.formats.hashlist import PlainList
from entente.formats.lines import LONGEST
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

MD5, SHA1, LONG = "ab" * 16, "cd" * 20, "1f" * 32


def _read(text: str | bytes, **options: str) -> list[HashEntry | RecordRefusal]:
    data = text.encode() if isinstance(text, str) else text
    return list(PlainList.read(io.BytesIO(data), ReadOptions(**options)))


def test_bare_hashes_are_known_by_length() -> None:
    first, second = _read(f"{MD5.upper()}\n\n{SHA1}\n")
    assert (first.md5, second.sha1, second.line) == (MD5, SHA1, 3)


def test_bare_lines_of_64_digits_need_their_kind() -> None:
    with pytest.raises(ListRefused, match="sha256 or pdq"):
        _read(LONG)
    assert _read(LONG, kind="pdq")[0].pdq == LONG
    assert _read(LONG, kind="sha256")[0].sha256 == LONG


def test_a_column_name_tells_pdq_from_sha256() -> None:
    (entry,) = _read(f"PDQ;SHA-256\n{LONG};{LONG[::-1]}")
    assert (entry.pdq, entry.sha256) == (LONG, LONG[::-1])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    (entry,) = _read(delimiter.join(("name", "md5", "sha1")) + "\n" + delimiter.join(("a.jpg", MD5, SHA1)))
    assert (entry.paths, entry.md5, entry.sha1) == (("a.jpg",), MD5, SHA1)


def test_a_delimiter_that_is_given_is_used() -> None:
    (entry,) = _read(f"md5^category\n{MD5}^2", delimiter="^")
    assert (entry.md5, entry.category) == (MD5, "2")


def test_typed_lines_and_comments_are_read() -> None:
    records = _read(f"# from a partner\npdq {LONG}\nvideo_md5 {MD5}\nurl x\nmd5 {SHA1}\n")
    assert [getattr(r, "pdq", None) or getattr(r, "md5", None) or r.code for r in records] == [
        LONG,
        MD5,
        "unknown-type",
        "bad-md5",
    ]


def test_a_checksum_file_keeps_its_paths() -> None:
    (entry,) = _read(f"{LONG}  a lake, at night.jpg\n")
    assert (entry.sha256, entry.paths) == (LONG, ("a lake, at night.jpg",))


def test_refusals_carry_their_line_and_others_are_kept() -> None:
    records = _read(f'{MD5}\nnothing\n"{MD5}\n{"a" * (LONGEST + 5)}\n{SHA1}\n')
    assert [(r.line, getattr(r, "code", "")) for r in records] == [
        (1, ""),
        (2, "no-hash"),
        (3, "broken"),
        (4, "too-long"),
        (5, ""),
    ]


def test_a_deleted_entry_is_marked() -> None:
    (entry,) = _read(f"md5,deleted\n{MD5},yes")
    assert entry.deleted


@pytest.mark.parametrize("data", [b"", b"\n", b"#\n", b"\xef\xbb\xbf"])
def test_an_empty_list_has_no_record(data: bytes) -> None:
    assert _read(data) == []


def test_a_local_list_of_threatexchange_reads_as_its_own_reader_does(tmp_path) -> None:
    api = pytest.importorskip(
        "threatexchange.exchanges.impl.file_api", reason="threatexchange is not installed"
    )
    pdq = pytest.importorskip("threatexchange.signal_type.pdq.signal").PdqSignal
    md5 = pytest.importorskip("threatexchange.signal_type.md5").VideoMD5Signal
    path = tmp_path / "signals.txt"
    first, second = "f8f8f0cce0f4e84d0e370a22028f67f0" * 2, "0cc175b9c0f1b6a831c399e269772661"
    path.write_text(f"pdq {first}\nvideo_md5 {second}\n")
    config = api.FileCollaborationConfig(name="ours", filename=str(path))
    theirs = next(iter(api.LocalFileSignalExchangeAPI.for_collab(config).fetch_iter([pdq, md5], None)))
    with path.open("rb") as stream:
        ours = [("pdq", e.pdq) if e.pdq else ("video_md5", e.md5) for e in PlainList.read(stream)]
    assert set(theirs.updates) == set(ours)
