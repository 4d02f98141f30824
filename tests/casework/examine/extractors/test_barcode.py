"""EAN-13: two readings that agree, or nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from entente.casework.examine.extractors import Material
from entente.casework.examine.extractors.barcode import (
    BarcodeExtractor,
    Reading,
    agreed,
    bars,
    checksum_holds,
)

CODE = "8004120650420"
HERE, THERE = (0.1, 0.1, 0.2, 0.2), (0.7, 0.7, 0.2, 0.2)


def scene(code: str = CODE, module: int = 3, angle: float = 0.0, blur: float = 0.0) -> np.ndarray:
    table = np.full((700, 1000, 3), 176, np.uint8)
    art = bars(code, module)
    table[220 : 220 + art.shape[0], 250 : 250 + art.shape[1]] = art[..., None]
    turn = cv2.getRotationMatrix2D((500, 350), angle, 1)
    table = cv2.warpAffine(table, turn, (1000, 700), borderValue=(176, 176, 176))
    return cv2.GaussianBlur(table, (0, 0), blur) if blur else table


@pytest.mark.parametrize("angle", [0, 5, 30, 90, 180])
def test_it_reads_a_code_at_any_angle(angle: float) -> None:
    (clue,) = BarcodeExtractor().find(Material("m", picture=scene(angle=angle, blur=0.6)))
    assert clue.value == CODE


def test_a_wall_without_bars_is_looked_at_once_and_a_small_one_at_every_scale(monkeypatch) -> None:
    class Watched:
        sides: list[int]

        def detectAndDecodeWithType(self, seen: np.ndarray) -> tuple:  # as OpenCV calls it
            self.sides.append(min(seen.shape))
            return False, (), (), None

    monkeypatch.setattr(cv2.barcode, "BarcodeDetector", Watched)
    Watched.sides = []
    BarcodeExtractor().find(Material("m", picture=np.full((700, 1000, 3), 176, np.uint8)))
    assert Watched.sides == [700, 1400]  # as it is, and with its wide margin
    Watched.sides = []
    BarcodeExtractor().find(Material("m", picture=np.full((300, 400, 3), 176, np.uint8)))
    assert Watched.sides == [300, 450, 600, 600]


def test_it_says_where_the_code_is() -> None:
    (clue,) = BarcodeExtractor().find(Material("m", picture=scene()))
    x, y, w, h = clue.region
    assert 0.24 < x < 0.32
    assert 0.28 < y < 0.42
    assert 0.25 < w < 0.36
    assert 0 < h < 0.25


@pytest.mark.parametrize(
    ("code", "holds"),
    [(CODE, True), ("8004120650421", False), ("80041206504", False), ("٨٠٠٤١٢٠٦٥٠٤٢٠", False), ("", False)],
)
def test_the_check_digit_decides(code: str, holds: bool) -> None:
    assert checksum_holds(code) is holds


def test_a_code_with_a_wrong_check_digit_is_not_drawn() -> None:
    with pytest.raises(ValueError, match="check digit"):
        bars("8004120650421")


def test_a_single_reading_is_not_believed() -> None:
    assert agreed([Reading(CODE, HERE, None)]) == []


def test_two_codes_read_at_one_place_are_a_doubt() -> None:
    readings = [Reading(CODE, HERE, None)] * 2 + [Reading("9001234567894", HERE, None)] * 2
    assert agreed(readings) == []


def test_two_codes_at_two_places_are_both_believed() -> None:
    readings = [Reading(CODE, HERE, None)] * 2 + [Reading("9001234567894", THERE, None)] * 2
    assert {reading.code for reading, _ in agreed(readings)} == {CODE, "9001234567894"}


def test_readings_of_different_frames_agree() -> None:
    found = agreed([Reading(CODE, HERE, 1.0), Reading(CODE, THERE, 2.0)])
    assert [(reading.t, count) for reading, count in found] == [(1.0, 2)]


def test_a_video_names_the_second() -> None:
    frames = [(0.0, np.full((400, 600, 3), 90, np.uint8)), (4.5, scene())]
    (clue,) = BarcodeExtractor().find(Material("m", frames=frames))
    assert (clue.start, clue.value) == (4.5, CODE)


def test_no_small_blurred_code_is_read_wrongly() -> None:
    """Misreadings with a valid check digit are what the second reading is for."""
    rng = np.random.default_rng(3)
    wrong = []
    for _ in range(24):
        twelve = "".join(str(d) for d in rng.integers(0, 10, 12))
        code = next(twelve + d for d in "0123456789" if checksum_holds(twelve + d))
        picture = scene(code, 2, float(rng.uniform(-25, 25)), float(rng.uniform(0.6, 1.5)))
        noisy = np.clip(picture + rng.normal(0, 8, picture.shape), 0, 255).astype(np.uint8)
        wrong += [c.value for c in BarcodeExtractor().find(Material("m", picture=noisy)) if c.value != code]
    assert wrong == []
