"""The hard headers on every answer: each address by each method, refusals, faults, static files, uvicorn."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import path

from entente.web import urls
from entente.web.middleware import HEADERS, NOT_OURS, POLICY
from tests.web.test_every_route import CASE, DESK, as_one, asked, routes

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW")
SAMPLE = {
    "paper": "a4", "secret": "x", "key": "1-abc", "uidb36": "1", "pk": 1, "number": 1, "agency": "IT",
}  # fmt: skip


def hard(answer) -> None:
    for name in HEADERS:
        assert name in answer.headers, name
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["Cache-Control"] in {
        "no-store",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Clear-Site-Data"] in {HEADERS["Clear-Site-Data"], '"*"'}
    assert "geolocation=()" in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("who", [None, "it"])
def test_every_address_by_every_method(circle, case, who):
    from django.urls import reverse

    browser = as_one(getattr(circle, who)) if who else Client()
    found = routes()
    assert len(found) > len(CASE | DESK)
    statuses = set()
    for name, arguments in found.items():
        if name == "account_logout" and who:
            continue
        given = {n: case.pk if n == "case_id" else SAMPLE.get(n, uuid4()) for n in arguments}
        for method in METHODS:
            answer = asked(browser, method, reverse(name, kwargs=given))
            statuses.add(answer.status_code)
            hard(answer)
    assert statuses >= {200, 302, 404, 405}


def test_what_is_not_there_not_allowed_and_not_asked_well(client, circle):
    hard(client.get("/nowhere/"))
    assert client.get("/nowhere/").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(circle.it)
    refused = strict.post("/purpose/")
    assert refused.status_code == 403
    hard(refused)
    foreign = client.get("/", headers={"host": "elsewhere.example"})
    assert foreign.status_code == 400
    hard(foreign)


def broken(request):
    raise RuntimeError("a fault of the program")


class Broken:
    """The desk with one address that breaks."""

    urlpatterns = [*urls.urlpatterns, path("broken/", broken, name="broken")]


def test_a_fault_of_the_program(circle, settings):
    settings.ROOT_URLCONF = Broken
    browser = as_one(circle.it)
    browser.raise_request_exception = False
    told = browser.get("/broken/")
    assert told.status_code == 500
    hard(told)
    assert b"RuntimeError" not in told.content


def test_static_files_may_be_kept_a_minute_and_are_hard_otherwise(client):
    told = client.get("/static/entente/desk.js")
    assert told.status_code == 200
    assert told.headers["Cache-Control"] == "max-age=60, public"  # the same for everybody, and nobody's
    assert {n for n in HEADERS if told.headers.get(n) != HEADERS[n]} == {"Cache-Control"}


def test_the_policy_lets_nothing_inline_in_and_nothing_out():
    assert "unsafe" not in POLICY and "*" not in POLICY and "http" not in POLICY
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ):
        assert rule in POLICY
    assert {"camera", "microphone", "display-capture", "usb"} <= set(NOT_OURS.split())


def test_behind_tls_the_browser_is_told_to_come_by_tls_only(client, settings):
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    fresh = Client()
    told = fresh.get("/account/login/", secure=True)
    assert told.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_uvicorn_serves_them_too(db):
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    served = uvicorn.Server(
        uvicorn.Config("entente.web.asgi:application", port=port, lifespan="off", log_level="critical",
                       server_header=False)
    )  # fmt: skip
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    try:
        for _ in range(200):
            if served.started:
                break
            time.sleep(0.05)
        for at in ("/nowhere/", "/static/entente/desk.css", "/static/nothing.js", "/i18n/setlang/"):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            line.request("GET", at)
            told = line.getresponse()
            assert {n for n in HEADERS if not told.headers.get(n)} == set(), at
            assert told.headers.get("Server") is None
            line.close()
    finally:
        served.should_exit = True
        thread.join(timeout=20)
