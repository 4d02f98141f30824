"""What comes with a request is taken for what it is: methods, headers, parameters, addresses, lengths."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings as site
from django.test import Client
from django.urls import reverse

from entente.records.models import Case, LoginLink, Membership
from tests.web.test_every_route import DESK, DOORS, SECOND_FACTOR, as_one, routes

TYPED = """<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{ 7|add:7 }}"""


@pytest.fixture
def served(db):
    """The desk behind uvicorn as ``entente serve`` runs it; yields its port."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    at = {"host": "127.0.0.1", "port": port, "lifespan": "off", "log_level": "critical"}
    made = uvicorn.Server(
        uvicorn.Config("entente.web.asgi:application", **at, server_header=False, proxy_headers=False)
    )
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    for _ in range(400):
        if made.started:
            break
        time.sleep(0.05)
    yield port
    made.should_exit = True
    thread.join(timeout=20)


def spoken(port: int, text: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(text)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_a_message_of_two_lengths_is_one_message_or_none(served):
    hidden = b"GET /static/entente/desk.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for lengths in (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n" % (len(hidden) + 5),
        b"Content-Length: 5\r\nContent-Length: %d\r\n" % (len(hidden) + 5),
        b"Transfer-Encoding: xchunked\r\n",
    ):
        # by the chunks the body is empty; by the other length what follows belongs to it
        told = spoken(
            served,
            b"POST /nowhere/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + lengths
            + b"\r\n0\r\n\r\n"
            + hidden,
        )
        assert told.count(b"HTTP/1.1 ") == 1, (lengths, told)
        assert b"text/css" not in told, lengths


def test_who_asks_does_not_say_where_from_nor_by_which_way(served):
    told = spoken(
        served,
        b"GET /nowhere/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n",
    )
    head = told.split(b"\r\n\r\n", 1)[0].lower()
    assert b"404 not found" in head
    assert b"strict-transport-security" not in head  # not believed: the site set no proxy in front


def test_a_forged_address_does_not_make_a_new_one_of_a_limit(client, circle):
    statuses = [
        client.post(
            reverse("enter", args=["x" * 43]),
            headers={
                "x-forwarded-for": f"10.0.0.{n}",
                "x-real-ip": f"10.0.1.{n}",
                "forwarded": f"for=10.1.1.{n}",
            },
        ).status_code
        for n in range(21)
    ]
    assert statuses[-1] == 429 and 429 not in statuses[:-1]


def test_another_host_in_any_header_is_not_ours(client, circle):
    assert client.get("/account/login/", headers={"host": "elsewhere.example"}).status_code == 400
    told = as_one(circle.it).get("/", headers={"x-forwarded-host": "elsewhere.example"})
    assert told.status_code == 200 and b"elsewhere.example" not in told.content


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "DEBUG"])
def test_no_address_tells_a_request_back(circle, method):
    browser = as_one(circle.it)
    for name, arguments in routes().items():
        if arguments or (name not in DESK and name not in DOORS and not SECOND_FACTOR.fullmatch(name)):
            continue
        told = browser.generic(method, reverse(name), headers={"x-token": "told-back"})
        assert b"told-back" not in b"".join(told), name
        assert told.status_code in {302, 400, 401, 403, 404, 405}, (name, told.status_code)


def test_every_answer_says_its_type_and_its_letters(circle, case):
    browser = as_one(circle.it)
    for name, arguments in routes().items():
        if set(arguments) - {"case_id"} or name == "account_logout":
            continue
        told = browser.get(reverse(name, kwargs={"case_id": case.pk} if arguments else {}))
        if not told.content:
            continue
        kind = told.headers["Content-Type"]
        assert "charset=utf-8" in kind.lower() or not kind.startswith("text/"), (name, kind)
    css = browser.get("/static/entente/desk.css").headers["Content-Type"]
    assert css == 'text/css; charset="utf-8"'


def test_what_was_typed_is_text_on_the_page(circle):
    browser = as_one(circle.it)
    made = browser.post(
        reverse("new-case"),
        {"number": "IT-77", "title": TYPED, "victim_number": "V-77", "codes": ["H0"], "audience": "TLP:AMBER",
         "discovered_at": "2026-03-01T14:30"},
    )  # fmt: skip
    assert made.status_code in {302, 303}
    for page in (made.url, reverse("board")):
        told = browser.get(page).content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told
        assert "<script>alert" not in told and "<img src=x" not in told
        assert "{{ 7|add:7 }}" in told  # not run as a template


