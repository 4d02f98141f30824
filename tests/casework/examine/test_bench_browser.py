"""The bench's modules in the real Chromium under the real policy: by keys alone, and every byte asked for."""

from __future__ import annotations

import io
import json
import threading
import wave
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from PIL import Image

from entente.casework.examine.views.bench import bench_of, sound_of
from entente.records.models import Media
from entente.web.middleware import POLICY
from tests.web.test_static import CHROMIUM, FLAGS, KINDS, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: modules not driven"),
]
CASE = UUID("00000000-0000-0000-0000-000000000001")
TIMES = [0.0, 0.04, 0.1, 0.25, 0.3]


def silence() -> bytes:
    told = io.BytesIO()
    with wave.open(told, "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(8000)
        out.writeframes(bytes(16000))
    return told.getvalue()


def still() -> bytes:
    told = io.BytesIO()
    Image.new("L", (160, 120), 90).save(told, "PNG")
    return told.getvalue()


def page_of(*numbers: int) -> str:
    request = RequestFactory().get("/")
    request.LANGUAGE_CODE = "en"
    parts = []
    for side, number in zip(("", "") if len(numbers) == 1 else ("a", "b"), numbers, strict=False):
        media = Media(case_id=CASE, number=number, kind="video", width=320, height=240, duration=3.0, key="k")
        bench = bench_of(request, media, "", 0.0, side=side)
        held = {"bench": bench, "purpose": "victim-identification", "media": media, "t": 0.0}
        parts.append(render_to_string("examine/bench.html", held))
        if not side:
            parts.append(render_to_string("examine/sound.html", {**held, "sound": sound_of(media, "")}))
    together = '<label><input type="checkbox" data-together checked>both</label>' if len(numbers) > 1 else ""
    return (
        '<!doctype html><html lang="en"><head><meta name="csrf-token" content="T"><title>t</title>'
        '<link rel="stylesheet" href="/static/entente/desk.css">'
        '<script type="module" src="/static/entente/desk.js"></script></head><body><main>'
        f'{together}<div data-pair class="pair">{"".join(parts)}</div></main>'
        '<div id="say"></div><div id="warn"></div></body></html>'
    )


class Answers(BaseHTTPRequestHandler):
    """The desk's answers, and what was asked."""

    html = ""
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def do_GET(self) -> None:
        if self.path == "/":
            return self.answer(self.html.encode(), "text/html; charset=utf-8")
        if self.path.startswith("/static/") and (found := finders.find(self.path.removeprefix("/static/"))):
            return self.answer(Path(found).read_bytes(), KINDS[Path(found).suffix])
        return self.answer(b"", "text/plain", 204)

    def do_POST(self) -> None:
        where = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = {k: v[-1] for k, v in parse_qs(body).items()}
        query = {k: v[-1] for k, v in parse_qs(where.query).items()}
        name = where.path.rstrip("/").rsplit("/", 1)[-1]
        number = where.path.rstrip("/").rsplit("/", 2)[-2]
        self.asked.append((f"{number} {name}", query, fields))
        if name == "moments":
            near = {"first": 0, "here": 0, "total": len(TIMES), "times": TIMES}
            return self.answer(json.dumps(near).encode(), "application/json")
        if name == "sound":
            return self.answer(silence(), "audio/wav")
        if name in {"grey", "reveal"}:
            return self.answer(still(), "image/png")
        return self.answer(b"", "text/plain", 204)

    def answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        for field, value in (
            ("Content-Type", kind),
            ("X-Reveal", "act-1"),
            ("Content-Security-Policy", POLICY),
        ):
            self.send_header(field, value)
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Return a function that opens the benches of some items; faults of script or policy fail the test."""
    faults: list[str] = []
    closing = []

    def open_page(*numbers: int) -> SimpleNamespace:
        asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        handler = type("Desk", (Answers,), {"html": page_of(*numbers), "asked": asked})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.on("console", lambda m: "Content Security Policy" in m.text and faults.append(m.text))
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        closing.extend([page.close, server.shutdown, server.server_close])
        until(page, "!document.querySelector('[data-undo]').hidden")
        return SimpleNamespace(page=page, asked=asked)

    yield open_page
    for close in closing:
        close()
    assert faults == []


def grey_asked(desk, number=3):
    return [query for name, query, _ in desk.asked if name == f"{number} grey"]


def test_nothing_is_asked_until_the_officer_asks_and_a_step_asks_once_more(opened):
    desk = opened(3)
    page = desk.page
    page.fill("[data-measure=contrast]", "180")
    page.keyboard.press("Tab")
    assert desk.asked == [], "adjusting what is not shown opens nothing"
    page.focus("[data-bench-view=grey]")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('img.grey').length === 1")
    assert grey_asked(desk) == [{"t": "0.0", "contrast": "180"}]
    page.focus(".veil")
    page.keyboard.press("+")
    until(page, "document.querySelectorAll('img.grey').length === 1")
    page.wait_for_timeout(100)
    assert grey_asked(desk)[-1] == {"t": "0.0", "contrast": "180", "zoom": "1.25"}
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(100)
    assert grey_asked(desk)[-1]["across"] == "0.42"
    page.click("[data-undo]")
    page.click("[data-undo]")
    page.wait_for_timeout(100)
    assert grey_asked(desk)[-1] == {"t": "0.0", "contrast": "180"}
    page.click("[data-reset]")
    page.wait_for_timeout(100)
    assert grey_asked(desk)[-1] == {"t": "0.0"}
    assert page.input_value("[data-recipe-told]") == ""


def test_the_corners_are_set_by_keys_and_the_numbers_say_the_same(opened):
    desk = opened(3)
    page = desk.page
    page.click("details[data-corners] summary")
    page.focus("[data-corners-set]")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.matches('[data-handle]')")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Alt+ArrowUp")
    assert (page.input_value("[data-measure=c1x]"), page.input_value("[data-measure=c1y]")) == (
        "0.19",
        "0.199",
    )
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.input_value("[data-measure=c2x]") == "0.81"
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelectorAll('.veil svg').length") == 0
    told = parse_qs(page.input_value("[data-recipe-told]"))
    assert told["c1x"] == ["0.19"]
    assert len(told) == 8
    page.click("[data-corners-forget]")
    assert page.input_value("[data-recipe-told]") == ""


def test_corners_are_dragged_with_the_pointer(opened):
    desk = opened(3)
    page = desk.page
    page.click("details[data-corners] summary")
    page.click("[data-corners-set]")
    box = page.locator("[data-handle='2']").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 30, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    assert float(page.input_value("[data-measure=c3x]")) > 0.82
    assert abs(float(page.input_value("[data-measure=c3y]")) - 0.8) < 0.02


def test_frames_are_stepped_by_keys_at_their_real_times(opened):
    desk = opened(3)
    page = desk.page
    page.focus(".veil")
    for key, second in ((".", "0.04"), (".", "0.1"), (".", "0.25"), (",", "0.1")):
        page.keyboard.press(key)
        until(page, f"document.querySelector('[data-bench]').dataset.t === '{second}'")
    assert page.text_content("[data-frame-now]") == "Frame 3 of 5, at 0.1 s"
    assert page.input_value("[data-sound-start]") == "0.1"
    assert [name for name, _, _ in desk.asked] == ["3 moments"], "no frame is shown by stepping"


def test_sound_plays_only_while_it_is_held_and_stops_on_release(opened):
    desk = opened(3)
    page = desk.page
    page.fill("[data-sound-start]", "1.5")
    page.focus("#sound .hold")
    page.keyboard.down("Enter")
    until(page, "document.querySelector('#sound audio') !== null")
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    page.wait_for_timeout(300)
    page.keyboard.up("Enter")
    until(page, "document.querySelector('#sound audio') === null")
    for _ in range(100):  # the page tells the end after the sound is gone, and a busy machine tells it late
        if len(desk.asked) > 1:
            break
        page.wait_for_timeout(50)
    assert desk.asked[0] == ("3 sound", {"start": "1.5"}, {"purpose": "victim-identification"})
    name, _, fields = desk.asked[1]
    assert name == "3 hide"
    assert 200 < int(fields["milliseconds"]) < 2000


def test_two_benches_zoom_together_and_turn_each_by_itself(opened):
    desk = opened(3, 7)
    page = desk.page
    page.focus("#veil-bench-a")
    page.keyboard.press("+")
    assert page.input_value("#bench-b-zoom") == page.input_value("#bench-a-zoom") == "1.25"
    page.select_option("#bench-a-turn", "1")
    assert page.input_value("#bench-b-turn") == "0"
    page.uncheck("[data-together]")
    page.focus("#veil-bench-b")
    page.keyboard.press("+")
    assert page.input_value("#bench-a-zoom") == "1.25"
    assert page.input_value("#bench-b-zoom") == "1.563"
    assert desk.asked == []
