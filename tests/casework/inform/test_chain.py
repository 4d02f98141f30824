"""From template to answer: drafted, reviewed, approved by another, delivered, followed up, corrected."""

import io
import json
import re
from datetime import timedelta

import pikepdf
import pytest
from django.urls import reverse

from entente.casework.inform.kinds import Kind, NotATemplate
from entente.casework.inform.service import (
    NotDelivered,
    NotDisclosed,
    NotIssued,
    acknowledge,
    answer_back,
    approve,
    ask_back,
    called_back,
    disclose,
    draft,
    drop,
    open_delivery,
    proposed,
    redraft,
    remark,
    submit,
    unacknowledged,
    version_for,
)
from entente.records import clock, erasure, guard, notice
from entente.records import release as releases
from entente.records.models import Clue, Delivery, FollowUp, LogEntry, Milestone, Notice, Product, Remark
from entente.vocabulary.case import Stage
from tests.casework.inform.by_two import issue
from tests.casework.inform.test_service import (  # noqa: F401 - a fixture
    VI,
    at_work,
    danish_h2,
    issued,
    italian,
    let,
    socket,
)
from tests.casework.inform.test_views import fields, last_entry, page

pytestmark = pytest.mark.django_db


def told_of(client, url, **sent):
    """Return the page as its reader reads it."""
    answer = client.post(url, sent) if sent else client.get(url)
    return answer.status_code, re.sub(r"\s+", " ", answer.content.decode())


def of(circle, model, **where):
    with guard.scope(circle.officer(circle.it), VI):
        return model.objects.get(**where)


def test_the_whole_chain_from_the_page(client, circle, at_work):  # noqa: F811
    socket(circle, at_work)
    client.force_login(circle.it)
    sent = fields(client.get(page(at_work), {"kind": "case package"}).content.decode())
    sent |= {"about": "IT", "then": "review", "s-0-text": "A socket of type L is in the wall."}
    assert client.post(page(at_work, "draft"), sent).status_code == 302
    product = of(circle, Product)
    at, act = page(at_work, "trace", product), page(at_work, "review", product)
    code, text = told_of(client, at)
    assert "Case package for a country · Italy" in text and "in review" in text
    assert "nobody approves their own product" in text and "Approve and issue" not in text
    code, text = told_of(client, act, do="approve", edition=product.issued_at.isoformat())
    assert code == 400 and "a product needs two people" in text
    assert client.get(page(at_work, "leave", product)).status_code == 404

    client.force_login(circle.it_third)
    assert told_of(client, act, do="back", on="S1", text="Which wall?")[0] == 302
    assert "Which wall?" in told_of(client, at)[1]
    client.force_login(circle.it)
    sent = fields(client.get(page(at_work, "edit", product)).content.decode(), "edit")
    sent |= {"s-0-text": "A socket of type L is in the kitchen wall.", "then": "review"}
    assert client.post(page(at_work, "edit", product), sent).status_code == 302

    client.force_login(circle.it_third)
    code, text = told_of(client, act, do="approve", edition=product.issued_at.isoformat())
    assert code == 400 and "written anew since you read it" in text
    edition = re.search(r'name="edition" value="([^"]+)"', told_of(client, at)[1])[1]
    assert told_of(client, act, do="approve", edition=edition)[0] == 302
    product = of(circle, Product)
    assert (product.state, product.approved_by_id) == ("issued", circle.it_third.pk)
    assert product.facts["document"]["people"] == ["IT-1001", "IT-1003"]
    facts = json.loads(client.get(page(at_work, "facts", product)).content)
    with pikepdf.open(io.BytesIO(client.get(page(at_work, "pdf", product)).content)) as pdf:
        assert json.loads(pdf.attachments["facts.json"].get_file().read_bytes()) == facts
    assert facts["statements"][0]["text"].endswith("kitchen wall.")

    client.force_login(circle.it)
    client.post(page(at_work, "leave", product), {"to": str(circle.agencies.fr.pk)})
    assert "not yet" in told_of(client, at)[1]
    client.force_login(circle.fr)
    given = of(circle, Delivery)
    there = reverse("delivery", args=[given.pk])
    assert there in told_of(client, reverse("products"))[1]
    assert "kitchen" not in told_of(client, there)[1]
    code, text = told_of(client, there, do="open")
    assert "kitchen wall" in text and "Originals are never part of a product." in text
    assert client.post(there, {"do": "pdf"}).content.startswith(b"%PDF")
    assert json.loads(client.post(there, {"do": "facts"}).content) == given.document
    assert told_of(client, there, do="acknowledge")[0] == 200
    assert last_entry()["recipients"] == [str(circle.agencies.it.pk)]

    client.force_login(circle.it)
    asks = {
        "do": "ask",
        "delivery": str(given.pk),
        "question": "Is it known to you?",
        "due": "2099-01-01T10:00",
    }
    assert told_of(client, act, **asks)[0] == 302
    client.force_login(circle.fr)
    asked = of(circle, FollowUp)
    assert "asks back" in told_of(client, reverse("products"))[1]
    assert told_of(client, there, do=f"answer:{asked.pk}", answer="Yes, since May.")[0] == 200
    client.force_login(circle.it)
    code, text = told_of(client, at)
    assert "FR-1001" in text and "“Yes, since May.”" in text


