"""What a log-in has proved decides what it may: sessions that are weaker than the suite's forced ones."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from entente.casework.prioritise.service import assign
from entente.records import clock, guard, sessions
from entente.records.models import Account, Job, LogEntry, LoginLink, Membership, Session
from entente.vocabulary.agency import Strength
from entente.vocabulary.handling import Purpose
from entente.web import passwords

VI = Purpose.VICTIM_IDENTIFICATION
PASSWORD = {"method": "password"}
CODE = {"method": "mfa", "type": "totp"}
KEY = {"method": "mfa", "type": "webauthn", "passwordless": True}
LINK = {"method": "link", "reauthenticated": True}


def proved(account, *proofs, age: float = 0) -> Client:
    """Return a browser whose log-in went through the real door with these proofs, ``age`` seconds ago."""
    browser = Client()
    browser._login(account, "allauth.account.auth_backends.AuthenticationBackend")
    session = browser.session
    session["account_authentication_methods"] = [{**p, "at": time.time() - age} for p in proofs]
    session["account_authentication_methods_user"] = user_id_to_str(account)
    session.save()
    return browser


def strength(browser) -> Strength | None:
    told = browser.get(reverse("board"))
    return told.context["officer"].strength if told.status_code == 200 else None


@pytest.mark.parametrize(
    ("proofs", "age", "is_"),
    [
        ((), 0, None),
        ((LINK,), 0, None),
        ((PASSWORD,), 0, None),
        ((PASSWORD, CODE), 0, Strength.SECOND_FACTOR),
        ((PASSWORD, {"method": "mfa", "type": "recovery_codes"}), 0, Strength.SECOND_FACTOR),
        ((KEY,), 0, Strength.CONFIRMED),
        ((KEY,), 299, Strength.CONFIRMED),
        ((KEY,), 302, Strength.PASSKEY),
        ((KEY,), -60, Strength.PASSKEY),  # a clock that was set back proves nothing
        ((PASSWORD, {"method": "mfa", "type": "webauthn"}), 0, Strength.CONFIRMED),
        (({"method": "oidc", "second_factor": True},), 0, Strength.SECOND_FACTOR),
        (({"method": "oidc", "second_factor": False},), 0, None),
        (({"method": "something new"},), 0, None),
    ],
)
def test_what_was_proved_is_how_sure_we_are(circle, proofs, age, is_):
    assert strength(proved(circle.it, *proofs, age=age)) == is_


def test_the_proofs_of_another_officer_prove_nothing(circle):
    browser = proved(circle.it, KEY)
    session = browser.session
    session["account_authentication_methods_user"] = user_id_to_str(circle.it_second)
    session.save()
    assert strength(browser) is None


def test_on_a_demonstration_alone_a_link_counts_as_confirmed_and_every_page_says_so(client, circle, settings):
    settings.DEMONSTRATION = True
    assert client.post(reverse("enter", args=[LoginLink.issue(circle.it)])).url == reverse("board")
    assert strength(client) is Strength.CONFIRMED
    for page in ("board", "account_login", "mfa_index", "own-sessions", "lists"):
        assert b"one-time log-ins count as confirmed" in client.get(reverse(page), follow=True).content, page
    assert b"count as confirmed" in client.get("/nowhere/").content
    settings.DEMONSTRATION = False
    assert strength(client) is None


def test_password_and_code_do_the_work_but_no_look_no_grant_and_nothing_leaves(circle, case):
    browser = proved(circle.it, PASSWORD, CODE)
    assert browser.get(reverse("case", args=[case.pk])).status_code == 200
    told = browser.post(reverse("link:propose", args=[case.pk]))
    assert told.status_code in {302, 303}
    assert Job.objects.filter(task="link.propose").exists()
    assigned = browser.post(
        reverse("prioritise:assign", args=[case.pk]), {"service_number": "IT-1002", "part": "member"}
    )
    assert assigned.url.startswith(reverse("confirm"))
    with guard.system("test"):
        assert not Membership.objects.filter(account=circle.it_second).exists()
        denied = LogEntry.objects.filter(verb="denied", step="prioritise").get()
        assert "passkey" in denied.told["result"]
    # and one without a passkey is told what is missing instead of being asked for it
    assert b"needs a passkey" in browser.get(assigned.url).content


def test_a_form_leads_to_the_passkey_and_back_to_its_page(circle, case):
    Authenticator.objects.create(user=circle.it, type="webauthn", data={"name": "k", "credential": {}})
    browser = proved(circle.it, KEY, age=600)
    page = reverse("prioritise:page", args=[case.pk])
    told = browser.post(
        reverse("prioritise:assign", args=[case.pk]),
        {"service_number": "IT-1002", "part": "member"},
        headers={"referer": f"http://testserver{page}"},
    )
    there = browser.get(told.url)
    assert there.url == f"{reverse('mfa_reauthenticate_webauthn')}?next={page.replace('/', '%2F')}"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)"])
def test_the_way_back_never_leads_off_the_desk(circle, case, elsewhere):
    browser = proved(circle.it, KEY, age=600)
    told = browser.post(
        reverse("prioritise:assign", args=[case.pk]),
        {"service_number": "IT-1002", "part": "member"},
        headers={"referer": elsewhere},
    )
    assert told.url == f"{reverse('confirm')}?next=%2F"
    refused = browser.get(reverse("confirm"), {"next": elsewhere})
    assert f'href="{elsewhere}'.encode() not in refused.content


def test_a_script_is_told_and_shown_the_way(circle, case):
    browser = proved(circle.it, KEY, age=600)
    told = browser.post(
        reverse("prioritise:assign", args=[case.pk]),
        {"service_number": "IT-1002", "part": "member"},
        headers={"sec-fetch-dest": "empty"},
    )
    assert told.status_code == 403
    assert told.headers["X-Confirm"].startswith(reverse("confirm"))
    assert b"passkey" in told.content and told.headers["Content-Type"].startswith("text/plain")


def test_who_may_not_anyway_is_not_asked_for_a_passkey(circle, case):
    assign(circle.officer(circle.it), VI, case, circle.it_second, part="reader")
    browser = proved(circle.it_second, PASSWORD, CODE)
    told = browser.post(
        reverse("prioritise:assign", args=[case.pk]), {"service_number": "FR-1001", "part": "reader"}
    )
    assert told.status_code != 302 or not told.url.startswith(reverse("confirm"))


def test_password_then_code_is_the_door_and_a_code_works_once(client, circle):
    from allauth.mfa.totp.internal import auth as totp

    secret = totp.generate_totp_secret()
    totp.TOTP.activate(circle.it, secret)
    code = totp.format_hotp_value(totp.hotp_value(secret, next(iter(totp.yield_hotp_counters_from_time()))))
    for there, is_ in [(reverse("board"), Strength.SECOND_FACTOR), (reverse("mfa_authenticate"), None)]:
        client.logout()
        first = client.post(
            reverse("account_login"), {"login": "IT-1001", "password": "a-long-test-password"}
        )
        assert first.url == reverse("mfa_authenticate")
        assert client.get(reverse("board")).status_code == 302  # the password alone is nothing
        second = client.post(reverse("mfa_authenticate"), {"code": code})
        assert (second.status_code, second.get("Location", there)) == (302 if is_ else 200, there)
        assert strength(client) is is_
    with guard.system("test"):
        told = [e.told["reason"] for e in LogEntry.objects.filter(step="door").order_by("seq")]
        assert told == ["logged in", "a wrong second factor"]


def test_a_wrong_password_stands_in_the_log_of_the_agency(client, circle):
    for number in ("IT-1001", "IT-0000"):
        told = client.post(reverse("account_login"), {"login": number, "password": "x" * 20})
        assert told.status_code == 200
    with guard.system("test"):
        (entry,) = LogEntry.objects.filter(verb="denied")
        assert (entry.account, entry.agency) == (circle.it.pk, circle.agencies.it)


ENROLS = ["mfa_add_webauthn", "mfa_activate_totp", "mfa_generate_recovery_codes", "account_set_password"]


@pytest.mark.parametrize("page", ENROLS)
def test_a_code_never_leads_to_a_key(circle, page):
    browser = proved(circle.it, PASSWORD, {**CODE, "reauthenticated": True})
    for method in (browser.get, browser.post):
        assert method(reverse(page)).status_code == 403
    assert not Authenticator.objects.exists()


def test_a_link_enrols_only_where_there_is_no_passkey_yet(circle):
    circle.it.set_unusable_password()
    circle.it.save()
    assert proved(circle.it, LINK).get(reverse("mfa_add_webauthn")).status_code == 200
    Authenticator.objects.create(user=circle.it, type="webauthn", data={"name": "k", "credential": {}})
    told = proved(circle.it, LINK).get(reverse("mfa_add_webauthn"))
    assert told.url.startswith(reverse("confirm"))


# --- passwords and sessions -----------------------------------------------------------------------------


def test_passwords_are_argon2id_with_the_written_costs():
    made = passwords.Argon2id().encode("a long enough sentence", passwords.Argon2id().salt())
    assert made.startswith("argon2$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    "bad",
    [
        "short",
        "elevenchars",
        "1qaz2wsx3edc",
        "123456789012",
        "Password1234!",
        "qwertyuiop-desk",
        "abcdefghijklm",
        "aaaaaabbbbbb",
        "my desk IT-1001 here",
    ],
)
def test_a_short_or_a_common_password_is_refused(circle, bad):
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        validate_password(bad, circle.it)
    validate_password("green chairs sing at noon", circle.it)


def test_a_log_in_ends_after_fifteen_minutes_without_an_act(circle):
    browser, start = proved(circle.it, PASSWORD, CODE), clock.now()
    for minutes in (14, 28, 42):
        with clock.at(start + timedelta(minutes=minutes)):
            assert browser.get(reverse("board")).status_code == 200
    with clock.at(start + timedelta(minutes=42 + 16)):
        told = browser.get(reverse("board"))
        assert told.url.startswith(reverse("account_login"))
    assert browser.get(reverse("board")).status_code == 302  # ended, whatever the clock says later


def test_a_page_that_asks_for_a_jobs_progress_keeps_no_log_in_alive(circle, case):
    browser, start = proved(circle.it, PASSWORD, CODE), clock.now()
    job = Job.objects.create(task="link.propose", case=case.pk, account=circle.it, purpose=str(VI))
    for minutes in range(1, 15):
        with clock.at(start + timedelta(minutes=minutes)):
            assert browser.get(reverse("job", args=[job.pk])).status_code == 200
    with clock.at(start + timedelta(minutes=16)):
        assert browser.get(reverse("job", args=[job.pk])).status_code == 302


def test_a_log_in_ends_after_twelve_hours_however_busy(circle):
    browser, start = proved(circle.it, PASSWORD, CODE), clock.now()
    for minutes in range(10, 12 * 60, 10):
        with clock.at(start + timedelta(minutes=minutes)):
            assert browser.get(reverse("mfa_index")).status_code == 200
    with clock.at(start + timedelta(hours=12, minutes=2)):
        assert browser.get(reverse("board")).status_code == 302


def test_a_session_without_its_clocks_has_ended(circle):
    browser = proved(circle.it, PASSWORD, CODE)
    session = browser.session
    del session["began"]
    session.save()
    assert browser.get(reverse("board")).status_code == 302


def test_another_password_ends_the_other_log_ins(circle):
    here, there = proved(circle.it, PASSWORD, CODE), proved(circle.it, PASSWORD, CODE)
    assert strength(here) and strength(there)
    account = Account.objects.get(pk=circle.it.pk)
    account.set_password("green chairs sing at noon")
    account.save()
    assert strength(here) is None and strength(there) is None


def test_one_sees_ones_own_log_ins_and_ends_the_others(circle):
    here, there, foreign = (proved(a, KEY) for a in (circle.it, circle.it, circle.fr))
    page = here.get(reverse("own-sessions"))
    assert len(page.context["sessions"]) == 2
    assert b"this one" in page.content
    assert here.get(reverse("own-sessions-end")).status_code == 405
    here.post(reverse("own-sessions-end"))
    assert strength(here) and strength(foreign)
    assert strength(there) is None
    assert [s.account for s in sessions.of_account(circle.it.pk)] == [circle.it.pk]


def test_the_cookie_is_nothing_but_a_name_and_the_rest_stays_here(circle):
    browser = proved(circle.it, KEY)
    row = Session.objects.get(account=circle.it.pk)
    assert browser.cookies["sessionid"].value == row.session_key
    assert not json.dumps(row.session_key).count(".")  # no signed content in the cookie
    Session.objects.all().delete()
    assert strength(browser) is None


def test_logging_out_sweeps_the_browser(circle):
    browser = proved(circle.it, KEY)
    told = browser.post(reverse("account_logout"))
    assert told.headers["Clear-Site-Data"] == '"*"'
    assert not Session.objects.filter(account=circle.it.pk).exists()
