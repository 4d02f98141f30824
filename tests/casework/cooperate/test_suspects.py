"""Suspects under numbers, who investigates whom, and the pause where two work on the same identifier."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from entente.casework.cooperate.service import deconfliction, investigations, suspects
from entente.casework.intake.service import WITHHELD_FROM, open_case
from entente.records import erasure, guard, limits
from entente.records.models import (
    Investigation,
    LogEntry,
    Membership,
    Notice,
    Pause,
    PauseOfTwo,
    Suspect,
    SuspectIdentifier,
)
from entente.vocabulary.handling import Purpose
from entente.vocabulary.identifier import NotComparable
from entente.vocabulary.suspect import Standing

VI = Purpose.VICTIM_IDENTIFICATION
THINKS = Standing.of("distributor", "suspect", "assessment", "B2", "posted in three rooms")


@pytest.fixture
def theirs(circle):
    """A case of Denmark's, apart from Italy's."""
    return _case_of(circle, circle.dk, "DK-1")


def _case_of(circle, account, number, audience="TLP:AMBER"):
    return open_case(
        circle.officer(account),
        VI,
        number=number,
        title="Operation Fir",
        victim_number="V-9",
        discovered_at=datetime(2026, 6, 1, tzinfo=UTC),
        audience=audience,
    )


def work_on(circle, account, case, text, kind="screen name", codes=("H0",)):
    who = circle.officer(account)
    row = suspects.set_down(who, VI, case, THINKS, codes=codes)
    return deconfliction.add_identifier(who, VI, row, kind=kind, text=text)


def seen(circle, account, model):
    with guard.scope(circle.officer(account), VI):
        return list(model.objects.all())


# --- suspects ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        ("rapist", "suspect", "fact", "A1", "x"),
        ("abuser", "witness", "fact", "A1", "x"),
        ("abuser", "suspect", "rumour", "A1", "x"),
        ("abuser", "suspect", "fact", "Z9", "x"),
        ("abuser", "suspect", "fact", "A1", "  "),
    ],
)
def test_a_suspect_has_a_part_a_category_a_kind_of_statement_a_grade_and_a_reason(wrong):
    with pytest.raises(ValueError):
        Standing.of(*wrong)


def test_a_suspect_is_a_number_and_a_withheld_one_leaves_no_gap(circle, case):
    with guard.system("a joint case in a test"):
        Membership.objects.create(case=case, account=circle.au, part="member")
    it, au = circle.officer(circle.it), circle.officer(circle.au)
    made = [
        suspects.set_down(who, VI, case, THINKS, codes=[c]) for who, c in ((it, "H0"), (it, "H2"), (au, "H0"))
    ]
    assert [str(made[0]), str(made[2])] == ["SU-1", "SU-2"]
    assert made[1].number >= WITHHELD_FROM
    assert [s.number for s in seen(circle, circle.au, Suspect)] == [1, 2]
    assert "name" not in {f.name for f in Suspect._meta.get_fields()}


def test_what_is_said_anew_can_be_taken_back_and_only_its_agency_says_it(circle, case):
    with guard.system("a joint case in a test"):
        Membership.objects.create(case=case, account=circle.au, part="member")
    it = circle.officer(circle.it)
    row = suspects.set_down(it, VI, case, THINKS)
    anew = Standing.of("abuser", "suspect", "fact", "A1", "seen by an officer")
    assert suspects.restate(it, VI, row, anew).part == "abuser"
    with pytest.raises(suspects.NotSetDown, match="only the agency"):
        suspects.restate(circle.officer(circle.au), VI, row, anew)
    back = suspects.take_back(it, VI, row)
    assert (back.part, back.because) == ("distributor", "posted in three rooms")
    with pytest.raises(suspects.NotSetDown, match="nothing to bring back"):
        suspects.take_back(it, VI, row)


# --- deconfliction ----------------------------------------------------------------------------------------


def test_two_who_work_on_one_identifier_are_both_told_who_the_other_is_and_no_more(circle, case, theirs):
    mine = work_on(circle, circle.it, case, "@Night_Owl")
    assert seen(circle, circle.it, Pause) == []
    other = work_on(circle, circle.dk, theirs, "night_owl", codes=["H2"])
    (at_it,), (at_dk,) = seen(circle, circle.it, Pause), seen(circle, circle.dk, Pause)
    assert (at_it.identifier_id, at_it.other, at_it.contact) == (
        mine.pk,
        circle.agencies.dk,
        "desk@dk.example",
    )
    assert (at_dk.identifier_id, at_dk.other, at_dk.contact) == (
        other.pk,
        circle.agencies.it,
        "desk@it.example",
    )
    assert {at_it.state, at_dk.state} == {"open"} and "H2" in at_it.codes and "H2" in at_dk.codes
    for side, hidden in ((at_it, (theirs, other)), (at_dk, (case, mine))):
        told = str([getattr(side, f.attname) for f in side._meta.concrete_fields])
        assert not any(str(row.pk) in told for row in hidden) and "night_owl" not in told
    assert seen(circle, circle.fr, Pause) == []
    assert seen(circle, circle.it_second, Pause) == []  # of the agency, and not in the case


def test_other_identifiers_and_other_kinds_give_nothing(circle, case, theirs):
    work_on(circle, circle.it, case, "night.owl@x.example", "e-mail")
    work_on(circle, circle.dk, theirs, "night_owl")
    work_on(circle, circle.dk, theirs, "nightowl@x.example", "e-mail")
    assert seen(circle, circle.it, Pause) == seen(circle, circle.dk, Pause) == []
    with pytest.raises(deconfliction.NotPaused, match="cross-checked"):
        work_on(circle, circle.it, case, "0" * 32, "hash")
    with pytest.raises(NotComparable):
        work_on(circle, circle.it, case, "06 123", "phone")


def test_hidden_and_absent_are_the_same_to_who_may_not_know(circle, case):
    """Denmark's case at TLP:RED: Italy's answer is the one of an identifier that nobody has."""
    red = _case_of(circle, circle.dk, "DK-RED", "TLP:RED")
    work_on(circle, circle.dk, red, "night_owl")
    with guard.system("the log in a test"):
        before = LogEntry.objects.count()
    mine = work_on(circle, circle.it, case, "night_owl")
    none = work_on(circle, circle.it, case, "nobody_has_this")
    assert seen(circle, circle.it, Pause) == []
    with guard.system("the log in a test"):
        one, two = (
            LogEntry.objects.filter(seq__gt=before, verb="collect", thing=row.suspect_id).last()
            for row in (mine, none)
        )
        told = [one.told, two.told]
        assert not PauseOfTwo.objects.exists()
    assert told[0].get("recipients") == told[1].get("recipients") and told[0].keys() == told[1].keys()
    assert len(one.body) == len(two.body)
    assert circle.agencies.dk.pk.hex not in str(one.body).replace("-", "")
    # the holder alone is told, and lifts it alone
    (held,) = seen(circle, circle.dk, Pause)
    assert held.other == circle.agencies.it
    assert deconfliction.agree(circle.officer(circle.dk), VI, held, "we wrote to Italy").state == "lifted"


def test_a_pause_is_lifted_by_both_and_set_again_by_one(circle, case, theirs):
    work_on(circle, circle.it, case, "night_owl")
    work_on(circle, circle.dk, theirs, "night_owl")
    it, dk = circle.officer(circle.it), circle.officer(circle.dk)
    (at_it,), (at_dk,) = seen(circle, circle.it, Pause), seen(circle, circle.dk, Pause)
    with pytest.raises(deconfliction.NotPaused, match="say why"):
        deconfliction.agree(it, VI, at_it, " ")
    assert deconfliction.agree(it, VI, at_it, "spoke with Denmark").state == "open"
    (at_dk,) = seen(circle, circle.dk, Pause)
    assert at_dk.state == "open" and at_dk.agreed_by_id is None
    assert deconfliction.agree(dk, VI, at_dk, "Italy leads").state == "lifted"
    (at_it,) = seen(circle, circle.it, Pause)
    assert (at_it.state, at_it.lifted_because) == ("lifted", "both sides agreed")
    assert deconfliction.pause_again(it, VI, at_it, "a second account").state == "open"
    assert [p.state for p in seen(circle, circle.dk, Pause)] == ["open"]


def test_a_named_person_of_the_centre_lifts_it_and_sees_two_names_and_a_kind(circle, case, theirs):
    coordinator = circle.make_account(circle.agencies.eu, "EU-2001", ("coordinator",))
    work_on(circle, circle.it, case, "night_owl")
    work_on(circle, circle.dk, theirs, "night_owl")
    (held,) = seen(circle, coordinator, PauseOfTwo)
    assert (held.one, held.other, held.kind) == (circle.agencies.it, circle.agencies.dk, "screen name")
    assert seen(circle, circle.it, PauseOfTwo) == seen(circle, coordinator, Pause) == []
    with pytest.raises(deconfliction.NotPaused, match="coordinator"):
        deconfliction.decide(circle.officer(circle.eu), VI, held, lift=True, because="x")
    centre = circle.officer(coordinator)
    assert deconfliction.decide(centre, VI, held, lift=True, because="Italy goes on").state == "lifted"
    for account in (circle.it, circle.dk):
        (side,) = seen(circle, account, Pause)
        assert (side.state, side.lifted_because) == ("lifted", "Italy goes on")
    assert deconfliction.decide(centre, VI, held, lift=False, because="not yet").state == "open"
    (side,) = seen(circle, circle.dk, Pause)
    assert side.state == "open"
    # what the centre said of it is over as soon as a side speaks
    deconfliction.decide(centre, VI, held, lift=True, because="Italy goes on")
    deconfliction.pause_again(circle.officer(circle.dk), VI, side, "we go on too")
    (held,) = seen(circle, coordinator, PauseOfTwo)
    assert (held.state, held.decided_by_id, held.decided_because) == ("open", None, "")


@pytest.mark.parametrize("codes", ["H2", "H3"])
def test_what_a_side_restricts_the_centre_is_not_told(circle, case, theirs, codes):
    work_on(circle, circle.it, case, "night_owl")
    row = suspects.set_down(circle.officer(circle.dk), VI, theirs, THINKS)
    deconfliction.add_identifier(
        circle.officer(circle.dk),
        VI,
        row,
        kind="screen name",
        text="night_owl",
        codes=[codes],
        handling_text="call",
    )
    assert len(seen(circle, circle.it, Pause)) == 1
    with guard.system("look in a test"):
        assert not PauseOfTwo.objects.exists()


def test_a_pause_ends_with_the_work_and_comes_back_with_it(circle, case, theirs):
    mine = work_on(circle, circle.it, case, "night_owl")
    work_on(circle, circle.dk, theirs, "night_owl")
    it = circle.officer(circle.it)
    deconfliction.withdraw_identifier(it, VI, mine, "another person")
    assert [p.state for p in seen(circle, circle.dk, Pause)] == ["ended"]
    (ended,) = seen(circle, circle.dk, Pause)
    with pytest.raises(deconfliction.NotPaused):
        deconfliction.agree(circle.officer(circle.dk), VI, ended, "x")
    deconfliction.work_on_again(it, VI, mine, "the same after all")
    assert [p.state for p in seen(circle, circle.dk, Pause)] == ["open"]
    (held,) = seen(circle, circle.it, Suspect)
    suspects.set_aside(it, VI, held, "not a suspect")
    assert [p.state for p in seen(circle, circle.dk, Pause)] == ["ended"]
    suspects.bring_back(it, VI, held, "a mistake")
    assert [p.state for p in seen(circle, circle.dk, Pause)] == ["open"]


def test_erasing_one_side_leaves_nothing_of_it_at_the_centre_and_lets_the_other_go_on(circle, case, theirs):
    work_on(circle, circle.it, case, "night_owl")
    work_on(circle, circle.dk, theirs, "night_owl")
    erasure.erase(circle.officer(circle.it), VI, case, "not needed any more")
    with guard.system("look in a test"):
        assert not PauseOfTwo.objects.exists()
        assert not SuspectIdentifier.objects.filter(case=case.pk).exists()
    (left,) = seen(circle, circle.dk, Pause)
    assert deconfliction.agree(circle.officer(circle.dk), VI, left, "it was erased").state == "lifted"


def test_identifiers_are_not_read_out_by_trial(circle, case):
    it = circle.officer(circle.it)
    row = suspects.set_down(it, VI, case, THINKS)
    with pytest.raises(limits.LimitReached):
        for n in range(21):
            deconfliction.add_identifier(it, VI, row, kind="screen name", text=f"name{n}")


# --- who investigates -------------------------------------------------------------------------------------


def test_an_agency_is_asked_takes_on_hands_back_and_the_question_is_taken_back(circle, case):
    it, fr = circle.officer(circle.it), circle.officer(circle.fr)
    row = suspects.set_down(it, VI, case, THINKS)
    asked = investigations.ask(it, VI, row, circle.agencies.fr, because="he posts in French")
    (there,) = seen(circle, circle.fr, Investigation)
    assert (str(there), there.part, there.asked_because) == ("SU-1", "distributor", "he posts in French")
    assert seen(circle, circle.fr, Suspect) == seen(circle, circle.dk, Investigation) == []
    assert "posted in three rooms" not in str(
        {f.attname: getattr(there, f.attname) for f in there._meta.concrete_fields}
    )
    suspects.restate(it, VI, row, Standing.of("abuser", "suspect", "fact", "A1", "seen by an officer"))
    (anew,) = seen(circle, circle.fr, Investigation)
    assert (anew.part, anew.evaluation, anew.asked_because) == ("abuser", "A1", "he posts in French")
    with guard.system("the log in a test"):
        entry = LogEntry.objects.filter(verb="disclose").last()
        assert (entry.told["reason"], entry.told["recipients"]) == (
            suspects.RESTATE,
            [str(circle.agencies.fr.pk)],
        )
    (notice,) = seen(circle, circle.fr, Notice)
    assert (notice.kind, notice.owner_id, notice.about) == ("correction", it.agency, there.pk)
    assert (
        notice.text == str(row) == f"SU-{there.number}"
        and "abuser" not in notice.text
        and notice.done_at is None
    )
    assert seen(circle, circle.dk, Notice) == [], "who was not asked reads nothing"
    only_why = Standing.of("abuser", "suspect", "fact", "A1", "seen by two officers")
    suspects.restate(it, VI, row, only_why)
    assert len(seen(circle, circle.fr, Notice)) == 1, (
        "the reason stays in the case: nothing is corrected there"
    )
    suspects.take_back(it, VI, row)
    suspects.take_back(it, VI, row)
    assert [i.part for i in seen(circle, circle.fr, Investigation)] == ["distributor"]
    assert len(seen(circle, circle.fr, Notice)) == 2, "to bring back is to say anew"
    investigations.answer(fr, VI, there, take_on=True, because="ours")
    with pytest.raises(investigations.NotCoordinated, match="hands the suspect back"):
        investigations.ask(it, VI, row, circle.agencies.dk, because="x")
    investigations.answer(fr, VI, there, take_on=False, because="he moved")
    investigations.take_back(it, VI, asked, "asked elsewhere")
    with guard.scope(fr, VI):
        assert not investigations.asked_of_us(fr).exists()
    with pytest.raises(investigations.NotCoordinated, match="taken back"):
        investigations.answer(fr, VI, there, take_on=True, because="late")


def test_police_alone_are_asked_and_nobody_while_a_pause_stands(circle, case, theirs):
    it = circle.officer(circle.it)
    mine = work_on(circle, circle.it, case, "night_owl")
    with guard.scope(it, VI):
        row = Suspect.objects.get(pk=mine.suspect_id)
    with pytest.raises(investigations.NotCoordinated, match="police"):
        investigations.ask(it, VI, row, circle.agencies.eu, because="x")
    work_on(circle, circle.dk, theirs, "night_owl")
    with pytest.raises(investigations.NotCoordinated, match="speak first"):
        investigations.ask(it, VI, row, circle.agencies.fr, because="x")


def test_another_agency_s_suspect_goes_nowhere_without_its_release(circle, case):
    with guard.system("a joint case in a test"):
        Membership.objects.create(case=case, account=circle.au, part="member")
    row = suspects.set_down(circle.officer(circle.it), VI, case, THINKS)
    with pytest.raises(guard.Denied):
        investigations.ask(circle.officer(circle.au), VI, row, circle.agencies.fr, because="x")


# --- pages ------------------------------------------------------------------------------------------------


def test_the_pages_set_down_ask_warn_and_answer(client, circle, case):
    client.force_login(circle.it)
    says = {"part": "abuser", "category": "suspect", "said": "assessment", "source": "B", "information": "2"}
    at = reverse("cooperate:suspects", args=[case.pk])
    made = client.post(at, {**says, "because": "x", "codes": "H0"})
    assert made.status_code == 302 and b"SU-1" in client.get(at).content
    one = made["Location"]
    wrong = client.post(one, {"do": "identify", "kind": "phone", "text": "06", "codes": "H0"})
    assert wrong.status_code == 400 and b"country code" in wrong.content
    client.post(one, {"do": "identify", "kind": "phone", "text": "+39 0171 445566", "codes": "H0"})
    assert b"+390171445566" in client.get(one).content
    ask = {"do": "ask", "to": str(circle.agencies.au.pk), "because": "speaks so", "codes": "H0"}
    assert "outside the usual circle" in (warned := client.post(one, ask)).content.decode()
    assert warned.status_code == 400
    assert client.post(one, {**ask, "sure": "on"}).status_code == 302
    client.force_login(circle.au)
    page = client.get(reverse("coordination")).content.decode()
    assert "SU-1" in page and "speaks so" in page and case.title not in page and "0171" not in page
    with guard.system("choose in a test"):
        row = Investigation.objects.get()
    there = reverse("investigation-answer", args=[row.pk])
    assert "Choose what to do" in client.post(there, {"reason": "x"}, follow=True).content.decode()
    with guard.system("look in a test"):
        assert Investigation.objects.get().state == "asked"
    assert client.post(there, {"do": "take-on", "reason": "ours"}).status_code == 302
    client.force_login(circle.it)
    assert "AU" in client.get(at).content.decode()
    client.force_login(circle.fr)
    assert client.post(there, {"do": "take-on", "reason": "ours"}).status_code == 404


def test_who_says_what_a_suspect_is_stays_named_when_another_sets_it_aside(client, circle, case):
    with guard.system("a second person in a test"):
        Membership.objects.create(case=case, account=circle.it_second, part="member")
    row = suspects.set_down(circle.officer(circle.it), VI, case, THINKS)
    client.force_login(circle.it_second)
    at = reverse("cooperate:suspect", args=[case.pk, row.pk])
    assert client.post(at, {"do": "set-aside", "reason": "another person"}).status_code == 302
    page = client.get(at).content.decode()
    assert "<dd>IT-1001 (" in page and "IT-1002: another person" in page
    suspects.restate(circle.officer(circle.it_second), VI, row, THINKS)
    assert "<dd>IT-1002 (" in client.get(at).content.decode()


@pytest.mark.parametrize("reason", ["  ", "too long " * 60])
def test_a_reason_that_is_refused_is_told_at_its_field_and_stays_there(client, circle, case, reason):
    row = suspects.set_down(circle.officer(circle.it), VI, case, THINKS)
    client.force_login(circle.it)
    at = reverse("cooperate:suspect", args=[case.pk, row.pk])
    answer = client.post(at, {"do": "set-aside", "reason": reason})
    page = answer.content.decode()
    assert answer.status_code == 400 and 'role="alert"' in page and 'href="#reason-set-aside-one"' in page
    assert f'id="reason-set-aside-one" name="reason" maxlength="500" value="{reason}"' in page