def test_a_correction_goes_to_every_recipient_with_what_changed_for_it(client, circle, at_work):  # noqa: F811
    officer, second = circle.officer(circle.it), circle.officer(circle.it_third)
    kept, wrong = socket(circle, at_work), danish_h2(circle, at_work)
    let(circle.dk, wrong, circle.agencies.nl, circle)
    said = [("A socket of type L.", "fact", [kept.pk], "B2"), ("Italian is heard.", "fact", [wrong.pk], "B2")]
    product = issue(officer, second, at_work, statements=said)
    for to in (circle.agencies.fr, circle.agencies.nl):
        disclose(officer, VI, product, to)
    said = [("A socket of type F.", "fact", [kept.pk], "B2")]
    made = draft(officer, VI, at_work, statements=said, corrects=product, because="It is type F, not L.")
    submit(officer, VI, made)
    approve(second, VI, made, edition=made.issued_at.isoformat())
    with guard.system("the test reads what was told"):
        told = {d.addressed.short: d for d in Delivery.objects.filter(product=made)}
        assert {d.instead_of.document["number"] for d in told.values()} == {1}
        notices = Notice.objects.filter(kind="correction").values_list("addressed__short", "text")
        assert sorted(notices) == [("FR", "It is type F, not L."), ("NL", "It is type F, not L.")]
    assert told["NL"].changes[:2] == [
        "No longer said: “A socket of type L.”",
        "No longer said: “Italian is heard.”",
    ]
    assert "Italian" not in json.dumps(told["FR"].changes), "France never had that sentence"
    assert told["FR"].document["corrects"] == {"number": 1, "because": "It is type F, not L."}
    client.force_login(circle.fr)
    text = told_of(client, reverse("delivery", args=[told["FR"].pk]), do="open")[1]
    assert "What changed" in text and "Newly said: “A socket of type F.”" in text
    client.force_login(circle.it)
    assert "product 2 corrects it" in told_of(client, page(at_work, "trace", product))[1]
    with pytest.raises(NotDisclosed, match="product 2 corrects it"):
        version_for(officer, VI, product, circle.agencies.ca)


def test_who_may_have_nothing_of_a_correction_is_told_that_the_old_one_is_wrong(circle, at_work):  # noqa: F811
    officer, second = circle.officer(circle.it), circle.officer(circle.it_third)
    kept, more = socket(circle, at_work), danish_h2(circle, at_work)
    product = issue(officer, second, at_work, statements=[("A socket.", "fact", [kept.pk], "X4")])
    disclose(officer, VI, product, circle.agencies.fr)
    said = [("Italian is heard.", "fact", [more.pk], "X4")]
    made = draft(officer, VI, at_work, statements=said, corrects=product, because="Take it off.")
    submit(officer, VI, made)
    approve(second, VI, made, edition=made.issued_at.isoformat())
    with guard.system("the test reads what was told"):
        assert Notice.objects.get(kind="correction").addressed == circle.agencies.fr
        assert not Delivery.objects.filter(product=made).exists()


