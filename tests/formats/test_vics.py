"""VICS: every trap that other tools have met, and a broken record that takes no other with it."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from entente.formats import ListRefused, ReadOptions
from entente.formats.vics import VICS
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES, HashEntry, RecordRefusal

OLD = "http://github.com/ICMEC/ProjectVic/DataModels/{}.xml#{}"
NEW = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#{}"


def _md5(n: int) -> str:
    return f"{n + 1:032X}"


def _set(*media: object, profile: str = "US") -> bytes:
    return json.dumps({"@odata.context": NEW.format(profile, "Media"), "value": list(media)}).encode()


def _read(data: bytes, **options: str) -> tuple[list[HashEntry], list[RecordRefusal]]:
    records = list(VICS.read(io.BytesIO(data), ReadOptions(**options)))
    return (
        [r for r in records if isinstance(r, HashEntry)],
        [r for r in records if isinstance(r, RecordRefusal)],
    )


def _one(**fields: object) -> HashEntry:
    (entry,), _ = _read(_set({"MD5": _md5(0), **fields}))
    return entry


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_older_envelopes_are_read_with_and_without_a_byte_order_mark(version: str, mark: bytes) -> None:
    body = {"odata.metadata": OLD.format(version, "Media"), "value": [{"odata.id": "x", "MD5": _md5(1)}]}
    entries, refusals = _read(mark + json.dumps(body).encode(), profile="UK")
    assert [e.md5 for e in entries] == [_md5(1).lower()]
    assert (entries[0].other["profile"], refusals) == ("UK", [])


@pytest.mark.parametrize("profile", ["US", "UK", "Default", "CUSTOM"])
def test_a_case_file_gives_the_records_of_all_its_cases(profile: str) -> None:
    cases = [
        {"CaseID": "{a}", "Media": [{"MD5": _md5(1)}, {"MD5": _md5(2)}], "TotalMediaFiles": 9},
        {"CaseID": "b", "Media": []},
        {"CaseNumber": "{c", "Media": [{"MD5": _md5(3)}]},
    ]
    body = json.dumps({"@odata.context": NEW.format(profile, "Cases"), "value": cases}, indent=1)
    entries, refusals = _read(body.encode())
    assert [int(e.md5, 16) for e in entries] == [2, 3, 4]
    assert [body.splitlines()[e.line - 1].strip() for e in entries] == ["{"] * 3
    assert refusals == []


@pytest.mark.parametrize(
    ("wire", "meant"),
    [
        (True, True),
        ("true", True),
        ("True", True),
        (None, None),
        (False, False),
        ("false", False),
        ("False", False),
    ],
)
def test_a_flag_means_what_it_says_in_every_spelling(wire: object, meant: bool | None) -> None:
    assert _one(VictimIdentified=wire).victim_identified is meant


def test_all_paths_of_one_file_are_kept_once_each() -> None:
    rows = [
        {"MD5": _md5(0), "FileName": f"{n % 116}.jpg", "FilePath": f"\\DCIM\\{n % 116}.jpg"}
        for n in range(232)
    ]
    entry = _one(RelativeFilePath="files\\a.jpg", MediaFiles=rows)
    assert len(entry.paths) == 117
    assert entry.paths[:2] == ("files\\a.jpg", "\\DCIM\\0.jpg")


@pytest.mark.parametrize(
    ("wire", "meant"),
    [
        ("2020-05-02T10:00:00Z", "2020-05-02T10:00:00+00:00"),
        ("2020-05-02T10:00:00+00:00Z", "2020-05-02T10:00:00+00:00"),
        ("/Date(1588413600000)/", "2020-05-02T10:00:00+00:00"),
        ("5/2/2020 10:00:00 AM", "2020-05-02T10:00:00"),
        ("yesterday", None),
    ],
)
def test_moments_are_read_in_every_spelling_and_none_is_guessed(wire: str, meant: str | None) -> None:
    assert _one(DateUpdated=wire).other.get("DateUpdated") == meant


@pytest.mark.parametrize(
    ("value", "kept"), [("A" * 192, True), ("0f" * 144, True), ("A" * 191, False), ("!" * 192, False)]
)
def test_an_invalid_photodna_is_left_out_and_its_record_kept(value: str, kept: bool) -> None:
    row = {"MD5": _md5(0), "HashName": "PhotoDNA", "HashValue": value}
    entries, refusals = _read(_set({"MD5": _md5(0), "AlternativeHashes": [row]}))
    assert [e.photodna for e in entries] == [value if kept else ""]
    assert [r.code for r in refusals] == ([] if kept else ["bad-photodna"])


@pytest.mark.parametrize("empty", sorted(EMPTY_FILE_HASHES))
def test_the_hash_of_an_empty_file_is_left_out_and_said(empty: str) -> None:
    field = {32: "MD5", 40: "SHA1", 64: "SHA256"}[len(empty)]
    entries, refusals = _read(_set({"MD5": _md5(0), field: empty.upper()}))
    assert (entries, [r.code for r in refusals]) == ([], ["empty-file"])


def test_only_the_category_is_a_verdict_and_null_is_none() -> None:
    assert _one(Category=None, IsPrecategorized="true").category == ""
    assert _one(Category=0).category == "0"


def test_a_size_written_as_text_is_a_number() -> None:
    assert _one(MediaSize="35002").size == 35002
    assert _one(MediaSize="-1").size is None


def test_a_profile_that_nobody_named_is_refused_instead_of_guessed() -> None:
    for data in (
        _set({"MD5": _md5(0)}, profile="XX"),
        json.dumps({"odata.metadata": OLD.format("1.3", "Media")}).encode(),
    ):
        with pytest.raises(ListRefused, match="name the profile"):
            _read(data)
    assert _read(_set({"MD5": _md5(0)}, profile="XX"), profile="XX")[0]


def test_a_profile_that_contradicts_the_file_is_refused() -> None:
    with pytest.raises(ListRefused, match="profile is US, not UK"):
        _read(_set({"MD5": _md5(0)}), profile="UK")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"value":[]}', b"md5\n", b'{"odata.metadata":"x","value":[]}']
)
def test_what_is_no_vics_is_refused(data: bytes) -> None:
    with pytest.raises(ListRefused):
        _read(data)


BREAKS = {
    "an unescaped quote": ('"Tags": "t"', '"Tags": "a"b"'),
    "a doubled quote": ('"Tags": "t"', '"Tags": "true""'),
    "a lone backslash": ('"Tags": "t"', '"Tags": "C:\\dir"'),
    "a raw tab": ('"Tags": "t"', '"Tags": "a\tb"'),
    "a missing closing quote": ('"Tags": "t"', '"Tags": "t'),
    "a missing brace": ('"Tags": "t"}', '"Tags": "t"'),
    "an unclosed list": ('"FilePath": "p"}]', '"FilePath": "p"}'),
    "a missing value": ('"Tags": "t"', '"Tags": '),
    "a number beyond measure": ('"Tags": "t"', '"Tags": ' + "9" * 5000),
    "nesting beyond measure": ('"Tags": "t"', '"Tags": ' + "[" * 100_000),
}


@pytest.mark.parametrize("kind", ["Media", "Cases"])
@pytest.mark.parametrize("separator", [",\n", ","])
@pytest.mark.parametrize("fault", BREAKS)
def test_a_broken_record_is_reported_with_its_place_and_all_others_are_kept(
    fault: str, separator: str, kind: str
) -> None:
    rows = [{"MD5": _md5(0), "FileName": "p", "FilePath": "p"}]
    records = [json.dumps({"MD5": _md5(n), "MediaFiles": rows, "Tags": "t"}) for n in range(1000)]
    good, bad = BREAKS[fault]
    assert good in records[500]
    records[500] = records[500].replace(good, bad)
    body = separator.join(records)
    inner = body if kind == "Media" else f'{{"CaseID":"{{a}}","Media":[{body}]}}'
    data = f'{{"@odata.context":"{NEW.format("US", kind)}","value":[{inner}]}}'
    entries, refusals = _read(data.encode())
    assert [int(e.md5, 16) - 1 for e in entries] == [n for n in range(1000) if n != 500]
    assert [r.code for r in refusals] == ["broken"]
    start = data.index(records[500]) + 1
    line = 501 if separator == ",\n" else 1
    assert f"line {line}, character {start}" in refusals[0].reason
    assert refusals[0].line == line


def test_a_file_that_ends_early_keeps_what_was_read_and_says_so() -> None:
    data = _set(*({"MD5": _md5(n)} for n in range(10)))
    entries, refusals = _read(data[: data.index(_md5(9).encode())])
    assert len(entries) == 9
    assert [r.code for r in refusals] == ["broken"]
    assert [r.code for r in _read(data[:-2])[1]] == ["truncated"]


def test_a_record_without_any_valid_hash_is_refused() -> None:
    assert [r.code for r in _read(_set({"MD5": "xyz", "MediaID": 1}))[1]] == ["bad-md5", "no-hash"]


def test_a_written_case_is_read_back_the_same() -> None:
    entries, _ = _read(
        _set(
            *(
                {"MD5": _md5(n), "SHA1": "a" * 40, "Category": n, "MediaSize": n, "Tags": "è"}
                for n in range(5)
            )
        )
    )
    out = io.BytesIO()
    assert VICS.write({"CaseNumber": "OP-1"}, entries, out, profile="US") == 5
    body = json.loads(out.getvalue())
    assert body["value"][0]["CaseNumber"] == "OP-1"
    back, refusals = _read(out.getvalue())
    assert refusals == []
    assert [(e.md5, e.sha1, e.category, e.size, e.tags) for e in back] == [
        (e.md5, e.sha1, e.category, e.size, e.tags) for e in entries
    ]


def test_a_record_without_md5_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="no MD5"):
        VICS.write({}, [HashEntry(4, sha1="a" * 40)], io.BytesIO())


def _written(entries, **how: str) -> bytes:
    out = io.BytesIO()
    VICS.write({"CaseNumber": "OP-1"}, entries, out, **how)
    return out.getvalue()


@pytest.mark.parametrize("holds", ["Cases", "Media"])
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3", "2.0"])
def test_every_version_is_written_as_a_case_and_as_a_set_and_reads_back(version: str, holds: str) -> None:
    given = HashEntry(
        1, _md5(1).lower(), "a" * 40, photodna="A" * 192, category="2", size=9, tags="è", mime="image"
    )
    data = _written([given], profile="US", version=version, holds=holds)
    (back,), refusals = _read(data, profile="US")
    assert refusals == []
    assert (back.photodna, back.category, back.size, back.tags, back.mime) == (
        "A" * 192,
        "2",
        9,
        "è",
        "image",
    )
    assert (back.other["model"], back.other["profile"]) == (version, "US")
    body = json.loads(data)
    assert ("@odata.context" in body) == (version == "2.0")
    media = body["value"][0]["Media"][0] if holds == "Cases" else body["value"][0]
    assert isinstance(media["MediaSize"], str) == (version == "1.2")


@pytest.mark.parametrize(
    ("wire", "again"), [(2, 2), ("2", 2), ("A", "A"), ("02", "02"), (None, None), (0, 0)]
)
def test_a_category_goes_out_as_it_came_in(wire: object, again: object) -> None:
    data = _written([_one(Category=wire)], profile="US")
    assert json.loads(data)["value"][0]["Media"][0]["Category"] == again


@pytest.mark.parametrize(("profile", "version"), [("UK", "2.0"), ("Default", "2.0"), ("US", "1.3")])
def test_a_category_is_never_translated_to_another_profile_or_model(profile: str, version: str) -> None:
    with pytest.raises(ValueError, match=r"bears category 0 of US .*no category is translated"):
        _written([_one(Category=0)], profile=profile, version=version)
    assert _written([_one(Category=None)], profile=profile, version=version)


def test_every_entry_of_one_file_is_kept_with_its_own_paths() -> None:
    paths = [f"DCIM\\{n}.jpg" for n in range(116)]
    entries, refusals = _read(_set(*({"MD5": _md5(0), "RelativeFilePath": p} for p in paths)))
    assert refusals == []
    assert [e.paths for e in entries] == [(p,) for p in paths]


def test_known_software_in_the_caid_shape_keeps_its_foreign_category() -> None:
    body = {"odata.metadata": OLD.format("1.2", "Media"), "value": [{"MD5": _md5(1), "Category": 8}]}
    (entry,), _ = _read(json.dumps(body).encode(), profile="UK")
    assert (entry.category, entry.other["profile"], entry.other["model"]) == ("8", "UK", "1.2")


def test_the_noise_of_the_older_models_is_passed_over() -> None:
    noise = {"odata.id": 'Media("x")', "odata.editLink": "x", "Exifs@odata.navigationLinkUrl": "x"}
    assert _one(**noise) == _one()


@pytest.mark.slow
def test_two_hundred_thousand_records_are_read_in_bounded_memory(tmp_path) -> None:
    path = tmp_path / "list.json"
    with path.open("w") as out:
        out.write(f'{{"@odata.context":"{NEW.format("US", "Media")}","value":[')
        for n in range(200_000):
            out.write(("," if n else "") + json.dumps({"MD5": _md5(n), "Tags": "t" * 300}))
        out.write("]}")
    # VmHWM starts anew at exec; getrusage would carry the test runner's own memory over.
    script = (
        "import sys; from entente.formats.vics import VICS\n"
        "print(sum(1 for _ in VICS.read(open(sys.argv[1],'rb'))))\n"
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')][0])"
    )
    done = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    count, kilobytes = map(int, done.stdout.split())
    assert count == 200_000
    assert kilobytes < 60_000
