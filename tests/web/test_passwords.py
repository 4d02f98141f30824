"""Passwords as the field asks: any characters, as typed, changed with the present one, none of this place."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from entente.records import guard
from entente.records.models import Account, LogEntry, Session
from tests.web.test_strength import KEY, proved, strength

OLD, NEW = "a-long-test-password", "  Grüne Stühle singen – am Mittag 七時 \U0001f33f "


def comes_in(password: str) -> bool:
    told = Client().post(reverse("account_login"), {"login": "IT-1001", "password": password})
    return told.status_code == 302


def test_a_password_is_changed_with_the_present_one_only(circle):
    browser = proved(circle.it, KEY)
    page = reverse("account_change_password")
    for wrong in ("", "another-long-password"):
        told = browser.post(page, {"oldpassword": wrong, "password1": NEW, "password2": NEW})
        assert told.status_code == 200
    assert comes_in(OLD)
    told = browser.post(page, {"oldpassword": OLD, "password1": NEW, "password2": NEW})
    assert told.status_code == 302
    assert comes_in(NEW) and not comes_in(OLD)


def test_a_password_is_taken_as_it_was_typed(circle):
    circle.it.set_password(NEW)
    circle.it.save()
    for near in (NEW.strip(), NEW.lower(), NEW.upper(), NEW[:-1], NEW + " ", NEW[:64]):
        assert near == NEW or not comes_in(near), repr(near)
    assert comes_in(NEW)


def test_a_hundred_and_twenty_letters_are_a_password_to_the_last(circle):
    long = "seven lamps stand by the river and nobody counts them " * 3
    validate_password(long, circle.it)
    circle.it.set_password(long)
    circle.it.save()
    assert comes_in(long) and not comes_in(long[:-1]) and not comes_in(long[:72])


@pytest.mark.parametrize(
    "of_one_kind",
    [
        "greenchairssingatnoon",
        "GREENCHAIRSSINGATNOON",
        "зелёныестульяпоют",
        "92716483590572846193",
        "七時に緑の椅子が歌いますよ",
    ],
)
def test_a_password_needs_no_mixture_of_characters(circle, of_one_kind):
    validate_password(of_one_kind, circle.it)


@pytest.mark.parametrize(
    "here",
    [
        "Entente-2026!!",
        "ententeentente",
        "VictimDesk2026",
        "national-unit-italy",
        "police0fficer",
        "Italy-National-9",
    ],
)
def test_words_of_this_place_are_no_password(circle, here):
    with pytest.raises(ValidationError):
        validate_password(here, circle.it)
    validate_password(f"{here} and a goose on a bicycle", circle.it)


def test_password_fields_hide_what_is_typed_and_take_what_is_pasted(circle):
    pages = [
        Client().get(reverse("account_login")),
        proved(circle.it, KEY).get(reverse("account_change_password")),
    ]
    text = "".join(told.content.decode() for told in pages)
    fields = re.findall(r"<input[^>]*name=.\w*password[^>]*>", text)
    assert len(fields) >= 3
    for field in fields:
        assert 'type="password"' in field
        assert "onpaste" not in field and "maxlength" not in field and 'autocomplete="off"' not in field


def test_nobody_is_there_before_the_desk_makes_somebody(db):
    assert not Account.objects.exists()


def test_a_recovery_code_works_once(client, circle):
    from allauth.mfa.totp.internal import auth as totp

    totp.TOTP.activate(circle.it, totp.generate_totp_secret())
    code = RecoveryCodes.activate(circle.it).get_unused_codes()[0]
    for status in (302, 200):
        client.logout()
        client.post(reverse("account_login"), {"login": "IT-1001", "password": OLD})
        assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == status


def test_secrets_of_second_factors_lie_sealed(circle):
    from allauth.mfa.totp.internal import auth as totp

    secret = totp.generate_totp_secret()
    assert len(secret) >= 32  # 160 bits of the kernel's chance
    totp.TOTP.activate(circle.it, secret)
    held = RecoveryCodes.activate(circle.it)
    codes = held.get_unused_codes()
    assert len(codes) == len(set(codes)) and all(len(code) >= 8 for code in codes)
    told = str([a.data for a in Authenticator.objects.all()])
    assert secret not in told and not any(code in told for code in codes)


def test_each_new_proof_gives_the_session_a_new_key(circle):
    browser = proved(circle.it, KEY)
    before = browser.session.session_key
    told = browser.post(reverse("account_reauthenticate"), {"password": OLD})
    assert told.status_code == 302
    assert browser.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    assert strength(browser)


def test_the_key_of_a_session_is_long_and_never_the_same(circle):
    keys = {proved(circle.it, KEY).session.session_key for _ in range(20)}
    assert len(keys) == 20
    assert all(re.fullmatch(r"[a-z0-9]{32}", key) for key in keys)  # 36 ** 32: 165 bits


def test_who_logs_in_gets_another_key_than_who_came(client, circle):
    client.get(reverse("account_login"))
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key
    client.post(reverse("account_login"), {"login": "IT-1001", "password": OLD})
    assert client.cookies["sessionid"].value != before


def test_every_page_of_a_log_in_has_the_way_out(circle, case):
    browser = proved(circle.it, KEY)
    for page in (
        reverse("board"),
        reverse("case", args=[case.pk]),
        reverse("mfa_index"),
        reverse("own-sessions"),
    ):
        assert reverse("account_logout").encode() in browser.get(page).content, page


def test_an_account_that_is_there_answers_as_one_that_is_not(circle):
    said = []
    for number in ("IT-1001", "IT-9999"):
        told = Client().post(reverse("account_login"), {"login": number, "password": "x" * 20})
        text = re.sub(r"[A-Za-z0-9]{64}", "TOKEN", told.content.decode())
        said.append((told.status_code, text.replace(number, "NUMBER")))
    assert said[0] == said[1]


def test_a_wrong_code_stands_in_the_log_too(client, circle):
    from allauth.mfa.totp.internal import auth as totp

    totp.TOTP.activate(circle.it, totp.generate_totp_secret())
    client.post(reverse("account_login"), {"login": "IT-1001", "password": OLD})
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    with guard.system("test"):
        assert [e.told["reason"] for e in LogEntry.objects.filter(verb="denied")] == ["a wrong second factor"]


def test_a_code_lives_half_a_minute(client, circle):
    import time

    from allauth.mfa.totp.internal import auth as totp

    secret = totp.generate_totp_secret()
    totp.TOTP.activate(circle.it, secret)
    for age in (-60, 60, 90):
        late = totp.format_hotp_value(totp.hotp_value(secret, int(time.time() + age) // 30))
        client.post(reverse("account_login"), {"login": "IT-1001", "password": OLD})
        assert client.post(reverse("mfa_authenticate"), {"code": late}).status_code == 200


def test_an_administrator_ends_the_log_ins_of_another_at_once(circle):
    theirs, keeper = proved(circle.it, KEY), proved(circle.it_admin, KEY)
    assert strength(theirs)
    told = keeper.post(reverse("account-end", args=[circle.it.pk]))
    assert told.status_code == 302
    assert strength(theirs) is None and strength(keeper)
    foreign = proved(circle.fr, KEY)
    assert keeper.post(reverse("account-end", args=[circle.fr.pk])).status_code == 404
    assert strength(foreign)


def test_every_page_of_a_log_in_ends_with_it(circle, case):
    browser = proved(circle.it, KEY)
    for page in (
        reverse("board"),
        reverse("case", args=[case.pk]),
        reverse("mfa_index"),
        reverse("own-sessions"),
    ):
        assert b' data-rest="930"' in browser.get(page).content, page
    assert b"data-rest" not in Client().get(reverse("account_login")).content