def test_a_correction_brings_nothing_back_to_whom_the_product_was_called_back_from(circle, at_work):  # noqa: F811
    officer, second = circle.officer(circle.it), circle.officer(circle.it_third)
    kept, secret = socket(circle, at_work), danish_h2(circle, at_work)
    let(circle.dk, secret, circle.agencies.fr, circle)
    said = [("A socket.", "fact", [kept.pk], "X4"), ("Italian is heard.", "fact", [secret.pk], "X4")]
    product = issue(officer, second, at_work, statements=said)
    disclose(officer, VI, product, circle.agencies.fr)
    with guard.scope(circle.officer(circle.fr), VI):
        assert unacknowledged(circle.officer(circle.fr)) == 1
    releases.withdraw(circle.officer(circle.dk), VI, secret, circle.agencies.fr)
    told = {"corrects": product, "because": "Two sockets."}
    made = draft(officer, VI, at_work, statements=[("Sockets.", "fact", [kept.pk], "X4")], **told)
    submit(officer, VI, made)
    approve(second, VI, made, edition=made.issued_at.isoformat())
    with guard.system("the test reads what was told"):
        assert Notice.objects.get(kind="correction").addressed == circle.agencies.fr
        assert not Delivery.objects.filter(product=made).exists()


def test_two_people_of_the_agency_and_the_draft_that_was_read(circle, at_work):  # noqa: F811
    officer, second = circle.officer(circle.it), circle.officer(circle.it_third)
    clue = socket(circle, at_work)
    said = [("A socket.", "fact", [clue.pk], "X4")]
    made = draft(officer, VI, at_work, statements=said)
    edition = made.issued_at.isoformat()
    with pytest.raises(NotIssued, match="has not sent it to review"):
        approve(second, VI, made, edition=edition)
    with pytest.raises(NotIssued, match="only its author"):
        redraft(second, VI, made, statements=said)
    with pytest.raises(NotIssued, match="only its author"):
        drop(second, VI, made)
    submit(officer, VI, made)
    with pytest.raises(NotIssued, match="two people"):
        approve(officer, VI, made, edition=edition)
    with pytest.raises(NotIssued, match="speaks for its agency"):
        approve(circle.officer(circle.dk), VI, made, edition=edition)
    with pytest.raises(guard.Denied, match="a reader of a case may not alter"):
        approve(circle.officer(circle.it_second), VI, made, edition=edition)
    remark(circle.officer(circle.dk), VI, made, "Denmark reads it, too.")
    with pytest.raises(NotDisclosed, match="a draft goes nowhere"):
        disclose(officer, VI, made, circle.agencies.fr)
    with guard.scope(officer, VI), guard.system("the test withdraws it"):
        Clue.objects.filter(pk=clue.pk).update(state="withdrawn")
    with pytest.raises(NotIssued, match="withdrawn or erased"):
        approve(second, VI, made, edition=edition)
    drop(officer, VI, made)
    with pytest.raises(NotIssued, match="no draft any more"):
        submit(officer, VI, made)


def test_a_draft_written_anew_derives_from_what_it_stands_on_now(circle, at_work):  # noqa: F811
    officer = circle.officer(circle.it)
    kept, foreign = socket(circle, at_work), danish_h2(circle, at_work)
    said = [("Italian is heard.", "fact", [foreign.pk], "X4")]
    made = draft(officer, VI, at_work, statements=said, kind=Kind.SITUATION)
    assert made.codes == "H0 H2"
    said = [("A socket.", "fact", [kept.pk], "X4")]
    again = redraft(officer, VI, made, statements=said)
    assert (again.codes, again.number, again.as_thing().originators) == ("H0", made.number, frozenset())
    assert "Odense" not in json.dumps(again.facts)


