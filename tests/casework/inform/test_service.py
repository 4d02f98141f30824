"""A product is made again byte for byte, traces every word, and leaves only as its originators let it."""

import io
import json
from datetime import timedelta

import cv2
import numpy as np
import pikepdf
import pytest

from entente.casework.examine.service import crop as cut_crop
from entente.casework.examine.service import mark
from entente.casework.inform.compose import NotComposed, StatementType
from entente.casework.inform.service import (
    NotDisclosed,
    NotIssued,
    ProductChanged,
    disclose,
    draft,
    export_case,
    paper,
    proposed,
    regenerate,
    version_for,
)
from entente.casework.intake.service import Intake, evidence_store, receive
from entente.casework.locate.service import confirm_home, enter, propose_home
from entente.casework.prioritise.service import assign
from entente.formats import ReadOptions
from entente.formats.vics import VICS
from entente.records import clock, guard, jobs, log
from entente.records.models import Agency, Clue, Disclosure, LogEntry, Media, Originator, Product, Release
from entente.records.release import release
from entente.vocabulary.agency import Part
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Region
from tests.casework.inform.by_two import issue

pytestmark = pytest.mark.django_db
VI, COURT = Purpose.VICTIM_IDENTIFICATION, Purpose.PROSECUTION
FACT, ASSESSMENT = StatementType.FACT, StatementType.ASSESSMENT


@pytest.fixture
def at_work(circle, case, tmp_path):
    """Two drawn pictures of Italy in the case; Denmark and the centre are members, France is not."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in (1, 2):
        noise = np.random.default_rng(number).integers(0, 255, (9, 12, 3), dtype=np.uint8)
        picture = cv2.resize(noise, (480, 360), interpolation=cv2.INTER_CUBIC)
        (folder / f"Maria {number}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    officer = circle.officer(circle.it)
    job = receive(officer, VI, case, [folder], Intake("test disk", "found", ("H0",), ""))
    jobs.run(jobs.take(jobs.this_worker(), only=job))
    officer = circle.officer(circle.it)
    circle.it_third = circle.make_account(circle.agencies.it, "IT-1003")
    for account, part in (
        (circle.it_third, Part.MEMBER),
        (circle.dk, Part.MEMBER),
        (circle.it_second, Part.READER),
        (circle.eu, Part.MEMBER),
    ):
        assign(officer, VI, case, account, part=part)
    return case


def items(circle, case):
    with guard.scope(circle.officer(circle.it), VI):
        return list(Media.objects.filter(case=case).exclude(origin="crop"))


def socket(circle, case, account=None, **more):
    """A socket of type L seen in item 1."""
    officer = circle.officer(account or circle.it)
    told = {"kind": ClueKind.SOCKET, "value": "L", "evaluation": "B2", "region": Region(0.1, 0.1, 0.3, 0.3)}
    return mark(officer, VI, items(circle, case)[0], **(told | more))


def italian(circle, case, account=None, **more):
    officer = circle.officer(account or circle.it)
    return mark(officer, VI, items(circle, case)[1], kind=ClueKind.LANGUAGE, value={"it": 1.0}, **more)


def issued(circle, case, **more):
    """Issue with the proposed statements."""
    officer = circle.officer(circle.it)
    told, _ = proposed(officer, VI, case)
    rows = [(p.text, p.type, p.clues, p.evaluation) for p in told]
    return issue(officer, circle.officer(circle.it_third), case, statements=rows, **more)


def let(by, row, to, circle):
    """Let ``to`` have what ``by`` originated."""
    until = clock.now() + timedelta(days=30)
    return release(circle.officer(by), VI, row, to, until, "for this case")


def attached(pdf):
    """Return the facts attached to a PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return json.loads(opened.attachments["facts.json"].get_file().read_bytes())


def given(delivery):
    """Return the facts attached to the PDF that a recipient got."""
    facts = attached(paper(delivery))
    assert facts == delivery.document
    return facts


def danish_h2(circle, case):
    """Denmark marks an H2 clue on an H0 item and lets Italy have it."""
    clue = italian(circle, case, circle.dk, codes=("H2",), because="heard in Odense")
    let(circle.dk, clue, circle.agencies.it, circle)
    return clue


