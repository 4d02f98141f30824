"""Second opinions: several vote blind, the program counts, a named person decides what is divided."""

from __future__ import annotations

import re
from hashlib import sha256
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.urls import reverse

from entente.casework.examine.service import ExamineRefused, opinions
from entente.records import guard
from entente.records.guard import Denied
from entente.records.models import (
    Case,
    Clue,
    Feed,
    LogEntry,
    LogOpening,
    Media,
    Membership,
    Opinion,
    Seal,
    Vote,
)
from entente.records.models.opinion import VoteRewritten
from entente.safeguards.commitment import canonical
from entente.safeguards.opinion import Answer, Outcome, in_own_order, tally, votes_needed
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
CATEGORY = {"profile": "US", "model_version": "2.0", "code": "1"}
SENT = {"category": "US|2.0|1"}
Y, N, U = Answer.YES, Answer.NO, Answer.UNSURE


def test_all_alike_stands_or_falls_and_anything_else_goes_to_a_person():
    assert tally([Y, Y, Y], 3) is Outcome.STANDS
    assert tally([N, N], 2) is Outcome.FAILS
    for divided in ([Y, Y, N], [Y, Y, U], [U, U, U]):
        assert tally(divided, 3) is Outcome.DIVIDED
    assert tally([Y, N], 3) is Outcome.OPEN  # divided already, but ending here would tell what was said


def test_the_narrowest_setting_holds_within_its_limits():
    assert (votes_needed(), votes_needed(3, 4), votes_needed(3, 4, 2)) == (3, 4, 2)
    assert (votes_needed(1), votes_needed(3, None, 99)) == (2, 7)


def test_each_person_has_an_order_of_the_own_that_stays():
    questions = [uuid4() for _ in range(12)]
    people = [uuid4() for _ in range(6)]
    orders = [tuple(in_own_order(p, questions)) for p in people]
    assert len(set(orders)) == len(people)
    assert orders == [tuple(in_own_order(p, reversed(questions))) for p in people]


@pytest.fixture
def joint(circle, case):
    """Italy's case with an item, a clue, and members of four more agencies."""
    held = {"case": case, "owner": circle.agencies.it, "made_by": circle.it}
    with guard.system("fill a case for a test"):
        for short in ("au", "dk", "fr", "nl", "ca"):
            Membership.objects.create(case=case, account=getattr(circle, short), part="member")
        Membership.objects.create(case=case, account=circle.it_second, part="reader")
        item = Media.objects.create(number=1, kind="picture", width=8, height=8, source="disk", **held)
        clue = Clue.objects.create(
            media=item, kind="country", value="PT", group="objects", source="s", because="a sign",
            method="examiner", version="1", state="confirmed", **held,
        )  # fmt: skip
    people = {
        n: circle.officer(getattr(circle, n)) for n in ("it", "au", "dk", "fr", "nl", "ca", "it_second")
    }
    return SimpleNamespace(circle=circle, case=case, item=item, clue=clue, **people)


def asked(joint: SimpleNamespace) -> Opinion:
    return opinions.ask_opinion(joint.it, VI, joint.item, **CATEGORY)


def voted(joint: SimpleNamespace, row: Opinion, *answers: str, reason: str = "because") -> Opinion:
    for who, answer in zip((joint.au, joint.dk, joint.fr), answers, strict=False):
        opinions.cast(who, VI, row, answer, reason)
    return now(row)


def now(row: Opinion) -> Opinion:
    with guard.system("look in a test"):
        return Opinion.objects.get(pk=row.pk)


def seen(officer, model) -> list:
    with guard.scope(officer, VI):
        return list(model.objects.all())


def test_three_who_agree_make_a_category_stand_and_its_votes_are_named(joint):
    row = voted(joint, asked(joint), "yes", "yes", "yes")
    assert row.state == "stands"
    with guard.system("look in a test"):
        assert sorted(row.stands_on) == sorted(str(v.pk) for v in Vote.objects.all())
    assert [(o.media_id, o.what) for o in seen(joint.ca, Opinion)] == [(joint.item.pk, "US 2.0 · 1")]


def test_a_decisive_clue_that_nobody_upholds_does_not_stand_and_is_left_to_a_person(joint):
    row = opinions.ask_opinion(joint.it, VI, joint.item, clue=joint.clue)
    assert voted(joint, row, "no", "no", "no").state == "fails"
    assert seen(joint.it, Clue)[0].state == "confirmed"


