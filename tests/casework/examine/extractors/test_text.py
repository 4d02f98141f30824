"""Writing in pictures: what is read, by whom, and what is said where the extra is not installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks import text as signs
from PIL import Image

from entente.casework.examine.extractors import FIND_ALL, Material, reading
from entente.casework.examine.extractors.text import TextExtractor, sign
from entente.evidence.open import read
from entente.evidence.sandbox import Sandbox

needs_extra = pytest.mark.skipif(bool(reading.missing()), reason="the extra `text` is not installed")
needs_scripts = pytest.mark.skipif(
    bool(reading.missing())
    or not {"Latn", "Grek", "Cyrl"} <= set(reading.readers())
    or not signs.FONTS[0][0].is_file(),
    reason="needs the extra `text`, Tesseract's data for Latin, Greek and Cyrillic, and the DejaVu fonts",
)


def test_another_script_must_be_surer_than_latin() -> None:
    greek = ("Grek", "Έξοδος", 0.91)
    assert reading.chosen(("EEodoc", 0.7), [("Latn", "EEodoc", 0.4), greek])[:2] == ("Έξοδος", "Grek")
    assert reading.chosen(("Uscita", 0.99), [("Latn", "Uscità", 0.95), greek])[:2] == ("Uscità", "Latn")


def test_a_reader_is_not_believed_with_letters_of_another_script() -> None:
    assert reading.chosen(("Exit", 0.9), [("Cyrl", "Exit", 0.99)]) == ("Exit", "Latn", 0.9, "RapidOCR")


def test_tesseract_gives_accents_and_spaces_only_where_the_letters_agree() -> None:
    assert reading.chosen(("chiusolunedi", 0.95), [("Latn", "chiuso lunedì", 0.8)])[0] == "chiuso lunedì"
    assert reading.chosen(("chiusolunedi", 0.95), [("Latn", "oMwa rnri", 0.8)])[0] == "chiusolunedi"


def test_an_alphabet_must_be_surer_than_the_reader_of_chinese() -> None:
    cyrillic = ("Cyrl", "УЧ", 0.64)
    assert reading.chosen(("火車站", 0.96), [cyrillic]) == ("火車站", "Hani", 0.96, "RapidOCR")
    assert reading.chosen(("冖冂", 0.3), [("Cyrl", "Школа", 0.9)])[:2] == ("Школа", "Cyrl")


def test_japanese_may_be_written_with_chinese_characters_alone() -> None:
    both = reading.chosen(("東小学校", 0.87), [("Jpan", "東小学校", 0.73)])
    assert both == ("東小学校", "Hani", 0.87, "RapidOCR and Tesseract")
    kana = reading.chosen(("", 0.0), [("Jpan", "ラーメンあります", 0.95)])
    assert kana == ("ラーメンあります", "Jpan", 0.95, "Tesseract")


def _quad(x: float, y: float, wide: float, high: float, turn: float = 0.0) -> np.ndarray:
    corners = np.array([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)], np.float32)
    a = np.radians(turn)
    return corners @ np.array([(np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))], np.float32)


@pytest.mark.parametrize("turn", [0.0, 9.0, -9.0])
def test_words_that_follow_each_other_are_one_row_and_other_signs_are_not(turn: float) -> None:
    quads = [_quad(*at, turn) for at in (
        (150, 10, 60, 30), (10, 10, 120, 30), (228, 14, 90, 24),  # three words of one line
        (420, 10, 90, 30),  # another sign beside it
        (10, 60, 200, 30),  # the next line
        (325, 5, 100, 80),  # something much taller
    )]  # fmt: skip
    rows = [sorted(row) for row in reading.rows_of(quads)]
    assert sorted(rows) == [[0, 1, 2], [3], [4], [5]]


def test_a_row_is_the_box_about_its_words_in_their_order() -> None:
    parts = [
        (_quad(10, 10, 120, 30), "Выход", 0.9),
        (_quad(150, 12, 60, 26), "Ha", 0.8),
        (_quad(140, 10, 9, 9), "福", 0.1),
    ]
    quad, words, sure = reading.as_one(parts)
    assert words == "Выход Ha" and 0.7 < sure < 0.9
    assert np.allclose(quad, _quad(10, 10, 200, 30))


def test_a_turned_line_is_straightened() -> None:
    picture = np.zeros((200, 200, 3), np.uint8)
    corners = np.array([(40, 100), (100, 40), (120, 60), (60, 120)], np.float32)
    assert reading.straightened(picture, corners).shape == (reading.HEIGHT + 28, 168 + 28, 3)


def test_without_the_extra_it_says_so_and_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "installed", lambda package: False)
    absent = TextExtractor()
    assert "make text" in absent.missing
    assert absent.version != "1", "so that items are looked at again when it can read"
    assert absent.find(Material("m", picture=sign("FARMACIA"))) == []
    assert reading.missing() and all(not e.expected for e in absent.examples())


@needs_extra
def test_a_line_seen_in_several_frames_is_said_once() -> None:
    frames = [(float(n), sign("FARMACIA CENTRALE", angle)) for n, angle in enumerate((0.0, 2.0, 4.0))]
    (clue,) = TextExtractor().find(Material("m", frames=frames))
    assert clue.value["string"] == "FARMACIA CENTRALE"
    assert clue.start in (0.0, 1.0, 2.0)
    x, y, w, h = clue.region
    assert x < 0.15 and w > 0.6 and 0.3 < y < 0.5 and h < 0.5


@needs_extra
def test_a_picture_without_writing_gives_none() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    assert TextExtractor().find(Material("m", picture=noise)) == []


@needs_scripts
@pytest.mark.parametrize("script", ["Latin, Italian", "Greek", "Cyrillic"])
def test_small_blurred_turned_signs_are_read(script: str) -> None:
    """16 px, blurred and turned by 9°: the hardest view of the figures, on three of their signs."""
    size, angle, blur = signs.VIEWS["16 px, blurred, 9°"]
    scores = [
        signs.similarity(words, signs.sign(words, size, angle, blur, signs.FONTS[0]))[0]
        for words in signs.PHRASES[script][:3]
    ]
    assert np.mean(scores) >= 0.9, scores


@needs_scripts
def test_in_the_closed_decoder_the_sign_gives_text_language_number_and_town(tmp_path: Path) -> None:
    """Models and tables are loaded before the decoder is closed in; after that no file is opened."""
    wall = np.vstack([
        np.full((240, 900, 3), (196, 188, 176), np.uint8),
        np.full((240, 900, 3), (196, 188, 176), np.uint8),
    ])  # fmt: skip
    for row, words in enumerate(("Farmacia comunale di Fossano", "Tel. 0171 692345")):
        drawn = signs.sign(words, 32, 0.0, 0.0, signs.FONTS[0])
        wall[240 * row : 240 * row + 240, 100 : 100 + drawn.shape[1]] = drawn[:240]
    Image.fromarray(wall).save(tmp_path / "wall.png")
    sandbox = Sandbox(1)
    try:
        opened = read(tmp_path / "wall.png", extract=[FIND_ALL], sandbox=sandbox, limit_s=60)
    finally:
        sandbox.close()
    answer = opened.extracted[FIND_ALL]["value"]
    assert answer["refused"] == []
    found = {clue["kind"]: clue["value"] for clue in answer["clues"]}
    assert found["toponym"] == "Fossano"
    assert found["phone_number"].replace(" ", "") == "0171692345"
    assert found["language"]["it"] > 0.5 and len(found["language"]) > 1
