"""Open sources: pages brought, graded, given out as web archives; one address fetched where a site allows."""

from __future__ import annotations

import gzip
import io
import threading
import time
import zipfile
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from warcio.archiveiterator import ArchiveIterator

from entente.casework.crosscheck import service
from entente.casework.crosscheck.service import fetching
from entente.casework.intake.service import evidence_store
from entente.casework.locate.service import PlaceRefused, check, keep_page, page_of
from entente.casework.prioritise.service import assign
from entente.formats.warc import WARC, WebPage
from entente.records import clock, erasure, guard
from entente.records.models import Capture, LogEntry, Seal, Tombstone
from entente.vocabulary.agency import Part
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
PAGE = b"<!doctype html>\n<title>A round</title><p>the lane up to the last house"
ADDRESS = "https://x.example/round"


def warc(*pages: WebPage) -> bytes:
    out = io.BytesIO()
    WARC().write(pages, out, software="another tool", now=clock.now())
    return out.getvalue()


def a_page(body: bytes = PAGE, address: str = ADDRESS) -> WebPage:
    lines = (("Content-Type", "text/html"),)
    return WebPage(address, clock.now(), "text/html", body, "200 OK", lines)


def bring(circle, case, data: bytes = PAGE, account=None, **more) -> Capture:
    told = {
        "name": "a.html",
        "address": ADDRESS,
        "taken_at": clock.now() - timedelta(days=1),
        "codes": ("H0",),
    }
    officer = circle.officer(account or circle.it)
    return keep_page(officer, VI, case, data, step=service.STEP, **{**told, **more})


@pytest.fixture
def joint(circle, case):
    assign(circle.officer(circle.it), VI, case, circle.fr, part=Part.MEMBER)
    return case


# --- brought ------------------------------------------------------------------------------------------------


def test_a_page_is_sealed_for_the_case_with_its_grade_and_the_log_commits_to_it(circle, case):
    row = bring(circle, case, evaluation="B3")
    it = circle.officer(circle.it)
    assert (row.candidate_id, row.evaluation, row.how, row.contents) == (None, "B3", "brought", {})
    found = check(it, VI, row)
    assert found.sound
    with guard.system("test"):
        entry = LogEntry.objects.get(seq=found.entry)
    assert (entry.step, entry.verb) == ("crosscheck", "collect") and "x.example" not in entry.body
    with guard.system("somebody with the database's password"):
        Capture.objects.update(how="fetched")
    assert check(it, VI, row).entry is None


def test_a_page_in_h2_is_for_its_agency_and_another_grades_no_page_of_ours(circle, joint):
    hidden, shown = bring(circle, joint, codes=("H2",)), bring(circle, joint, PAGE + b"!")
    fr = circle.officer(circle.fr)
    with guard.scope(fr, VI):
        assert list(Capture.objects.all()) == [shown]
    with pytest.raises(guard.Denied):
        service.source_as(fr, VI, hidden, "wacz")
    with pytest.raises(PlaceRefused, match="only the agency"):
        service.grade_source(fr, VI, shown, "A1")
    it = circle.officer(circle.it)
    assert service.grade_source(it, VI, shown, "B2").evaluation == "B2"
    with guard.system("test"):
        reasons = [e.told["reason"] for e in LogEntry.objects.filter(verb="alter", thing=shown.pk)]
    assert reasons == ["grade a capture: X4 to B2"]
    assert check(it, VI, shown).sound, "a grade is no part of what was brought"


def test_a_web_archive_is_read_in_the_limited_process_and_what_does_not_hold_is_told(circle, case):
    data = gzip.decompress(warc(a_page(), a_page(b"<p>b", "https://x.example/b")))
    row = bring(circle, case, data.replace(b"<p>b", b"<p>c").replace(b"e/b\r", b"e/\x07\r"), name="a.warc")
    assert row.form == "warc"
    held = row.contents
    assert (held["records"], held["unsound"], held["refused"]) == (5, 1, [])
    assert [(p[0], p[3], p[6]) for p in held["pages"]] == [
        (ADDRESS, 200, True), ("https://x.example/\\x07", 200, False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"PK\x03\x04" + b"\0" * 90, "no ZIP"), (b"\x1f\x8b\x08\0nothing", "WARC|record"),
     (b"WARC/1.0\r\n", "no WARC"), (b"<svg xmlns='x'/>", "WACZ")],
)  # fmt: skip
def test_what_is_no_kept_page_is_refused_and_nothing_is_sealed(circle, case, data, says):
    with pytest.raises(PlaceRefused, match=says):
        bring(circle, case, data)
    with guard.system("test"):
        assert not Capture.objects.exists()