def test_what_stands_in_the_address_is_not_what_was_sent(circle):
    browser = as_one(circle.it)
    browser.post(reverse("purpose") + "?purpose=prosecution")
    assert str(browser.get(reverse("board")).context["purpose"]) == "victim-identification"
    browser.post(reverse("purpose") + "?purpose=safeguarding", {"purpose": "prosecution"})
    assert str(browser.get(reverse("board")).context["purpose"]) == "prosecution"


def test_a_field_that_the_form_does_not_have_is_not_written(circle):
    browser = as_one(circle.it)
    browser.post(
        reverse("new-case"),
        {"number": "IT-78", "title": "Operation Fir", "victim_number": "V-78", "codes": ["H0"],
         "audience": "TLP:AMBER", "discovered_at": "2026-03-01T14:30", "owner": str(circle.agencies.fr.pk),
         "owner_id": str(circle.agencies.fr.pk), "id": "0" * 32, "state": "closed", "part": "reader"},
    )  # fmt: skip
    from entente.records import guard

    with guard.system("test"):
        case = Case.objects.get(number="IT-78")
        assert case.owner == circle.agencies.it and case.pk.int != 0
        assert Membership.objects.get(case=case, account=circle.it).part == "lead"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_log_in_and_no_language_leads_off_the_desk(client, circle, elsewhere):
    told = client.post(reverse("set_language"), {"language": "fr", "next": elsewhere})
    assert "evil" not in told.url and "javascript" not in told.url
    told = client.post(
        f"{reverse('account_login')}?next={elsewhere}",
        {"login": "IT-1001", "password": "a-long-test-password", "next": elsewhere},
    )
    assert told.status_code == 302
    assert "evil" not in told.url and "javascript" not in told.url


@pytest.mark.parametrize(
    "at",
    ["/static/", "/static/entente/", "/.git/config", "/static/../settings.py", "/static/%2e%2e/settings.py",
     "/static/entente/desk.css/x", "/admin/", "/metrics",
     "/docs/", "/openapi.json", "/api/", "/cases/new/x.css"],
)  # fmt: skip
def test_no_folder_no_source_and_no_machine_s_page_is_served(circle, at):
    told = as_one(circle.it).get(at)
    assert told.status_code == 404
    assert "no-store" in told.headers["Cache-Control"]


def test_the_desk_never_runs_for_those_who_debug():
    assert site.DEBUG is False
    settings_text = (site.PACKAGE / "web" / "settings.py").read_text("utf-8")
    assert re.findall(r"^\s*DEBUG\s*=.*$", settings_text, re.MULTILINE) == ["DEBUG = False"]
    assert not any("debug" in app for app in site.INSTALLED_APPS)


def test_an_address_with_a_line_break_stays_one_line_of_the_console(client, db, caplog):
    with caplog.at_level(logging.WARNING, "django.request"):
        client.get("/nowhere%0aERROR%20forged%0d%1b[31m")
    said = [record.getMessage() for record in caplog.records]
    assert said and all(not re.search(r"[\r\n\x1b]", line) for line in said)


BEHIND_TLS = """
import django, json
django.setup()
from django.conf import settings as s
from entente.web import agency_login
told = {n: getattr(s, n) for n in dir(s) if "COOKIE" in n or n.startswith("SECURE_")}
print(json.dumps(told | {"asked": agency_login.COOKIE}, default=str))
"""


