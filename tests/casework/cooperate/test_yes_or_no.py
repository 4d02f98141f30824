"""From a question of Locate to a partner's yes or no, and back into the region: the whole loop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from entente.casework.cooperate import service
from entente.casework.locate.service import asking, weigh
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import Agency, Answer, Clue, Dispatch, Request, Specialist
from entente.safeguards.access import Act
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose
from entente.vocabulary.place import Question

VI = Purpose.VICTIM_IDENTIFICATION
SEEN = [
    ("language", {"da": 0.9, "de": 0.1}, "objects"),
    ("socket", "K", "scene"),
    ("currency", "EUR", "device"),
]


@pytest.fixture
def seen(circle, case):
    """Clues that leave Denmark and its neighbours."""
    with acting(circle.officer(circle.it), Act.ALTER, case.as_thing(), VI, step="examine"):
        for kind, value, group in SEEN:
            Clue.objects.create(
                case=case, owner=circle.agencies.it, kind=kind, value=value, group=group, source="s",
                because="seen", method="person", version="1", evaluation="B2", state="confirmed",
            )  # fmt: skip
    return case


def share(estimate, code: str) -> float:
    return next((c["p"] for c in estimate.posterior["countries"] if c["code"] == code), 0.0)


def posed(circle, case, kind: str, about: str):
    """Return how a question stands for Italy now, or nothing where it is not asked again."""
    officer = circle.officer(circle.it)
    with guard.scope(officer, VI):
        found = asking(officer, case, [Question(kind, "", 1.0, 1.0, about)])
    return found[0] if found else None


def ask(circle, case, **more):
    given = {
        "question": "Is this yours?",
        "asks": "country",
        "about": "DK",
        "due": clock.now() + timedelta(days=2),
    }
    return service.ask(circle.officer(circle.it), VI, case, agencies=[circle.agencies.dk], **(given | more))


@pytest.mark.parametrize(
    ("said", "admin1", "moves"), [("ours", "", 1), ("ours", "17", 1), ("not ours", "", -1)]
)
def test_the_loop_from_question_to_request_to_answer_to_clue_to_region(
    client, circle, seen, said, admin1, moves
):
    it = circle.officer(circle.it)
    before = share(weigh(it, VI, seen), "DK")
    # the question, with the agency that could answer, leads to a request that is filled in
    client.force_login(circle.it)
    page = client.get(reverse("locate:page", args=[seen.pk])).content.decode()
    way = f"{reverse('cooperate:page', args=[seen.pk])}?kind=country&amp;country=DK#ask-title"
    assert "Ask Denmark: is this yours?" in page and "National unit, Denmark" in page and way in page
    form = client.get(way.replace("&amp;", "&").partition("#")[0]).context["form"]
    sent = {
        "question": form["question"].value(),
        "agencies": [str(pk) for pk in form["agencies"].value()],
        "asks": form["asks"].value(),
        "about": form["about"].value(),
        "due": f"{form['due'].value():%Y-%m-%dT%H:%M}",
        "urgency": "normal",
        "codes": ["H0"],
    }
    assert sent["agencies"] == [str(circle.agencies.dk.pk)]
    assert client.post(reverse("cooperate:ask", args=[seen.pk]), sent).status_code == 302
    # it is open now, and not asked again
    assert [d.addressed.short for d in posed(circle, seen, "country", "DK").sent] == ["DK"]
    page = client.get(reverse("locate:page", args=[seen.pk])).content.decode()
    assert way not in page
    # the partner, who is no member, learns the question and nothing else of the case
    with guard.scope(circle.officer(circle.dk), VI):
        dispatch = Dispatch.objects.get()
        assert not Request.objects.exists() and not Clue.objects.exists()
    client.force_login(circle.dk)
    at = reverse("dispatch", args=[dispatch.pk])
    html = client.get(at).content.decode()
    assert dispatch.question in html
    for hidden in (seen.title, seen.number, seen.victim_number, "socket", "%"):
        assert hidden not in html.partition("<main")[2].partition("</main>")[0]
    answer = {"kind": said, "admin1": admin1, "source": "B", "information": "2", "codes": ["H0"]}
    told = client.post(reverse("dispatch-answer", args=[dispatch.pk]), answer)
    assert told.status_code == 302, told.content.decode()
    # the answer waits: the region has not moved
    waiting = posed(circle, seen, "country", "DK")
    assert [a.kind for a in waiting.waiting] == [said] and not waiting.sent
    assert share(weigh(it, VI, seen), "DK") == before
    # a person takes it as a clue with the partner's grade, and the region moves
    with guard.scope(it, VI):
        row = Answer.objects.get()
    clue = service.take(it, VI, row)
    assert (clue.group, clue.evaluation, clue.negated) == ("partner", "B2", said == "not ours")
    asked = {"country": "DK", "asked": True} | ({"admin1": "17"} if admin1 else {})
    assert clue.value == ("DK" if said == "not ours" else asked)
    after = share(weigh(it, VI, seen), "DK")
    assert (after - before) * moves > 0.05
    assert posed(circle, seen, "country", "DK") is None


def test_cannot_say_states_nothing_and_is_not_asked_again(circle, seen):
    ask(circle, seen)
    dk = circle.officer(circle.dk)
    with guard.scope(dk, VI):
        dispatch = Dispatch.objects.get()
    row = service.answer(dk, VI, dispatch, kind="cannot say")
    assert (row.clue_kind, row.clue_value) == ("", None)
    assert posed(circle, seen, "country", "DK") is None
    assert posed(circle, seen, "country", "FR").agencies
    with pytest.raises(service.NotAnswered, match="no clue"):
        service.take(circle.officer(circle.it), VI, row)


def test_only_a_countrys_own_agencies_are_asked_whether_it_is_theirs(circle, seen):
    for wrong, mend in [
        ({"about": "FR"}, "FR's own agencies"),
        ({"about": "XX"}, "no country"),
        ({"asks": "region"}, "kind of clue"),
    ]:
        with pytest.raises(service.NotAsked, match=mend):
            ask(circle, seen, **wrong)
    ask(circle, seen)
    dk = circle.officer(circle.dk)
    with guard.scope(dk, VI):
        dispatch = Dispatch.objects.get()
    for wrong, mend in [
        ({"kind": "answer", "text": "yes"}, "yes, not ours, or cannot say"),
        (
            {"kind": "ours", "clue_kind": "region", "clue_value": {"country": "SE", "admin1": "1"}},
            "one of DK",
        ),
    ]:
        with pytest.raises(service.NotAnswered, match=mend):
            service.answer(dk, VI, dispatch, **wrong)
    plain = ask(circle, seen, about="")
    with guard.scope(dk, VI):
        other = Dispatch.objects.exclude(pk=dispatch.pk).get()
    assert plain.about == other.about == ""
    with pytest.raises(service.NotAnswered, match="nobody asked"):
        service.answer(dk, VI, other, kind="ours")


def test_a_region_goes_with_yes_alone_and_the_page_says_so(client, circle, seen):
    ask(circle, seen)
    with guard.system("test"):
        dispatch = Dispatch.objects.get()
    client.force_login(circle.dk)
    answer = {"kind": "not ours", "admin1": "17", "source": "X", "information": "4", "codes": ["H0"]}
    told = client.post(reverse("dispatch-answer", args=[dispatch.pk]), answer)
    assert told.status_code == 400 and "goes with yes alone" in told.content.decode()


def test_who_could_answer_is_named_members_first_and_what_another_agency_asked_is_not_known(circle, seen):
    from entente.casework.prioritise.service import assign

    for account in (circle.fr, circle.nl):
        Specialist.objects.create(account=account, fields=["sockets"])
    assign(circle.officer(circle.it), VI, seen, circle.fr, part=Part.MEMBER)
    found = posed(circle, seen, "socket", "")
    assert [s.account for s in found.members] == [circle.fr]
    assert [s.account for s in found.specialists] == [circle.nl]
    assert posed(circle, seen, "country", "IT").ours
    ask(circle, seen)
    french = circle.officer(circle.fr)
    with guard.scope(french, VI):
        (one,) = asking(french, seen, [Question("country", "", 1.0, 1.0, "DK")])
    assert not one.open and one.agencies


def test_a_country_without_an_agency_comes_last(circle, seen):
    officer = circle.officer(circle.it)
    posed_ = [Question("country", "", 2.0, 1.0, "SE"), Question("socket", "", 1.0, 1.0)]
    with guard.scope(officer, VI):
        found = asking(officer, seen, posed_)
    assert [a.question.about for a in found] == ["", "SE"]
    assert not Agency.objects.filter(country="SE").exists()
    assert found[1].agencies == () and not found[1].answerable
