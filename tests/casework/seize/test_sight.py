"""Local features on one plane: what is there is met, what is absent is not; measured on the drawn house."""

import json

import cv2
import pytest

from entente.casework.seize import sight
from tests.casework.seize.scenes import aside, texture, wall


def points(picture):
    """As they come out of a limited decoder: coarse, through JSON."""
    return sight.features_from_json(json.loads(json.dumps(sight.features(picture).as_json())))


def test_a_thing_is_met_from_the_side_and_its_place_is_told():
    thing = texture(1)
    met = sight.sighting(points(thing), points(aside(wall(2, thing))))
    assert met
    assert met.agree >= sight.LEAST_AGREE
    (left, top), (right, _), _, _ = met.corners
    assert 0.25 < left < 0.45
    assert 0.2 < top < 0.4
    assert right > left
    assert str(met.agree) in met.because


@pytest.mark.parametrize("other", [wall(3), wall(3, texture(9)), wall(4, texture(1)[:, ::-1])])
def test_another_wall_another_thing_and_a_mirror_image_are_not_met(other):
    assert sight.sighting(points(texture(1)), points(aside(other))) is None


def test_an_empty_picture_has_no_points_and_meets_nothing():
    blank = points(wall(1)[:40, :40] * 0)
    assert len(blank.xy) == 0
    assert sight.sighting(blank, points(wall(2, texture(1)))) is None
    assert sight.sighting(points(texture(1)), blank) is None


def test_points_without_their_descriptors_are_refused():
    told = sight.features(texture(1)).as_json()
    told["xy"] = told["xy"][: 8 * 4]
    with pytest.raises(ValueError, match="one descriptor"):
        sight.features_from_json(told)


def test_the_same_pictures_give_the_same_answer():
    crop, photo = points(texture(6)), points(aside(wall(7, texture(6))))
    assert sight.sighting(crop, photo) == sight.sighting(crop, photo)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The drawn house of the ten days: crops of the search list, and the photographs of day 9."""
    scenes = pytest.importorskip("demo.scenes", reason="the drawn house of the demonstration is absent")
    camera, rooms = pytest.importorskip("demo.camera"), pytest.importorskip("demo.rooms")
    from tests.demo.kept import drawn_once

    folder = tmp_path_factory.mktemp("search")
    with drawn_once(tmp_path_factory):
        drawn = scenes.draw_search(folder)
    shots, crops = {}, {}
    for element in scenes.elements():
        if element.picture not in shots:
            view = scenes.VIEWS[element.picture]
            shots[element.picture] = camera.shoot(rooms.HOUSE[view.room], view).picture
        rows, columns = shots[element.picture].shape[:2]
        x, y, w, h = element.region
        part = shots[element.picture][
            int(y * rows) : int((y + h) * rows), int(x * columns) : int((x + w) * columns)
        ]
        crops[element.key] = (element, points(part))
    photos = [
        (e, points(cv2.cvtColor(cv2.imread(str(folder / e.name)), cv2.COLOR_BGR2RGB)))
        for e in drawn.entries[:14] + drawn.entries[14::4]
    ]
    camera.forget()
    return crops, photos, scenes, rooms, camera


def test_most_things_that_stayed_are_met_and_no_absent_thing_is(house):
    crops, photos, *_ = house
    met = {key: [e for e, p in photos if sight.sighting(c, p)] for key, (_, c) in crops.items()}
    present = [key for key, (element, _) in crops.items() if element.present]
    absent = [key for key, (element, _) in crops.items() if not element.present]
    recalled = [key for key in present if any(key in e.things for e in met[key])]
    elsewhere = sum(e.room.find(crops[k][0].room) < 0 for k, es in met.items() for e in es)
    print(f"sight: {len(recalled)} of {len(present)} things met; {elsewhere} pairs in another room")
    print(f"sight: {sum(bool(met[key]) for key in absent)} of {len(absent)} absent things met")
    assert len(recalled) >= 10
    assert not any(met[key] for key in absent)
    assert elsewhere == 0


def test_in_other_peoples_rooms_nothing_of_the_house_is_met(house):
    crops, _, scenes, rooms, camera = house
    others = [
        points(
            camera.shoot(
                rooms.other(f"stranger {n}"), scenes.see("other", 1800, 1200, 2600, (1200, 900))
            ).picture
        )
        for n in range(3)
    ]
    false = [(key, n) for key, (_, c) in crops.items() for n, p in enumerate(others) if sight.sighting(c, p)]
    print(f"sight: {len(false)} false matches in {len(crops) * len(others)} pairs with other houses")
    assert not false
