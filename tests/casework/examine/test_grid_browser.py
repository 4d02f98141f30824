"""The grid under the hand, in the real Chromium: windows, keys, the focus, undo, and going back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from demo.ten_days import make_circle

from entente.casework.intake import service as intake
from entente.records import guard
from entente.records.models import Account, LogEntry, LoginLink, Media, Review, TrailStep
from entente.vocabulary.handling import Purpose
from tests.story.conftest import desk_in
from tests.story.walk import Desk, chromium

pytestmark = pytest.mark.browser
VI = Purpose.VICTIM_IDENTIFICATION
ITEMS = 400
PATIENCE_S = 30
HERE = "document.activeElement.closest('[data-tile]')?.dataset.number"


@pytest.fixture(scope="module")
def place(tmp_path_factory, django_db_blocker) -> Iterator[SimpleNamespace]:
    """A real desk with one case of drawn numbers, and an officer's browser before its grid."""
    folder = tmp_path_factory.mktemp("grid")
    with desk_in(folder / "desk", django_db_blocker):
        make_circle()
        case = _case()
        desk = Desk(folder / "desk", folder)
        try:
            with chromium() as browser:
                page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB").new_page()
                held = SimpleNamespace(page=page, case=case, faults=[], pictures=[])
                page.on("pageerror", lambda fault: held.faults.append(str(fault)))
                page.on("response", lambda r: _heard(held, r))
                page.goto(f"{desk.base}/enter/{LoginLink.issue(Account.objects.get(username='IT-1001'))}/")
                page.get_by_role("button", name="Log in").click()
                page.wait_for_url(f"{desk.base}/")
                held.grid = f"{desk.base}/cases/{case.pk}/examine/"
                yield held
        finally:
            desk.close()


def _heard(held, response) -> None:
    if response.headers.get("content-type", "").startswith(("image/j", "image/p", "video/", "audio/")):
        held.pictures.append(response.url)
    if response.status >= 500:
        held.faults.append(response.url)


def _case():
    me = Account.objects.get(username="IT-1001")
    found = datetime.now(UTC) - timedelta(days=1)
    case = intake.open_case(
        me.as_officer(),
        VI,
        number="IT-1",
        title="Operation Larch",
        victim_number="V-001",
        discovered_at=found,
    )
    with guard.system("fill a case in a test"):
        Media.objects.bulk_create(
            Media(
                case=case, owner=me.agency, number=n, source="disk", key="absent", width=8, height=8,
                kind="video" if n % 4 == 0 else "picture", sha256=f"{n:064x}",
                pdq="f0" * 32 if n in {3, 7, 9} else "", pdq_quality=100,
            )
            for n in range(1, ITEMS + 1)
        )  # fmt: skip
    return case


@pytest.fixture
def page(place):
    place.page.goto(place.grid)
    place.page.focus("[data-tile] .pick input")
    yield place.page
    assert place.faults == []
    assert place.pictures == []


def holds(page, expression: str) -> None:
    """Wait until it is true; asked from outside, since the page itself may evaluate no text."""
    late = time.monotonic() + PATIENCE_S
    while not page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < late, f"not in {PATIENCE_S} s: {expression}"
        page.wait_for_timeout(20)


def until(page, expression: str, value: object) -> None:
    holds(page, f"String({expression}) === '{value}'")


def stored(page) -> None:
    holds(page, "performance.getEntriesByName('decision stored').length === 1")


def reviews() -> dict[int, str]:
    with guard.system("look in a test"):
        return {r.media.number: r.state for r in Review.objects.order_by("made_at").select_related("media")}


def test_keys_move_through_everything_and_few_tiles_are_in_the_page(page):
    page.keyboard.press("End")
    until(page, HERE, ITEMS)
    assert page.evaluate("document.querySelectorAll('[data-tiles] > *').length") < 80
    high = page.evaluate("document.documentElement.scrollHeight")
    page.keyboard.press("PageUp")
    holds(page, f"Number({HERE}) < {ITEMS}")
    page.keyboard.press("Home")
    until(page, HERE, 1)
    assert page.evaluate("document.documentElement.scrollHeight") == pytest.approx(high, abs=40)
    last = page.evaluate("document.querySelector('[data-tile]').getAttribute('aria-setsize')")
    assert int(last) == ITEMS - 2  # three copies count as one


