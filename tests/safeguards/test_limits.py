"""The table of limits: windows, when it goes again, in words; and which act spends which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.safeguards.limits import LIMITS, TABLE, Window, again_at, in_words, of_act
from entente.safeguards.purpose import Act

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=s) for s in seconds]


def test_it_goes_until_the_window_is_full_and_again_when_the_oldest_leaves_it():
    window = Window(3, MINUTE)
    assert again_at(window, ago(10, 20), NOW) is None
    assert again_at(window, ago(10, 20, 50), NOW) == NOW + timedelta(seconds=10)
    assert again_at(window, ago(10, 20, 61), NOW) is None
    # more than allowed (limits were made smaller): not before enough have left
    assert again_at(window, ago(5, 10, 20, 50), NOW) == NOW + timedelta(seconds=40)


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 10))
def test_when_it_says_it_goes_it_goes_and_not_a_second_before(seconds, most):
    window, uses = Window(most, MINUTE), ago(*seconds)
    again = again_at(window, uses, NOW)
    if again is None:
        assert sum(at > NOW - MINUTE for at in uses) < most
        return
    assert again > NOW
    assert again_at(window, uses, again) is None
    assert again_at(window, uses, again - timedelta(seconds=1)) is not None


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(seconds=1), "a second"),
        (timedelta(seconds=45), "45 seconds"),
        (MINUTE, "a minute"),
        (timedelta(seconds=61), "2 minutes"),  # never sooner than said
        (timedelta(hours=1), "an hour"),
        (timedelta(days=1), "a day"),
    ],
)
def test_a_span_is_said_as_one_says_it(span, said):
    assert in_words(span) == said


def test_each_limit_has_a_name_of_its_own_a_reason_and_a_window():
    assert len(LIMITS) == len(TABLE)
    for limit in TABLE:
        assert limit.why and limit.windows
        assert all(w.most > 0 and w.span > timedelta(0) for w in limit.windows), limit.name
        spans = [w.span for w in limit.windows]
        assert spans == sorted(spans)


def test_the_figures_of_the_specification_stand():
    def figures(name):
        return [(w.most, w.span) for w in LIMITS[name].windows]

    assert figures("looks in clear") == [(300, timedelta(hours=1)), (2000, timedelta(days=1))]
    assert figures("cross-checks") == [(20, MINUTE), (200, timedelta(days=1))]


@pytest.mark.parametrize("act", [Act.REVEAL, Act.EXPORT, Act.DISCLOSE, Act.GRANT, Act.AUDIT])
def test_no_look_nothing_that_leaves_and_no_grant_is_without_a_limit(act):
    step, reason = ("examine", "look: clear") if act is Act.REVEAL else ("any", "any")
    assert of_act(act, step, reason) is not None


def test_a_page_that_is_read_has_none():
    assert of_act(Act.READ, "examine", "item") is None
