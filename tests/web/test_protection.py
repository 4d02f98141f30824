"""The data protection desk, notices and emergencies on pages: who sees them, and what they do."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from entente.records import clock, emergency, guard, notice
from entente.records.act import acting
from entente.records.models import (
    Case,
    Disclosure,
    Emergency,
    LogEntry,
    Media,
    Notice,
    Restriction,
    Retention,
    Stub,
    Tombstone,
)
from entente.safeguards.access import Act
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
WHY = "V-001 is in danger tonight"


@pytest.fixture
def item(circle, case):
    """An item of Italy's, and a disclosure of it to France."""
    made = {"case": case, "owner": circle.agencies.it}
    with guard.system("fill a case, in a test"):
        row = Media.objects.create(number=1, source="s", made_by=circle.it, **made)
        Disclosure.objects.create(
            to=circle.agencies.fr, what="case as vics", thing=case.pk, held=[str(row.pk)], **made
        )
    return row


def as_dpo(client, circle):
    client.force_login(circle.it_dpo)
    return client


def clock_of(case) -> Retention:
    with guard.system("find a clock, in a test"):
        return Retention.objects.get(case=case.pk)


def test_the_desk_shows_clocks_without_a_word_of_content(client, circle, case):
    page = as_dpo(client, circle).get(reverse("protection"))
    assert page.status_code == 200
    assert str(case.pk) in page.content.decode()
    for word in (case.title, case.victim_number, case.number):
        assert word not in page.content.decode()


@pytest.mark.parametrize("who", ["it", "fr", "it_admin"])
def test_the_desk_is_for_the_data_protection_officer(client, circle, case, who):
    client.force_login(getattr(circle, who))
    assert client.get(reverse("protection")).status_code == 403
    assert (
        client.post(reverse("protection-export"), {"since": "2026-01-01", "until": "2026-12-31"}).status_code
        == 403
    )
    assert client.post(reverse("clock", args=[clock_of(case).pk]), {"act": "erase"}).status_code == 404


def test_a_clock_is_restricted_lifted_and_run_out_by_hand(client, circle, case):
    at = reverse("clock", args=[clock_of(case).pk])
    browser = as_dpo(client, circle)
    browser.post(at, {"act": "restrict", "ground": "its accuracy is contested", "reason": "a letter"})
    assert Restriction.binds(case.pk)
    browser.post(at, {"act": "lift"})
    assert not Restriction.binds(case.pk)
    browser.post(at, {"act": "erase", "reason": " "})
    with guard.system("nothing without a reason"):
        assert Case.objects.exists()
    browser.post(at, {"act": "erase", "reason": "the court ordered it"})
    with guard.system("it is gone"):
        assert not Case.objects.exists() and Tombstone.objects.get().because == "the court ordered it"


def test_the_export_tells_purpose_and_reason_of_the_own_agency_s_acts_alone(client, circle, case):
    with acting(circle.officer(circle.it), Act.READ, case.as_thing(), VI, step="case", reason="look at it"):
        pass
    today = clock.now().date()
    told = as_dpo(client, circle).post(
        reverse("protection-export"), {"since": today - timedelta(days=1), "until": today, "verb": ""}
    )
    lines = [json.loads(line) for line in told.content.decode().splitlines()]
    entries = [line for line in lines if line["record"] == "entry"]
    assert {e["agency"] for e in entries} == {str(circle.agencies.it.pk)}
    assert any(e["reason"] == "look at it" and e["purpose"] == str(VI) for e in entries)
    assert [line["case"] for line in lines if line["record"] == "clock"] == [str(case.pk)]
    with guard.system("the export is in the log"):
        assert LogEntry.objects.filter(step="protection").exists()


def test_the_log_is_chosen_by_verb_case_and_day_and_never_by_officer(client, circle, case):
    browser = as_dpo(client, circle)
    page = browser.get(reverse("log"), {"verb": "collect"}).content.decode()
    assert "open a case" in page and "log page" not in page
    assert "open a case" not in browser.get(reverse("log"), {"verb": "erase"}).content.decode()
    plain = browser.get(reverse("log"), {"officer": str(circle.it.pk), "sort": "officer"})
    assert "open a case" in plain.content.decode()
    assert 'name="officer"' not in plain.content.decode()