def test_a_product_is_made_again_byte_for_byte_whatever_happens_in_the_case_since(circle, at_work):
    socket(circle, at_work)
    product = issued(circle, at_work)
    first = regenerate(product)
    later = italian(circle, at_work)
    with guard.scope(circle.officer(circle.it), VI):
        again = Product.objects.get(pk=product.pk)
    assert later.state == "confirmed"
    assert first.startswith(b"%PDF")
    assert regenerate(again) == first


def test_a_changed_product_is_told_loudly_instead_of_printed(circle, at_work):
    socket(circle, at_work)
    product = issued(circle, at_work)
    product.facts["document"]["issuer"] = "Somebody else"
    with pytest.raises(ProductChanged, match="no longer gives the bytes"):
        regenerate(product)


def test_the_map_and_the_crop_are_in_the_product_and_an_original_never(circle, at_work):
    clue = socket(circle, at_work)
    media = items(circle, at_work)[0]
    cut_crop(circle.officer(circle.it), VI, media, Region(0.0, 0.0, 0.5, 0.5))
    product = issued(circle, at_work)
    document = attached(regenerate(product))
    assert document["region"]["map"]["svg"].startswith("<svg")
    assert [p["clue"] for p in document["pictures"]] == ["C1"]
    originals = {m.key for m in items(circle, at_work)}
    assert list(product.crops) == ["P1"]
    assert not originals & set(product.crops.values())
    assert str(clue.pk) not in json.dumps(document)


def test_a_crop_that_is_gone_is_told_instead_of_a_product_without_it(circle, at_work):
    socket(circle, at_work)
    cut_crop(circle.officer(circle.it), VI, items(circle, at_work)[0], Region(0.0, 0.0, 0.5, 0.5))
    product = issued(circle, at_work)
    evidence_store().remove(product.crops["P1"])
    with pytest.raises(ProductChanged, match="no longer in the evidence store"):
        regenerate(product)


def test_every_statement_leads_to_a_clue_an_item_and_a_person(circle, at_work):
    clues = [socket(circle, at_work), italian(circle, at_work)]
    product = issued(circle, at_work)
    sources = {s["id"]: s["row"] for s in product.facts["draft"]["sources"]}
    assert set(sources.values()) == {str(c.pk) for c in clues}
    statements = product.facts["document"]["statements"]
    assert [s["type"] for s in statements] == ["fact", "fact", "assessment"]
    for statement in statements:
        assert statement["trace"]
        for step in statement["trace"]:
            assert step["clue"] in sources
            assert step["item"].startswith("V-001/")
            assert (step["by"], step["agency"]) == ("IT-1001", "National unit, Italy")


def test_the_handling_is_the_union_of_all_inputs_and_originators_are_carried(circle, at_work):
    socket(circle, at_work, codes=("H1",))
    danish_h2(circle, at_work)
    product = issued(circle, at_work)
    assert product.codes == "H0 H1 H2"
    assert list(Originator.objects.filter(thing=product.pk).values_list("agency__short", flat=True)) == ["DK"]
    assert Release.objects.filter(thing=product.pk, to__short="IT").exists()
    with guard.scope(circle.officer(circle.eu), VI):
        assert not Product.objects.filter(pk=product.pk).exists()
    with guard.scope(circle.officer(circle.it), VI):
        assert Product.objects.filter(pk=product.pk).exists()


def test_a_confirmed_home_is_proposed_as_a_statement_and_a_single_proposal_is_not(circle, at_work):
    officer = circle.officer(circle.it)
    place = enter(officer, VI, at_work, place="Via dei Larici 4, Cuneo", because="open sources")
    home = propose_home(officer, VI, place, because="open sources")
    assert proposed(officer, VI, at_work)[0] == []
    assign(officer, VI, at_work, circle.it_second, part=Part.MEMBER)
    confirm_home(circle.officer(circle.it_second), VI, home)
    (told,), _ = proposed(circle.officer(circle.it), VI, at_work)
    assert "Via dei Larici 4" in told.text
    assert told.clues == (str(home.pk),)
    assert issued(circle, at_work).codes == "H0 H2"


def test_one_observation_of_two_clues_is_one_fact_that_traces_to_both(circle, at_work):
    clues = [socket(circle, at_work), socket(circle, at_work)]
    told, _ = proposed(circle.officer(circle.it), VI, at_work)
    facts = [t for t in told if t.type is FACT]
    assert [set(f.clues) for f in facts] == [{str(c.pk) for c in clues}]
    assert facts[0].text.count("V-001/") == 1  # one item, named once


