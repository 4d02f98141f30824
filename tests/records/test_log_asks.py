"""The machines that the log asks are asked where the site said, and nowhere that they may point to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError

import pytest

from entente.records import stamp, witness
from entente.records.models import PartnerLog


@pytest.fixture
def pointing() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of a machine that points elsewhere, and what it was asked."""
    asked: list[str] = []

    class Pointing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    there = HTTPServer(("127.0.0.1", 0), Pointing)
    threading.Thread(target=there.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{there.server_port}", asked
    there.shutdown()


def test_an_authority_that_points_elsewhere_is_not_followed(settings, pointing):
    address, asked = pointing
    settings.TSA_URL = f"{address}/stamp"
    with pytest.raises(HTTPError):
        stamp._over_http(b"asked")
    assert asked == ["/stamp"]


def test_a_partner_that_points_elsewhere_is_not_followed(pointing):
    address, asked = pointing
    status, _ = witness._post(PartnerLog(name="DK", url=address), "asked")
    assert status == 302
    assert asked == [witness.PATH]
