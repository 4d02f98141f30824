"""A picture finds its own sensor, turned and made smaller too; what cannot be laid over is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from demo.sensors import Sensor, again, smaller

from entente.casework.link.camera import (
    Fit,
    compared,
    fingerprint,
    fit,
    middle,
)
from entente.casework.link.camera.compare import z_of
from entente.casework.link.camera.residual import residual
from entente.casework.link.camera.signs import packed, search, turned

SIZE = (256, 320)


def luma(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


@pytest.fixture(scope="module")
def sensors() -> list[Sensor]:
    return [Sensor(n, n // 2, SIZE, 0.008) for n in range(3)]


@pytest.fixture(scope="module")
def held(sensors) -> list[np.ndarray]:
    flats = [[luma(s.flat(n)) for n in range(4)] for s in sensors]
    return [fingerprint((residual(p), p) for p in own) for own in flats]


def best(picture: np.ndarray, held: list[np.ndarray]) -> tuple[int, list[float]]:
    how = fit(picture.shape[:2], SIZE)
    z = [compared(residual(luma(picture)), camera, how).z for camera in held]
    return int(np.argmax(z)), z


@pytest.mark.parametrize(
    ("change", "least"),
    [
        (lambda p: p, 12),
        (lambda p: again(p, 75), 6),
        (lambda p: smaller(p, 0.75, 90), 5),
        (lambda p: np.ascontiguousarray(np.rot90(p)), 12),
        (lambda p: np.ascontiguousarray(np.rot90(p, 2)), 12),
    ],
    ids=["as it is", "saved again", "smaller", "a quarter turn", "upside down"],
)
def test_a_picture_finds_its_own_sensor(sensors, held, change, least) -> None:
    for n, sensor in enumerate(sensors):
        found, z = best(change(sensor.picture(5)), held)
        assert found == n and z[n] > least
        assert max(v for m, v in enumerate(z) if m != n) < 5


def test_the_turn_is_told(sensors, held) -> None:
    noise = residual(luma(np.ascontiguousarray(np.rot90(sensors[0].picture(6), -1))))
    found = compared(noise, held[0], fit((320, 256), SIZE))
    assert (found.turns, found.scale, found.overlap) == (1, 1.0, SIZE[0] * SIZE[1])


def test_what_can_be_laid_over_what() -> None:
    assert fit((3000, 4000), (3000, 4000)) == Fit(1.0, (0, 2))
    assert fit((4000, 3000), (3000, 4000)) == Fit(1.0, (1, 3))
    assert fit((1500, 2000), (3000, 4000)) == Fit(0.5, (0, 2))
    assert fit((800, 800), (800, 800)) == Fit(1.0, (0, 1, 2, 3))
    assert fit((900, 1600), (3000, 4000)) is None  # cut, or another mode
    assert fit((300, 400), (3000, 4000)) is None  # too small to hold anything
    assert fit((6000, 8000), (3000, 4000)) is None  # larger than the sensor


def test_the_middle_of_a_turned_picture_is_the_turned_middle() -> None:
    picture = np.arange(12 * 16, dtype=np.uint8).reshape(12, 16)
    assert (middle(np.rot90(picture), 6) == np.rot90(middle(picture, 6))).all()
    assert middle(picture, 99).shape == (12, 16)


def test_pixels_that_are_saturated_count_nothing() -> None:
    rng = np.random.default_rng(3)
    noise = [rng.normal(size=(128, 128)).astype(np.float32) for _ in range(3)]
    lit = [np.full((128, 128), 120, np.uint8) for _ in range(3)]
    burnt = [plane.copy() for plane in lit]
    noise[2][:, :40], burnt[2][:, :40] = 90.0, 255
    clean = fingerprint(zip(noise[:2], lit[:2], strict=True))
    assert abs(z_of(fingerprint(zip(noise, burnt, strict=True))[:, :36], clean[:, :36])) > 30


def test_pictures_of_two_sizes_make_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="of one size"):
        fingerprint((np.zeros((n, 9), np.float32), np.zeros((n, 9), np.uint8)) for n in (8, 9))
    with pytest.raises(ValueError, match="no picture"):
        fingerprint([])


def test_signs_find_one_camera_among_many_in_any_turn(sensors, held) -> None:
    square = [np.ascontiguousarray(k[:256, :256]) for k in held]
    rng = np.random.default_rng(4)
    many = np.stack([packed(rng.normal(size=(256, 256))) for _ in range(40)] + [packed(k) for k in square])
    asked = turned(np.ascontiguousarray(np.rot90(residual(luma(sensors[1].picture(7)))[:256, :256], 3)))
    z = search(many, asked)
    assert np.unravel_index(z.argmax(), z.shape) == (41, 1)
    assert z.max() > 8 > np.sort(z.ravel())[-2]
    bits = 64 * many.shape[1]
    peer = np.bitwise_count(many[:, None] ^ asked[None]).sum(axis=2, dtype=np.int64)
    assert np.allclose(z, (bits - 2 * peer) / bits**0.5)


def test_what_is_no_whole_number_of_words_is_refused() -> None:
    with pytest.raises(ValueError, match="no whole words"):
        packed(np.zeros((9, 9), np.float32))
    with pytest.raises(ValueError, match="square"):
        turned(np.zeros((8, 16), np.float32))