def test_behind_tls_every_cookie_is_for_tls_and_this_host_alone(tmp_path):
    given = {
        **os.environ,
        "ENTENTE_TLS": "1",
        "ENTENTE_DESK": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "entente.web.settings",
    }
    ran = subprocess.run([sys.executable, "-c", BEHIND_TLS], env=given, capture_output=True, check=True)
    told = json.loads(ran.stdout)
    for cookie in ("SESSION", "CSRF", "LANGUAGE"):
        assert told[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
        assert told[f"{cookie}_COOKIE_SECURE"] is True and told[f"{cookie}_COOKIE_HTTPONLY"] is True
        assert told[f"{cookie}_COOKIE_SAMESITE"] == "Strict"
        assert told[f"{cookie}_COOKIE_PATH"] == "/" and told[f"{cookie}_COOKIE_DOMAIN"] is None
    assert told["asked"].startswith("__Secure-")
    assert told["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600 and told["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True


def test_the_cookies_of_a_log_in_are_small_and_out_of_reach_of_scripts(client, circle):
    client.post(reverse("enter", args=[LoginLink.issue(circle.it)]))
    client.get(reverse("mfa_index"))
    client.post(reverse("set_language"), {"language": "fr"})
    assert {"sessionid", "csrftoken", "django_language"} <= set(client.cookies)
    for name, held in client.cookies.items():
        assert held["httponly"] and held["samesite"] == "Strict", name
        assert len(name) + len(held.value) < 4096


def test_a_browser_that_knows_no_form_token_from_another_site_changes_nothing(circle):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(circle.it)
    strict.get(reverse("board"))
    token = strict.cookies["csrftoken"].value
    told = strict.post(reverse("purpose"), {"purpose": "prosecution", "csrfmiddlewaretoken": token},
                       headers={"origin": "https://evil.example"})  # fmt: skip
    assert told.status_code == 403


def test_no_other_origin_reads_an_answer(client, circle):
    for at in ("/", "/account/login/", "/static/entente/desk.js", "/nowhere/"):
        told = client.get(at, headers={"origin": "https://evil.example"})
        assert not [name for name in told.headers if name.lower().startswith("access-control-")], at


def test_another_site_sends_nobody_to_a_provider(client, circle, settings):
    held = {
        "agency": "IT",
        "name": "Log in",
        "issuer": "https://id.example",
        "client_id": "d",
        "client_secret": "s",
    }
    (settings.DESK / "providers.json").write_text(json.dumps([held]))
    for site_of in ("cross-site", "same-site"):
        told = client.get(reverse("oidc", args=["IT"]), headers={"sec-fetch-site": site_of})
        assert (told.status_code, told.url) == (302, reverse("account_login"))


def test_a_fault_of_the_program_is_told_to_the_console_whole(circle, settings, caplog):
    from tests.web.test_headers import Broken

    settings.ROOT_URLCONF = Broken
    browser = as_one(circle.it)
    browser.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "django.request"):
        assert browser.get("/broken/").status_code == 500
    (said,) = [r for r in caplog.records if r.name == "django.request"]
    assert said.exc_info and "a fault of the program" in str(said.exc_info[1])


def test_nothing_is_written_but_where_the_inventory_of_logs_says():
    assert {h["class"] for h in site.LOGGING["handlers"].values()} == {"logging.StreamHandler"}
    assert site.LOGGING["root"]["handlers"] == ["console"]


def test_a_number_with_quotes_and_line_breaks_names_no_file():
    from entente.casework.inform.views.files import as_pdf

    for number in ('IT"; filename="x.exe', "IT\r\nX-Forged: 1", "../../etc/passwd", "И/Т"):
        told = as_pdf(b"%PDF", number, 1)
        assert re.fullmatch(
            r'attachment; filename="[A-Za-z0-9-]+-product-1\.pdf"', told.headers["Content-Disposition"]
        )
        assert "X-Forged" not in told.headers


@pytest.mark.parametrize("behind_tls", [False, True])
def test_the_server_believes_a_proxy_only_where_the_site_set_one(monkeypatch, tmp_path, behind_tls):
    import signal

    import uvicorn

    from entente.cli import serve

    told: dict[str, object] = {}
    monkeypatch.setattr(uvicorn, "run", lambda *_, **given: told.update(given))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(serve.start, "stay_small", lambda: None)
    monkeypatch.setenv("ENTENTE_TLS", "1" if behind_tls else "")
    serve.serve("127.0.0.1", 1, worker=False, desk=str(tmp_path))
    assert told["proxy_headers"] is behind_tls
    assert "forwarded_allow_ips" not in told  # uvicorn's own: this machine
    assert told["server_header"] is False and told["access_log"] is False


def test_moments_of_the_log_are_in_utc(circle, case):
    from datetime import datetime, timedelta

    from entente.records import guard
    from entente.records.models import LogEntry

    as_one(circle.it).get(reverse("case", args=[case.pk]), headers={"accept-language": "fr"})
    with guard.system("test"):
        said = [json.loads(e.body)["at"] for e in LogEntry.objects.all()]
    assert said and all(datetime.fromisoformat(at).utcoffset() == timedelta(0) for at in said)
