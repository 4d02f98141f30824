"""CyberTips: XML and the police's JSON say the same, names are dropped unread, a bad value costs itself."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from entente.formats import ListRefused
from entente.formats.cybertip import Capture
from entente.formats.cybertip_json import read_json
from entente.formats.cybertip_xml import read_xml

MD5 = "0cc175b9c0f1b6a831c399e269772661"
KIND = "Online Enticement of Children for Sexual Acts"  # a word of the wire
NOON = datetime(2026, 6, 6, 12, tzinfo=UTC)


def xml(report: str = "", files: str = "", person: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<tip><report>
<incidentSummary><incidentType>{KIND}</incidentType>
<reportAnnotations><sextortion/></reportAnnotations>
<incidentDateTime>2026-06-06T12:00:00Z</incidentDateTime></incidentSummary>
<internetDetails><webPageIncident><url>https://site.example/a</url></webPageIncident></internetDetails>
<reporter><reportingPerson><firstName>Ada</firstName></reportingPerson></reporter>
<personOrUserReported><personOrUserReportedPerson><firstName>Mario</firstName><lastName>Rossi</lastName>
<email>m@mail.example</email></personOrUserReportedPerson><espIdentifier>u1</espIdentifier>
<screenName>lake</screenName>{person}</personOrUserReported>
<victim><victimPerson><firstName>Maria</firstName><age>9</age></victimPerson></victim>{report}</report>
{files}</tip>""".encode()


def police(**more: object) -> dict:
    people = [{"screenName": {"value": "lake"}, "firstName": "Mario", "accessToChildren": {"value": "Yes"}}]
    file = {"filename": "1.jpg", "originalFilename": "Mario.jpg", "submittalId": 7, "verificationHash": MD5,
            "viewedByEsp": {"value": "false"},
            "ncmecTags": {"groups": [{"tags": [{"value": "Unconfirmed"}]}]},
            "sourceInformation": {"sourceCaptures": [
                {"captureType": "IP Address", "value": "192.0.2.1", "dateTime": "2026-06-06T12:00:00Z",
                 "eventName": "Upload", "port": 443}]}}  # fmt: skip
    told = {
        "reportingEsp": {"espName": "A service", "lastName": "Ada"},
        "incidentSummary": {
            "incidentType": {"value": KIND},
            "incidentDateTime": {"value": "2026-06-06T12:00:00Z"},
        },
        "incidentDetails": {"webpageIncident": [{"url": "https://site.example/a"}], "emailIncident": []},
        "reportedPeople": {"reportedPersons": people},
        "uploadedFiles": {"uploadedFiles": [file]},
        "additionalInformations": [{"value": "a note"}],
    }
    return {"reportId": 12, "dateReceived": "2026-06-07T12:00:00Z", "reportedInformation": told | more}


def test_a_report_in_xml_is_read_and_its_wire_words_are_kept():
    tip = read_xml(io.BytesIO(xml()))
    assert (tip.incident, tip.incident_at, tip.annotations) == (KIND, NOON, ("sextortion",))
    assert (tip.channels, tip.addresses) == (("webPageIncident",), ("https://site.example/a",))
    assert [(p.part, p.screen_names, p.emails) for p in tip.persons] == [
        ("reported", ("lake",), ("m@mail.example",)),
        ("victim", (), ()),
    ]
    assert tip.refused == ()


def test_the_json_that_police_receive_says_the_same():
    tip = read_json(json.dumps(police()).encode("utf-8-sig"))
    assert (tip.id, tip.provider, tip.incident, tip.incident_at) == ("12", "A service", KIND, NOON)
    assert (tip.channels, tip.addresses, tip.notes) == (
        ("webPageIncident",), ("https://site.example/a",), ("a note",),
    )  # fmt: skip
    (person,), (file,) = tip.persons, tip.files
    assert (person.screen_names, person.urgent) == (("lake",), (("accessToChildren", "Yes"),))
    assert (file.id, file.md5, file.viewed, file.annotations) == ("7", MD5, False, ("Unconfirmed",))
    assert file.captures == (Capture("192.0.2.1", "Upload", NOON, 443),)


def test_no_name_of_anybody_is_in_what_was_read_and_that_they_were_dropped_is_said():
    by_json = read_json(json.dumps(police()).encode())
    by_xml = read_xml(
        io.BytesIO(xml(files="<fileDetails><originalFileName>Maria.jpg</originalFileName></fileDetails>"))
    )
    for tip in (by_json, by_xml):
        assert not any(name in repr(tip) for name in ("Mario", "Rossi", "Maria", "Ada"))
    assert set(by_xml.left_out) == {"firstName", "lastName", "age", "originalFileName"}
    assert set(by_json.left_out) == {"firstName", "originalFilename"}


