"""The look of the desk and its modules, in the real Chromium, under the real policy."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from django.contrib.staticfiles import finders
from django.test import override_settings

from tests.web import sample_desk

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; font-src 'self'"
)
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
Heard = list[tuple[str, dict[str, str], str]]
Pages = dict[str, Callable[[], str]]


@contextmanager
def serving(pages: Pages, refuse: bool = False) -> Iterator[tuple[str, Heard]]:
    """Serve pages, static files and drawn pictures on the loopback; yield the address and what was posted."""
    heard: Heard = []

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path in pages:
                self.answer(pages[self.path]().encode(), "text/html; charset=utf-8")
            elif self.path.startswith("/static/") and (found := finders.find(self.path[8:])):
                self.answer(Path(found).read_bytes(), KINDS[Path(found).suffix])
            else:
                self.answer(b"", "text/plain", 204)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            fields = {k: v[-1] for k, v in parse_qs(body, keep_blank_values=True).items()}
            heard.append((self.path, fields, self.headers.get("X-CSRFToken", "")))
            if self.path.startswith(("/reveal/", "/grey/")) and refuse:
                self.answer(b"no", "text/plain", 403)
            elif self.path.startswith("/reveal/"):
                self.answer(sample_desk.picture(1, grey=False), "image/png")
            elif self.path.startswith("/grey/"):
                self.answer(sample_desk.picture(int(re.sub(r"\D", "", self.path)), grey=True), "image/png")
            else:
                self.answer(b"", "text/plain", 204)

        def answer(self, body: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("X-Reveal", "act-1")
            self.end_headers()
            if status != 204:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        server.server_close()


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: modules not driven"),
]
HELD = "document.querySelectorAll('img.clear').length"


@pytest.fixture(autouse=True)
def _surface_only() -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.web.sample_desk"):
        yield


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    # Django forbids its database inside playwright's loop; nothing here touches one
    with sync.sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Return a function that serves one page and opens it; page errors and policy breaches fail the test."""
    closing: list[Callable[[], None]] = []
    faults: list[str] = []

    def open_page(html: str, refuse: bool = False, **view):
        serve = serving({"/": lambda: html}, refuse)
        address, heard = serve.__enter__()
        page = chromium.new_page(**({"viewport": {"width": 1280, "height": 900}} | view))
        page.on("pageerror", lambda e: faults.append(str(e)))
        page.on("console", lambda m: "Content Security Policy" in m.text and faults.append(m.text))
        page.goto(address)
        closing.extend([page.close, lambda: serve.__exit__(None, None, None)])
        return page, heard

    yield open_page
    for close in closing:
        close()
    assert faults == []


def until(page, said: str) -> None:
    """Wait until ``said`` is true in the page; playwright's own waiting needs eval, which is forbidden."""
    for _ in range(60):
        if page.evaluate(said):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {said}")


