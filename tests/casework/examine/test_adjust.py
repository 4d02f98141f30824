"""A recipe does what it says, by known answers, and the same recipe gives the same pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from entente.casework.examine.adjust import (
    LUMA,
    Recipe,
    RecipeRefused,
    adjusted,
    of_json,
    of_query,
    sharpened,
    shown_part,
    stretched,
)
from entente.casework.examine.laid import layout, mapped

RNG = np.random.default_rng(5)
NOISE = RNG.integers(0, 256, (90, 130, 3), dtype=np.uint8)
FULL = 10_000


def made(picture=NOISE, longest=FULL, **recipe):
    return adjusted(picture, Recipe(**recipe).as_json(), longest)


@pytest.mark.parametrize(
    ("recipe", "known"),
    [
        ({}, NOISE),
        ({"flip": True}, NOISE[:, ::-1]),
        ({"turn": 1}, np.rot90(NOISE, -1)),
        ({"turn": 2}, NOISE[::-1, ::-1]),
        ({"turn": 3}, np.rot90(NOISE, 1)),
        ({"flip": True, "turn": 1}, np.rot90(NOISE[:, ::-1], -1)),
        ({"zoom": 2}, NOISE[22:68, 32:98]),
        ({"zoom": 2, "across": 0, "down": 1}, NOISE[45:, :65]),
        ({"corners": (0, 0, 1, 0, 1, 1, 0, 1)}, NOISE),
    ],
)
def test_whole_moves_change_no_pixel(recipe, known):
    assert np.array_equal(made(**recipe), known)


def chequered(cell=40, cells=8):
    """A board, and the corners of its fields in order."""
    board = np.indices((cells, cells)).sum(axis=0) % 2 * 255
    board = np.kron(board, np.ones((cell, cell))).astype(np.uint8)
    return np.dstack([board] * 3), cell * cells


def test_a_board_drawn_in_perspective_becomes_square_again():
    board, side = chequered()
    tilted = np.array([[70, 60], [430, 30], [470, 390], [40, 320]], np.float32)
    flat = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])  # OpenCV counts from the middle of a pixel
    there = np.linalg.inv(half) @ cv2.getPerspectiveTransform(flat, tilted) @ half
    scene = cv2.warpPerspective(board, there, (500, 420), flags=cv2.INTER_CUBIC, borderValue=(128, 128, 128))
    corners = tuple((tilted / (500, 420)).reshape(-1).tolist())
    straight = made(scene, corners=corners)
    high, wide = straight.shape[:2]
    grey = cv2.cvtColor(straight, cv2.COLOR_RGB2GRAY)
    inner = [(c * wide / 8, r * high / 8) for r in range(1, 8) for c in range(1, 8)]
    near = np.array(inner, np.float32).reshape(-1, 1, 2) - 0.5
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.001)
    found = cv2.cornerSubPix(grey, near.copy(), (7, 7), (-1, -1), stop)
    off = np.hypot(*(found - near).reshape(-1, 2).T)
    assert off.max() < 0.5, off.max()


def test_a_straightened_surface_has_the_longer_of_its_sides():
    plan = layout(200, 100, corners=(0.1, 0.1, 0.9, 0.1, 0.8, 0.9, 0.2, 0.9))
    assert (plan.wide, plan.high) == (160, round(np.hypot(20, 80)))
    ends = mapped(plan.there, np.array([[20, 10], [180, 10], [160, 90], [40, 90]]))
    assert np.abs(ends - [[0, 0], [160, 0], [160, plan.high], [0, plan.high]]).max() < 1e-3


def test_a_fine_rotation_keeps_every_corner_on_the_sheet():
    plan = layout(200, 100, angle=30)
    ends = mapped(plan.there, np.array([[0, 0], [200, 0], [200, 100], [0, 100]]))
    assert ends.min() > -1
    assert (ends <= (plan.wide + 1, plan.high + 1)).all()
    assert ends[1][1] > ends[0][1], "clockwise: the right end goes down"
    dot = np.zeros((101, 201, 3), np.uint8)
    dot[50, 100] = 255
    turned = made(dot, angle=30)
    place = np.argwhere(turned[..., 0] == turned[..., 0].max())[0]
    assert np.abs(place - (np.array(turned.shape[:2]) - 1) / 2).max() <= 1


def test_unsharp_is_its_formula():
    values = NOISE.astype(np.float32)
    blurred = cv2.GaussianBlur(values, (0, 0), 1.5)
    known = np.clip(np.rint(values + 0.8 * (values - blurred)), 0, 255)
    assert np.array_equal(made(amount=80, radius=1.5), known)
    step = np.zeros((20, 40, 3), np.uint8)
    step[:, :20], step[:, 20:] = 100, 150
    sharp = sharpened(step, 100, 2, 0)
    assert sharp[10, 19, 0] < 100 < 150 < sharp[10, 20, 0]
    assert np.array_equal(sharpened(step, 100, 2, 60), step), "differences below the threshold are left alone"


def test_the_stretch_puts_its_percentiles_at_black_and_white():
    ramp = np.repeat(np.linspace(80, 160, 200).round().astype(np.uint8)[None], 50, axis=0)
    wide = stretched(np.dstack([ramp] * 3), 5.0, np.ones(ramp.shape, bool))
    assert 0.04 <= (wide[..., 0] == 0).mean() <= 0.07
    assert 0.04 <= (wide[..., 0] == 255).mean() <= 0.07
    luma = np.dstack([ramp] * 3) @ LUMA
    low, high = np.percentile(luma, (5, 95))
    known = np.clip(np.rint((ramp.astype(float) - low) * 255 / (high - low)), 0, 255)
    assert np.abs(wide[..., 0] - known).max() <= 1
    even = np.full((9, 9, 3), 77, np.uint8)
    assert np.array_equal(made(even, stretch=5), even)


def test_the_black_beside_a_rotated_picture_does_not_move_its_stretch():
    bright = RNG.integers(120, 140, (80, 80, 3), dtype=np.uint8)
    plain, turned = (made(bright, stretch=2, angle=a) for a in (0, 20))
    assert abs(float(np.median(plain)) - float(np.median(turned[40:60, 40:60]))) < 25


def test_brightness_and_contrast_are_their_formula():
    known = np.clip(np.rint((NOISE.astype(float) - 127.5) * 1.5 + 127.5 + 25.5), 0, 255)
    assert np.array_equal(made(brightness=10, contrast=150), known)
    assert np.unique(made(contrast=0)).tolist() == [128]


def test_the_copy_is_made_smaller_before_it_is_sharpened():
    assert max(made(longest=50, amount=100).shape) == 50


EVERYTHING = Recipe(
    (0.1, 0.1, 0.9, 0.2, 0.8, 0.9, 0.2, 0.8), True, 3, -3.5, 2, 0.4, 0.6, 12, 140, 1.5, 120, 1.2, 4
)  # fmt: skip


def test_the_same_recipe_gives_the_same_pixels_however_it_travels():
    assert of_json(EVERYTHING.as_json()) == EVERYTHING
    assert of_query(EVERYTHING.as_query()) == EVERYTHING
    query = {f"a-{name}": value for name, value in EVERYTHING.as_query().items()}
    assert of_query(query, "a-") == EVERYTHING
    assert of_query(query) == Recipe(), "the other item's fields are not read"
    first, again = (adjusted(NOISE, EVERYTHING.as_json(), 80) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert Recipe().as_json() == Recipe().as_query() == {}


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"angle": "46"}, "angle lies between -45 and 45"),
        ({"zoom": "0"}, "zoom lies between 1 and 16"),
        ({"brightness": "nan"}, "brightness lies between"),
        ({"contrast": "inf"}, "contrast lies between"),
        ({"radius": "wide"}, "radius is a number"),
        ({"turn": "5"}, "0, 1, 2 or 3"),
        ({"turn": "0.5"}, "0, 1, 2 or 3"),
        ({"c1x": "0.1"}, "eight numbers"),
    ],
)
def test_a_recipe_out_of_range_is_refused_by_name(told, says):
    with pytest.raises(RecipeRefused, match=says):
        of_query(told)


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        ((0.1, 0.1, 0.8, 0.2, 0.5, 0.3, 0.2, 0.7), "dent"),
        ((0.1, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.9), "dent or a crossing"),
        ((0.1, 0.1, 0.2, 0.7, 0.9, 0.9, 0.8, 0.2), "clockwise"),
        ((0.1, 0.1, 0.1, 0.1, 0.9, 0.9, 0.2, 0.7), "on each other"),
        ((0.1, 0.1, 0.5, 0.5, 0.9, 0.9, 0.3, 0.3), "dent or a crossing"),
        ((0.1, 0.1, 0.11, 0.1, 0.11, 0.11, 0.1, 0.11), "a surface"),
        ((-0.1, 0.1, 0.8, 0.2, 0.9, 0.9, 0.2, 0.7), "inside the picture"),
        ((float("nan"), 0.1, 0.8, 0.2, 0.9, 0.9, 0.2, 0.7), "inside the picture"),
    ],
)
def test_four_corners_that_are_no_surface_are_refused(corners, says):
    with pytest.raises(RecipeRefused, match=says):
        Recipe(corners=corners)
    with pytest.raises(RecipeRefused):
        of_json({"corners": list(corners)})


def test_json_of_strangers_is_refused():
    for told in ({"colour": 1}, {"zoom": "2"}, {"corners": "none"}, {"turn": None}):
        with pytest.raises(RecipeRefused):
            of_json(told)


def test_what_is_shown_is_told_as_a_box_of_the_whole():
    whole = shown_part(Recipe(flip=True, turn=1), 130, 90)
    assert (whole.x, whole.y, round(whole.w, 6), round(whole.h, 6)) == (0, 0, 1, 1)
    part = shown_part(Recipe(zoom=2, across=0.25, down=0.25, flip=True), 100, 100)
    assert [round(v, 4) for v in (part.x, part.y, part.w, part.h)] == [0.5, 0, 0.5, 0.5]
    quad = shown_part(Recipe(corners=(0.1, 0.1, 0.8, 0.2, 0.9, 0.9, 0.2, 0.7)), 1000, 1000)
    assert [round(v, 2) for v in (quad.x, quad.y, quad.w, quad.h)] == [0.1, 0.1, 0.8, 0.8]