@pytest.mark.parametrize("category", [{}, {"code": "1"}, CATEGORY | {"profile": " "}])
def test_a_bare_number_is_no_category(joint, category):
    with pytest.raises(ExamineRefused, match="a number alone says nothing"):
        opinions.ask_opinion(joint.it, VI, joint.item, **category)


def test_a_category_is_one_that_its_scheme_offers_and_any_code_where_no_table_is_public(joint):
    for wrong in ({"code": "99"}, {"profile": "Nobody"}, {"model_version": "7"}):
        with pytest.raises(ExamineRefused):
            opinions.ask_opinion(joint.it, VI, joint.item, **(CATEGORY | wrong))
    row = opinions.ask_opinion(joint.it, VI, joint.item, profile="UK", model_version="2.0", code="7")
    assert row.what == "UK 2.0 · 7"


def test_who_proposed_and_who_voted_casts_no_further_vote(joint):
    row = asked(joint)
    with pytest.raises(ExamineRefused, match="casts no vote"):
        opinions.cast(joint.it, VI, row, "yes")
    opinions.cast(joint.au, VI, row, "yes")
    with pytest.raises(ExamineRefused, match="you have voted"):
        opinions.cast(joint.au, VI, row, "yes")
    with pytest.raises(ExamineRefused, match="yes, no or unsure"):
        opinions.cast(joint.dk, VI, row, "perhaps")
    with pytest.raises(Denied):
        opinions.cast(joint.it_second, VI, row, "yes")  # a reader
    with pytest.raises(ExamineRefused, match="asked already"):
        asked(joint)
    assert now(row).state == "open"


def test_nobody_reads_another_s_vote_before_the_end_and_only_the_own_agency_after(joint):
    row = voted(joint, asked(joint), "yes", "no")
    assert [v.answer for v in seen(joint.au, Vote)] == ["yes"]
    assert [v.answer for v in seen(joint.dk, Vote)] == ["no"]
    assert seen(joint.it, Vote) == seen(joint.fr, Vote) == []
    voted_last = voted(SimpleNamespace(au=joint.fr, dk=None, fr=None), row, "yes")
    assert voted_last.state == "divided"
    assert [v.answer for v in seen(joint.dk, Vote)] == ["no"]  # the tally told the end, and no vote
    with guard.system("a colleague in Denmark"):
        joint.circle.it_second.agency = joint.circle.agencies.dk
        joint.circle.it_second.save()
    colleague = joint.circle.officer(joint.circle.it_second)
    assert [v.answer for v in seen(colleague, Vote)] == ["no"]


def test_a_withdrawn_vote_stays_on_record_and_another_may_be_cast(joint):
    row = asked(joint)
    opinions.cast(joint.au, VI, row, "no", "too quick")
    opinions.withdraw_vote(joint.au, VI, row)
    with pytest.raises(ExamineRefused, match="no vote of yours"):
        opinions.withdraw_vote(joint.au, VI, row)
    assert voted(joint, row, "yes", "yes", "yes").state == "stands"
    with guard.system("look in a test"):
        kept = [(v.answer, v.reason, bool(v.withdrawn_at)) for v in Vote.objects.filter(account=joint.au.id)]
    assert kept == [("no", "too quick", True), ("yes", "because", False)]
    with pytest.raises(ExamineRefused, match="has ended"):
        opinions.withdraw_vote(joint.au, VI, row)


def test_what_a_vote_says_is_never_written_again(joint):
    voted(joint, asked(joint), "yes")
    with guard.system("try in a test"):
        vote = Vote.objects.get()
        vote.answer = "no"
        for way in (vote.save, lambda: vote.save(update_fields=["answer"])):
            with pytest.raises(VoteRewritten):
                way()
        with pytest.raises(VoteRewritten):
            Vote.objects.update(reason="other")
        with pytest.raises(VoteRewritten):
            Vote.objects.bulk_update([vote], ["answer"])
        told = Vote.objects.get().as_record()
        assert Seal.objects.filter(digest=sha256(canonical(told).encode()).hexdigest()).exists()


