"""Outcomes by the lead; each contributor reads of its own items and of nobody else's."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from entente.casework.close import service
from entente.casework.cooperate.service import answer, ask, take
from entente.records import clock, guard, log
from entente.records.act import acting
from entente.records.models import (
    Case,
    Change,
    Disclosure,
    Dispatch,
    Estimate,
    Feedback,
    LogEntry,
    Media,
    Membership,
    Milestone,
    Outcome,
)
from entente.safeguards.access import Act
from entente.vocabulary.case import Outcome as Word
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION


@pytest.fixture
def it(circle):
    return lambda: circle.officer(circle.it)


def helps(circle, case, short, *, codes=("H0",), taken=True, country="IT"):
    """An agency answers a request of Italy, and its answer is taken as a clue."""
    lead, helper = circle.officer(circle.it), getattr(circle, short)
    agency = getattr(circle.agencies, short)
    due = clock.now() + timedelta(days=2)
    request = ask(lead, VI, case, question="Do you know this?", agencies=[agency], due=due)
    with guard.scope(circle.officer(helper), VI):
        dispatch = Dispatch.objects.get(request=request.pk, addressed=agency)
    said = answer(
        circle.officer(helper), VI, dispatch, kind="answer", text="known here", clue_kind="country",
        clue_value=country, evaluation="A1", codes=codes,
    )  # fmt: skip
    return take(lead, VI, said) if taken else said


def sentences(circle, case, short):
    agency = getattr(circle.agencies, short)
    with guard.scope(circle.officer(circle.it), VI):
        rows = Feedback.objects.filter(case=case, addressed=agency).values_list("sentences", flat=True)
        return list(rows)


def test_child_safe_reaches_the_last_stage_and_stops_the_clock(case, it):
    service.record_outcome(it(), VI, case, Word.CHILD_SAFE, "brought to safety")
    service.record_outcome(it(), VI, case, Word.CHILD_SAFE)
    with guard.scope(it(), VI):
        assert Outcome.objects.filter(case=case).count() == 1
        assert Milestone.objects.filter(case=case, stage="safe").count() == 1
        assert case.clock().waiting_for is None
    assert not log.verify().faults


def test_another_outcome_does_not_stop_the_clock_and_an_unknown_one_is_refused(case, it):
    service.record_outcome(it(), VI, case, Word.SUSPECT_NOT_FOUND)
    with pytest.raises(service.NotClosed, match="child safe"):
        service.record_outcome(it(), VI, case, "happy end")
    with guard.scope(it(), VI):
        assert not Milestone.objects.filter(case=case, stage="safe").exists()


@pytest.mark.parametrize("part", ["member", "reader"])
def test_only_the_lead_records_an_outcome_or_closes_the_case(case, circle, part):
    with guard.system("add an officer in a test"):
        Membership.objects.create(case=case, account=circle.it_second, part=part, since=clock.now())
    officer = circle.officer(circle.it_second)
    refused = service.LeadNeeded if part == "member" else guard.Denied
    with pytest.raises(refused):
        service.record_outcome(officer, VI, case, Word.CHILD_SAFE)
    with pytest.raises(refused):
        service.close_case(officer, VI, case, "done")
    with guard.scope(circle.officer(circle.it), VI):
        assert not Outcome.objects.exists()
        assert Case.objects.get(pk=case.pk).closed_at is None


def test_a_case_is_closed_after_an_outcome_with_a_reason_and_opened_again(case, it):
    with pytest.raises(service.NotClosed, match="first"):
        service.close_case(it(), VI, case, "done")
    service.record_outcome(it(), VI, case, Word.CHILD_SAFE)
    with pytest.raises(service.NotClosed, match="reason"):
        service.close_case(it(), VI, case, " ")
    with pytest.raises(service.NotClosed, match="open"):
        service.reopen(it(), VI, case, "why not")
    assert service.close_case(it(), VI, case, "the child is safe").closed_at
    with pytest.raises(service.NotClosed, match="already"):
        service.close_case(it(), VI, case, "again")
    assert service.reopen(it(), VI, case, "new media").closed_at is None
    with guard.scope(it(), VI):
        told = Change.objects.filter(case=case).order_by("made_at").values_list("what", "before__reason")
        assert list(told) == [(service.CLOSE, "the child is safe"), (service.REOPEN, "new media")]
    with guard.system("read the log in a test"):
        assert not LogEntry.objects.filter(opening__reason__contains="new media").exists()


def test_each_contributor_is_told_once_and_only_of_its_own(case, circle, it):
    helps(circle, case, "dk")
    helps(circle, case, "au", taken=False)
    service.record_outcome(it(), VI, case, Word.CHILD_SAFE)
    assert {t.agency.short: t.sent for t in service.preview(it(), VI, case)} == {"AU": False, "DK": False}
    assert len(service.tell_contributors(it(), VI, case)) == 2
    assert service.tell_contributors(it(), VI, case) == []
    (dk,), (au,) = sentences(circle, case, "dk"), sentences(circle, case, "au")
    assert dk[0] == au[0] == "The child is safe."
    assert [s for s in dk if "was used" in s]
    assert [s for s in au if "not used" in s]
    with guard.scope(it(), VI):
        assert Disclosure.objects.filter(case=case, what="feedback").count() == 2
    with guard.system("read the log in a test"):
        sent = LogEntry.objects.filter(step="close", verb="disclose")
        assert sorted(len(json.loads(e.body)["recipients"]) for e in sent) == [1, 1]


def test_feedback_says_the_same_with_and_without_another_contributor_and_its_withheld_item(case, circle, it):
    helps(circle, case, "dk")
    service.record_outcome(it(), VI, case, Word.CHILD_SAFE)
    alone = {t.agency.short: t.sentences for t in service.preview(it(), VI, case)}["DK"]
    helps(circle, case, "au", codes=("H2",))
    with_other = {t.agency.short: t.sentences for t in service.preview(it(), VI, case)}["DK"]
    assert json.dumps(alone).encode() == json.dumps(with_other).encode()


def test_an_answer_led_to_the_region_by_its_own_weight_and_only_once_the_region_is_reached(case, circle, it):
    strong, weak = helps(circle, case, "dk"), helps(circle, case, "au", country="FR")
    weights = [{"id": str(strong.pk), "log10_bf": 0.8}, {"id": str(weak.pk), "log10_bf": -0.2}]
    with acting(it(), Act.ALTER, case.as_thing(), VI, step="locate"):
        Estimate.objects.create(case=case, owner=circle.agencies.it, posterior={"clues": weights}, clues=[])
    assert not any("region" in s for t in service.preview(it(), VI, case) for s in t.sentences)
    with acting(it(), Act.ALTER, case.as_thing(), VI, step="locate"):
        Milestone.reach(case, "region", "a test", by=it().id)
    told = {t.agency.short: " ".join(t.sentences) for t in service.preview(it(), VI, case)}
    assert "helped to find the region" in told["DK"]
    assert "region" not in told["AU"]


def test_the_addressed_agency_reads_its_feedback_and_no_other_does(case, circle, it, client):
    helps(circle, case, "dk")
    with guard.system("add another agency's officer in a test"):
        Membership.objects.create(case=case, account=circle.au, part="member", since=clock.now())
    service.record_outcome(it(), VI, case, Word.CHILD_SAFE)
    service.tell_contributors(it(), VI, case)
    for short, seen in {"dk": 1, "au": 0, "fr": 0}.items():
        with guard.scope(circle.officer(getattr(circle, short)), VI):
            assert Feedback.objects.count() == seen
    client.force_login(circle.dk)
    assert "was used" in client.get(reverse("board")).content.decode()


def test_a_partners_file_is_named_by_its_own_digest(case, circle, it):
    with guard.system("add another agency's officer in a test"):
        Membership.objects.create(case=case, account=circle.nl, part="member", since=clock.now())
    officer = circle.officer(circle.nl)
    with acting(officer, Act.ALTER, case.as_thing(), VI, step="intake"):
        Media.objects.create(
            case=case, owner=circle.agencies.nl, number=9, origin="partner", source="NL", sha256="ab" * 32
        )
    (told,) = service.preview(it(), VI, case)
    assert told.sentences == ("Your item SHA-256 abababababab was read and not used.",)


def test_a_withdrawn_clue_is_told_to_its_giver_as_wrong(case, circle, it):
    clue = helps(circle, case, "dk")
    with acting(it(), Act.ALTER, clue.as_thing(), VI, step="examine"):
        clue.state = "withdrawn"
        clue.save()
    (told,) = service.preview(it(), VI, case)
    assert "wrong" in told.sentences[0]


def test_a_red_case_tells_its_contributors_of_their_items_only(case, circle, it):
    helps(circle, case, "dk")
    with acting(it(), Act.ALTER, case.as_thing(), VI, step="intake"):
        Case.objects.filter(pk=case.pk).update(audience="TLP:RED")
    service.record_outcome(it(), VI, _again(case, it), Word.CHILD_SAFE)
    (told,) = service.preview(it(), VI, _again(case, it))
    assert not any("safe" in s for s in told.sentences)


def _again(case, it):
    with guard.scope(it(), VI):
        return Case.objects.get(pk=case.pk)


def test_the_page_records_previews_tells_and_closes(case, circle, client, it):
    helps(circle, case, "dk")
    client.force_login(circle.it)
    page = reverse("close:page", args=[case.pk])
    assert client.post(page, {"what": "child safe", "text": ""}).status_code == 303
    assert client.post(page, {"what": "nothing"}).status_code == 400
    shown = client.get(page).content.decode()
    assert "National unit, Denmark" in shown
    assert "Not sent yet" in shown
    assert client.post(reverse("close:tell", args=[case.pk])).status_code == 303
    assert "Sent in these words" in client.get(page).content.decode()
    assert client.post(reverse("close:turn", args=[case.pk]), {"reason": ""}).status_code == 400
    assert client.post(reverse("close:turn", args=[case.pk]), {"reason": "done"}).status_code == 303
    assert "The case is closed" in client.get(page).content.decode()


def test_a_member_is_told_that_the_lead_is_needed_and_an_outsider_finds_nothing(case, circle, client):
    with guard.system("add an officer in a test"):
        Membership.objects.create(case=case, account=circle.it_second, part="member", since=clock.now())
    page = reverse("close:page", args=[case.pk])
    client.force_login(circle.it_second)
    answer = client.post(page, {"what": "child safe"})
    assert answer.status_code == 400
    assert "only the lead" in answer.content.decode()
    client.force_login(circle.fr)
    assert client.get(page).status_code == 404
    assert client.post(reverse("close:tell", args=[case.pk])).status_code == 404


def test_the_wish_about_re_shares_is_the_leads_to_record_and_each_stays_with_how_it_was_asked(
    case, circle, client, it
):
    client.force_login(circle.it)
    page, wish = reverse("close:page", args=[case.pk]), reverse("close:wish", args=[case.pk])
    assert "Nobody has asked yet" in client.get(page).content.decode()
    assert client.post(wish, {"wish": "each", "reason": ""}).status_code == 400
    assert client.post(wish, {"wish": "sometimes", "reason": "asked"}).status_code == 400
    for said in ("each", "never"):
        assert client.post(wish, {"wish": said, "reason": f"a counsellor asked: {said}"}).status_code == 303
    shown = client.get(page).content.decode()
    assert "a counsellor asked: each" in shown and "a counsellor asked: never" in shown
    with guard.scope(it(), VI):
        assert Case.objects.get(pk=case.pk).reshare_wish == "never"
        told = Change.objects.filter(case=case, what=service.WISH).order_by("made_at")
        assert [(c.before["was"], c.before["is"]) for c in told] == [("", "each"), ("each", "never")]
    with guard.system("add an officer in a test"):
        Membership.objects.create(case=case, account=circle.it_second, part="member", since=clock.now())
    with pytest.raises(service.LeadNeeded):
        service.record_wish(circle.officer(circle.it_second), VI, case, "each", "no")
    with guard.system("read the log in a test"):
        reasons = [e.opening.reason for e in LogEntry.objects.filter(step="close").select_related("opening")]
    assert service.WISH in reasons and not any("counsellor" in r for r in reasons)
