"""A page that is left open does not outlive its log-in, in the real Chromium."""

from __future__ import annotations

import pytest

from tests.web import sample_desk
from tests.web.test_static import CHROMIUM, _surface_only, chromium, serving  # noqa: F401 - fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed: modules not driven"),
]
LOG_IN = "<!doctype html><title>Log in</title><p>Log in</p>"
ACT = "fetch('/act/', {method: 'POST'}).then(() => 0)"
POLL = "fetch('/jobs/1/', {method: 'POST'}).then(() => 0)"


@pytest.fixture
def left_open(chromium):  # noqa: F811
    """Yield two windows of one browser on a page that ends after 930 s, and each time it was asked for."""
    asked: list[str] = []

    def page() -> str:
        asked.append("page")
        return sample_desk.render(rest=930) if len(asked) <= 2 else LOG_IN

    with serving({"/": page}) as (address, _):
        both = chromium.new_context()
        both.clock.install()
        windows = [both.new_page(), both.new_page()]
        for each in windows:
            each.goto(address)
            each.wait_for_selector("main")
        yield windows, asked
        both.close()


def passes(windows, seconds: int) -> None:
    windows[0].context.clock.run_for(seconds * 1000)  # the clock of all windows of one browser


def test_it_empties_itself_when_nobody_acted(left_open):
    windows, asked = left_open
    passes(windows, 900)
    assert len(asked) == 2
    passes(windows, 31)
    for each in windows:
        each.wait_for_selector("text=Log in")
        assert each.locator("main").count() == 0


def test_an_act_in_one_window_keeps_both_and_a_poll_keeps_none(left_open):
    windows, asked = left_open
    passes(windows, 600)
    windows[0].evaluate(ACT)
    windows[0].wait_for_timeout(300)
    passes(windows, 600)
    assert len(asked) == 2 and all(each.locator("main").count() for each in windows)
    windows[0].evaluate(POLL)
    windows[0].wait_for_timeout(300)
    passes(windows, 340)
    windows[0].wait_for_selector("text=Log in")
    windows[1].wait_for_selector("text=Log in")
