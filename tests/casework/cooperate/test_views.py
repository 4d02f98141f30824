"""The pages of asking and answering, as each agency's browser gets them."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from PIL import Image

from entente.casework.cooperate import service
from entente.casework.cooperate.views import asking
from entente.records import clock, guard, leaf
from entente.records.models import Answer, Dispatch, Request
from tests.casework.cooperate.test_service import VI, allow, answer, ask, crop, entries, join, sent_to  # noqa: F401


def bare(page):
    """A page without its tokens and random names."""
    page = re.sub(rb"[A-Za-z0-9]{64}", b"", page.content)
    return re.sub(rb"[0-9a-f]{8}-[0-9a-f-]{27}", b"", page)


def form(**change):
    due = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    return {"question": "Where is it sold?", "due": due, "urgency": "normal", "codes": ["H0"]} | change


REPLY = {"kind": "answer", "text": "sold in the north", "source": "B", "information": "2", "codes": ["H2"]}


@pytest.mark.parametrize("member", [False, True])
def test_france_cannot_tell_that_denmark_was_asked(circle, case, client, member):
    if member:
        join(case, circle.fr)
    moment = clock.now()
    pages = []
    for asked in (["fr"], ["fr", "dk"]):
        with clock.at(moment):
            request = ask(circle, case, *asked)
            client.force_login(circle.fr)
            dispatch = sent_to(circle, request, "fr")
            urls = ["/requests/", f"/requests/{dispatch.pk}/"]
            urls += [f"/cases/{case.pk}/cooperate/"] if member else []
            pages.append([bare(client.get(url)) for url in urls])
        with guard.system("test"):
            Request.objects.all().delete()
    assert pages[0] == pages[1]
    assert b"Where is this tile sold?" in pages[0][1]
    assert b"Where is this tile sold?" not in pages[0][0]


def test_the_whole_way_by_form(circle, case, client):
    client.force_login(circle.it)
    asked = client.post(
        f"/cases/{case.pk}/cooperate/ask/", form(agencies=[circle.agencies.dk.pk], asks="region"), follow=True
    )
    assert b"Where is it sold?" in asked.content
    with guard.system("test"):
        dispatch = Dispatch.objects.get()
    client.force_login(circle.dk)
    opened = client.get(f"/requests/{dispatch.pk}/")
    assert b"Where is it sold?" in opened.content
    assert b"<dd>region</dd>" in opened.content
    assert b"Tuscany" not in client.get("/requests/").content  # the example leads nobody
    wrong = client.post(
        f"/requests/{dispatch.pk}/answer/", REPLY | {"clue_kind": "region", "clue_value": "Nordjylland"}
    )
    assert wrong.status_code == 400
    assert b"a region is a country and its division" in wrong.content
    given = client.post(
        f"/requests/{dispatch.pk}/answer/", REPLY | {"clue_kind": "country", "clue_value": "dk"}
    )
    assert given.status_code == 302
    with guard.system("test"):
        row = Answer.objects.get()
    assert (row.evaluation, row.codes, row.clue_value) == ("B2", "H2", "DK")
    client.force_login(circle.it)
    assert b"sold in the north" in client.get(f"/cases/{case.pk}/cooperate/answers/{row.pk}/").content
    taken = client.post(f"/cases/{case.pk}/cooperate/answers/{row.pk}/take/", follow=True)
    assert b"taken as a clue" in taken.content


def test_an_h3_request_shows_its_restriction_at_each_opening(circle, case, client):
    request = ask(circle, case, "dk", codes=["H3"], handling_text="by phone only")
    dispatch = sent_to(circle, request, "dk")
    client.force_login(circle.dk)
    for _ in range(2):
        first = client.get(f"/requests/{dispatch.pk}/")
        assert b"by phone only" in first.content
        assert b"Where is this tile sold?" not in first.content
        assert (
            b"Where is this tile sold?" in client.post(f"/requests/{dispatch.pk}/", {"read": "yes"}).content
        )


def test_a_wrong_answer_opens_nothing_unlogged(circle, case, client):
    """The page that says what is wrong shows the question: it is opened by that, and H3 is read before."""

    def opened():
        with guard.system("read the log in a test"):
            return [e for e in entries(step="cooperate") if e.told["reason"] == "open a request"]

    closed = sent_to(circle, ask(circle, case, "dk", codes=["H3"], handling_text="by phone only"), "dk")
    plain = sent_to(circle, ask(circle, case, "dk"), "dk")
    client.force_login(circle.dk)
    answer = client.post(f"/requests/{closed.pk}/answer/", {}, follow=True)
    assert b"by phone only" in answer.content and b"Where is this tile sold?" not in answer.content
    assert not opened()
    answer = client.post(f"/requests/{plain.pk}/answer/", {})
    assert (answer.status_code, b"Where is this tile sold?" in answer.content) == (400, True)
    assert len(opened()) == 1


def test_every_answer_can_be_released_by_its_own_form(circle, case, client):
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    rows = [answer(circle, dispatch, "dk", kind="partial", text=text) for text in ("north", "west")]
    client.force_login(circle.dk)
    page = client.get(f"/requests/{dispatch.pk}/").content.decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    until = (clock.now() + timedelta(days=9)).date().isoformat()
    for row in rows:
        assert f'id="release-{row.pk}-until"' in page
        given = {"to": circle.agencies.fr.pk, "until": until, "reason": "they ask the same"}
        client.post(f"/requests/{dispatch.pk}/answers/{row.pk}/release/", given)
    assert client.get(f"/requests/{dispatch.pk}/").content.decode().count('<th scope="row">FR</th>') == 2


def test_long_lists_turn_their_leaves_and_what_waits_is_on_the_first(circle, case, client, monkeypatch):
    monkeypatch.setattr(leaf, "A_LEAF", 1)
    now = clock.now()
    old, new = (
        sent_to(circle, ask(circle, case, "dk", due=now + timedelta(days=n), question=f"No. {n}?"), "dk")
        for n in (1, 2)
    )
    answer(circle, old, "dk")
    client.force_login(circle.dk)
    pages = [client.get(f"/requests/?page={n}").content.decode() for n in (1, 2)]
    assert [str(d.pk) in page for page in pages for d in (new, old)] == [True, False, False, True]
    assert "?page=2" in pages[0]
    client.force_login(circle.it)
    page = client.get("/requests/?sent=2").content.decode()
    assert "?sent=1" in page and page.count('data-label="To"') == 1
    monkeypatch.setattr(asking, "REQUESTS", 1)
    pages = [client.get(f"/cases/{case.pk}/cooperate/?page={n}").content.decode() for n in (1, 2)]
    assert ["No. 2?" in pages[0], "No. 1?" in pages[0], "No. 1?" in pages[1]] == [True, False, True]


def test_withdrawn_hidden_and_absent_are_one_404(circle, case, client):
    request = ask(circle, case, "dk", "fr")
    taken_back = ask(circle, case, "dk")
    hidden, gone = sent_to(circle, request, "fr"), sent_to(circle, taken_back, "dk")
    service.withdraw(circle.officer(circle.it), VI, taken_back)
    client.force_login(circle.dk)
    absent = "00000000-0000-4000-8000-000000000000"
    for end in ("", "crop/"):
        ask_for = client.post if end else client.get  # a picture comes by POST alone
        answers = [ask_for(f"/requests/{d}/{end}") for d in (hidden.pk, gone.pk, absent)]
        assert {a.status_code for a in answers} == {404}
        assert len({bare(a) for a in answers}) == 1
    assert str(gone.pk).encode() not in client.get("/requests/").content


def test_the_recipient_gets_the_crop_and_never_the_original(circle, case, client, crop):  # noqa: F811
    item = allow(circle, crop, "dk")
    dispatch = sent_to(circle, ask(circle, case, "dk", crop=crop), "dk")
    client.force_login(circle.dk)
    page = client.get(f"/requests/{dispatch.pk}/")
    assert b"<img" not in page.content
    for secret in (item.key, crop.key, str(item.pk), str(crop.pk), str(case.pk), dispatch.crop_key):
        assert secret.encode() not in page.content
    grey = client.post(f"/requests/{dispatch.pk}/crop/")
    assert max(Image.open(io.BytesIO(grey.content)).size) <= 160
    assert grey["Cache-Control"] == "no-store"
    assert client.get(f"/requests/{dispatch.pk}/reveal/").status_code == 405
    assert client.post(f"/requests/{dispatch.pk}/reveal/", {"purpose": "curiosity"}).status_code == 400
    clear = client.post(f"/requests/{dispatch.pk}/reveal/", {"purpose": "victim-identification"})
    assert clear["X-Reveal"]
    assert Image.open(io.BytesIO(clear.content)).size == (320, 240)
    for step in ("cooperate", "crosscheck"):
        assert client.get(f"/cases/{case.pk}/{step}/").status_code == 404


def test_an_unusual_recipient_is_asked_about_once(circle, case, client):
    client.force_login(circle.it)
    url = f"/cases/{case.pk}/cooperate/ask/"
    warned = client.post(url, form(agencies=[circle.agencies.au.pk]))
    assert warned.status_code == 400
    assert b"National unit, Australia" in warned.content
    assert client.post(url, form(agencies=[circle.agencies.au.pk], sure="on")).status_code == 302
    assert client.post(url, form(agencies=[circle.agencies.au.pk], question="And now?")).status_code == 302


def test_a_release_is_given_and_ended_on_the_page(circle, case, client):
    dispatch = sent_to(circle, ask(circle, case, "dk"), "dk")
    row = answer(circle, dispatch, "dk", codes=["H2"])
    client.force_login(circle.dk)
    url = f"/requests/{dispatch.pk}/answers/{row.pk}/release/"
    day = (clock.now() + timedelta(days=9)).date()
    given = client.post(url, {"to": circle.agencies.fr.pk, "until": day, "reason": "they asked"}, follow=True)
    assert str(day).encode() in given.content
    join(case, circle.fr)
    with guard.scope(circle.officer(circle.fr), VI):
        assert Answer.objects.filter(pk=row.pk).exists()
    client.post(url, {"withdraw": circle.agencies.fr.pk})
    with guard.scope(circle.officer(circle.fr), VI):
        assert not Answer.objects.filter(pk=row.pk).exists()


def test_a_reader_reads_and_sends_nothing(circle, case, client):
    join(case, circle.it_second, part="reader")
    client.force_login(circle.it_second)
    assert client.get(f"/cases/{case.pk}/cooperate/").status_code == 200
    refused = client.post(f"/cases/{case.pk}/cooperate/ask/", form(agencies=[circle.agencies.dk.pk]))
    assert refused.status_code == 403


@pytest.mark.parametrize("known", [False, True])
def test_those_asked_learn_of_each_other_only_where_the_asker_lets_them(circle, case, client, known):
    client.force_login(circle.it)
    to = [str(a.pk) for a in (circle.agencies.dk, circle.agencies.fr)]
    allowed = {"circle_known": "on"} if known else {}
    client.post(f"/cases/{case.pk}/cooperate/ask/", form(agencies=to, urgency="child at risk", **allowed))
    with guard.system("choose in a test"):
        sent = Dispatch.objects.get(addressed=circle.agencies.fr)
    client.force_login(circle.fr)
    page = client.get(f"/requests/{sent.pk}/").content
    assert (b"<dd>DK</dd>" in page) is known
    words = client.get(f"/requests/{sent.pk}/", headers={"Accept-Language": "fr"}).content.decode()
    assert "Enfant en danger" in words and "<dd>Identification des victimes</dd>" in words