def test_a_statement_on_nothing_or_on_an_unconfirmed_clue_is_refused(circle, at_work):
    clue = socket(circle, at_work)
    officer = circle.officer(circle.it)
    with pytest.raises(NotComposed, match="nothing stands behind"):
        draft(officer, VI, at_work, statements=[("So it is.", FACT, [], "X4")])
    with guard.scope(officer, VI), guard.system("the test plays a method"):
        Clue.objects.filter(pk=clue.pk).update(state="proposed")
    with pytest.raises(NotIssued, match="confirm them first"):
        draft(officer, VI, at_work, statements=[("A socket.", FACT, [clue.pk], "X4")])


def test_numbers_count_up_in_a_case(circle, at_work):
    socket(circle, at_work)
    assert [issued(circle, at_work).number, issued(circle, at_work).number] == [1, 2]


def test_h2_of_denmark_is_absent_for_france_and_nothing_tells_of_it(circle, at_work):
    socket(circle, at_work)
    danish_h2(circle, at_work)
    product = issued(circle, at_work)
    document = given(disclose(circle.officer(circle.it), VI, product, circle.agencies.fr))
    whole = json.dumps(document)
    assert "Odense" in json.dumps(product.facts["document"])
    assert "Odense" not in whole
    assert "Denmark" not in whole
    assert "H2" not in whole
    assert [c["id"] for c in document["clues"]] == ["C1"]
    assert document["left_out"] == ["Originals are never part of a product."]
    with guard.scope(circle.officer(circle.it), VI):
        row = Disclosure.objects.get()
    assert row.to == circle.agencies.fr
    assert row.left_out == ["1 item was left out. H2: its originator has not released it to this agency."]


def test_the_region_of_a_cut_version_is_computed_from_what_remains(circle, at_work):
    socket(circle, at_work)
    danish_h2(circle, at_work)
    product = issued(circle, at_work)
    document = given(disclose(circle.officer(circle.it), VI, product, circle.agencies.fr))
    whole = product.facts["document"]
    assert document["region"]["countries"] != whole["region"]["countries"]
    assert document["region"]["area50_km2"] > whole["region"]["area50_km2"]
    assessments = [s for s in document["statements"] if s["type"] == "assessment"]
    assert len(assessments) == 1
    assert {t["clue"] for t in assessments[0]["trace"]} == {"C1"}


def test_denmark_released_it_to_france_so_france_reads_it(circle, at_work):
    socket(circle, at_work)
    clue = danish_h2(circle, at_work)
    let(circle.dk, clue, circle.agencies.fr, circle)
    product = issued(circle, at_work)
    document = given(disclose(circle.officer(circle.it), VI, product, circle.agencies.fr))
    assert "Odense" in json.dumps(document)
    assert document["handling"]["codes"] == "H0 H2"


def test_a_release_taken_back_binds_the_product_issued_before(circle, at_work):
    socket(circle, at_work)
    clue = danish_h2(circle, at_work)
    granted = let(circle.dk, clue, circle.agencies.fr, circle)
    product = issued(circle, at_work)
    Release.objects.filter(pk=granted.pk).update(withdrawn=clock.now())
    document = given(disclose(circle.officer(circle.it), VI, product, circle.agencies.fr))
    assert "Odense" not in json.dumps(document)


def test_denmark_gets_its_own_back(circle, at_work):
    danish_h2(circle, at_work)
    product = issued(circle, at_work)
    document = given(disclose(circle.officer(circle.it), VI, product, circle.agencies.dk))
    assert "Odense" in json.dumps(document)


def test_the_court_reads_that_h1_is_absent_and_how_many_but_not_what(circle, at_work):
    socket(circle, at_work)
    clue = italian(circle, at_work, circle.dk, codes=("H1",), because="heard in Odense")
    let(circle.dk, clue, circle.agencies.it, circle)
    product = issued(circle, at_work)
    court = circle.agencies.nl
    document = given(disclose(circle.officer(circle.it), COURT, product, court))
    assert "Odense" not in json.dumps(document)
    assert "H1" not in document["handling"]["codes"]
    assert document["left_out"][0].startswith("1 item was left out. H1: not for judicial proceedings")
    assert document["purpose"] == "prosecution"


def test_nothing_is_sent_when_no_statement_may_go(circle, at_work):
    danish_h2(circle, at_work)
    product = issued(circle, at_work)
    with pytest.raises(NotDisclosed, match="no statement"):
        disclose(circle.officer(circle.it), VI, product, circle.agencies.fr)
    with guard.scope(circle.officer(circle.it), VI):
        assert not Disclosure.objects.exists()


