"""What every request passes: hard headers, the purpose of the work, the log-in and the log-out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from entente.evidence.store import StoreFailed
from entente.records import clock, guard
from entente.records.models import LogEntry, LoginLink
from entente.vocabulary.handling import Purpose
from entente.web import board


def purpose_of(client) -> str:
    return client.get(reverse("board")).context["purpose"]


@pytest.mark.parametrize("logged_in", [False, True])
@pytest.mark.parametrize("address", ["/", "/account/login/", "/nowhere/", "/enter/x/", "/log/", "/lists/"])
def test_every_answer_is_hard_and_is_never_kept(client, circle, address, logged_in):
    if logged_in:
        client.force_login(circle.it)
    answer = client.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_the_cookies_are_for_this_desk_alone(client, circle):
    link = LoginLink.issue(circle.it)
    client.post(reverse("enter", args=[link]))
    held = client.cookies["sessionid"]
    assert held["httponly"]
    assert held["samesite"] == "Strict"


def test_a_purpose_is_chosen_only_from_the_accounts_own(client, circle):
    client.force_login(circle.it)
    assert purpose_of(client) is Purpose.VICTIM_IDENTIFICATION
    client.post(reverse("purpose"), {"purpose": "prosecution"})
    assert purpose_of(client) is Purpose.PROSECUTION
    for forbidden in ("data-protection-audit", "training", "no such purpose", ""):
        client.post(reverse("purpose"), {"purpose": forbidden})
        assert purpose_of(client) is Purpose.PROSECUTION


def test_a_purpose_that_was_taken_away_is_not_in_the_session_any_more(client, circle):
    client.force_login(circle.it)
    client.post(reverse("purpose"), {"purpose": "prosecution"})
    circle.it.purposes = ["safeguarding"]
    circle.it.save()
    assert purpose_of(client) is Purpose.SAFEGUARDING


def test_the_purpose_is_written_with_the_act(client, case, circle):
    client.force_login(circle.it)
    client.post(reverse("purpose"), {"purpose": "prosecution"})
    client.get(reverse("case", args=[case.pk]))
    with guard.system("test"):
        assert '"purpose":"prosecution"' in LogEntry.objects.order_by("-seq").first().body


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_choosing_a_purpose_never_leads_off_the_desk(client, circle, elsewhere):
    client.force_login(circle.it)
    answer = client.post(reverse("purpose"), {"purpose": "prosecution", "next": elsewhere})
    assert answer.url == reverse("board")


def test_choosing_a_purpose_leads_back_to_the_page(client, case, circle):
    client.force_login(circle.it)
    back = reverse("case", args=[case.pk])
    assert client.post(reverse("purpose"), {"purpose": "prosecution", "next": back}).url == back


def test_logging_out_closes_the_desk(client, circle):
    client.force_login(circle.it)
    assert client.get(reverse("account_logout")).status_code == 200  # asking is not doing
    assert client.get(reverse("board")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("board")).status_code == 302


def test_an_account_that_was_closed_is_out_at_the_next_request(client, circle):
    client.force_login(circle.it)
    circle.it.is_active = False
    circle.it.save()
    assert client.get(reverse("board")).status_code == 302


def test_a_one_time_link_works_once_and_a_look_does_not_spend_it(client, circle):
    address = reverse("enter", args=[LoginLink.issue(circle.it)])
    for _ in range(3):
        assert client.get(address).status_code == 200
    assert client.get(reverse("board")).status_code == 302
    assert client.post(address).url == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    client.logout()
    again = client.post(address)
    assert again.status_code == 403
    assert b"used already" in again.content
    assert client.get(reverse("board")).status_code == 302


def test_a_one_time_link_ends_with_its_time_and_with_its_account(client, circle):
    late = LoginLink.issue(circle.it, timedelta(minutes=5))
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert client.post(reverse("enter", args=[late])).status_code == 403
    closed = LoginLink.issue(circle.it)
    circle.it.is_active = False
    circle.it.save()
    assert client.post(reverse("enter", args=[closed])).status_code == 403


def test_a_form_without_its_token_changes_nothing(circle):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(circle.it)
    assert client.post(reverse("purpose"), {"purpose": "prosecution"}).status_code == 403
    assert purpose_of(client) is Purpose.VICTIM_IDENTIFICATION


def test_a_store_that_failed_is_a_sentence_and_not_an_error_of_the_program(client, circle, monkeypatch):
    def failing(*_, **__):
        raise StoreFailed("the evidence store was begun with another node key")

    monkeypatch.setattr(board, "open_case", failing)
    client.force_login(circle.it)
    answer = client.post(
        reverse("new-case"),
        {"number": "1", "title": "x", "victim_number": "V-1", "codes": ["H0"], "audience": "TLP:AMBER",
         "discovered_at": "2026-03-01T14:30"},
    )  # fmt: skip
    assert answer.status_code == 503
    assert b"begun with another node key" in answer.content