def test_the_named_person_sees_every_vote_and_decides_with_reason(joint):
    row = voted(joint, asked(joint), "yes", "no", "unsure")
    assert row.state == "divided"
    with guard.scope(joint.it, VI):
        may = {a.pk for a in opinions.candidates(joint.it, VI, row)}
    assert may == {joint.nl.id, joint.ca.id}  # neither who proposed, who voted, nor a reader
    with pytest.raises(ExamineRefused, match="lead"):
        opinions.name_decider(joint.au, VI, row, joint.ca.id)
    with pytest.raises(ExamineRefused, match="neither proposed nor voted"):
        opinions.name_decider(joint.it, VI, row, joint.dk.id)
    opinions.name_decider(joint.it, VI, row, joint.ca.id)
    assert sorted(v.answer for v in seen(joint.ca, Vote)) == ["no", "unsure", "yes"]
    assert seen(joint.nl, Vote) == seen(joint.it, Vote) == []
    for who, because, says in ((joint.nl, "x", "named person"), (joint.ca, " ", "needs its reason")):
        with pytest.raises(ExamineRefused, match=says):
            opinions.settle(who, VI, row, stands=True, because=because)
    opinions.settle(joint.ca, VI, row, stands=False, because="the label is a toy's")
    assert (now(row).state, now(row).decided_because) == ("fails", "the label is a toy's")
    with pytest.raises(ExamineRefused, match="not divided"):
        opinions.settle(joint.ca, VI, row, stands=True, because="again")
    with guard.system("look in a test"):
        assert Vote.objects.count() == 3


def test_a_withheld_item_is_asked_of_its_own_agency_alone(joint):
    with guard.system("withhold in a test"):
        Media.objects.filter(pk=joint.item.pk).update(codes="H2")
        joint.item.refresh_from_db()
    row = asked(joint)
    assert row.codes == "H2"
    with guard.scope(joint.au, VI):
        assert opinions.waiting_for(joint.au, joint.case) == []
    with pytest.raises(Denied):
        opinions.cast(joint.au, VI, row, "yes")


def test_the_number_of_votes_is_set_by_who_may_and_logged(joint, settings):
    with pytest.raises(ExamineRefused, match="lead"):
        opinions.set_needed(joint.au, VI, joint.case, 2)
    for wrong in (1, 8, 0):
        with pytest.raises(ExamineRefused, match="between 2 and 7"):
            opinions.set_needed(joint.it, VI, joint.case, wrong)
    admin = joint.circle.officer(joint.circle.it_admin)
    opinions.set_needed_of_agency(admin, VI, 5)
    with guard.scope(joint.it, VI):
        assert opinions.needed_in(Case.objects.get(pk=joint.case.pk)) == 5
    with pytest.raises(Denied):
        opinions.set_needed_of_agency(joint.it, VI, 2)
    opinions.set_needed(joint.it, VI, joint.case, 2)
    with guard.system("look in a test"):
        told = LogOpening.objects.filter(reason__startswith="votes needed")
        reasons = set(told.values_list("reason", flat=True))
    assert reasons == {"votes needed: 2", "votes needed: 5"}
    assert voted(joint, asked(joint), "yes", "yes").state == "stands"


# --- two worlds: where others voted otherwise, the same is told before I cast ------------------------


def told(client, joint: SimpleNamespace, who: str, row: Opinion) -> dict[str, str]:
    client.force_login(getattr(joint.circle, who))
    at = {
        "queue": reverse("examine:opinions", args=[joint.case.pk]),
        "one": reverse("examine:opinion", args=[joint.case.pk, row.pk]),
        "item": reverse("examine:item", args=[joint.case.pk, 1]),
        "grid": reverse("examine:page", args=[joint.case.pk]),
        "case": reverse("case", args=[joint.case.pk]),
        "board": reverse("board"),
        "notices": reverse("notices"),
    }
    pages = {}
    for name, address in at.items():
        text = client.get(address).content.decode()
        pages[name] = re.sub(r'(csrf[^>]*value|content)="[^"]*"|"X-CSRFToken": "[^"]*"', "", text)
    return pages


WORLDS = [(), ("yes",), ("no",), ("unsure",), ("yes", "yes"), ("no", "no"), ("yes", "no"), ("unsure", "no")]


def test_before_the_own_vote_every_world_looks_the_same(client, joint):
    row, pages = asked(joint), []
    for answers in WORLDS:
        with guard.system("another world"):
            Vote.objects.all().delete()
        voted(joint, row, *answers, reason=f"a reason in the world of {answers}")
        pages.append({who: told(client, joint, who, row) for who in ("fr", "nl", "it")})
    for world, page in zip(WORLDS, pages, strict=True):
        for who in page:
            for name in page[who]:
                assert page[who][name] == pages[0][who][name], (world, who, name)
    assert "a reason in the world" not in str(pages)


