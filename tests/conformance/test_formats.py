"""Every installed hash-list format reads its own samples and, where it writes, reads back what it wrote."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from entente import plugins
from entente.formats import ListFormat, ListRefused, ReadOptions
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES, HashEntry, RecordRefusal

FORMATS = [f for f in plugins.formats().values() if isinstance(f, ListFormat)]
SAMPLES = [(f, e) for f in FORMATS for e in f.examples()]
WRITERS = [f for f in FORMATS if hasattr(f, "write")]


def test_the_hash_list_formats_of_the_house_are_found_like_a_strangers() -> None:
    ours = {"vics", "icse", "hashlist", "misp", "stix", "caseuco", "nsrl"}
    assert ours <= {f.name for f in FORMATS}


@pytest.mark.parametrize("chosen", FORMATS, ids=lambda f: f.name)
def test_a_format_says_what_is_lost_and_gives_samples(chosen: ListFormat) -> None:
    assert chosen.losses
    assert all(text.endswith(".") for text in chosen.losses)
    assert chosen.examples()


@pytest.mark.parametrize(("chosen", "sample"), SAMPLES, ids=lambda v: getattr(v, "name", ""))
def test_a_sample_reads_as_it_says(chosen, sample) -> None:
    records = list(chosen.read(io.BytesIO(sample.data), sample.options))
    assert tuple(r for r in records if isinstance(r, HashEntry)) == sample.entries
    refusals = [r for r in records if isinstance(r, RecordRefusal)]
    assert tuple(r.code for r in refusals) == sample.refusals
    assert all(r.line > 0 and r.reason for r in refusals)


@pytest.mark.parametrize(("chosen", "sample"), SAMPLES, ids=lambda v: getattr(v, "name", ""))
def test_no_format_lets_the_hash_of_an_empty_file_through(chosen, sample) -> None:
    for record in chosen.read(io.BytesIO(sample.data), sample.options):
        if isinstance(record, HashEntry):
            assert EMPTY_FILE_HASHES.isdisjoint((record.md5, record.sha1, record.sha256))


@pytest.mark.parametrize(("chosen", "sample"), SAMPLES, ids=lambda v: getattr(v, "name", ""))
@pytest.mark.parametrize("sign", ["0", "f"])
def test_no_format_lets_a_value_through_that_stands_for_none(chosen, sample, sign) -> None:
    data, entries = sample.data, [e for e in sample.entries if not e.deleted or e.md5 or e.sha1 or e.sha256]
    for entry in entries:
        for value in (entry.md5, entry.sha1, entry.sha256, entry.pdq, *(f.pdq for f in entry.frames)):
            if value:
                blank = (sign * len(value)).encode()
                data = data.replace(value.encode(), blank).replace(value.upper().encode(), blank)
    records = list(chosen.read(io.BytesIO(data), sample.options))
    left = [r for r in records if isinstance(r, HashEntry)]
    assert all(r.deleted and r.other.get("id") for r in left)  # a deletion that names an id, and no hash
    refused = [r.code for r in records if isinstance(r, RecordRefusal)]
    assert sum(code.startswith("blank-") for code in refused) >= len(entries)
    assert refused.count("no-hash") >= len(entries)


@pytest.mark.parametrize(("chosen", "sample"), SAMPLES, ids=lambda v: getattr(v, "name", ""))
def test_a_list_cut_short_anywhere_gives_what_was_whole_and_never_crashes(chosen, sample) -> None:
    whole = set(map(repr, sample.entries))
    for cut in range(len(sample.data)):
        try:
            records = list(chosen.read(io.BytesIO(sample.data[:cut]), sample.options))
        except ListRefused as fault:
            assert len(fault.reason.split()) > 4
            continue
        whole_ones = [r for r in records if isinstance(r, HashEntry) and repr(r) in whole]
        assert len(whole_ones) <= len(sample.entries)


@pytest.mark.parametrize("chosen", WRITERS, ids=lambda f: f.name)
def test_what_a_format_writes_it_reads_back(chosen) -> None:
    entry = HashEntry(
        1, "0cc175b9c0f1b6a831c399e269772661", pdq="0f" * 32, category="2", size=9, series="Lake"
    )
    out = io.BytesIO()
    assert chosen.write({"CaseNumber": "OP-1"}, [entry], out) == 1
    out.seek(0)
    (back,) = chosen.read(out, ReadOptions())
    lost = {name: getattr(HashEntry(1), name) for name in getattr(chosen, "unwritten", ())}
    assert replace(back, line=1, other={}) == replace(entry, **lost)