def test_a_case_s_people_keep_correct_and_erase_with_their_reason(client, circle, case, item):
    client.force_login(circle.it)
    at, thing = reverse("case-protection", args=[case.pk]), f"item:{item.pk}"
    assert client.post(at, {"act": "keep", "reason": "the search goes on"}).status_code == 302
    assert (
        client.post(at, {"act": "correct", "thing": thing, "reason": "it was taken in May"}).status_code
        == 302
    )
    with guard.scope(circle.officer(circle.fr), VI):
        assert [(n.kind, n.text) for n in Notice.objects.all()] == [("correction", "it was taken in May")]
    assert client.post(at, {"act": "erase", "thing": thing, "reason": "wrong"}).status_code == 400  # not sure
    assert (
        client.post(at, {"act": "erase", "thing": thing, "reason": "wrong", "sure": "on"}).status_code == 302
    )
    with guard.system("it is gone"):
        assert not Media.objects.exists() and Tombstone.objects.exists()


def test_a_notice_is_followed_on_its_page_and_by_its_agency_only(client, circle, case, item):
    notice.correct(circle.officer(circle.it), VI, item, "it was taken in May")
    with guard.system("find the notice, in a test"):
        told = Notice.objects.get()
    client.force_login(circle.dk)
    assert client.post(reverse("notice-follow", args=[told.pk]), {"because": "x"}).status_code == 404
    client.force_login(circle.fr)
    assert "taken in May" in client.get(reverse("notices")).content.decode()
    client.post(reverse("notice-follow", args=[told.pk]), {"because": "corrected"})
    assert "corrected" in client.get(reverse("notices")).content.decode()


def test_the_glass_is_broken_on_pages_by_two_and_reviewed(client, circle, case):
    eu = circle.agencies.eu
    first, second = (circle.make_account(eu, f"EU-200{n}", ("coordinator",)) for n in (1, 2))
    with guard.scope(circle.officer(first), VI):
        stub = Stub.objects.get()
    client.force_login(first)
    board = client.get(reverse("board")).content.decode()
    assert reverse("stub-ask", args=[stub.pk]) in board and case.title not in board
    client.post(reverse("stub-ask", args=[stub.pk]), {"act": "read", "why": WHY})
    with guard.system("find the emergency, in a test"):
        held = Emergency.objects.get()
    client.post(reverse("emergency-confirm", args=[held.pk]))
    assert client.get(reverse("case", args=[case.pk])).status_code == 404
    client.force_login(second)
    client.post(reverse("emergency-confirm", args=[held.pk]))
    client.force_login(first)
    assert client.get(reverse("case", args=[case.pk])).status_code == 200
    with clock.at(clock.now() + emergency.REVIEW + timedelta(minutes=1)):
        assert emergency.unreviewed()
    browser = as_dpo(client, circle)
    assert WHY in browser.get(reverse("emergencies")).content.decode()
    at = reverse("emergency-review", args=[held.pk])
    browser.post(at, {"finding": "unjustified", "because": "nobody was in danger"})
    client.force_login(first)
    assert client.get(reverse("case", args=[case.pk])).status_code == 404


def test_one_thing_is_asked_for_in_the_case_and_waits_for_a_second_person(client, circle, case):
    with guard.system("a partner's item, in a test"):
        row = Media.objects.create(case=case, owner=circle.agencies.dk, number=7, source="s")
    client.force_login(circle.it)
    at = reverse("case-emergency", args=[case.pk])
    assert f"item:{row.pk}" in client.get(at).content.decode()
    told = {"thing": f"item:{row.pk}", "to": str(circle.agencies.fr.pk), "why": WHY}
    assert client.post(at, told | {"why": ""}).status_code == 400
    assert client.post(at, told).status_code == 302
    with guard.system("it waits"):
        assert Emergency.objects.get().confirmed_at is None
