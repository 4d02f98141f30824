"""Background only: no part of a hidden box is in what is shown."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entente.casework.examine.crop import background, overlaps
from entente.vocabulary.media import Region

share = st.floats(0, 0.9)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    x, y = draw(share), draw(share)
    return Region(x, y, draw(st.floats(0.01, 1 - x)), draw(st.floats(0.01, 1 - y)))


@example([Region(0.0, 0.0, 0.32751326250984863, 1.0), Region(0.8558601337094244, 0.0, 0.125, 1.0)])
@given(st.lists(regions(), max_size=6))
def test_nothing_hidden_is_ever_shown(hidden: list[Region]) -> None:
    shown = background(hidden, margin=0)
    assert shown is None or not any(overlaps(shown, box) for box in hidden)


@given(st.lists(regions(), max_size=4))
def test_no_larger_empty_rectangle_exists_on_a_coarse_grid(hidden: list[Region]) -> None:
    shown = background(hidden, margin=0)
    best = shown.w * shown.h if shown else 0.05 * 0.05
    steps = [k / 8 for k in range(9)]
    for left in steps:
        for right in (s for s in steps if s > left):
            for top in steps:
                for low in (s for s in steps if s > top):
                    box = Region(left, top, right - left, low - top)
                    if box.w * box.h > best + 1e-6:
                        assert any(overlaps(box, each) for each in hidden)


def test_with_nothing_hidden_all_is_background() -> None:
    assert background([]) == Region(0, 0, 1, 1)


def test_a_box_over_everything_leaves_nothing() -> None:
    assert background([Region(0, 0, 1, 1)]) is None


def test_it_goes_around_the_object_of_interest() -> None:
    poster = Region(0.7, 0.1, 0.2, 0.2)
    shown = background([Region(0.3, 0.3, 0.2, 0.7)], around=poster)
    assert shown is not None
    assert shown.x <= poster.x and poster.x + poster.w <= shown.x + shown.w
    assert shown.y <= poster.y and poster.y + poster.h <= shown.y + shown.h


def test_an_object_that_is_hidden_itself_cannot_be_shown() -> None:
    assert background([Region(0.2, 0.2, 0.4, 0.4)], around=Region(0.3, 0.3, 0.1, 0.1)) is None


def test_too_many_boxes_are_refused_with_the_mend() -> None:
    with pytest.raises(ValueError, match="join"):
        background([Region(0, 0, 0.1, 0.1)] * 41)