def test_doubled_containers_and_wrapped_scalars_are_read():
    once = police()["reportedInformation"]["reportedPeople"]
    twice = police(reportedPeople={"reportedPersons": once})
    assert read_json(json.dumps(twice).encode()).persons == read_json(json.dumps(police()).encode()).persons
    wrapped = police(incidentSummary={"incidentType": {"value": {"value": KIND}}})
    assert read_json(json.dumps(wrapped).encode()).incident == KIND


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("false", False), ("False", False), ("", None)])
def test_a_flag_means_what_it_says(said, meant):
    file = f"<fileDetails><fileId>1</fileId><fileViewedByEsp>{said}</fileViewedByEsp></fileDetails>"
    assert read_xml(io.BytesIO(xml(files=file))).files[0].viewed is meant


def test_a_supplemental_file_bears_no_classification_and_no_meme():
    file = (
        "<fileDetails><fileId>1</fileId><fileRelevance>Supplemental Reported</fileRelevance>"
        "<fileAnnotations><potentialMeme/><generativeAi/></fileAnnotations>"
        "<industryClassification>A1</industryClassification></fileDetails>"
    )
    tip = read_xml(io.BytesIO(xml(files=file)))
    assert [r.code for r in tip.refused] == ["supplemental"]
    assert (tip.files[0].classification, tip.files[0].annotations) == ("", ("generativeAi",))


def test_internet_details_have_exactly_one_channel():
    two = "<internetDetails><emailIncident/><chatImIncident/></internetDetails>"
    tip = read_xml(io.BytesIO(xml(report=two)))
    assert [(r.code, r.line) for r in tip.refused] == [("channel", 11)]


@pytest.mark.parametrize(("capture", "code"), [
    ("<ipAddress>a phone</ipAddress>", "bad-address"),
    ("<ipAddress>2001:db8::1</ipAddress><eventName>Party</eventName>", "bad-event"),
    ("<ipAddress>192.0.2.1</ipAddress><port>99999</port>", "bad-port"),
    ("<ipAddress>192.0.2.1</ipAddress><dateTime>noon</dateTime>", "bad-time"),
    ("<ipAddress>192.0.2.1</ipAddress><possibleProxy>perhaps</possibleProxy>", "bad-flag"),
])  # fmt: skip
def test_a_value_that_cannot_be_believed_costs_itself_and_is_named_with_its_line(capture, code):
    tip = read_xml(io.BytesIO(xml(person=f"\n<ipCaptureEvent>{capture}</ipCaptureEvent>")))
    assert [(r.code, r.line) for r in tip.refused] == [(code, 11)]
    assert tip.persons[0].screen_names == ("lake",)
    assert len(tip.persons[0].captures) == (code != "bad-address")


def test_hashes_are_known_by_their_type_or_their_length():
    rows = f'<originalFileHash hashType="SHA-256">{"a" * 64}</originalFileHash>' \
           f'<originalFileHash hashType="MD5">{"b" * 31}</originalFileHash>'  # fmt: skip
    tip = read_xml(io.BytesIO(xml(files=f"<fileDetails>{rows}</fileDetails>")))
    assert (tip.files[0].sha256, tip.files[0].md5) == ("a" * 64, "")
    assert [r.code for r in tip.refused] == ["bad-hash"]


def test_a_broken_file_costs_itself_and_the_report_stands():
    files = "<fileDetails><fileId>1</x></fileDetails>\n<fileDetails><fileId>2</fileId></fileDetails>"
    tip = read_xml(io.BytesIO(xml(files=files)))
    assert [f.id for f in tip.files] == ["2"]
    assert [r.code for r in tip.refused] == ["broken"]


@pytest.mark.parametrize(
    "data", [b"", b"<a/>", b"{}", b"[]", xml() + xml(), b'<!DOCTYPE r [<!ENTITY x "y">]><report/>']
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(ListRefused):
        read_xml(io.BytesIO(data))
    with pytest.raises(ListRefused):
        read_json(data)


def test_what_is_hostile_in_json_is_refused_or_left_out():
    for told in ({"reportId": 1, "reportedInformation": 7}, {"reportId": 1}):
        with pytest.raises(ListRefused):
            read_json(json.dumps(told).encode())
    odd = police(
        reportedPeople=[1, None],
        uploadedFiles={"uploadedFiles": [3]},
        incidentDetails=[],
        incidentSummary=None,
    )
    tip = read_json(json.dumps(odd).encode())
    assert (tip.persons, tip.files, tip.incident) == ((), (), "")
    with pytest.raises(ListRefused, match="twice"):
        read_json(b'{"reportId": 1, "reportId": 2, "reportedInformation": {}}')


def test_the_command_line_reads_both_and_says_by_its_exit_what_was_refused(tmp_path, capsys):
    from entente.cli import main

    one, two, bad = tmp_path / "a.xml", tmp_path / "b.json", tmp_path / "c.txt"
    one.write_bytes(xml())
    two.write_text(json.dumps(police()))
    bad.write_text("no report")
    assert main(["cybertip", str(one), str(two)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [t["incident"] for t in told] == [KIND, KIND]
    one.write_bytes(xml(report="<internetDetails/>"))
    assert main(["cybertip", str(one)]) == 1
    assert main(["cybertip", str(bad)]) == 2