def test_nothing_is_proposed_on_a_suspect_who_has_no_name_and_no_place(circle, at_work):  # noqa: F811
    officer = circle.officer(circle.it)
    clue = socket(circle, at_work)
    italian(circle, at_work)
    assert proposed(officer, VI, at_work, "en", Kind.SUSPECT)[0] == []
    said = [("The account posts in the evening.", "assessment", [clue.pk], "B3")]
    told = {"statements": said, "kind": Kind.SUSPECT}
    with pytest.raises(NotATemplate, match="never by name"):
        draft(officer, VI, at_work, about="Mario Rossi", **told)
    document = draft(officer, VI, at_work, about="s-1", **told).facts["document"]
    assert (document["about"], document["data_subject"], document["region"]) == ("S-1", "suspect", None)
    assert [c["text"][:9] for c in document["clues"]] == ["socket: L"]
    assert document["pictures"] == []
    with pytest.raises(NotATemplate, match="choose it"):
        draft(officer, VI, at_work, statements=said, kind=Kind.COUNTRY, about="XX")


def test_a_situation_report_says_how_far_the_case_is(circle, at_work):  # noqa: F811
    socket(circle, at_work)
    officer = circle.officer(circle.it)
    with guard.system("a stage in a test"):
        Milestone.reach(at_work, Stage.REGION, "in a test", by=circle.it.pk)
    told, _ = proposed(officer, VI, at_work, "fr", Kind.SITUATION)
    said = [(p.text, p.type, p.clues, p.evaluation) for p in told]
    third = circle.officer(circle.it_third)
    product = issue(officer, third, at_work, statements=said, kind=Kind.SITUATION, language="fr")
    stages = [s["stage"] for s in product.facts["document"]["stages"]]
    assert stages[0] == "discovered" and "region" in stages
    assert [s.type for s in told] == ["assessment"]


def test_what_was_called_back_is_opened_no_more_and_only_its_recipient_finds_it(client, circle, at_work):  # noqa: F811
    officer, clue = circle.officer(circle.it), danish_h2(circle, at_work)
    let(circle.dk, clue, circle.agencies.fr, circle)
    given = disclose(officer, VI, issued(circle, at_work), circle.agencies.fr)
    there = reverse("delivery", args=[given.pk])
    client.force_login(circle.nl)
    assert client.get(there).status_code == client.post(there, {"do": "open"}).status_code == 404
    fr = circle.officer(circle.fr)
    with pytest.raises(NotDelivered, match="open it first"):
        acknowledge(fr, VI, given)
    held = open_delivery(fr, VI, given)
    first = (held.opened_at, held.opened_by_id)
    assert (open_delivery(fr, VI, given).opened_at, circle.fr.pk) == first
    releases.withdraw(circle.officer(circle.dk), VI, clue, circle.agencies.fr)
    assert called_back(given)
    client.force_login(circle.fr)
    with guard.scope(fr, VI):
        assert unacknowledged(fr) == 0, "nobody can take note of it any more"
    code, text = told_of(client, there, do="pdf")
    assert code == 400 and "It was called back" in text and "Odense" not in text
    with guard.scope(fr, VI):
        assert notice.received(fr).filter(kind="recall").count() == 1


def test_h3_is_read_at_each_opening_of_a_product(client, circle, at_work):  # noqa: F811
    socket(circle, at_work, codes=("H3",), handling_text="Ask us before a search.")
    given = disclose(circle.officer(circle.it), VI, issued(circle, at_work), circle.agencies.fr)
    there = reverse("delivery", args=[given.pk])
    client.force_login(circle.fr)
    for _ in range(2):
        text = told_of(client, there, do="open")[1]
        assert "Read the restriction first" in text and "Ask us before a search." in text
        assert "Socket" not in text
    assert "Socket" in told_of(client, there, do="open", read="yes")[1]