def posts(page, heard: Heard, start: str, wanted: int = 1) -> Heard:
    """Wait until ``wanted`` posts to addresses under ``start`` were heard."""
    for _ in range(40):
        found = [h for h in heard if h[0].startswith(start)]
        if len(found) >= wanted:
            return found
        page.wait_for_timeout(50)
    return [h for h in heard if h[0].startswith(start)]


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_its_window(opened, width: int) -> None:
    page, _ = opened(sample_desk.render(), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_present_step_is_in_sight_on_a_narrow_screen(opened) -> None:
    page, _ = opened(sample_desk.render(), viewport={"width": 390, "height": 800})
    step = page.query_selector("[aria-current=step]").bounding_box()
    assert step["x"] >= 0
    assert step["x"] + step["width"] <= 390


def test_nothing_is_shown_before_it_is_asked_for(opened) -> None:
    page, heard = opened(sample_desk.render())
    assert page.evaluate("document.querySelectorAll('main img').length") == 0
    page.click("#tile-i0 button[data-ask]")
    until(page, "document.querySelector('#veil-i0 img.grey')?.naturalWidth > 0")
    assert page.get_attribute("#tile-i0 button[data-ask]", "aria-pressed") == "true"
    assert page.evaluate("document.querySelectorAll('main img').length") == 1
    page.click("#tile-i0 button[data-ask]")
    assert page.evaluate("document.querySelectorAll('main img').length") == 0
    assert [h[0] for h in heard] == ["/grey/0.png"]
    assert heard[0][2], "the token goes with it"


def test_a_refused_still_shows_nothing_and_says_so(opened) -> None:
    page, _ = opened(sample_desk.render(), refuse=True)
    page.click("#tile-i0 button[data-ask]")
    page.wait_for_selector("#warn:not(:empty)")
    assert page.get_attribute("#tile-i0 button[data-ask]", "aria-pressed") == "false"
    assert page.evaluate("document.querySelectorAll('main img').length") == 0


def test_the_clear_picture_is_there_only_while_the_key_is_held(opened) -> None:
    page, heard = opened(sample_desk.render())
    page.focus("#tile-i1 button[data-reveal-url]")
    page.keyboard.down(" ")
    until(page, f"{HELD} === 1")
    assert page.get_attribute("img.clear", "src").startswith("blob:")
    revealed = posts(page, heard, "/reveal/1/")
    assert revealed[0][1] == {"purpose": "victim-identification"}
    assert revealed[0][2], "the token goes with it"
    page.wait_for_timeout(150)
    page.keyboard.up(" ")
    assert page.evaluate(HELD) == 0
    hidden = posts(page, heard, "/hide/1/")
    assert hidden[0][1]["reveal"] == "act-1"
    assert 100 <= int(hidden[0][1]["milliseconds"]) < 5000


def test_the_clear_picture_goes_when_the_pointer_lets_go_anywhere(opened) -> None:
    page, heard = opened(sample_desk.render())
    page.hover("#tile-i2 button[data-reveal-url]")
    page.mouse.down()
    until(page, f"{HELD} === 1")
    page.mouse.move(5, 5)
    page.mouse.up()
    assert page.evaluate(HELD) == 0
    assert len(posts(page, heard, "/hide/2/")) == 1


@pytest.mark.parametrize(
    "leaving", ["window.dispatchEvent(new Event('blur'))", "document.activeElement.blur()"]
)
def test_the_clear_picture_goes_when_the_officer_turns_away(opened, leaving: str) -> None:
    page, heard = opened(sample_desk.render())
    page.focus("#tile-i1 button[data-reveal-url]")
    page.keyboard.down("Enter")
    until(page, f"{HELD} === 1")
    page.evaluate(leaving)
    assert page.evaluate(HELD) == 0
    assert len(posts(page, heard, "/hide/1/")) == 1


def test_the_clear_picture_goes_by_itself_after_its_time(opened) -> None:
    page, _ = opened(sample_desk.render().replace("data-hide-url", 'data-seconds="0.3" data-hide-url'))
    page.focus("#tile-i1 button[data-reveal-url]")
    page.keyboard.down(" ")
    until(page, f"{HELD} === 1")
    until(page, f"{HELD} === 0")


def test_a_refused_reveal_shows_nothing_and_says_so(opened) -> None:
    page, heard = opened(sample_desk.render(), refuse=True)
    page.focus("#tile-i1 button[data-reveal-url]")
    page.keyboard.down(" ")
    page.wait_for_selector("#warn:not(:empty)")
    assert "not opened" in page.inner_text("#warn")
    assert page.evaluate(HELD) == 0
    page.keyboard.up(" ")
    assert posts(page, heard, "/hide/", wanted=0) == []


def test_letting_go_before_the_answer_shows_nothing_and_is_told(opened) -> None:
    page, heard = opened(sample_desk.render())
    page.evaluate("""() => { window.seen = 0; new MutationObserver(() => {
        window.seen += document.querySelectorAll('img.clear').length })
        .observe(document, {childList: true, subtree: true}) }""")
    page.focus("#tile-i1 button[data-reveal-url]")
    page.evaluate("""() => { const b = document.activeElement; const k = (n) =>
        b.dispatchEvent(new KeyboardEvent(n, {key: ' ', bubbles: true})); k('keydown'); k('keyup') }""")
    assert posts(page, heard, "/hide/1/")[0][1]["milliseconds"] == "0"
    assert page.evaluate("window.seen") == 0


def test_a_box_can_be_drawn_with_keys_alone(opened) -> None:
    page, _ = opened(sample_desk.render())
    page.focus("[data-mark]")
    for key in ("Enter", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    assert [page.input_value(f"#box-{n}") for n in "xywh"] == ["0.41", "0.41", "0.21", "0.19"]
    assert page.get_attribute("rect.draft", "width") == "0.21"
    page.keyboard.press("Escape")
    assert page.input_value("#box-w") == ""
    assert page.query_selector("rect.draft") is None


def test_a_box_drawn_with_the_pointer_lies_where_it_was_drawn(opened) -> None:
    page, _ = opened(sample_desk.render())
    page.evaluate("document.querySelector('[data-mark]').scrollIntoView({block: 'center'})")
    place = page.query_selector("[data-mark]").bounding_box()
    page.mouse.move(place["x"] + place["width"] * 0.4, place["y"] + place["height"] * 0.9)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] * 0.2, place["y"] + place["height"] * 0.6, steps=4)
    page.mouse.up()
    drawn = [float(page.input_value(f"#box-{n}")) for n in "xywh"]
    assert drawn == pytest.approx([0.2, 0.6, 0.2, 0.3], abs=0.01)


