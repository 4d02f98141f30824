"""An outline is a polygon or is refused with the mend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.casework.examine.outline import OutlineRefused, as_text, box_about, outline, read_outline

SQUARE = "0.1,0.1 0.5,0.1 0.5,0.5 0.1,0.5"


def test_it_reads_what_is_typed_and_writes_it_back():
    points = read_outline(" 0.1, 0.1  0.5 ,0.1; 0.5,0.5 0.1,0.5 ")
    assert points == [(0.1, 0.1), (0.5, 0.1), (0.5, 0.5), (0.1, 0.5)]
    assert as_text(points) == SQUARE
    assert read_outline("  ") is None and as_text(None) == ""


def test_the_box_about_it_holds_every_point():
    box = box_about(read_outline("0.2,0.1 0.7,0.4 0.3,0.9"))
    assert (box.x, box.y, box.w, box.h) == pytest.approx((0.2, 0.1, 0.5, 0.8))


def test_points_that_are_repeated_count_once():
    assert len(read_outline(f"0.1,0.1 {SQUARE} 0.1,0.1")) == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.1,0.1 0.5", "no point"),
        ("0.1,0.1 0.5,x 0.3,0.3", "no point"),
        ("0.1,0.1,0.2 0.5,0.1 0.3,0.3", "no point"),
        ("0.1,0.1 0.5,0.1", "three points"),
        ("0.1,0.1 0.1,0.1 0.5,0.1", "three points"),
        ("0.1,0.1 1.2,0.1 0.3,0.3", "outside the picture"),
        ("0.1,0.1 nan,0.1 0.3,0.3", "outside the picture"),
        ("-0.1,0.1 0.5,0.1 0.3,0.3", "outside the picture"),
        ("0.1,0.1 0.5,0.5 0.5,0.1 0.1,0.5", "crosses itself"),
        ("0.1,0.1 0.5,0.1 0.3,0.1", "crosses itself"),
        ("0.1,0.1 0.5,0.1 0.5,0.5 0.3,0.1 0.1,0.5", "crosses itself"),
        (" ".join(f"{x / 1000},{x * x / 1e6}" for x in range(201)), "no more than"),
    ],
)
def test_what_is_no_outline_is_refused_with_the_mend(text, says):
    with pytest.raises(OutlineRefused, match=says):
        read_outline(text)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=12))
def test_whatever_is_accepted_lies_in_its_box_and_reads_back(points):
    try:
        found = outline(points)
    except OutlineRefused:
        return
    box = box_about(found)
    assert all(box.x <= x <= box.x + box.w + 1e-9 and box.y <= y <= box.y + box.h + 1e-9 for x, y in found)
    assert read_outline(as_text(found)) == found
