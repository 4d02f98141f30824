"""Trends: nothing small can be read or worked out, and the clock's figures are right."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.casework.trends.counts import clock_figures, funnel, published, reshares, suppress, total_shown
from entente.vocabulary.case import Stage, clock

START = datetime(2026, 3, 1, tzinfo=UTC)
tables = st.integers(1, 6).flatmap(
    lambda w: st.lists(st.lists(st.integers(0, 12), min_size=w, max_size=w), min_size=1, max_size=6)
)


def test_a_small_cell_takes_its_smallest_neighbours_with_it():
    assert published([[3, 20, 9], [30, 40, 50], [8, 60, 70]]) == [
        ["fewer than 5", "20", "not shown"],
        ["30", "40", "50"],
        ["not shown", "60", "not shown"],
    ]


@given(tables)
def test_every_small_cell_is_hidden_and_none_follows_from_its_row_or_column(cells):
    hidden = suppress(cells)
    for i, row in enumerate(cells):
        for j, v in enumerate(row):
            assert hidden[i][j] or not 0 < v < 5
    lines = [list(zip(r, h, strict=True)) for r, h in zip(cells, hidden, strict=True) if len(r) > 1]
    if len(cells) > 1:
        height, width = range(len(cells)), range(len(cells[0]))
        lines += [[(cells[i][j], hidden[i][j]) for i in height] for j in width]
    for line in lines:
        gone = [v for v, h in line if h]
        assert len(gone) != 1
        assert not gone or sum(gone) >= 5 or len(gone) == len(line)


@given(tables)
def test_a_table_without_small_cells_is_shown_whole(cells):
    large = [[v + 5 if v else 0 for v in row] for row in cells]
    assert published(large) == [[str(v) for v in row] for row in large]


def test_a_small_total_is_hidden_in_each_language():
    assert [total_shown(n) for n in (0, 1, 4, 5)] == ["0", "fewer than 5", "fewer than 5", "5"]
    assert (total_shown(2, "fr"), total_shown(2, "it")) == ("moins de 5", "meno di 5")


def test_a_ragged_or_negative_table_is_refused():
    for bad in ([[1, 2], [3]], [[-1]]):
        with pytest.raises(ValueError, match="one length"):
            suppress(bad)


def test_reshares_after_safety_are_counted_apart():
    seen = [("a", START), ("a", START + timedelta(days=9)), ("b", START)]
    assert reshares(seen) == {"a": 2, "b": 1}
    assert reshares(seen, {"a": START + timedelta(days=5)}) == {"a": 1}


def test_a_case_that_skipped_a_stage_passed_it():
    counts = funnel([{Stage.DISCOVERED}, {Stage.DISCOVERED, Stage.HOME}, set()])
    assert counts[Stage.DISCOVERED] == 2
    assert counts[Stage.REGION] == counts[Stage.HOME] == 1
    assert counts[Stage.SAFE] == 0


def test_the_clock_figures_give_medians_and_the_slowest_stage():
    def case(region, home, safe=None):
        days = {Stage.DISCOVERED: 0, Stage.REGION: region, Stage.HOME: home} | (
            {Stage.SAFE: safe} if safe else {}
        )
        return clock({s: START + timedelta(days=d) for s, d in days.items()}, START + timedelta(days=30))

    figures = clock_figures([case(1, 5, 8), case(2, 10, 12), case(3, 6)])
    assert figures.cases == 3
    assert figures.median[Stage.REGION] == timedelta(days=2)
    assert figures.median[Stage.HOME] == timedelta(days=4)
    assert figures.slowest is Stage.HOME
    assert figures.median_to_safe == timedelta(days=10)
    assert figures.within_ten_days == 1


def test_no_case_gives_no_figure():
    figures = clock_figures([])
    assert (figures.cases, figures.slowest, figures.median_to_safe) == (0, None, None)