def test_the_focus_survives_its_tile(page):
    page.keyboard.press("ArrowRight")
    until(page, HERE, 2)
    # a tile that has just got the focus may still be brought into sight: scroll until it has stayed behind
    holds(
        page,
        "scrollTo(0, document.documentElement.scrollHeight) || document.activeElement.matches('[data-grid]')",
    )
    page.keyboard.press("ArrowRight")
    until(page, HERE, 3)


def test_one_key_is_one_decision_and_u_takes_it_back(page):
    page.keyboard.press("d")
    until(page, HERE, 2)
    until(page, "document.querySelector('[data-number=\"1\"] [data-review]').textContent", "Done")
    stored(page)
    assert reviews() == {1: "done"}
    page.keyboard.press("u")
    until(page, HERE, 1)
    holds(page, "document.querySelector('[data-number=\"1\"] [data-review]').hidden")
    assert reviews() == {}
    with guard.system("read the log in a test"):
        assert LogEntry.objects.filter(verb="alter", step="examine").count() == 2


def test_a_refusal_rolls_the_tile_back_and_says_so(page):
    page.route(
        "**/review/", lambda route: route.fulfill(status=400, content_type="text/plain", body="Not so.")
    )
    page.keyboard.press("n")
    holds(page, "document.getElementById('warn').textContent.includes('Not so.')")
    assert page.evaluate("document.querySelector('[data-number=\"1\"] [data-review]').hidden")
    page.unroute("**/review/")
    assert reviews() == {}


def test_a_stack_is_unfolded_decided_and_folded(page):
    page.focus("[data-number='3'] .pick input")
    page.keyboard.press("e")
    until(page, 'document.querySelectorAll(\'[data-number="7"], [data-number="9"]\').length', 2)
    until(page, HERE, 3)
    page.keyboard.press("e")
    until(page, "document.querySelector('[data-number=\"3\"]')?.dataset.numbers", "3.7.9")
    until(page, HERE, 3)
    page.keyboard.press("l")
    stored(page)
    assert reviews() == {3: "again", 7: "again", 9: "again"}
    page.keyboard.press("u")
    holds(page, "document.querySelector('[data-number=\"3\"] [data-review]').hidden")
    assert reviews() == {}


def test_back_from_an_item_lands_on_its_tile(page):
    page.keyboard.press("End")
    until(page, HERE, ITEMS)
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    until(page, HERE, ITEMS - 3)
    page.evaluate("document.activeElement.closest('[data-tile]').querySelector('a[href*=items]').click()")
    page.wait_for_url("**/items/*/")
    page.go_back()
    until(page, HERE, ITEMS - 3)
    page.goto(page.url.partition("?")[0] + f"items/{ITEMS - 3}/")
    assert page.get_attribute("a[href*='?at=']", "href").endswith(f"?at={ITEMS - 3}")


def test_filters_act_at_once_and_back_undoes_them(page, place):
    page.focus("#filter-kind")
    page.select_option("#filter-kind", "video")
    holds(page, "document.getElementById('items-title').textContent.startsWith('100 of 400')")
    assert "kind=video&step=" in page.url
    assert page.evaluate("document.activeElement.id") == "filter-kind"
    page.select_option("#filter-review", "done")
    holds(page, "document.getElementById('items-title').textContent.startsWith('0 of 400')")
    page.go_back()
    holds(page, "document.getElementById('items-title').textContent.startsWith('100 of 400')")
    page.select_option("#filter-review", "none")
    page.wait_for_url("**review=none**")
    with guard.system("look in a test"):
        steps = {tuple(sorted(s.filters)): s for s in TrailStep.objects.all()}
        root = TrailStep.objects.get(parent=None)
        assert TrailStep.objects.filter(parent=root.pk).count() == 2
    assert set(steps) == {("kind",), ("kind", "review")}


def test_the_table_is_the_same_selection_with_the_same_keys(page):
    page.get_by_role("link", name="Table").click()
    holds(page, "document.querySelector('table[data-grid]')")
    assert "view=table" in page.url
    page.focus("[data-tile] .pick input")
    page.keyboard.press("End")
    until(page, HERE, ITEMS)
    assert page.get_attribute("table[data-grid]", "aria-rowcount") == str(ITEMS - 1)
    row = page.evaluate("document.activeElement.closest('tr').getAttribute('aria-rowindex')")
    assert int(row) == ITEMS - 1
    page.keyboard.press("d")
    stored(page)
    assert reviews() == {ITEMS: "done"}
    page.keyboard.press("u")
    holds(page, "document.activeElement.closest('tr').querySelector('[data-review]').hidden")