def test_a_reader_discloses_nothing_and_the_log_says_so(circle, at_work):
    socket(circle, at_work)
    product = issued(circle, at_work)
    with pytest.raises(guard.Denied, match="a reader of a case may not disclose"):
        disclose(circle.officer(circle.it_second), VI, product, circle.agencies.fr)
    with guard.system("the test reads the log"):
        assert LogEntry.objects.order_by("seq").last().verb == "denied"


def test_a_stranger_to_the_case_discloses_nothing(circle, at_work):
    socket(circle, at_work)
    product = issued(circle, at_work)
    with pytest.raises(guard.Denied):
        disclose(circle.officer(circle.ca), VI, product, circle.agencies.fr)


def test_the_log_names_the_recipient_of_a_disclosure(circle, at_work):
    socket(circle, at_work)
    product = issued(circle, at_work)
    disclose(circle.officer(circle.it), VI, product, circle.agencies.fr)
    with guard.system("the test reads the log"):
        body = json.loads(LogEntry.objects.order_by("seq").last().body)
    assert (body["verb"], body["act"], body["step"]) == ("disclose", "disclose", "inform")
    assert body["recipients"] == [str(circle.agencies.fr.pk)]
    assert body["thing"] == str(product.pk)
    assert log.verify().faults == ()


def test_a_withdrawn_clue_goes_to_nobody_any_more(circle, at_work):
    socket(circle, at_work)
    clue = italian(circle, at_work)
    product = issued(circle, at_work)
    with guard.system("the test withdraws it"):
        Clue.objects.filter(pk=clue.pk).update(state="withdrawn")
    version = version_for(circle.officer(circle.it), VI, product, circle.agencies.fr)
    assert [s.item for s in version.draft.sources] == ["V-001/1"]
    assert version.told_sender == [
        "1 item was left out. It was withdrawn or erased since the product was issued."
    ]
    assert version.told_recipient == []


def exported(circle, case, to, account=None):
    stream = io.BytesIO()
    done = export_case(circle.officer(account or circle.it), VI, case, to=to, stream=stream)
    return done, stream.getvalue()


def test_a_vics_export_reads_back_equal_and_names_no_file(circle, at_work):
    done, data = exported(circle, at_work, circle.agencies.fr)
    assert done.items == 2
    assert b"Maria" not in data
    back = list(VICS.read(io.BytesIO(data), ReadOptions(profile="Default")))
    held = items(circle, at_work)
    assert [(e.md5, e.sha1, e.sha256, e.pdq, e.size, e.mime) for e in back] == [
        (m.md5, m.sha1, m.sha256, m.pdq, m.size, m.mime) for m in held
    ]
    head = json.loads(data)["value"][0]
    told = {row["PropertyName"]: row["PropertyValue"] for row in head["CaseMetadata"]}
    assert told["HandlingCodes"] == "H0"
    assert told["Purpose"] == "victim-identification"
    assert [e.other["Comments"] for e in back] == ["Handling H0"] * 2


def test_items_that_may_not_go_stay_out_of_the_export(circle, at_work):
    first = items(circle, at_work)[0]
    with guard.system("the test makes it Denmark's, H2, released to Italy"):
        Media.objects.filter(pk=first.pk).update(codes="H2", owner=circle.agencies.dk)
    Release.objects.create(
        thing=first.pk,
        by=circle.agencies.dk,
        to=circle.agencies.it,
        expires=clock.now() + timedelta(days=1),
    )
    done, data = exported(circle, at_work, circle.agencies.fr)
    assert done.items == 1
    assert first.md5.upper().encode() not in data
    assert b"left out" not in data
    assert done.left_out[0] == "1 item was left out. H2: its originator has not released it to this agency."
    with guard.system("the test reads the log"):
        body = json.loads(LogEntry.objects.order_by("seq").last().body)
    assert (body["act"], body["recipients"]) == ("export", [str(circle.agencies.fr.pk)])


def test_only_a_lead_exports_and_never_to_the_own_agency(circle, at_work):
    with pytest.raises(guard.Denied, match="may not export"):
        exported(circle, at_work, circle.agencies.fr, circle.dk)
    with pytest.raises(NotDisclosed, match="already at this agency"):
        exported(circle, at_work, Agency.objects.get(short="IT"))
