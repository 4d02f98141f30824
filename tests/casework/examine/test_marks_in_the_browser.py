"""Marks as hands draw them: an outline by pointer and by keys, and a clue that reopens where it was made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from entente.casework.examine import service
from entente.vocabulary.clue import ClueKind
from tests.casework.examine.test_marks import OUTLINE, VI, Clue, film, it, seen_by

__all__ = ["film", "it"]
playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
KINDS = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")


@contextmanager
def at_the_desk() -> Iterator[None]:
    """Do what the desk does outside the browser's loop, which runs in this thread."""
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture
def browser(client, circle, it, film) -> Iterator[object]:
    """A real browser whose every request is answered by the desk in this process."""
    client.force_login(circle.it)

    def answer(route: object) -> None:
        asked = route.request
        where = urlsplit(asked.url)
        if where.path.startswith("/static/"):
            found = finders.find(where.path.removeprefix("/static/"))
            kind = KINDS.get(where.path.rpartition(".")[2], "application/octet-stream")
            return route.fulfill(body=Path(found).read_bytes(), content_type=kind) if found else route.abort()
        at = where.path + (f"?{where.query}" if where.query else "")
        body = asked.post_data_buffer or b""
        kind = asked.headers.get("content-type", "")
        with at_the_desk():
            told = client.post(at, body, content_type=kind) if asked.method == "POST" else client.get(at)
        headers = {k: v for k, v in told.headers.items() if k != "Content-Security-Policy"}
        return route.fulfill(status=told.status_code, headers=headers, body=told.content)

    with playwright.sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.route("**/*", answer)
        yield page
        chromium.close()


def go(page, case, query=""):
    page.goto("http://desk.example" + reverse("examine:item", args=[case.pk, 1]) + query)
    page.wait_for_selector('[data-shape="polygon"]:not([hidden])')


def outline_in(page):
    return page.locator("#box-polygon").input_value()


def test_an_outline_is_drawn_by_pointer_and_by_keys_and_a_clue_reopens_there(browser, case, it, film):
    go(browser, case)
    veil = browser.locator(f"#veil-{film.pk}")
    browser.get_by_role("button", name="Draw an outline").click()
    area = veil.bounding_box()
    for x, y in OUTLINE:
        browser.mouse.click(area["x"] + x * area["width"], area["y"] + y * area["height"])
    drawn = [tuple(map(float, p.split(","))) for p in outline_in(browser).split()]
    assert [v for p in drawn for v in p] == pytest.approx([v for p in OUTLINE for v in p], abs=0.01)
    veil.press("Escape")
    assert len(outline_in(browser).split()) == 2
    for _ in range(2):
        veil.press("Escape")
    assert outline_in(browser) == ""
    for keys in ("Enter", "Enter ArrowRight ArrowRight", "Enter ArrowDown Alt+ArrowDown Enter"):
        for key in keys.split():
            veil.press(key)
    veil.press("Enter")  # the last point was not moved: it is enough
    typed = outline_in(browser)
    assert typed.split()[:3] == ["0.5,0.5", "0.52,0.5", "0.52,0.511"]
    assert len(typed.split()) == 4
    veil.press("Escape")
    browser.get_by_text("Height of the sun from a shadow").click()
    browser.locator("[name=moment]").fill("2026-06-06T18:40+02:00")
    browser.get_by_role("button", name="Take the sun's height from the outline").click()
    assert browser.locator("#clue-form [name=value]").input_value() == "0.6/0.3, 2026-06-06T18:40+02:00"
    assert browser.locator("#clue-form [name=kind]").input_value() == "sun_elevation"
    browser.locator("#stretch-start").fill("1.25")
    browser.locator("#clue-form [name=kind]").select_option("object")
    browser.locator("#clue-form [name=value]").fill("a leaf")
    browser.get_by_role("button", name="Record the clue").click()
    browser.wait_for_selector(".clues a[href*='clue=']")
    with at_the_desk():
        (clue,) = seen_by(it, Clue)
    assert clue.polygon == [[0.5, 0.5], [0.52, 0.5], [0.52, 0.511]]
    assert clue.region == pytest.approx([0.5, 0.5, 0.02, 0.011])
    browser.locator(f".clues a[href*='clue={clue.pk}']").first.click()
    browser.wait_for_url("**clue=**")
    browser.wait_for_selector('[data-shape="polygon"][aria-pressed="true"]')
    assert outline_in(browser) == "0.5,0.5 0.52,0.5 0.52,0.511"
    assert veil.get_attribute("data-grey-url").endswith("?t=1.25")
    assert browser.locator("[data-now]").inner_text() == "at 1.25 s"
    assert browser.locator("#stretch-start").input_value() == "1.25"


def test_a_box_reopens_where_it_was_and_a_drawn_box_puts_the_outline_away(browser, case, it, film):
    with at_the_desk():
        clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug", polygon=OUTLINE, start=2.0)
    go(browser, case, f"?clue={clue.pk}")
    browser.get_by_role("button", name="Draw a box").click()
    area = browser.locator(f"#veil-{film.pk}").bounding_box()
    browser.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 0.7 * area["height"])
    browser.mouse.down()
    browser.mouse.move(area["x"] + 0.9 * area["width"], area["y"] + 0.9 * area["height"])
    browser.mouse.up()
    assert outline_in(browser) == ""
    box = [float(browser.locator(f"#box-{n}").input_value()) for n in "xywh"]
    assert box == pytest.approx([0.6, 0.7, 0.3, 0.2], abs=0.01)


def test_the_pages_of_marks_are_clean_for_assistive_technology(browser, case, it, film):
    with at_the_desk():
        clue = service.mark(it, VI, film, kind=ClueKind.OBJECT, value="rug", polygon=OUTLINE, start=2.0)
        service.edit(it, VI, clue, edition="", kind=ClueKind.OBJECT, value="green rug")
        note = service.note(it, VI, film, "a bell", 1.0)
        service.observe(it, VI, film, "a curtain")
    go(browser, case)
    found = {"item": axe.Axe().run(browser).response["violations"]}
    for name, args in (("edit", [1, clue.pk]), ("change-note", [note.pk]), ("all-notes", [])):
        browser.goto("http://desk.example" + reverse(f"examine:{name}", args=[case.pk, *args]))
        found[name] = axe.Axe().run(browser).response["violations"]
    browser.goto("http://desk.example" + reverse("examine:edit", args=[case.pk, 1, clue.pk]))
    browser.locator("#clue-form [name=edition]").evaluate("e => { e.value = 'opened before'; }")
    browser.get_by_role("button", name="Save the change").click()
    browser.wait_for_selector("#conflict-title")
    found["conflict"] = axe.Axe().run(browser).response["violations"]
    told = {n: [(v["id"], v["nodes"][0]["html"][:120]) for v in vs] for n, vs in found.items() if vs}
    assert told == {}