@pytest.mark.parametrize("way", ["html", "warc", "wacz"])
def test_every_page_goes_out_as_warc_and_wacz_with_its_bytes_as_they_were(circle, case, way):
    it = circle.officer(circle.it)
    row = bring(circle, case) if way == "html" else bring(circle, case, warc(a_page()))
    if way == "wacz":
        row = bring(circle, case, service.source_as(it, VI, row, "wacz")[0])
        assert row.form == "wacz" and row.contents["records"] == 3
    out, ending = service.source_as(it, VI, row, "warc")
    assert ending == "warc.gz"
    found = [
        r.raw_stream.read()
        for r in ArchiveIterator(io.BytesIO(out))
        if r.rec_type in ("response", "resource")
    ]
    assert found == [PAGE]
    out, ending = service.source_as(it, VI, row, "wacz")
    with zipfile.ZipFile(io.BytesIO(out)) as file:
        assert ADDRESS in file.read("pages/pages.jsonl").decode() and ending == "wacz"
    assert service.source_as(it, VI, row, "")[0] == page_of(it, VI, row)


def test_an_erased_page_takes_its_key_along(circle, case, django_capture_on_commit_callbacks):
    row = bring(circle, case)
    assert evidence_store().has(row.key)
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(circle.officer(circle.it), VI, row, "another family lives there")
    assert not evidence_store().has(row.key)
    with guard.system("test"):
        assert not Capture.objects.exists() and Tombstone.objects.get().keys == []


def test_the_page_lists_brings_and_gives_out(client, circle, case):
    client.force_login(circle.it)
    page = reverse("crosscheck:sources", kwargs={"case_id": case.pk})
    told = {"address": ADDRESS, "taken_at": "2026-06-01T10:00", "evaluation": "C3", "codes": "H0"}
    sent = client.post(page, {**told, "file": SimpleUploadedFile("a.warc.gz", warc(a_page()))})
    assert sent.status_code == 302
    shown = client.get(page).content.decode()
    assert (
        ADDRESS in shown
        and "C3" in shown
        and "3 records in it" in shown
        and "has not turned the fetcher on" in shown
    )
    with guard.system("test"):
        row = Capture.objects.get()
    at = {"case_id": case.pk, "capture_id": row.pk}
    answer = client.post(reverse("crosscheck:source-open", kwargs=at), {"as": "wacz"})
    assert answer["Content-Type"] == "application/octet-stream" and answer.content[:2] == b"PK"
    assert answer["Content-Disposition"].endswith('.wacz"')
    client.post(reverse("crosscheck:source", kwargs=at), {"act": "set-aside", "because": "another lane"})
    assert "another lane" in client.get(page).content.decode()


# --- fetched ------------------------------------------------------------------------------------------------


class Site(BaseHTTPRequestHandler):
    """A site of one page, one that redirects to it, one that leads inside, and one that never ends."""

    seen: list[tuple[str, dict[str, str]]] = []

    def do_GET(self):
        self.seen.append((self.path, dict(self.headers)))
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/page?a=1#part")
        elif self.path == "/inside":
            self.send_response(302)
            self.send_header("Location", "http://10.0.0.7/secret")
        elif self.path == "/round":
            self.send_response(302)
            self.send_header("Location", "/round")
        elif self.path == "/drip":
            for _ in range(40):  # never a whole line
                self.wfile.write(b"H")
                time.sleep(0.05)
            return
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "900")
        else:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Set-Cookie", "who=1")
        self.end_headers()
        self.wfile.write(PAGE + b'<img src="/further.png"><a href="/next">')

    def log_message(self, *args):
        return


@pytest.fixture
def site(settings):
    Site.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.handle_error = lambda *args: None  # a line that was broken off
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.FETCHER, settings.FETCHER_AGENT = True, "a browser"
    settings.FETCHER_PRIVATE = ("127.0.0.0/8",)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def tries() -> list[LogEntry]:
    with guard.system("test"):
        found = [e for e in LogEntry.objects.all() if e.told.get("reason") == "fetch an address"]
    return found


