"""The reference shelf: who is asked, what they see, and how an answer lies before the case."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from entente.casework.cooperate import service
from entente.casework.examine import service as examine
from entente.records import clock, guard
from entente.records.models import Account, Answer, Clue, Dispatch, Milestone, Notice, Request
from tests.casework.cooperate.test_service import (  # noqa: F401
    VI,
    allow,
    crop,
    entries,
    join,
    sees,
)


def knows(circle, account, *codes):
    return service.set_fields(circle.officer(account), VI, codes)


def put(circle, case, crop, **kwargs):  # noqa: F811
    given = {
        "question": "Where is this sold?",
        "field": "sockets",
        "crop": crop,
        "due": clock.now() + timedelta(days=2),
    }
    return service.ask_specialists(circle.officer(circle.it), VI, case, **given | kwargs)


def reply(circle, account, sent, **kwargs):
    given = {
        "kind": "answer",
        "text": "sold by one chain only",
        "clue_kind": "country",
        "clue_value": "DK",
        "evaluation": "B2",
    }
    return service.answer(circle.officer(account), VI, sent, **given | kwargs)


def sent_by(request):
    with guard.system("test"):
        return list(Dispatch.objects.filter(request=request).order_by("addressed__short"))


@pytest.fixture
def released(circle, case, crop):  # noqa: F811
    allow(circle, crop, "dk", "it", "fr")
    return crop


def open_to(circle, account):
    with guard.scope(circle.officer(account), VI):
        return list(service.open_questions(circle.officer(account)))


def test_a_question_reaches_whoever_knows_the_field_and_nobody_else(circle, case, released):
    knows(circle, circle.dk, "sockets", "flora")
    knows(circle, circle.fr, "flora")
    with guard.scope(circle.officer(circle.it), VI):
        assert [s.account_id for s in service.circle(circle.officer(circle.it))] == [
            circle.dk.pk,
            circle.fr.pk,
        ]
    put(circle, case, released, agencies=[circle.agencies.dk, circle.agencies.fr])
    assert len(open_to(circle, circle.dk)) == 1 and open_to(circle, circle.fr) == []
    put(circle, case, released, people=[circle.fr], field="flora")
    assert len(open_to(circle, circle.fr)) == 1 and len(open_to(circle, circle.dk)) == 1
    with pytest.raises(service.NotAsked, match="did not say to know"):
        put(circle, case, released, people=[circle.fr], field="sockets")
    for bad in ("nothing", ""):
        with pytest.raises(service.NotAsked, match="not offered"):
            put(circle, case, released, agencies=[circle.agencies.dk], field=bad)


def test_only_a_crop_is_shown_and_only_where_its_originator_lets_it(circle, case, crop):  # noqa: F811
    knows(circle, circle.dk, "sockets")
    with pytest.raises(guard.Denied):
        put(circle, case, crop, people=[circle.dk])
    with guard.system("test"):
        item = crop.parent
    with pytest.raises(service.NotAsked, match="an original never leaves"):
        put(circle, case, item, people=[circle.dk])
    with guard.system("test"):
        assert not Request.objects.exists()


def test_an_answer_lies_before_the_case_as_a_proposal_on_the_item_and_an_officer_confirms(
    circle, case, released
):
    knows(circle, circle.dk, "sockets")
    (sent,) = sent_by(put(circle, case, released, people=[circle.dk]))
    given = reply(circle, circle.dk, sent)
    with guard.system("test"):
        clue = Clue.objects.get()
        assert (clue.state, clue.evaluation, clue.decided_by_id) == ("proposed", "B2", None)
        assert clue.media_id == released.parent_id and clue.region == released.region
        assert clue.owner_id == case.owner_id and clue.group == "partner"
        assert not Milestone.objects.filter(stage="contributions").exists()
    service.take(circle.officer(circle.it), VI, given)
    with guard.system("test"):
        clue.refresh_from_db()
        assert (clue.state, clue.decided_by_id, clue.evaluation) == ("confirmed", circle.it.pk, "B2")
        assert Milestone.objects.filter(stage="contributions").exists()
        assert Clue.objects.count() == 1
    assert service.take(circle.officer(circle.it), VI, given).pk == clue.pk
    examine.withdraw(circle.officer(circle.it), VI, clue)


def test_an_answer_under_h2_stays_between_the_two(circle, case, released):
    knows(circle, circle.dk, "sockets")
    join(case, circle.fr)
    (sent,) = sent_by(put(circle, case, released, people=[circle.dk]))
    reply(circle, circle.dk, sent, codes=["H2"])
    with guard.system("test"):
        clue = Clue.objects.get()
    assert sees(circle, "it", clue) and not sees(circle, "fr", clue)


def test_a_colleague_is_asked_by_name_and_nobody_else_of_the_agency_finds_it(circle, case, released):
    other = circle.make_account(circle.agencies.it, "IT-1009")
    knows(circle, circle.it_second, "sockets")
    knows(circle, other, "sockets")
    (sent,) = sent_by(put(circle, case, released, people=[circle.it_second]))
    assert [d.pk for d in open_to(circle, circle.it_second)] == [sent.pk]
    assert open_to(circle, other) == []
    reply(circle, circle.it_second, sent)
    for account, count in ((circle.it_second, 1), (other, 0), (circle.it, 1)):
        officer = circle.officer(account)
        with guard.scope(officer, VI):
            assert service.past_answers(officer, "chain").count() == count, account


def test_past_answers_are_found_by_words_and_field_and_only_those_one_may_see(circle, case, released):
    knows(circle, circle.dk, "sockets")
    (sent,) = sent_by(put(circle, case, released, people=[circle.dk]))
    reply(circle, circle.dk, sent)
    for account, words, field, count in (
        (circle.dk, "", "", 1),
        (circle.dk, "chain sold", "sockets", 1),
        (circle.dk, "chain", "flora", 0),
        (circle.dk, "nothing", "", 0),
        (circle.it, "dk", "", 1),
        (circle.fr, "", "", 0),
        (circle.nl, "", "", 0),
    ):
        officer = circle.officer(account)
        with guard.scope(officer, VI):
            assert service.past_answers(officer, words, field).count() == count, (account, words)


def test_a_reminder_goes_out_once_a_day_and_names_nobody_else(circle, case, released):
    knows(circle, circle.dk, "sockets")
    (sent,) = sent_by(put(circle, case, released, people=[circle.dk]))
    it = circle.officer(circle.it)
    service.remind(it, VI, sent)
    with pytest.raises(service.NotAsked, match="within the last day"):
        service.remind(it, VI, sent)
    with pytest.raises(service.NotAsked, match="only the agency that asked"):
        service.remind(circle.officer(circle.dk), VI, sent)
    with guard.system("test"):
        told = Notice.objects.get()
    assert (told.kind, told.addressed_id, told.text) == ("reminder", circle.agencies.dk.pk, "")
    reply(circle, circle.dk, sent)
    with clock.at(clock.now() + timedelta(days=2)), pytest.raises(service.NotAsked, match="answered"):
        service.remind(it, VI, sent)


def test_fields_are_the_vocabularys_and_one_asks_nobody_who_left(circle, case):
    with pytest.raises(service.NotAnswered, match="no such field"):
        knows(circle, circle.dk, "telepathy")
    knows(circle, circle.dk, "sockets")
    Account.objects.filter(pk=circle.dk.pk).update(is_active=False)
    assert service.circle(circle.officer(circle.it)) == []
    with pytest.raises(guard.Denied):
        knows(circle, circle.it_admin, "sockets")


def test_the_pages_from_asking_to_confirming(client, circle, case, released):
    client.force_login(circle.dk)
    told = client.post(reverse("shelf"), {"fields_known": ["sockets", "flora"]}, follow=True)
    assert b"known to the circle" in told.content
    client.force_login(circle.it)
    page = client.get(reverse("cooperate:shelf-ask", args=[case.pk])).content.decode()
    assert "DK-1001: plants and trees, sockets and fittings" in page
    due = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    given = {"asked": "used", "crop": released.pk, "field": "sockets", "people": [circle.dk.pk]}
    given |= {"asks": "country", "due": due, "urgency": "normal", "codes": ["H0"]}
    bad = client.post(reverse("cooperate:shelf-ask", args=[case.pk]), given | {"people": []})
    far = client.post(
        reverse("cooperate:shelf-ask", args=[case.pk]), given | {"agencies": [str(circle.agencies.au.pk)]}
    )
    assert far.status_code == 400 and "first request to" in far.content.decode()
    assert bad.status_code == 400 and b"name at least one" in bad.content
    for _ in range(2):
        client.post(reverse("cooperate:shelf-ask", args=[case.pk]), given)
    page = client.get(reverse("cooperate:page", args=[case.pk])).content.decode()
    assert "Where is this used?" in page and "DK-1001" in page
    client.force_login(circle.dk)
    shelf = client.get(reverse("shelf")).content.decode()
    assert "sockets and fittings" in shelf and "to you by name" in shelf
    with guard.system("test"):
        first, second = list(Dispatch.objects.order_by("due", "made_at"))
    opened = client.get(reverse("dispatch", args=[first.pk])).content.decode()
    assert "autofocus" in opened and '<datalist id="words">' in opened and "<img" not in opened
    said = {"kind": "answer", "clue_kind": "country", "clue_value": "DK", "source": "A", "information": "1"}
    after = client.post(reverse("dispatch-answer", args=[first.pk]), said | {"codes": ["H0"]})
    assert after["Location"] == reverse("dispatch", args=[second.pk])
    after = client.post(reverse("dispatch-answer", args=[second.pk]), said | {"codes": ["H0"], "text": "yes"})
    assert after["Location"] == reverse("shelf")
    found = client.get(reverse("shelf"), {"q": "yes", "field": "sockets"}).content.decode()
    assert "yes" in found and client.get(reverse("shelf"), {"q": "x"}).content.count(b"Nothing found") == 1
    client.force_login(circle.it)
    with guard.system("test"):
        row = Answer.objects.first()
    page = client.get(reverse("cooperate:answer", args=[case.pk, row.pk])).content.decode()
    assert "Confirm the clue" in page
    client.post(reverse("cooperate:take", args=[case.pk, row.pk]))
    with guard.system("test"):
        assert Clue.objects.filter(state="confirmed").count() == 1


def test_every_language_shows_the_pages(client, circle, case):
    client.force_login(circle.it)
    for language in ("en", "fr", "it"):
        client.cookies["django_language"] = language
        for page in (
            reverse("shelf"),
            *(reverse(f"cooperate:{n}", args=[case.pk]) for n in ("shelf-ask", "appeals")),
        ):
            assert client.get(page).status_code == 200
