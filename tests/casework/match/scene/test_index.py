"""The scene search finds a held picture in what was cut, framed, labelled, pasted, turned or mirrored."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from demo.camera import shoot
from demo.rooms import other
from demo.scenes import see

from entente.casework.match.scene import SceneIndex, SceneMatch, asked, features
from entente.casework.match.scene.arrangement import (
    LEAST_FIELDS,
    LEAST_FILLED,
    LEAST_POINTS,
    SURE_AGREEING,
    SURE_FILLED,
    measured,
)
from tests.casework.match.scene.drawn import Plane, pasted, scene, written

HELD = 45


@pytest.fixture(scope="module")
def index() -> SceneIndex:
    return SceneIndex.build([(1000 + n, features(written(scene(n), 85))) for n in range(HELD)])


def _framed(plane: Plane) -> Plane:
    return np.asarray(cv2.copyMakeBorder(plane, 80, 60, 90, 40, cv2.BORDER_CONSTANT, value=255), np.uint8)


def _labelled(plane: Plane) -> Plane:
    out = plane.copy()
    out[-70:] = 0
    cv2.putText(out, "shared by somebody", (10, 460), 0, 1.2, 255, 3)
    return out


def _tilted(plane: Plane) -> Plane:
    rows, columns = plane.shape
    return np.asarray(
        cv2.warpAffine(plane, cv2.getRotationMatrix2D((columns / 2, rows / 2), 6, 1), (columns, rows)),
        np.uint8,
    )


CHANGES: dict[str, Callable[[Plane], Plane]] = {
    "cut to half its area": lambda p: p[40:380, 120:572],
    "framed": _framed,
    "labelled": _labelled,
    "pasted in an application": lambda p: pasted(p, 1.0),
    "pasted at 0.6": lambda p: pasted(p, 0.6),
    "turned by 6 degrees": _tilted,
    "cut and turned by a quarter": lambda p: np.ascontiguousarray(np.rot90(p[60:420, 50:530])),
    "cut and mirrored": lambda p: np.ascontiguousarray(p[60:420, 50:530][:, ::-1]),
    "cut and mirrored top to bottom": lambda p: np.ascontiguousarray(p[60:420, 50:530][::-1]),
    "cut and saved badly": lambda p: written(p[60:420, 50:530], 30),
    "wider by a fifth": lambda p: np.asarray(cv2.resize(p, (768, 480)), np.uint8),
}


@pytest.mark.parametrize("change", list(CHANGES))
def test_a_changed_copy_meets_its_picture_and_no_other(index: SceneIndex, change: str) -> None:
    for number in (3, 17, 41):
        found = index.search(asked(written(CHANGES[change](scene(number)))))
        assert [match.id for match in found] == [1000 + number]
        assert found[0].mirrored == ("mirrored" in change)


def test_pictures_that_are_not_held_meet_nothing(index: SceneIndex) -> None:
    assert not [m for n in range(HELD, HELD + 20) for m in index.search(asked(scene(n)))]


def _found(index: SceneIndex, plane: Plane) -> SceneMatch:
    [match] = index.search(asked(plane))
    return match


def test_it_says_which_part_of_the_held_picture_is_seen_and_where(index: SceneIndex) -> None:
    cut = _found(index, scene(7)[120:360, 160:480])
    assert cut.region_held == pytest.approx((0.25, 0.25, 0.5, 0.5), abs=0.01)
    assert cut.region_query == pytest.approx((0, 0, 1, 1), abs=0.01)
    screen = pasted(scene(7), 0.5)
    shown = _found(index, screen)
    rows, columns = screen.shape
    assert shown.region_query == pytest.approx((30 / columns, 60 / rows, 320 / columns, 240 / rows), abs=0.02)
    assert "corners lie in one arrangement" in shown.because.text
    assert f"{shown.score} corners" in shown.because.text


@pytest.mark.parametrize("mirror", [False, True])
def test_the_transform_takes_the_asked_pixels_to_the_held_ones(index: SceneIndex, mirror: bool) -> None:
    cut = scene(9)[100:400, 200:600]
    match = _found(index, np.ascontiguousarray(cut[:, ::-1]) if mirror else cut)
    x = 399 - 150 if mirror else 150
    there = match.transform @ (x, 120, 1)
    assert there[:2] / there[2] == pytest.approx((350, 220), abs=2.5)
    assert match.mirrored == mirror
    seen = match.points[:, :2] * (400, 300)
    mapped = seen @ match.transform[:2, :2].T + match.transform[:2, 2]
    assert np.abs(mapped - match.points[:, 2:] * (640, 480)).max() < 8


def test_two_pictures_in_the_same_application_are_not_the_same_scene() -> None:
    index = SceneIndex.build([(n, features(pasted(scene(n), 0.8))) for n in range(20)])
    wrong = [m for n in range(30, 45) for m in index.search(asked(pasted(scene(n), 0.8)))]
    assert not wrong


def test_featureless_pictures_are_neither_held_nor_asked(index: SceneIndex) -> None:
    blank = np.full((480, 640), 90, np.uint8)
    assert not index.search(asked(blank))
    own = SceneIndex.build([(1, features(blank)), (2, features(scene(2)))])
    assert (len(own), own.skipped) == (1, 1)
    assert [m.id for m in own.search(asked(scene(2)))] == [2]


@pytest.mark.parametrize("held", [0, 1, 2])
def test_it_works_with_none_one_or_two_held(held: int) -> None:
    index = SceneIndex.build([(n, features(scene(n))) for n in range(held)])
    assert [m.id for m in index.search(asked(scene(0)[50:400, 60:560]))] == ([0] if held else [])


def test_a_picture_held_many_times_is_found_as_often_as_full_comparison_allows(index: SceneIndex) -> None:
    same = features(scene(5))
    many = SceneIndex.build([(n, same) for n in range(30)])
    found = many.search(asked(scene(5)[50:400, 60:560]))
    assert len(found) == 8 and len({m.score for m in found}) == 1


def test_what_is_held_does_not_depend_on_the_order(index: SceneIndex) -> None:
    pictures = [(n, features(scene(n))) for n in range(12)]
    query = asked(written(scene(4)[50:400, 60:560]))
    one, other = (SceneIndex.build(p).search(query) for p in (pictures, pictures[::-1]))
    assert [(m.id, m.score) for m in one] == [(m.id, m.score) for m in other]


@pytest.fixture(scope="module")
def rooms() -> dict[int, Plane]:
    """Rooms of two homes with furniture of one make, seen from one place: the nearest two of 1,260 pairs."""
    drawn = {
        n: shoot(other(f"crops {n}"), see("other", 1800, 1200, 2600, (800, 600), seed=n)) for n in (29, 35)
    }
    return {n: cv2.cvtColor(each.picture, cv2.COLOR_RGB2GRAY) for n, each in drawn.items()}


@pytest.mark.parametrize("quality", [60, 75, 85, 95])
def test_rooms_of_one_make_seen_from_one_place_are_not_one_scene(
    rooms: dict[int, Plane], quality: int
) -> None:
    index = SceneIndex.build([(n, features(written(room, 85))) for n, room in rooms.items()])
    for n, room in rooms.items():
        assert [m.id for m in index.search(asked(written(room, quality)))] == [n]
        assert [m.id for m in index.search(asked(written(room[30:570, 40:720], quality)))] == [n]


def test_without_the_rule_on_what_agrees_they_would_be_one(rooms: dict[int, Plane]) -> None:
    one, two = (features(written(room, 85)) for room in rooms.values())
    met = max(
        (measured(asked(written(rooms[29], 85)).plain, two), measured(one, two)), key=lambda m: m.filled
    )
    assert met.filled >= LEAST_FILLED and met.fields >= LEAST_FIELDS and len(met.pairs) >= LEAST_POINTS
    assert met.filled < SURE_FILLED and met.agreeing < SURE_AGREEING


def test_an_index_gives_its_pictures_back_as_they_were() -> None:
    given = [(n, features(scene(n))) for n in range(4)]
    for (number, held), (again, found) in zip(given, SceneIndex.build(given).pictures(), strict=True):
        assert (number, held.to_bytes()) == (again, found.to_bytes())
