"""CyberTips and case packages in a case: proposed part by part, decided on by people, taken back exactly."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from entente.casework.crosscheck import service
from entente.casework.crosscheck.service.brought import reading
from entente.casework.prioritise.service import assign
from entente.cli import bring as command
from entente.formats.caseuco import CASEUCO
from entente.formats.misp import MISP
from entente.formats.stix import STIX
from entente.formats.vics import VICS
from entente.records import guard
from entente.records.models import Brought, BroughtPart, Clue, LogEntry, OnlineAccount, Originator
from entente.records.models.custody import Seal
from entente.records.undo import Overtaken
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import HashEntry
from tests.formats.packages import package
from tests.formats.test_cybertip import MD5, police, xml

pytestmark = pytest.mark.django_db
VI = Purpose.VICTIM_IDENTIFICATION
PERSON = (
    "<deviceId><idValue>358240051111110</idValue></deviceId>\n<ipCaptureEvent><ipAddress>a phone</ipAddress>"
    "</ipCaptureEvent><ipCaptureEvent><ipAddress>192.0.2.7</ipAddress><dateTime>2026-06-01T10:00:00Z</dateTime>"
    "</ipCaptureEvent><displayName>Lake House</displayName>"
)
TIP = xml(
    person=PERSON,
    files='<fileDetails><fileId>f1</fileId><originalFileHash hashType="MD5">'
    f"{MD5}</originalFileHash></fileDetails>",
).replace(b"<email>", b"<phone>+39 0171 445566</phone><email>")
CONCERNING = service.Concerning("suspect", "order 12/2026")


def written(chosen, told=None):
    out = io.BytesIO()
    chosen.write_case(told or package(), out)
    return out.getvalue()


def listed():
    out = io.BytesIO()
    VICS.write({"CaseNumber": "OP-1"}, [HashEntry(1, MD5, category="2", size=9)], out, profile="UK")
    return out.getvalue()


def bring(circle, case, data=TIP, **more):
    return service.bring(circle.officer(circle.it), VI, case, data, **more)


def parts(row, kind=""):
    with guard.system("read the parts in a test"):
        found = BroughtPart.objects.filter(brought=row).order_by("place")
        return [p for p in found if kind in ("", p.kind)]


def take(circle, row, kind, concerning=CONCERNING):
    return service.take_parts(circle.officer(circle.it), VI, row, parts(row, kind), concerning)


def test_a_cybertip_is_proposed_part_by_part_and_its_names_are_nowhere(circle, case):
    row = bring(circle, case)
    assert [(p.kind, p.about) for p in parts(row)] == [
        *[("account", "reported")] * 4, ("phone number", "reported"),
        ("device", "reported"), ("network address", "reported"), ("page", ""), ("file", ""),
    ]  # fmt: skip
    assert {(p.state, p.codes, p.evaluation) for p in parts(row)} == {("proposed", "H2", "X4")}
    assert [(line, code) for line, code, _ in row.refused] == [(11, "bad-address")]
    assert parts(row, "file")[0].value["md5"] == MD5
    with guard.system("read everything in a test"):
        held = repr([*Brought.objects.values(), *BroughtPart.objects.values()])
        assert Seal.objects.filter(digest=row.sha256).exists()
        assert LogEntry.objects.order_by("seq").last().told["reason"].endswith("9 parts, 1 refused")
    assert not any(name in held for name in ("Mario", "Rossi", "Maria", "Ada"))


@pytest.mark.parametrize(("data", "form", "kinds"), [
    (TIP, "cybertip-xml", {"account", "phone number", "device", "network address", "page", "file"}),
    (json.dumps(police()).encode(), "cybertip-json", {"account", "network address", "page", "file"}),
    (written(CASEUCO), "caseuco", {"file", "series", "exhibit", "step of custody", "clue"}),
    (written(STIX), "stix", {"file", "series", "exhibit", "step of custody", "clue"}),
    (written(MISP), "misp", {"file", "series", "exhibit", "step of custody", "clue"}),
    (listed(), "vics", {"file"}),
], ids=["xml", "json", "caseuco", "stix", "misp", "vics"])  # fmt: skip
def test_each_form_is_known_by_itself_and_read_in_the_limited_process(circle, case, data, form, kinds):
    row = bring(circle, case, data, sender=circle.agencies.fr)
    assert (row.form, {p.kind for p in parts(row)}) == (form, kinds)
    told = {"H2"} if "cybertip" in form or form == "vics" else {"H0 H2", "H1 H2 H3"}
    assert {p.codes for p in parts(row)} == told  # the form's and the document's, both


def test_what_a_partner_restricted_stays_its_own(circle, case):
    with pytest.raises(service.NotBrought, match="choose the agency that sent it"):
        bring(circle, case, written(CASEUCO))
    row = bring(circle, case, written(CASEUCO), sender=circle.agencies.fr)
    take(circle, row, "clue")
    with guard.system("whose are they?"):
        clues = Clue.objects.filter(case=case, method="document")
        assert {c.state for c in clues} == {"proposed"} and len(clues) == 3
        assert {c.evaluation for c in clues} == {"B2"}  # only the provider grades anew
        for thing in (row, *parts(row), *clues):
            assert Originator.objects.filter(thing=thing.pk, agency=circle.agencies.fr).exists()
    named = replace(package(), sender="National unit, Denmark")
    other = bring(circle, case, written(STIX, named))
    with guard.system("whose is it?"):
        assert Originator.objects.filter(thing=other.pk, agency=circle.agencies.dk).exists()


def test_a_number_and_a_device_are_proposed_and_an_account_is_recorded(circle, case):
    row = bring(circle, case)
    for concerning in (
        service.Concerning("", "order"),
        service.Concerning("suspect", ""),
        service.Concerning("victim", "o"),
    ):
        with pytest.raises(service.OnlineRefused):
            take(circle, row, "account", concerning)
    assert take(circle, row, "account") == 4
    assert take(circle, row, "phone number") == take(circle, row, "device") == take(circle, row, "file") == 1
    with guard.system("what came of it"):
        online = OnlineAccount.objects.filter(case=case)
        assert {(o.category, o.codes, str(o.since)) for o in online} == {("suspect", "H2", "2026-06-01")}
        assert {o.name: o.spelling for o in online} == {
            **{"lake": "lake", "Lake House": "lakehouse", "u1": "u1"},
            "m@mail.example": "m@mail.example",
        }
        assert {c.kind for c in Clue.objects.filter(case=case)} == {"phone_number", "device"}
    with pytest.raises(service.NotBrought, match="still wait"):
        take(circle, row, "file")


def test_a_decision_is_taken_back_exactly(circle, case):
    row, officer = bring(circle, case), circle.officer(circle.it)
    before = [(p.pk, p.state, p.decided_by_id) for p in parts(row)]
    take(circle, row, "account")
    take(circle, row, "phone number")
    with pytest.raises(service.NotBrought, match="say why"):
        service.refuse_parts(officer, VI, row, parts(row, "page"), " ")
    service.refuse_parts(officer, VI, row, parts(row, "page"), "not of this case")
    with pytest.raises(service.NotBrought, match="take those decisions back"):
        service.take_away(officer, VI, row)
    with guard.scope(officer, VI):
        decisions = list(service.decisions_of(row))
    assert [d.before["n"] for d in decisions] == [1, 1, 4]
    for change in decisions:
        service.take_decision_back(officer, VI, row, change)
    assert [(p.pk, p.state, p.decided_by_id) for p in parts(row)] == before
    with guard.system("what is left"):
        assert (
            not Clue.objects.filter(case=case).exists()
            and not OnlineAccount.objects.filter(case=case).exists()
        )
    service.take_away(officer, VI, row)
    with guard.system("what is left"):
        assert (
            not Brought.objects.exists()
            and not BroughtPart.objects.exists()
            and not Originator.objects.exists()
        )


def test_what_somebody_went_on_from_is_not_taken_back(circle, case):
    from entente.casework.examine.service import confirm

    row, officer = bring(circle, case), circle.officer(circle.it)
    take(circle, row, "phone number")
    with guard.scope(officer, VI):
        (clue,), (change,) = list(Clue.objects.filter(case=case)), service.decisions_of(row)
    confirm(officer, VI, clue)
    with pytest.raises(Overtaken):
        service.take_decision_back(officer, VI, row, change)


def test_only_the_lead_brings_and_a_document_comes_once(circle, case):
    assign(circle.officer(circle.it), VI, case, circle.dk, part=Part.MEMBER)
    for account in (circle.dk, circle.fr, circle.it_admin):
        with pytest.raises(guard.Denied):
            service.bring(circle.officer(account), VI, case, TIP)
    bring(circle, case)
    with pytest.raises(service.NotBrought, match="already"):
        bring(circle, case)


@pytest.mark.parametrize(("data", "form", "says"), [
    (b"", "", "from 1 byte"), (b"hello", "", "choose the format"), (b"<a/>", "", "holds 0 reports"),
    (TIP, "stix", "no"), (TIP, "poem", "a document is one of"),
])  # fmt: skip
def test_what_is_no_document_is_refused_with_the_mend(circle, case, data, form, says):
    with pytest.raises(service.NotBrought, match=says):
        bring(circle, case, data, form=form)


@pytest.mark.parametrize(
    "said", [{}, {"parts": "x"}, {"parts": [{"kind": "person"}]}, {"parts": [[]] * 6000}]
)
def test_an_answer_of_the_reader_without_sense_is_not_believed(circle, case, monkeypatch, said):
    monkeypatch.setattr(reading, "_asked", lambda *_: said)
    with pytest.raises(service.NotBrought, match="without sense"):
        bring(circle, case)


def test_the_pages_bring_decide_and_undo(circle, case, client):
    client.force_login(circle.it)
    at = reverse("crosscheck:documents", args=[case.pk])
    assert b"No document yet" in client.get(at).content
    told = client.post(at, {"file": SimpleUploadedFile("Maria.xml", TIP), "codes": ["H2"]})
    with guard.system("the one document"):
        row = Brought.objects.get()
    assert told.url == reverse("crosscheck:document", args=[case.pk, row.pk])
    page = client.get(told.url).content.decode()
    assert "Line 11: " in page and "192.0.2.7" in page and "Maria" not in page
    assert "<dt>serial number</dt>" in page
    french = client.get(told.url, headers={"accept-language": "fr"}).content.decode()
    assert "<dt>numéro de série</dt>" in french
    decide, phone = (
        reverse("crosscheck:document-decide", args=[case.pk, row.pk]),
        str(parts(row, "phone number")[0].pk),
    )
    client.post(decide, {"act": "take", "part": phone})
    assert parts(row, "phone number")[0].state == "taken"
    with guard.scope(circle.officer(circle.it), VI):
        (change,) = list(service.decisions_of(row))
    client.post(decide, {"act": "undo", "change": str(change.pk)})
    assert parts(row, "phone number")[0].state == "proposed"
    client.post(decide, {"act": "refuse", "part": phone, "because": "a shop"})
    assert parts(row, "phone number")[0].decided_because == "a shop"
    for act in ("", "dance"):
        assert "Choose what to do" in client.post(decide, {"act": act}, follow=True).content.decode()
    assert client.post(at, {"file": SimpleUploadedFile("x", b"x"), "codes": ["H2"]}).status_code == 400
    client.force_login(circle.fr)
    assert client.get(told.url).status_code == 404


def test_the_command_brings_one_and_names_what_it_could_not_read(circle, case, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("entente.web.start.open_desk", lambda folder: None)
    monkeypatch.setattr("entente.web.start.folder_of", lambda told: tmp_path)
    monkeypatch.setattr("entente.web.start.acting_account", lambda named: circle.it)
    path = tmp_path / "tip.xml"
    path.write_bytes(TIP)
    words = [str(path), "--case", case.number, "--json"]
    assert command.run(words) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["parts"], [r["line"] for r in told["refused"]]) == ("cybertip-xml", 9, [11])
    assert command.run(words) == 2
    assert "already" in capsys.readouterr().err
    assert command.run([*words, "--from", "XX"]) == 2
