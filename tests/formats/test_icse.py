"""ICSE CSV: the header is the reference, flags are words, a broken line takes no other with it."""

from __future__ import annotations

import io

import pytest

from entente.formats import ListRefused
from entente.formats.icse import HEADER, ICSE
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

MD5 = "ab" * 16


def _read(*rows: str, header: str = HEADER) -> list[HashEntry | RecordRefusal]:
    return list(ICSE.read(io.BytesIO("\n".join((header, *rows)).encode())))


@pytest.mark.parametrize(
    ("wire", "meant"),
    [(w, False) for w in ("n", "no", "f", "false", "NO")]
    + [(w, True) for w in ("y", "yes", "t", "True")]
    + [("", None)],
)
def test_each_flag_word_is_read(wire: str, meant: bool | None) -> None:
    (entry,) = _read(f"{MD5};;;;{wire};;;;;;;")
    assert entry.distributed is meant


def test_columns_are_found_by_name_in_any_order_and_extra_ones_are_passed_over() -> None:
    (entry,) = _read(f"7;x;Lake;{MD5}", header="Image ID;Colour;Series name;MD5")
    assert (entry.md5, entry.series, entry.other) == (MD5, "Lake", {"image id": "7"})


def test_an_open_quote_damages_its_own_line_only() -> None:
    first, second = _read(f'{MD5};;;"open;;;;;;;;', f"{MD5};;;;;;;;;;;")
    assert (first.code, first.line) == ("broken", 2)
    assert (second.md5, second.line) == (MD5, 3)


def test_the_hash_of_an_empty_file_is_left_out() -> None:
    (refusal,) = _read("D41D8CD98F00B204E9800998ECF8427E;;;;;;;;;;;")
    assert refusal.code == "empty-file"


def test_a_file_without_a_hash_column_is_refused() -> None:
    with pytest.raises(ListRefused, match="no MD5 or SHA1 column"):
        _read("a;b", header="name;size")


def test_a_list_saved_as_utf_16_is_read() -> None:
    data = f"{HEADER}\r\n{MD5};;;;;;;Étang;;;;\r\n".encode("utf-16")
    (entry,) = ICSE.read(io.BytesIO(data))
    assert (entry.md5, entry.series) == (MD5, "Étang")


@pytest.mark.parametrize(("value", "kept"), [("A" * 192, True), ("0f" * 144, True), ("A" * 100, False)])
def test_a_photodna_is_144_bytes_or_left_out_and_its_record_kept(value: str, kept: bool) -> None:
    told = _read(f"{MD5};;{value};;;;;;;;;yes")
    (entry,) = [r for r in told if isinstance(r, HashEntry)]
    assert (entry.photodna, entry.other["baseline"]) == (value if kept else "", "yes")
    assert [r.code for r in told if isinstance(r, RecordRefusal)] == ([] if kept else ["bad-photodna"])
