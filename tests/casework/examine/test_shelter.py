"""Look once, and the shelter for those who look: own figures, own limits, totals by consent alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.urls import reverse

from entente.casework.examine import service
from entente.casework.examine.findings import By, Held, latest_by, same_picture
from entente.casework.examine.service import ExamineRefused, once, opinions
from entente.casework.examine.service import shelter as own
from entente.records import clock, guard
from entente.records.guard import Denied
from entente.records.models import (
    CheckHit,
    Clue,
    Consent,
    LogOpening,
    Media,
    Membership,
    Note,
    Rest,
    Shelter,
    Spared,
    TotalsRead,
    Viewing,
)
from entente.safeguards.shelter import Cue, Limits, Look, reached, sitting, told, weeks_over
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def looks(*at: float, seconds: float = 30, view: str = "clear") -> list[Look]:
    return [Look(NOON + timedelta(minutes=m), view, seconds) for m in at]


# --- arithmetic ---------------------------------------------------------------------------------------


def test_a_sitting_ends_with_a_rest_or_half_an_hour_without_a_look():
    seen = looks(-120, -20, -10, -5)
    assert len(sitting(seen, [], NOON)) == 3
    assert len(sitting(seen, [NOON - timedelta(minutes=8)], NOON)) == 1
    assert sitting(looks(-5, view="grey"), [], NOON) == []


def test_a_limit_reminds_quietly_then_pauses_and_going_on_begins_anew():
    limits = Limits(looks_in_a_row=5)
    cues = [reached(limits, looks(*range(-n, 0)), [], [], NOON)[0].cue for n in (3, 4, 5)]
    assert cues == [Cue.NONE, Cue.QUIET, Cue.PAUSE]
    assert reached(limits, looks(*range(-5, 0)), [], [NOON], NOON)[0].cue is Cue.NONE
    assert reached(Limits(), looks(*range(-50, 0)), [], [], NOON) == []


def test_who_goes_on_after_the_limit_of_the_day_is_reminded_quietly():
    limits = Limits(day_minutes=2)
    seen = looks(-20, -15, -10, -5)
    assert reached(limits, seen, [], [], NOON)[0].cue is Cue.PAUSE
    assert reached(limits, seen, [], [NOON], NOON)[0].cue is Cue.QUIET
    before = [NOON - timedelta(minutes=17)]  # went on before the limit was reached: not this pause
    assert reached(limits, seen, [], before, NOON)[0].cue is Cue.PAUSE
    yesterday = [Look(k.at - timedelta(days=1), k.view, k.seconds) for k in seen]
    assert reached(limits, yesterday, [], [], NOON)[0].cue is Cue.NONE


def test_a_supervisor_is_told_of_weeks_that_are_over_and_small_counts_only_as_small():
    assert [told(n) for n in (0, 1, 4, 5, 12)] == ["0", "< 5", "< 5", "5", "12"]
    first = weeks_over(NOON)[0]
    assert first.weekday() == 0 and first + timedelta(days=7) <= NOON.date()


def test_a_copy_saved_again_is_the_same_picture_and_a_poor_hash_like_nothing():
    one = Held(uuid4(), "f" * 64, 90)
    copy, other, poor = (
        Held(uuid4(), p, q) for p, q in (("f" * 62 + "00", 90), ("0" * 64, 90), ("f" * 64, 3))
    )
    assert same_picture(one, [one, copy, other, poor]) == [one.id, copy.id]
    assert same_picture(poor, [one]) == []
    days = [By("DK", NOON), By("IT", NOON), By("DK", NOON + timedelta(days=1))]
    assert [b.agency for b in latest_by(days)] == ["DK", "IT"]


# --- look once ----------------------------------------------------------------------------------------


@pytest.fixture
def joint(circle, case, items):
    """Italy's case with real items, and members of Denmark and France."""
    with guard.system("members in a test"):
        for short in ("dk", "fr"):
            Membership.objects.create(case=case, account=getattr(circle, short), part="member")
    people = {n: circle.officer(getattr(circle, n)) for n in ("it", "dk", "fr")}
    return SimpleNamespace(circle=circle, case=case, item=items["picture"], video=items["video"], **people)


def at(name: str, joint: SimpleNamespace, *args: object) -> str:
    return reverse(f"examine:{name}", args=[joint.case.pk, *args])


def marked(joint: SimpleNamespace, who: str = "dk") -> Clue:
    return service.mark(getattr(joint, who), VI, joint.item, kind=ClueKind.OBJECT, value="a red rug")


def test_what_others_found_stands_first_and_the_look_is_asked_about_once(client, joint):
    marked(joint)
    client.force_login(joint.circle.fr)
    number = joint.item.number
    text = client.get(at("item", joint, number)).content.decode()
    assert "already assessed by DK" in text and "a red rug" in text
    assert f"{number}/reveal/" not in text and f"{number}/grey/" in text
    refused = client.post(at("reveal", joint, number), {"purpose": str(VI)})
    assert refused.status_code == 409 and refused["X-Findings"] == at("item", joint, number)
    assert client.post(at("grey", joint, number)).status_code == 200
    assert client.post(at("once", joint, number), {"needed": "yes"}).status_code == 303
    assert f"{number}/reveal/" in client.get(at("item", joint, number)).content.decode()
    assert client.post(at("reveal", joint, number), {"purpose": str(VI)}).status_code == 200
    assert own.ledger(joint.fr).all.avoided == 0


