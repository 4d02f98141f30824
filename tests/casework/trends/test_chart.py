"""The bars of a chart: in the frame, in proportion, no day left out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entente.casework.trends.chart import bars, by_day

DAY = datetime(2026, 6, 8, 12, tzinfo=UTC)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60))
def test_every_bar_stands_on_the_ground_inside_the_frame_and_in_proportion(counts):
    drawn = bars([(str(i), n) for i, n in enumerate(counts)], 720, 160)
    assert [b.value for b in drawn] == counts
    for b in drawn:
        assert b.x >= 0
        assert b.x + b.w <= 720.01
        assert b.y + b.h == pytest.approx(160, abs=0.02)
        assert b.h == pytest.approx(160 * b.value / max(*counts, 1), abs=0.01)


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="never negative"):
        bars([("a", -1)])


def test_days_without_any_are_counted_as_none():
    told = by_day([DAY, DAY, DAY + timedelta(days=3)])
    assert told == [("2026-06-08", 2), ("2026-06-09", 0), ("2026-06-10", 0), ("2026-06-11", 1)]
    assert by_day([]) == []


def test_a_long_time_is_counted_by_months():
    told = by_day([DAY, DAY + timedelta(days=240)])
    assert told[0] == ("2026-06", 1)
    assert told[-1] == ("2027-02", 1)
    assert len(told) == 9
    assert sum(n for _, n in told) == 2