def test_numbers_typed_by_hand_draw_the_same_box(opened) -> None:
    page, _ = opened(sample_desk.render())
    for name, value in zip("xywh", ("0.1", "0.2", "0.3", "0.4"), strict=True):
        page.fill(f"#box-{name}", value)
    assert page.get_attribute("rect.draft", "height") == "0.4"


def test_a_mark_and_its_clue_light_up_together(opened) -> None:
    page, _ = opened(sample_desk.render())
    page.click('[data-clue-row="c8"] button')
    assert page.evaluate("document.querySelector('rect[data-clue=c8]').classList.contains('here')")
    page.click("rect[data-clue=c7]", force=True)
    rows = page.evaluate("[...document.querySelectorAll('[data-clue-row].here')].map(e => e.dataset.clueRow)")
    assert rows == ["c7"]


def test_a_stretch_of_time_is_marked_frame_by_frame(opened) -> None:
    page, _ = opened(sample_desk.render())
    page.click("#strip button >> nth=0")
    for key in ("ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    page.click("[data-from]")
    page.focus("#strip [aria-current]")
    page.keyboard.press("ArrowRight")
    page.click("[data-to]")
    assert (page.input_value("#stretch-start"), page.input_value("#stretch-end")) == ("1.0", "1.5")
    assert page.evaluate("document.querySelectorAll('#strip .inside').length") == 2
    assert page.get_attribute("#veil-look", "data-grey-url") == "/grey/3.png"
    assert page.get_attribute('button[data-into="veil-look"]', "data-reveal-url") == "/reveal/3/"
    assert page.evaluate("document.querySelectorAll('#strip [tabindex=\"0\"]').length") == 1


def test_one_key_decides_for_the_item_in_focus(opened) -> None:
    page, heard = opened(sample_desk.render("grid", items=8))
    page.focus("#tile-i0 input")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    decided = posts(page, heard, "/decide/")
    assert (decided[0][1]["decision"], decided[0][1]["item"]) == ("apart", "i1")


def test_five_thousand_tiles_are_walked_by_keys(opened) -> None:
    page, _ = opened(sample_desk.render("grid", items=5000))
    focused = "document.activeElement.closest('.tile')?.id"
    page.focus("#tile-i0 input")
    for _ in range(50):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == "tile-i50"
    page.keyboard.press("End")
    assert page.evaluate(focused) == "tile-i4999"
    until(page, "document.activeElement.closest('.tile').getBoundingClientRect().bottom <= innerHeight")
    page.keyboard.press("ArrowUp")
    columns = page.evaluate(
        "[...document.querySelectorAll('.tile')].filter((t, _, a) => t.offsetTop === a[0].offsetTop).length"
    )
    assert page.evaluate(focused) == f"tile-i{4999 - columns}"
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    assert page.inner_text("output[data-chosen]").startswith("1 ")
    assert page.evaluate("document.querySelectorAll('.tile input[tabindex=\"0\"]').length") == 1


def test_the_first_error_takes_the_focus_and_leads_to_its_field(opened) -> None:
    page, _ = opened(sample_desk.render())
    assert page.evaluate("document.activeElement.textContent").startswith("Case number")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_number"


def test_the_theme_is_kept_for_the_next_page(opened) -> None:
    page, _ = opened(sample_desk.render())
    page.click("details.who > summary")
    page.select_option("[data-theme-choice]", "dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert "theme=dark" in page.evaluate("document.cookie")
    page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('details.who').open") is False
    assert 'data-theme="dark"' in sample_desk.render(cookies={"theme": "dark"})


def test_a_running_job_asks_again_and_an_ended_one_does_not() -> None:
    html = sample_desk.render()
    assert re.search(r'id="job-j1" hx-get="/jobs/j1/" hx-trigger="every 1s"', html)
    assert not re.search(r'id="job-j[23]" hx-get', html)


def test_no_template_carries_an_inline_script_style_or_handler() -> None:
    templates = Path(sample_desk.__file__).parents[2] / "src" / "entente"
    for template in templates.rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|hx-on|javascript:", text), template
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", text), template
