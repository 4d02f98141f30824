"""A poster is found again from aside; unlike rooms share nothing; points survive their bytes whole or not."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.link.scene.agreement import FREE, WORKING, agreement, alike, arranged
from entente.casework.link.scene.points import BoxTooSmall, Points, PointsDamaged, points, points_in
from tests.casework.link.scene.drawn import ASIDE, BOX, room


@pytest.fixture(scope="module")
def seen() -> dict[str, Points]:
    return {
        "one": points(room(101, 3)),
        "aside": points(room(102, 3, ASIDE)),
        "bare": points(room(103)),
        "empty": points(np.full((300, 400), 90, np.uint8)),
    }


def test_a_poster_seen_from_aside_in_another_room_is_found_with_its_place(seen) -> None:
    found = agreement(seen["one"], seen["aside"])
    assert found is not None and found.score >= 2 * WORKING and found.flat
    assert len(found.pairs) == found.score and found.because.points == found.score
    x, y, w, h = found.asked
    assert x >= 60 / 640 and x + w <= 381 / 640 and y >= 40 / 480 and y + h <= 281 / 480
    x, y, w, h = found.held
    assert x >= 249 / 640 and x + w <= 481 / 640 and y >= 149 / 480 and y + h <= 421 / 480
    assert "points lie in both as on one flat thing" in found.because.text


def test_unlike_rooms_share_less_than_what_a_link_needs(seen) -> None:
    for one, other in (("one", "bare"), ("aside", "bare"), ("bare", "one")):
        found = agreement(seen[one], seen[other])
        assert found is None or found.score < WORKING


def test_a_box_is_asked_enlarged_and_its_points_lie_in_the_whole_picture(seen) -> None:
    asked = points_in(room(101, 3), BOX)
    assert asked.width > 640, "the part was enlarged"
    at = asked.places / 65535
    assert (at.min(axis=0) >= (BOX[0] - 0.1 * BOX[2] - 0.01, 0)).all()
    assert at[:, 0].max() <= BOX[0] + 1.1 * BOX[2] + 0.01
    found = agreement(asked, seen["aside"])
    assert found is not None and found.score >= WORKING
    with pytest.raises(BoxTooSmall, match="draw a larger one"):
        points_in(room(101), (0.5, 0.5, 0.005, 0.005))


def test_a_picture_without_points_agrees_with_nothing(seen) -> None:
    assert len(seen["empty"]) == 0
    assert agreement(seen["empty"], seen["one"]) is None and agreement(seen["one"], seen["empty"]) is None
    assert len(points(np.zeros((20, 20), np.uint8))) == 0


def test_points_look_most_alike_both_ways(seen) -> None:
    pairs = alike(seen["one"], seen["aside"])
    far = (seen["one"].looks.astype(int)[:, None] - seen["aside"].looks.astype(int)[None, :50]) ** 2
    near = far.sum(axis=2).argmin(axis=0)  # of the first fifty held points, by another way
    for i, j in pairs[pairs[:, 1] < 50]:
        assert near[j] == i


def test_eight_points_of_a_place_in_depth_do_not_count(seen) -> None:
    rng = np.random.default_rng(3)
    room_in_depth = rng.uniform((-1, -1, 2), (1, 1, 4), (30, 3))
    a = 300 * room_in_depth[:, :2] / room_in_depth[:, 2:] + 300
    moved = room_in_depth + np.array([0.5, 0.1, 0.2])
    b = 300 * moved[:, :2] / moved[:, 2:] + 300
    found = arranged(a, b, seen["one"], seen["one"])
    assert found is not None and not found.flat
    assert found.score == len(found.pairs) - FREE and "in one place seen from two sides" in found.because.text


def test_points_come_back_from_their_bytes_as_they_were_or_not_at_all(seen) -> None:
    data = seen["one"].to_bytes()
    back = Points.from_bytes(data)
    assert (back.places == seen["one"].places).all() and (back.looks == seen["one"].looks).all()
    for broken in (b"", data[:-1], data[:40] + bytes([data[40] ^ 1]) + data[41:], data + b"\0"):
        with pytest.raises(PointsDamaged):
            Points.from_bytes(broken)


def test_points_of_which_no_model_can_be_made_agree_with_nothing() -> None:
    """OpenCV's sampling raises for some of them, once in some thousand pictures: it ended a comparison."""
    rng = np.random.default_rng(9492)
    count = int(rng.integers(6, 60))
    a, b = (np.floor(rng.uniform(0, side, (count, 2)) / 200) * 200 for side in (1024, 768))
    asked = held = Points(1024, 768, np.zeros((0, 2), np.uint16), np.zeros((0, 128), np.uint8))
    found = arranged(a, b, asked, held)
    assert found is None or found.score < WORKING