def test_nothing_is_fetched_unless_the_site_turned_it_on(circle, case, site, settings):
    settings.FETCHER = False
    with pytest.raises(service.NotFetched, match="not turned the fetcher on"):
        service.fetch(circle.officer(circle.it), VI, case, site)
    assert not Site.seen and not tries()


def test_the_one_address_is_fetched_logged_first_and_kept_as_a_web_archive(circle, case, site):
    it = circle.officer(circle.it)
    row = service.fetch(it, VI, case, f"{site}/away", codes=("H0",), evaluation="C4")
    assert (row.how, row.form, row.evaluation) == ("fetched", "warc", "C4")
    assert [path for path, _ in Site.seen] == ["/away", "/page?a=1"], "no picture and no link is followed"
    sent = Site.seen[1][1]
    assert sent["User-Agent"] == "a browser" and "Cookie" not in sent and "Referer" not in sent
    assert [(p[0].removeprefix(site), p[3], p[6]) for p in row.contents["pages"]] == [
        ("/away", 302, True), ("/page?a=1", 200, True)
    ]  # fmt: skip
    assert check(it, VI, row).sound
    (entry,) = tries()
    assert site not in entry.body
    with guard.system("test"):
        assert Seal.objects.filter(seq=entry.seq).count() == 1
        assert entry.seq < max(LogEntry.objects.values_list("seq", flat=True))


@pytest.mark.parametrize(
    ("path", "says"),
    [("/inside", "private network"), ("/round", "redirects over"), ("/short", "no whole answer")],
)
def test_what_leads_inside_goes_in_a_ring_or_breaks_off_is_not_kept_but_was_logged(
    circle, case, site, path, says
):
    with pytest.raises(service.NotFetched, match=says):
        service.fetch(circle.officer(circle.it), VI, case, site + path)
    with guard.system("test"):
        assert not Capture.objects.exists()
    assert len(tries()) == 1


def test_an_answer_that_is_too_large_or_drips_is_broken_off(circle, case, site, monkeypatch):
    it = circle.officer(circle.it)
    monkeypatch.setattr(fetching, "LARGEST", 10)
    with pytest.raises(service.NotFetched, match="is over"):
        service.fetch(it, VI, case, site)
    monkeypatch.setattr(fetching, "LARGEST", 1 << 20)
    monkeypatch.setattr(fetching, "WHOLE_S", 0.3)
    with pytest.raises(service.NotFetched, match="no whole answer"):
        service.fetch(it, VI, case, f"{site}/drip")


def test_the_private_network_is_private_without_the_setting_of_tests(circle, case, site, settings):
    settings.FETCHER_PRIVATE = ()
    port = site.rpartition(":")[2]
    places = {"127.0.0.1": "private", "localhost": "private", "[::ffff:127.0.0.1]": "private"}
    for place, says in {f"127.0.0.1:{port}": "usual ports", **places}.items():
        address = f"http://{place}/"
        with pytest.raises(service.NotFetched, match=says):
            service.fetch(circle.officer(circle.it), VI, case, address)
    assert not Site.seen


@pytest.mark.parametrize(
    "address",
    ["ftp://x.example/", "file:///etc/passwd", "x.example", "https://", "http://a:b@x.example/", "http://x:99999/",
     "javascript:alert(1)", "http://x.example:8080/", "gopher://x"],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_not_even_tried(circle, case, settings, address):
    settings.FETCHER = True
    with pytest.raises(service.NotFetched):
        service.fetch(circle.officer(circle.it), VI, case, address)
    assert not tries()


@pytest.mark.parametrize(
    ("place", "may"),
    [("93.184.216.34", True), ("2606:2800:220:1::1", True), ("10.1.2.3", False), ("172.16.0.1", False),
     ("192.168.1.1", False), ("127.0.0.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
     ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False),
     ("fe80::1%eth0", False),
     ("fc00::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
     ("64:ff9b::5db8:d822", True)],
)  # fmt: skip
def test_only_public_addresses_are_reached(place, may):
    assert fetching.public(place) is may
