"""Traps of partners' documents that others met, where no other test of a format sets them.

The table of every trap with its test stands in docs/formats.md.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

import entente
from entente.formats import ListRefused, ReadOptions
from entente.formats.caseuco import CASEUCO
from entente.formats.cybertip import URGENT
from entente.formats.cybertip_json import read_json
from entente.formats.cybertip_xml import read_xml
from entente.formats.hashlist import PlainList
from entente.formats.icse import HEADER as ICSE_HEADER
from entente.formats.icse import ICSE
from entente.formats.misp_case.writing import CREDIBILITY, RELIABILITY
from entente.formats.ncmec import NCMEC, SPACE
from entente.formats.nsrl import HEADER, NSRL
from entente.formats.stix_case.terms import TLP_IDS
from entente.formats.vics import VICS
from entente.vocabulary.handling import Audience
from entente.vocabulary.media_hash import HashEntry
from tests.formats.test_cybertip import MD5, police, xml
from tests.formats.test_vics import _md5, _one, _read, _set

SHA1, LONG = "cd" * 20, "1f" * 32


def of(chosen, text, **told):
    records = list(chosen.read(io.BytesIO(text.encode()), ReadOptions(**told)))
    entries = [r for r in records if isinstance(r, HashEntry)]
    return entries, [r.code for r in records if not isinstance(r, HashEntry)]


def test_each_trap_of_the_documents_has_the_test_that_they_name() -> None:
    tests = Path(__file__).parents[1]
    table = (tests.parent / "docs" / "formats.md").read_text("utf-8").partition("## The traps")[2]
    named = re.findall(r"`(test_\w+)::(test_\w+)`", table)
    assert len(named) > 40
    for file, name in named:
        (path,) = [p for p in (tests / "formats" / f"{file}.py", tests / "web" / f"{file}.py") if p.is_file()]
        assert f"def {name}(" in path.read_text("utf-8"), name


# --- VICS -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [
    [("GPSLatitude", "12 deg 34'56\""), ("GPSLatitudeRef", "North"), ("GPSLongitude", "9 deg 1'2\"")],
    [("GPS Latitude", "41, 53, 2.44"), ("GPS Longitude", "12, 29, 1.5")],  # no letter of the compass
    [("Lat", "-12.5"), ("Lon", "+9.25")],
])  # fmt: skip
def test_rows_of_exif_make_no_position_whatever_their_spelling(rows) -> None:
    told = [{"MD5": _md5(0), "PropertyName": n, "PropertyValue": v} for n, v in rows]
    assert _one(Exifs=told, MediaMetadata=told) == _one()


def test_a_path_where_the_source_of_a_category_belongs_is_no_path_and_no_verdict() -> None:
    entry = _one(PrecategorizationSource="E:\\files\\a.jpg", IsPrecategorized=True)
    assert (entry.paths, entry.category, entry.other["PrecategorizationSource"]) == (
        (),
        "",
        "E:\\files\\a.jpg",
    )


def test_a_video_s_segments_do_not_pass_for_records_or_for_its_category() -> None:
    row = {"MD5": _md5(0), "SegmentIndex": 1, "Start": "0", "End": "9", "Category": 1}
    entries, refused = _read(_set({"MD5": _md5(0), "Category": 4, "Segments": [row]}))
    assert ([e.category for e in entries], refused) == (["4"], [])


def test_a_deletion_is_not_written_as_an_entry() -> None:
    out = io.BytesIO()
    assert VICS.write({}, [HashEntry(1, "1" * 32, deleted=True), HashEntry(2, "2" * 32)], out) == 1
    assert b"1111" not in out.getvalue()


def test_photodna_is_stored_and_never_compared() -> None:
    room = Path(entente.__file__).parent / "casework"
    naming = {
        str(p.relative_to(room)) for p in room.rglob("*.py") if "photodna" in p.read_text("utf-8").lower()
    }
    assert naming == {"match/service/lists.py", "match/service/keyed.py"}  # kept sealed, and passed on


# --- CASE/UCO, STIX, MISP ---------------------------------------------------------------------------------


def test_a_hash_in_base64_is_none_in_case() -> None:
    hashed = {"uco-types:hashMethod": "MD5", "uco-types:hashValue": "DMF1ufG2qDHDmeJpdyZhg=="}
    facet = {"@type": "uco-observable:ContentDataFacet", "uco-observable:hash": [hashed]}
    node = {"@id": "x:1", "@type": "uco-observable:File", "uco-core:hasFacet": [facet]}
    entries, refused = of(CASEUCO, json.dumps({"@context": {}, "@graph": [node]}))
    assert entries == []
    assert "no-hash" in refused


def test_the_ids_of_tlp_2_are_those_of_oasis() -> None:
    assert {str(a): m.removeprefix("marking-definition--") for a, m in TLP_IDS.items()} == {
        "TLP:CLEAR": "94868c89-83c2-464b-929b-a1a8aa3c8487",
        "TLP:GREEN": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        "TLP:AMBER": "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        "TLP:AMBER+STRICT": "939a9414-2ddd-4d32-a0cd-375ea402b003",
        "TLP:RED": "e828b379-4e03-4974-9ac4-e53a884c97c1",
    }
    assert set(TLP_IDS) == set(Audience)


def test_each_grade_has_its_place_on_the_admiralty_scale() -> None:
    assert {k: str(v) for k, v in RELIABILITY.items()} == {"A": "a", "B": "b", "C": "d", "X": "f"}
    assert {k: str(v) for k, v in CREDIBILITY.items()} == {"1": "1", "2": "2", "3": "3", "4": "6"}


# --- CyberTips --------------------------------------------------------------------------------------------


def test_the_order_of_elements_does_not_matter_to_who_reads() -> None:
    person = "<deviceId><idValue>d1</idValue></deviceId><compromisedAccount>true</compromisedAccount>"
    told = xml(person=person).decode()
    parts = re.findall(r"<(personOrUserReported|internetDetails|victim|incidentSummary)>.*?</\1>", told, re.S)
    assert len(parts) == 4
    summary = re.search(r"<incidentSummary>.*?</incidentSummary>", told, re.S)[0]
    turned = told.replace(summary, "").replace("</report>", f"{summary}</report>")
    assert read_xml(io.BytesIO(turned.encode())) == read_xml(io.BytesIO(told.encode()))


def test_what_is_said_of_a_person_s_accounts_is_read_each_time_that_it_is_said() -> None:
    told = (
        "<displayName>Lake</displayName><displayName>Lac</displayName><profileUrl>https://s.example/1</profileUrl>"
        "<profileUrl>https://s.example/2</profileUrl><priorCTReports>77</priorCTReports>"
        "<priorCTReports>78</priorCTReports><deviceId><idType>IMEI</idType><idValue>d1</idValue></deviceId>"
        '<estimatedLocation verified="false">'
        "<city>Bern</city><region>BE</region><countryCode>CH</countryCode>"
        "</estimatedLocation><compromisedAccount>true</compromisedAccount>"
    )
    person = read_xml(io.BytesIO(xml(person=told))).persons[0]
    assert person.screen_names == ("lake", "Lake", "Lac")
    assert person.profiles == ("https://s.example/1", "https://s.example/2")
    assert (person.prior_reports, person.devices) == (("77", "78"), ("d1",))
    assert (person.country, person.region, person.location_verified) == ("CH", "BE", False)
    assert person.compromised is True


def test_a_reason_for_speed_has_at_most_its_length() -> None:
    for length, kept in ((3000, True), (3001, False)):
        told = police(incidentSummary={"escalateToHighPriority": "x" * length})
        tip = read_json(json.dumps(told).encode())
        assert (len(tip.priority), [r.code for r in tip.refused]) == (
            (length, []) if kept else (0, ["too-long"])
        )


def test_of_a_file_s_details_the_hashes_are_read_and_exif_is_dropped_and_said() -> None:
    rows = "".join(
        f'<nameValuePair type="{kind}"><name>{name}</name><value>{value}</value></nameValuePair>'
        for kind, name, value in (
            ("HASH", "MD5", MD5),
            ("HASH", "SHA1", "short"),
            ("HASH", "PhotoDNA", "x"),
            ("EXIF", "Artist", "Mario"),
        )
    )
    tip = read_xml(
        io.BytesIO(xml(files=f"<fileDetails><fileId>1</fileId><details>{rows}</details></fileDetails>"))
    )
    assert (tip.files[0].md5, [r.code for r in tip.refused]) == (MD5, ["bad-hash"])
    assert "EXIF" in tip.left_out
    assert "Mario" not in repr(tip)


@pytest.mark.parametrize("key", URGENT)
def test_what_makes_a_report_urgent_is_read_wrapped_or_not(key) -> None:
    for value in ("Yes", {"value": "Yes"}, {"value": {"value": "Yes"}}):
        told = police(reportedPeople={"reportedPersons": [{key: value}]})
        assert read_json(json.dumps(told).encode()).persons[0].urgent == ((key, "Yes"),)


# --- hash sharing and lists -------------------------------------------------------------------------------


def test_pages_of_hash_sharing_keep_no_order_and_hold_kinds_that_mean_nothing_here() -> None:
    rows = [
        f'<image><member id="1"/><timestamp>2026-06-0{day}T12:00:00Z</timestamp><id>i{day}</id>'
        f"<fingerprints><md5>{str(day) * 32}</md5><netclean>zz</netclean><tmkPdqf>yy</tmkPdqf>"
        f"<videntifier>xx</videntifier></fingerprints></image>"
        for day in (3, 1, 2)
    ]
    gone = '<videos><deletedVideo><member id="1"/><id>v1</id></deletedVideo></videos>'
    entries, refused = of(
        NCMEC, f'<queryResult xmlns="{SPACE}"><images>{"".join(rows)}</images>{gone}</queryResult>'
    )
    assert [e.md5[0] for e in entries[:3]] == ["3", "1", "2"]
    assert (entries[3].deleted, entries[3].other["kind"], entries[3].other["id"]) == (True, "video", "v1")
    assert refused == []


def test_baseline_is_kept_as_its_own_word_and_is_no_category() -> None:
    (entry,), refused = of(ICSE, f"{ICSE_HEADER}\n{MD5};;;1;;;;;;;image;Y\n")
    assert (entry.category, entry.other["baseline"], refused) == ("", "Y", [])


def test_the_table_of_products_is_not_taken_for_that_of_files() -> None:
    with pytest.raises(ListRefused, match="NSRLFile"):
        of(NSRL, '"ProductCode","ProductName","ProductVersion"\n1,"x","1"\n')
    (entry,), refused = of(NSRL, f'{HEADER}\n"{SHA1.upper()}","{MD5.upper()}","0","a ""b"".dll",9,7,"4",""\n')
    assert (entry.sha1, entry.md5, entry.paths, entry.other["ProductCode"]) == (
        SHA1,
        MD5,
        ('a "b".dll',),
        "7",
    )
    assert refused == []


def test_a_pdq_of_a_local_list_is_64_digits_and_every_other_is_named_with_its_line() -> None:
    records = list(PlainList.read(io.BytesIO(f"pdq {LONG}\npdq {LONG[1:]}\npdq {LONG} 49\n".encode())))
    assert [(r.line, getattr(r, "code", "pdq")) for r in records][:2] == [(1, "pdq"), (2, "bad-pdq")]
