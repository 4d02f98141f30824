"""The pages of inform: issue without scripts, trace to the person, and see beforehand what stays behind."""

import re

import pytest
from django.urls import reverse

from entente.casework.inform.service import paper, regenerate
from entente.records import guard
from entente.records.models import Clue, Delivery, Disclosure, LogEntry, Product
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from tests.casework.inform.by_two import issue
from tests.casework.inform.test_service import at_work, issued, socket  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
VI = Purpose.VICTIM_IDENTIFICATION


def page(case, name="page", product=None):
    return reverse(f"inform:{name}", args=[case.pk, product.pk] if product else [case.pk])


def fields(html, name="draft"):
    """Return the form's fields as a browser without scripts would send them."""
    form = re.search(rf'<form class="form" method="post" action="[^"]*{name}/">.*?</form>', html, re.S)[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            sent.setdefault(name[1], []).append(value[1] if value else "on")
    for name, text in re.findall(r'<textarea name="([^"]*)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        sent[name] = text.replace("&#x27;", "'")
    for name, inside in re.findall(r'<select name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inside) or re.search(r'value="([^"]*)"', inside)
        sent[name] = chosen[1]  # where nothing is selected a browser sends the first
    return sent


def last_entry():
    with guard.system("the test reads the log"):
        return LogEntry.objects.order_by("seq").last().told


def test_the_form_issues_what_the_officer_edited(client, circle, at_work):  # noqa: F811
    socket(circle, at_work)
    client.force_login(circle.it)
    sent = fields(client.get(page(at_work)).content.decode())
    assert sent["s-0-text"].startswith("Socket: L")
    sent["s-0-text"] = "A socket of type L is in the wall."
    answer = client.post(page(at_work, "draft"), sent)
    assert answer.status_code == 302
    with guard.scope(circle.officer(circle.it), VI):
        product = Product.objects.get()
    texts = [s["text"] for s in product.facts["document"]["statements"]]
    assert texts[0] == "A socket of type L is in the wall."
    assert len(texts) == 2


def test_a_statement_on_nothing_is_refused_with_the_mend_and_keeps_what_was_typed(client, circle, at_work):  # noqa: F811
    socket(circle, at_work)
    client.force_login(circle.it)
    sent = fields(client.get(page(at_work)).content.decode())
    sent |= {"s-2-keep": "on", "s-2-text": "Something else."}
    answer = client.post(page(at_work, "draft"), sent)
    assert answer.status_code == 400
    assert "nothing stands behind" in answer.content.decode()
    assert "Something else." in answer.content.decode()
    with guard.scope(circle.officer(circle.it), VI):
        assert not Product.objects.exists()


def test_the_pdf_is_a_logged_consultation_and_its_name_names_nobody(client, circle, at_work):  # noqa: F811
    socket(circle, at_work)
    product = issued(circle, at_work)
    client.force_login(circle.it)
    answer = client.get(page(at_work, "pdf", product))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="IT-2026-001-product-1.pdf"'
    assert answer.content == regenerate(product)
    entry = last_entry()
    assert (entry["verb"], entry["reason"], entry["officer"]) == ("consult", "inform:pdf", str(circle.it.pk))


def test_a_product_that_changed_is_not_handed_out(client, circle, at_work):  # noqa: F811
    socket(circle, at_work)
    product = issued(circle, at_work)
    with guard.system("the test spoils it"):
        Product.objects.filter(pk=product.pk).update(sha256="0" * 64)
    client.force_login(circle.it)
    answer = client.get(page(at_work, "pdf", product))
    assert answer.status_code == 500
    assert "no longer gives the bytes" in answer.content.decode()


def test_the_trace_leads_to_clue_item_and_person_and_tells_what_was_withdrawn(client, circle, at_work):  # noqa: F811
    clue = socket(circle, at_work)
    product = issued(circle, at_work)
    client.force_login(circle.it)
    told = client.get(page(at_work, "trace", product)).content.decode()
    assert reverse("examine:item", args=[at_work.pk, 1]) in told
    assert "IT-1001, National unit, Italy" in told
    assert "withdrawn since" not in told
    with guard.system("the test withdraws it"):
        Clue.objects.filter(pk=clue.pk).update(state="withdrawn")
    assert "withdrawn since" in client.get(page(at_work, "trace", product)).content.decode()


def test_it_shows_beforehand_what_stays_behind_and_discloses_only_on_a_post(client, circle, at_work):  # noqa: F811
    socket(circle, at_work)
    officer = circle.officer(circle.it)
    held = socket(circle, at_work, value="F")
    product = issue(
        officer,
        circle.officer(circle.it_third),
        at_work,
        statements=[(f"Fact {c}.", "fact", [c], "X4") for c in _clues(circle, at_work)],
    )
    with guard.system("the test gives one to Denmark, H2"):
        Clue.objects.filter(pk=held.pk).update(owner=circle.agencies.dk, codes="H2")
    client.force_login(circle.it)
    to = {"to": str(circle.agencies.fr.pk)}
    told = client.get(page(at_work, "leave", product), to).content.decode()
    assert "has not released it to this agency" in told
    assert "The recipient learns nothing of what stays behind." in told
    with guard.scope(officer, VI):
        assert not Disclosure.objects.exists()
    answer = client.post(page(at_work, "leave", product), to)
    assert answer.url == page(at_work, "trace", product)
    with guard.scope(officer, VI):
        assert paper(Delivery.objects.get()).startswith(b"%PDF")
    assert last_entry()["recipients"] == [str(circle.agencies.fr.pk)]


def _clues(circle, case):
    with guard.scope(circle.officer(circle.it), VI):
        return [str(c.pk) for c in Clue.objects.filter(case=case)]


def test_a_stranger_finds_no_page_and_a_reader_may_read_but_not_disclose(client, circle, at_work):  # noqa: F811
    socket(circle, at_work)
    product = issued(circle, at_work)
    client.force_login(circle.ca)
    for name in ("pdf", "trace", "leave"):
        assert client.get(page(at_work, name, product)).status_code == 404
    assert client.get(page(at_work)).status_code == 404
    client.force_login(circle.it_second)
    assert Part.READER == "reader"
    assert client.get(page(at_work, "pdf", product)).status_code == 200
    answer = client.post(page(at_work, "leave", product), {"to": str(circle.agencies.fr.pk)})
    assert answer.status_code == 403
    assert last_entry()["verb"] == "denied"


def test_a_product_withheld_by_its_originator_is_not_found_by_another_member(client, circle, at_work):  # noqa: F811
    socket(circle, at_work, codes=("H2",))
    product = issued(circle, at_work)
    client.force_login(circle.eu)
    assert client.get(page(at_work)).status_code == 200
    assert client.get(page(at_work, "pdf", product)).status_code == 404


def test_a_product_of_another_case_is_not_found(client, circle, at_work):  # noqa: F811
    from entente.casework.intake.service import open_case

    socket(circle, at_work)
    product = issued(circle, at_work)
    other = open_case(
        circle.officer(circle.it),
        VI,
        number="IT-2026-002",
        title="Operation Elm",
        victim_number="V-002",
        discovered_at=at_work.opened_at,
    )
    client.force_login(circle.it)
    assert client.get(page(other, "pdf", product)).status_code == 404