def test_going_on_without_counts_as_avoided_until_one_looks_after_all(client, joint):
    marked(joint)
    client.force_login(joint.circle.fr)
    number = joint.item.number
    answer = client.post(at("once", joint, number), {"needed": "no"})
    assert answer.status_code == 303 and answer["Location"] != at("item", joint, number)
    assert own.ledger(joint.fr).all.avoided == 1
    client.post(at("once", joint, number), {"needed": "yes"})
    client.post(at("reveal", joint, number), {"purpose": str(VI)})
    assert own.ledger(joint.fr).all.avoided == 0
    with guard.scope(joint.it, VI):
        assert not Spared.objects.exists()  # whether one needed to look is one's own


def test_who_may_not_look_is_denied_and_not_asked(client, joint, reader):
    marked(joint)
    client.force_login(joint.circle.it_second)
    answer = client.post(at("reveal", joint, joint.item.number), {"purpose": str(VI)})
    assert answer.status_code == 403 and "X-Findings" not in answer
    assert client.post(at("once", joint, joint.item.number), {"needed": "no"}).status_code == 403


def test_one_s_own_findings_and_a_machine_s_ask_nothing(client, joint):
    marked(joint, "fr")
    with guard.system("a machine's proposal in a test"):
        Clue.objects.filter(decided_by=None).update(state="confirmed")
    client.force_login(joint.circle.fr)
    assert client.post(at("reveal", joint, joint.item.number), {"purpose": str(VI)}).status_code == 200
    with pytest.raises(ExamineRefused, match="nobody else"):
        once.answer(joint.fr, VI, joint.item, needed=False)


def test_the_same_bytes_in_another_case_tell_what_was_found_there_to_its_members_alone(circle, joint):
    from entente.casework.intake.service import open_case

    told_of = {"number": "DK-1", "title": "Operation Elm", "victim_number": "V-9"}
    other = open_case(circle.officer(circle.dk), VI, discovered_at=NOON, **told_of)
    with guard.system("the same file in Denmark's case"):
        held = {"case": other, "owner": circle.agencies.dk, "made_by": circle.dk}
        same = Media.objects.create(number=1, sha256=joint.item.sha256, kind="picture", source="disk", **held)
        Note.objects.create(media=same, text="seen in Aarhus", **held)
    with guard.scope(joint.fr, VI):
        assert once.assessed(joint.fr, joint.item) is None
    with guard.system("France joins"):
        Membership.objects.create(case=other, account=circle.fr, part="member")
    fr = circle.officer(circle.fr)
    with guard.scope(fr, VI):
        known = once.assessed(fr, joint.item)
    assert [b.agency for b in known.by] == ["DK"] and known.notes[0].text == "seen in Aarhus"


def test_what_is_withheld_changes_nothing_of_what_is_told(client, joint):
    client.force_login(joint.circle.fr)
    before = client.get(at("item", joint, joint.item.number)).content
    with guard.system("withheld findings in a test"):
        held = {
            "case": joint.case,
            "owner": joint.circle.agencies.dk,
            "made_by": joint.circle.dk,
            "codes": "H2",
        }
        Note.objects.create(media=joint.item, text="withheld", **held)
        Media.objects.create(number=99, sha256=joint.item.sha256, kind="picture", source="disk", **held)
    after = client.get(at("item", joint, joint.item.number)).content
    assert b"assessed" not in after and len(after) == len(before)
    assert client.post(at("reveal", joint, joint.item.number), {"purpose": str(VI)}).status_code == 200


def test_a_hit_of_the_own_cross_check_tells_owner_and_route_and_asks_nothing(client, joint):
    from entente.records.models import Check

    with guard.system("a check in a test"):
        made = {
            "case": joint.case,
            "owner": joint.circle.agencies.it,
            "made_by": joint.circle.it,
            "codes": "H2",
        }
        check = Check.objects.create(kinds=["hash"], asked=1, hits=1, **made)
        CheckHit.objects.create(
            of=check, kind="hash", ours="#1", holder=joint.circle.agencies.nl, contact="desk@nl.example",
            media=joint.item, **made,
        )  # fmt: skip
    for who, sees in (("it", True), ("fr", False)):
        client.force_login(getattr(joint.circle, who))
        text = client.get(at("item", joint, joint.item.number)).content.decode()
        assert ("desk@nl.example" in text) is sees
        assert "Do you need to see it" not in text


def test_a_category_that_stands_is_a_finding(joint):
    opinions.set_needed(joint.it, VI, joint.case, 2)
    row = opinions.ask_opinion(joint.it, VI, joint.item, profile="US", model_version="2.0", code="1")
    for who in (joint.dk, joint.fr):
        opinions.cast(who, VI, row, "yes")
    with guard.scope(joint.dk, VI):
        assert [c.what for c in once.assessed(joint.dk, joint.item).categories] == ["US 2.0 · 1"]