def test_the_log_tells_that_a_vote_was_cast_and_never_which(joint):
    row = asked(joint)
    for who, answer in ((joint.au, "yes"), (joint.dk, "no")):
        opinions.cast(who, VI, row, answer, "a stain on the wall")
    with guard.system("read the log in a test"):
        bodies = [(e.verb, e.thing) for e in LogEntry.objects.filter(thing=row.pk)]
        reasons = set(LogOpening.objects.filter(entry__thing=row.pk).values_list("reason", flat=True))
        assert not LogEntry.objects.filter(body__contains="stain").exists()
        assert not LogOpening.objects.filter(reason__contains="stain").exists()
        pks = [str(v.pk) for v in Vote.objects.all()]
        assert not any(pk in e.body for e in LogEntry.objects.all() for pk in pks)
    assert bodies[0] == bodies[1] and reasons == {"cast a vote"}


def test_no_live_event_tells_that_a_vote_was_cast(joint):
    row = asked(joint)
    with guard.system("read the feed in a test"):
        before = Feed.objects.count()
    voted(joint, row, "yes", "no")
    with guard.system("read the feed in a test"):
        assert Feed.objects.count() == before


# --- pages ---------------------------------------------------


def test_the_whole_way_over_the_pages(client, joint):
    circle, case = joint.circle, joint.case
    client.force_login(circle.it)
    item = reverse("examine:item", args=[case.pk, 1])
    assert client.post(reverse("examine:ask-opinion", args=[case.pk, 1]), SENT).status_code == 303
    assert "US 2.0 · 1 · Child Abuse Material" in client.get(item).content.decode()
    (row,) = seen(joint.it, Opinion)
    one = reverse("examine:opinion", args=[case.pk, row.pk])
    queue = reverse("examine:opinions", args=[case.pk])
    assert "Nothing waits for your vote" in client.get(queue).content.decode()
    for who, answer in (("au", "yes"), ("dk", "no"), ("fr", "yes")):
        client.force_login(getattr(circle, who))
        text = client.get(queue).content.decode()
        assert 'data-key="y"' in text and "US 2.0 · 1" in text
        sent = {"act": "vote", "answer": answer, "reason": f"seen by {who}", "back": "queue"}
        assert client.post(one, sent)["Location"] == queue
        assert "Nothing waits for your vote" in client.get(queue).content.decode()
    client.force_login(circle.it)
    text = client.get(one).content.decode()
    assert "CA-1001" in text and "DK-1001" not in text and "seen by" not in text
    client.post(one, {"act": "name", "account": str(circle.ca.pk)})
    client.force_login(circle.ca)
    assert "You are named to decide" in client.get(queue).content.decode()
    text = client.get(one).content.decode()
    assert all(f"seen by {who}" in text for who in ("au", "dk", "fr"))
    client.post(one, {"act": "decide", "stands": "yes", "because": "two of three, and I see it too"})
    client.force_login(circle.nl)
    text = client.get(one).content.decode()
    assert "two of three" in text and "seen by" not in text


@pytest.mark.parametrize("sent", [{}, {"act": "vote"}, {"act": "name", "account": "x"}, {"act": "decide"}])
def test_a_form_that_says_nothing_is_refused_in_words(client, joint, sent):
    row = asked(joint)
    client.force_login(joint.circle.au)
    answer = client.post(reverse("examine:opinion", args=[joint.case.pk, row.pk]), sent, follow=True)
    assert answer.status_code == 200 and 'class="notice error' in answer.content.decode()
    assert now(row).state == "open" and seen(joint.au, Vote) == []


def test_an_administrator_sets_the_number_of_the_agency_on_the_page_of_accounts(client, circle):
    client.force_login(circle.it_admin)
    for sent, kept in (("9", None), ("x", None), ("4", 4)):
        assert client.post(reverse("agency-votes"), {"needed": sent}).status_code == 302
        circle.agencies.it.refresh_from_db()
        assert circle.agencies.it.votes_needed == kept
    client.force_login(circle.it)
    assert client.post(reverse("agency-votes"), {"needed": "2"}).status_code == 403