def test_asked_by_the_sender_answered_by_the_recipient_and_late_where_nobody_did(client, circle, at_work):  # noqa: F811
    officer, fr = circle.officer(circle.it), circle.officer(circle.fr)
    socket(circle, at_work)
    product = issued(circle, at_work)
    given = disclose(officer, VI, product, circle.agencies.fr)
    soon = clock.now() + timedelta(hours=1)
    with pytest.raises(NotDelivered, match="has passed"):
        ask_back(officer, VI, given, question="Known?", due=clock.now())
    with pytest.raises(NotDelivered, match="only the agency that delivered it"):
        ask_back(fr, VI, given, question="Known?", due=soon)
    asked = ask_back(officer, VI, given, question="Known?", due=soon)
    with pytest.raises(NotDelivered, match="only the agency that was asked"):
        answer_back(officer, VI, asked, "Yes.")
    client.force_login(circle.it)
    typed = {"delivery": str(given.pk), "question": "And the other house?", "due": "2020-01-01T10:00"}
    code, text = told_of(client, page(at_work, "review", product), do="ask", **typed)
    assert code == 400 and "has passed" in text, "what was typed stands in its field"
    assert "And the other house?</textarea>" in text and 'value="2020-01-01T10:00"' in text
    code, text = told_of(client, page(at_work, "review", product), do="x")
    assert code == 400 and "Choose what to do." in text
    with clock.at(soon + timedelta(hours=1)):
        assert "late" in told_of(client, page(at_work, "trace", product))[1]
    answer_back(fr, VI, asked, "Not yet.")
    answer_back(fr, VI, asked, "Yes, since May.")
    with clock.at(soon + timedelta(hours=1)):
        text = told_of(client, page(at_work, "trace", product))[1]
    assert "Yes, since May." in text and ">late<" not in text


def test_erasing_a_clue_takes_the_product_its_remarks_and_its_deliveries(circle, at_work):  # noqa: F811
    officer = circle.officer(circle.it)
    clue = socket(circle, at_work)
    made = draft(officer, VI, at_work, statements=[("A socket.", "fact", [clue.pk], "X4")])
    remark(officer, VI, made, "soon")
    given = disclose(officer, VI, issued(circle, at_work), circle.agencies.fr)
    ask_back(officer, VI, given, question="Known?", due=clock.now() + timedelta(days=1))
    erasure.erase(officer, VI, clue, "unfounded")
    with guard.system("the test counts"):
        assert not any(m.objects.exists() for m in (Product, Remark, Delivery, FollowUp))
        assert Notice.objects.filter(kind="erasure", addressed=circle.agencies.fr).exists()
        assert LogEntry.objects.filter(verb="erase").exists()


def test_who_writes_a_product_reads_it_beside_what_its_originator_left_open(circle, at_work):  # noqa: F811
    danish_h2(circle, at_work)
    italian(circle, at_work, circle.dk)  # H0: open to everybody in the case, released to nobody
    product = issued(circle, at_work)
    assert product.codes == "H0 H2"
    with guard.scope(circle.officer(circle.it), VI):
        assert Product.objects.filter(pk=product.pk).exists()
    with guard.scope(circle.officer(circle.eu), VI):
        assert not Product.objects.filter(pk=product.pk).exists()
    with pytest.raises(NotDisclosed):
        disclose(circle.officer(circle.it), VI, product, circle.agencies.fr)


def test_a_product_that_its_author_could_not_open_is_refused_with_the_mend(circle, at_work):  # noqa: F811
    danish_h2(circle, at_work)
    italian(circle, at_work, circle.dk, codes=("H1",))  # not released: out of sight for a court alone
    circle_it = circle.officer(circle.it)
    told, _ = proposed(circle_it, VI, at_work)
    with pytest.raises(NotIssued, match="was not released to you"):
        draft(circle_it, VI, at_work, statements=[(p.text, p.type, p.clues, "X4") for p in told])