# --- own limits and breaks ----------------------------------------------------------------------------


def seen(joint: SimpleNamespace, minutes_ago: float, seconds: float, view: str = "clear") -> None:
    when = clock.now() - timedelta(minutes=minutes_ago)
    with guard.system("a look in a test"):
        held = {"case": joint.case, "owner": joint.circle.agencies.it, "media": joint.item}
        Viewing.objects.create(
            account=joint.circle.it, view=view, purpose=str(VI), at=when, milliseconds=seconds * 1000, **held
        )


def test_a_quiet_line_then_a_full_page_that_the_person_ends(client, joint):
    client.force_login(joint.circle.it)
    assert client.post(reverse("own-limits"), {"looks_in_a_row": "5"}).status_code == 303
    board = reverse("board")
    for _ in range(4):
        seen(joint, 1, 2)
    assert "4 of your 5 looks in a row" in (text := client.get(board).content.decode())
    assert 'class="pause"' not in text and " inert" not in text
    seen(joint, 1, 2)
    text = client.get(board).content.decode()
    assert 'class="pause"' in text and "<div inert" in text
    back = client.post(reverse("own-break"), {"act": "on", "next": board})
    assert back["Location"] == board
    assert 'class="pause"' not in client.get(board).content.decode()


def test_a_break_is_taken_and_ended_and_counted(client, joint):
    client.force_login(joint.circle.it)
    client.post(reverse("own-break"), {"act": "begin"})
    client.post(reverse("own-break"), {"act": "begin"})
    assert "You are on a break" in client.get(reverse("own-exposure")).content.decode()
    client.post(reverse("own-break"), {"act": "end"})
    assert "You are on a break" not in client.get(reverse("own-exposure")).content.decode()
    with guard.scope(joint.it, VI):
        assert own.ledger(joint.it).all.breaks == 1


@pytest.mark.parametrize("wrong", [{"day_minutes": "0"}, {"day_minutes": "x"}, {"looks_in_a_row": "100000"}])
def test_a_limit_that_is_none_is_refused_in_words(client, joint, wrong):
    client.force_login(joint.circle.it)
    answer = client.post(reverse("own-limits"), wrong, follow=True)
    assert "error" in answer.content.decode()
    with guard.scope(joint.it, VI):
        assert not Shelter.objects.exists()


def test_limits_breaks_and_answers_are_the_person_s_own(joint):
    own.set_limits(joint.it, VI, Limits(day_minutes=10))
    own.take_break(joint.it, VI)
    colleague = joint.circle.officer(joint.circle.it_second)
    for who in (joint.dk, colleague, joint.circle.officer(joint.circle.it_admin)):
        with guard.scope(who, VI):
            assert not Shelter.objects.exists() and not Rest.objects.exists()
    with guard.system("look in a test"):
        row = Shelter.objects.get()
        reasons = set(LogOpening.objects.filter(entry__step="shelter").values_list("reason", flat=True))
    assert reasons == {own.NEUTRAL}
    from entente.records.act import acting
    from entente.safeguards.access import Act

    with pytest.raises(Denied), acting(colleague, Act.ALTER, row.as_thing(), VI, step="shelter"):
        pass


# --- totals by consent --------------------------------------------------------------------------------


def test_totals_are_read_by_consent_alone_and_every_reading_is_told(client, joint):
    for _ in range(6):
        seen(joint, 8 * 24 * 60, 60)
    it, chief = joint.circle.it, joint.circle.it_second
    client.force_login(it)
    client.post(reverse("own-consent"), {"to": "DK-1001"})  # another agency's: nobody there may read
    with guard.scope(joint.it, VI):
        assert not Consent.objects.exists()
    client.post(reverse("own-consent"), {"to": chief.username})
    with guard.scope(joint.it, VI):
        (given,) = Consent.objects.all()
    there = reverse("exposure-totals", args=[given.pk])
    client.force_login(joint.circle.dk)
    assert client.post(there).status_code == 404
    client.force_login(chief)
    assert it.username in client.get(reverse("own-exposure")).content.decode()
    text = client.post(there).content.decode()
    assert ">6<" in text and "#1" not in text
    client.force_login(it)
    assert chief.username in client.get(reverse("own-exposure")).content.decode().partition("Read by")[2]
    with guard.scope(joint.it, VI):
        assert TotalsRead.objects.count() == 1
    client.post(reverse("own-consent"), {"withdraw": str(given.pk)})
    client.force_login(chief)
    assert client.post(there).status_code == 404
    assert it.username not in client.get(reverse("own-exposure")).content.decode()


def test_a_consent_that_was_withdrawn_meanwhile_reads_nothing(joint):
    given = own.consent(joint.it, VI, joint.circle.it_second.username)
    chief = joint.circle.officer(joint.circle.it_second)
    own.withdraw_consent(joint.it, VI, given)
    with pytest.raises((Denied, ExamineRefused)):
        own.read_totals(chief, VI, given)
    with guard.system("look in a test"):
        assert not TotalsRead.objects.exists()
