"""MISP, STIX, CASE and NSRL: what their partners' traps look like, and that a fault costs one record."""

from __future__ import annotations

import io
import json
import sqlite3

import pytest

from entente.formats import ListRefused, ReadOptions
from entente.formats.caseuco import CASEUCO
from entente.formats.misp import MISP
from entente.formats.nsrl import HEADER, NSRL
from entente.formats.stix import STIX
from entente.vocabulary.media_hash import HashEntry

MD5, SHA1 = "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
SHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def read(chosen, text):
    data = text if isinstance(text, bytes) else text.encode()
    return list(chosen.read(io.BytesIO(data), ReadOptions()))


def entries(records):
    return [r for r in records if isinstance(r, HashEntry)]


def codes(records):
    return [r.code for r in records if not isinstance(r, HashEntry)]


def bundle(*objects):
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": list(objects)})


@pytest.mark.parametrize("chosen", [MISP, STIX, CASEUCO], ids=lambda f: f.name)
@pytest.mark.parametrize("text", ["", "md5\nabc", "{}", "[]", '{"a": [1, 2]}', "<xml/>", "7"])
def test_what_is_another_thing_is_refused_as_a_whole(chosen, text):
    with pytest.raises(ListRefused, match="this is no") as fault:
        read(chosen, text)
    assert fault.value.code == f"not-{chosen.name}"


def test_a_broken_record_of_a_bundle_costs_that_record_alone():
    good = [
        json.dumps({"type": "file", "id": f"file--{n}", "hashes": {"MD5": f"{n:032x}"}}) for n in (1, 2, 3)
    ]
    text = (
        '{"type": "bundle", "objects": ['
        + ",\n".join([good[0], '{"type": "file", "id": "x"y"}', *good[1:]])
        + "]}"
    )
    records = read(STIX, text)
    assert [e.md5[-1] for e in entries(records)] == ["1", "2", "3"]
    assert codes(records) == ["broken"]
    assert next(r for r in records if not isinstance(r, HashEntry)).line == 2


def test_a_broken_attribute_of_an_event_costs_that_attribute_alone():
    rows = [f'{{"type": "md5", "value": "{n:032x}"}}' for n in (1, 2, 3)]
    rows.insert(1, '{"type": "md5", "value": }')
    text = '{"Event": {"info": "x", "Attribute": [' + ",\n".join(rows) + "]}}"
    records = read(MISP, text)
    assert [e.md5[-1] for e in entries(records)] == ["1", "2", "3"]
    assert codes(records) == ["broken"]


def test_the_spellings_of_a_hash_name_in_stix_are_one():
    names = {"MD5": MD5, "SHA-1": SHA1, "SHA-256": SHA256, "SSDEEP": "3:abc"}
    (entry,) = entries(read(STIX, bundle({"type": "file", "id": "f", "hashes": names})))
    assert (entry.md5, entry.sha1, entry.sha256) == (MD5, SHA1, SHA256)


def test_several_hashes_of_one_pattern_are_one_entry():
    pattern = f"[file:hashes.MD5 = '{MD5}' OR file:hashes.'SHA-256' = '{SHA256}']"
    (entry,) = entries(read(STIX, bundle({"type": "indicator", "id": "i", "pattern": pattern})))
    assert (entry.md5, entry.sha256) == (MD5, SHA256)


def test_an_opinion_after_the_files_is_refused_and_not_lost_silently():
    opinion = {"type": "opinion", "id": "o", "opinion": "strongly-agree", "object_refs": ["f"]}
    file = {"type": "file", "id": "f", "hashes": {"MD5": MD5}}
    (entry,) = entries(read(STIX, bundle(opinion, file)))
    assert (entry.positive, entry.negative) == (1, 0)
    records = read(STIX, bundle(file, opinion))
    assert codes(records) == ["late-opinion"]
    assert entries(records)[0].positive == 0


def test_a_graph_is_read_under_any_prefix_and_with_or_without_an_outer_list():
    node = {
        "@id": "x:1",
        "@type": "http://o/ObservableObject",
        "http://o/hasFacet": {
            "@type": "q:ContentDataFacet",
            "q:hash": {
                "q:hashMethod": {"@type": "v:HashNameVocab", "@value": "SHA256"},
                "q:hashValue": {"@type": "xsd:hexBinary", "@value": SHA256.upper()},
            },
        },
    }
    for text in ({"@context": {}, "@graph": [node]}, [node]):
        (entry,) = entries(read(CASEUCO, json.dumps(text)))
        assert entry.sha256 == SHA256


def test_known_software_of_version_3_is_read_from_its_database(tmp_path):
    path = tmp_path / "rds.db"
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE FILE (sha256, sha1, md5, crc32, file_name, file_size, package_id)")
    rows = [(SHA256, SHA1.upper(), MD5.upper(), "0", "a.dll", 9, 7), ("x", SHA1, None, "0", "b", "n", 8)]
    base.executemany("INSERT INTO FILE VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    base.commit()
    base.close()
    with path.open("rb") as stream:
        records = list(NSRL.read(stream))
    first, second = entries(records)
    assert (first.sha256, first.sha1, first.md5, first.size) == (SHA256, SHA1, MD5, 9)
    assert (second.sha1, second.size, second.line) == (SHA1, None, 2)
    assert codes(records) == ["bad-sha256"]


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE other (a)",
        "CREATE TABLE secret (sha1); CREATE VIEW FILE AS SELECT sha1 FROM secret",
        "CREATE TABLE FILE (name)",
    ],
)
def test_another_database_is_refused(tmp_path, made):
    path = tmp_path / "rds.db"
    base = sqlite3.connect(path)
    base.executescript(made)
    base.close()
    with path.open("rb") as stream, pytest.raises(ListRefused, match="NSRL"):
        list(NSRL.read(stream))


def test_a_full_build_is_read_from_the_table_and_its_view_is_never_run(tmp_path):
    path = tmp_path / "rds.db"
    base = sqlite3.connect(path)
    base.executescript(
        "CREATE TABLE METADATA (object_id, sha256, sha1, md5, bytes); CREATE TABLE secret (sha1, md5);"
        "CREATE VIEW FILE AS SELECT sha1, md5 FROM secret;"
    )
    base.execute("INSERT INTO METADATA VALUES (1, ?, ?, ?, 9)", (SHA256, SHA1.upper(), MD5.upper()))
    base.execute("INSERT INTO secret VALUES (?, ?)", ("b" * 40, "b" * 32))
    base.commit()
    base.close()
    with path.open("rb") as stream:
        (entry,) = list(NSRL.read(stream))
    assert (entry.sha256, entry.sha1, entry.md5, entry.size) == (SHA256, SHA1, MD5, 9)


def test_a_damaged_database_is_refused_or_gives_what_it_still_can(tmp_path):
    path = tmp_path / "rds.db"
    base = sqlite3.connect(path)
    base.execute("CREATE TABLE FILE (sha1, md5)")
    base.executemany(
        "INSERT INTO FILE VALUES (?, ?)", [(f"{n:040x}", f"{n + 1:032x}") for n in range(1, 3000)]
    )
    base.commit()
    base.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with path.open("rb") as stream:
        try:
            records = list(NSRL.read(stream))
        except ListRefused:
            return
    assert codes(records)[-1] == "truncated"


def test_a_special_code_is_never_taken_as_harmless():
    text = f'{HEADER}\n"{SHA1}","{MD5}","0","evil.exe",1,2,"3","M"\n'
    records = read(NSRL, text)
    assert not entries(records)
    assert codes(records) == ["special"]
