"""Review dates: the earlier limit wins, silence erases, reasons count only in time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from entente.safeguards.retention import Fate, Ground, Review, fate, next_review, review_due, years_after

START = datetime(2024, 2, 29, 12, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_three_years_after_a_leap_day_is_never_later_than_the_day():
    assert years_after(START, 3) == datetime(2027, 2, 28, 12, tzinfo=UTC)


@given(moments, st.none() | moments)
def test_the_due_date_is_never_later_than_either_limit(started, limit):
    due = review_due(started, limit)
    assert due <= years_after(started, 3)
    assert limit is None or due <= limit


def test_a_review_with_a_reason_moves_our_limit_but_not_the_providers():
    review = Review(START + timedelta(days=700), "anna", "the victim is not yet identified")
    assert next_review(START, (review,)) == years_after(review.at, 3)
    limit = START + timedelta(days=900)
    assert next_review(START, (review,), limit) == limit


def test_a_review_without_reason_or_too_late_does_not_count():
    due = review_due(START)
    silent = Review(START + timedelta(days=10), "anna", "  ")
    late = Review(due + timedelta(seconds=1), "anna", "we forgot")
    assert next_review(START, (silent, late)) == due


def test_silence_erases_at_the_date_and_is_announced_before():
    due = review_due(START)
    assert fate(due, due - timedelta(days=91)) is Fate.KEEP
    assert fate(due, due - timedelta(days=90)) is Fate.ASK
    assert fate(due, due) is Fate.ERASE


def test_a_ground_of_the_law_restricts_instead_of_erasing():
    due = review_due(START)
    assert {fate(due, due, g) for g in Ground} == {Fate.RESTRICT}
