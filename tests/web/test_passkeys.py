"""Passkeys in the real Chromium: a virtual key over the DevTools protocol, a real ``entente serve``.

One walk: an enrolment link, a passkey, its log-in, the step-up before a look in clear, and the way without a
passkey. The tests run in order; each sits down where the one before stood up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from demo.ten_days import make_circle
from django.test import override_settings
from PIL import Image, ImageDraw

from entente.casework.intake import service as intake
from entente.records import guard, jobs
from entente.records.models import Account, LogEntry, LoginLink, Media, Session
from entente.records.sessions import SessionStore
from entente.vocabulary.handling import Purpose
from tests.story.conftest import desk_in
from tests.story.walk import Desk, chromium

pytestmark = pytest.mark.browser
VI = Purpose.VICTIM_IDENTIFICATION
PASSWORD = "green chairs sing at noon"


@pytest.fixture(scope="module")
def place(tmp_path_factory, django_db_blocker) -> Iterator[SimpleNamespace]:
    """A real desk (no demonstration) with one case and one picture, and a browser before it."""
    folder = tmp_path_factory.mktemp("people")
    with desk_in(folder / "desk", django_db_blocker):
        (folder / "desk" / "demonstration").unlink()
        make_circle()
        case = _case(folder)
        desk = Desk(folder / "desk", folder)
        try:
            with chromium() as browser:
                context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
                page = context.new_page()
                held = SimpleNamespace(
                    page=page, context=context, browser=browser, case=case, faults=[], sent=[],
                    base=f"http://localhost:{desk.port}",
                )  # fmt: skip
                page.on("console", lambda m: held.faults.append(m.text) if _bad(m) else None)
                page.on("response", lambda r: held.sent.append(r))
                held.key = _virtual_key(context, page)
                yield held
        finally:
            desk.close()


def _bad(message) -> bool:
    return message.type == "error" and "403" not in message.text and "429" not in message.text


def _virtual_key(context, page):
    """Plug in a key that asks for its PIN and keeps passkeys."""
    line = context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    key = line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return SimpleNamespace(line=line, id=key)


def _case(folder):
    """Open a case of Italy with one drawn picture."""
    officer = Account.objects.get(username="IT-1001").as_officer()
    found = datetime.now(UTC) - timedelta(days=1)
    case = intake.open_case(
        officer, VI, number="IT-1", title="Operation Larch", victim_number="V-001", discovered_at=found
    )
    drawn = Image.new("RGB", (320, 240), (214, 205, 188))
    ImageDraw.Draw(drawn).rectangle((30, 40, 130, 130), fill=(140, 190, 230))
    drawn.save(folder / "room.jpg")
    officer = Account.objects.get(username="IT-1001").as_officer()
    intake.receive(officer, VI, case, [folder / "room.jpg"], intake.Intake("disk"))
    jobs.work(Event(), until_empty=True)
    return case


def link(place, number: str) -> str:
    return f"{place.base}/enter/{LoginLink.issue(Account.objects.get(username=number))}/"


def by_hand(place, number: str) -> None:
    """Follow a one-time link."""
    place.page.goto(link(place, number))
    place.page.get_by_role("button", name="Log in").click()


def age(minutes: float) -> None:
    """Let every proof of every log-in be older, as if the officer had worked on."""
    with override_settings(SECRET_KEY="the story's own secret, long enough to be one"):
        for row in Session.objects.exclude(account=None):
            store = SessionStore(row.session_key)
            proofs = store["account_authentication_methods"]
            store["account_authentication_methods"] = [{**p, "at": p["at"] - minutes * 60} for p in proofs]
            store.save()


def entries(**which) -> list[str]:
    with guard.system("read the log in a test"):
        return [e.told["reason"] for e in LogEntry.objects.filter(**which).order_by("seq")]


def item_url(place) -> str:
    with guard.system("test"):
        media = Media.objects.get(case=place.case)
    return f"{place.base}/cases/{place.case.pk}/examine/items/{media.number}/"


def test_a_link_on_a_real_desk_opens_the_accounts_own_pages_only(place):
    by_hand(place, "IT-1001")
    place.page.wait_for_url(f"{place.base}/account/2fa/")
    assert "Before you can work" in place.page.content()
    for there in ("/", f"/cases/{place.case.pk}/", "/lists/", "/log/", "/accounts/", item_url(place)):
        place.page.goto(place.base + there.removeprefix(place.base))
        assert place.page.url == f"{place.base}/account/2fa/", there
        assert "Larch" not in place.page.content()


def test_a_passkey_is_enrolled(place):
    place.page.get_by_role("link", name="Enrol a passkey").click()
    place.page.get_by_label("What you call this key").fill("Desk key")
    place.page.get_by_role("button", name="Enrol").click()
    place.page.get_by_role("link", name="I have kept them").click()
    place.page.get_by_role("link", name="Begin").click()
    place.page.get_by_role("button", name="Confirm with your passkey").click()
    place.page.wait_for_url(f"{place.base}/")
    assert "IT-1001" in place.page.content()
    account = Account.objects.get(username="IT-1001")
    assert Authenticator.objects.filter(user=account, type="webauthn").count() == 1
    held = place.key.line.send("WebAuthn.getCredentials", {"authenticatorId": place.key.id})["credentials"]
    assert [c["isResidentCredential"] for c in held] == [True]
    assert held[0]["rpId"] == "localhost"
    assert "enrolled: webauthn" in entries(step="door")


def test_the_link_is_no_way_in_once_there_is_a_key(place):
    other = place.browser.new_context().new_page()
    other.goto(link(place, "IT-1001"))
    other.get_by_role("button", name="Log in").click()
    assert "has its own keys" in other.content()
    other.goto(f"{place.base}/")
    assert "/account/login/" in other.url
    other.context.close()


def test_one_logs_in_by_the_passkey_alone(place):
    place.context.clear_cookies()
    place.page.goto(f"{place.base}/cases/{place.case.pk}/")
    assert "/account/login/" in place.page.url
    place.page.get_by_role("button", name="Log in with a passkey").click()
    place.page.wait_for_url(f"{place.base}/cases/{place.case.pk}/")  # back to where one wanted to be
    assert "Larch" in place.page.content()


def test_a_look_in_clear_wants_the_passkey_of_the_last_minutes_and_leads_there_and_back(place):
    page = place.page
    age(6)
    page.goto(item_url(place))
    hold = page.locator("button[data-reveal-url]").first
    hold.hover()
    page.mouse.down()
    page.locator("#warn a").wait_for()
    page.mouse.up()
    assert not page.locator("img.clear").count()
    assert "passkey" in page.locator("#warn").inner_text()
    page.locator("#warn a").click()
    page.get_by_role("button", name="Confirm with your passkey").click()
    page.wait_for_url(item_url(place))
    page.locator("button[data-reveal-url]").first.hover()
    page.mouse.down()
    page.locator("img.clear").wait_for()
    page.mouse.up()
    assert "look: clear" in entries(step="examine", verb="denied")
    assert "look: clear" in entries(step="examine", verb="consult")


def test_a_key_without_its_pin_is_refused(place):
    account = Account.objects.get(username="IT-1001")
    used = Authenticator.objects.get(user=account, type="webauthn").last_used_at
    place.key.line.send(
        "WebAuthn.setUserVerified", {"authenticatorId": place.key.id, "isUserVerified": False}
    )
    place.page.goto(f"{place.base}/confirm/?next=/")
    place.page.get_by_role("button", name="Confirm with your passkey").click()
    place.page.locator("#warn", has_text="passkey was not used").wait_for()
    assert Authenticator.objects.get(user=account, type="webauthn").last_used_at == used
    place.key.line.send("WebAuthn.setUserVerified", {"authenticatorId": place.key.id, "isUserVerified": True})


def test_password_and_code_do_the_work_but_show_nothing_in_clear(place):
    """The way without a passkey: a link, a password, an app; then in with both."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    page, account = place.page, Account.objects.get(username="IT-1002")
    place.context.clear_cookies()
    by_hand(place, "IT-1002")
    page.get_by_role("link", name="Set a password").click()
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main form .main").click()
    page.wait_for_url("**/account/**")
    page.goto(f"{place.base}/account/2fa/totp/activate/")
    secret = page.locator("dd.mono").inner_text()

    def code() -> str:
        return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))

    page.get_by_label("Authenticator code").fill(code())
    page.get_by_role("button", name="Set", exact=True).click()
    page.wait_for_url("**/recovery-codes/")
    assert page.locator("ul.mono li").count() == 10
    totp = Authenticator.objects.get(user=account, type="totp")
    assert secret not in str(totp.data)  # not kept in clear

    place.context.clear_cookies()
    page.goto(f"{place.base}/account/login/")
    page.get_by_label("Username").fill("IT-1002")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url("**/2fa/authenticate/")
    page.goto(f"{place.base}/")
    assert "/account/login/" in page.url or "/2fa/" in page.url  # the password alone is nothing
    page.goto(f"{place.base}/account/2fa/authenticate/")
    page.get_by_label("Code").fill(code())
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(f"{place.base}/")
    assert "IT-1002" in page.content()
    page.goto(f"{place.base}/account/2fa/webauthn/add/")
    assert "one-time link" in page.content()  # a code never leads to a passkey
    page.goto(f"{place.base}/confirm/?next=/")
    assert "needs a passkey" in page.content()


def test_nothing_on_these_pages_breaks_the_policy(place):
    assert place.faults == []
