"""Writing in a picture, line by line: boxes, straightened crops, and the reader that fits the script.

RapidOCR (Apache-2.0, its models in its package) finds the lines and reads Latin letters without accents.
Tesseract, where it and a script's data are installed, reads each straightened line again, once a script.
Both work in this process on one thread: a decoder may start none, and no program either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.extractors import Picture
from entente.casework.examine.values import script_of
from entente.plugins import installed

HEIGHT = 56  # of a straightened line, in pixels: Tesseract wants capitals of some 30
MARGIN = 14
ALONE, BOTH, OTHER = "RapidOCR", "RapidOCR and Tesseract", "Tesseract"
LEAST_SURE = {ALONE: 0.9, BOTH: 0.8, OTHER: 0.55}  # a line below says nothing
LEAST_LETTERS = 2
MOST_SIDE = 1800  # larger pictures are made smaller: seconds are dear
AGREES = 0.75  # two readers without accents: the one with accents is taken

# Tesseract's data by script: a pack for the script, or up to four languages of it, whichever is installed.
DATA = {
    "Latn": ("script/Latin", "ita", "deu", "fra", "spa", "eng", "por", "nld", "pol"),
    "Grek": ("script/Greek", "ell"),
    "Cyrl": ("script/Cyrillic", "rus", "ukr", "bul", "srp"),
    "Arab": ("script/Arabic", "ara", "fas"),
    "Hebr": ("script/Hebrew", "heb"),
    "Thai": ("script/Thai", "tha"),
    "Hang": ("script/Hangul", "kor"),
    "Kana": ("script/Japanese", "jpn"),
}
FOLDERS = (  # where systems keep them
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
MISSING = "the packages of the extra `text` are not installed: run `make text`"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was read: by which reader, how sure (0-1), and its box in fractions."""

    string: str
    script: str
    sure: float
    reader: str
    box: tuple[float, float, float, float]


def missing() -> str:
    """Return what cannot be read without, or nothing."""
    return "" if installed("rapidocr_onnxruntime") else MISSING


@cache
def finder() -> Any:
    """Return RapidOCR, loaded once, on one thread."""
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)


@cache
def readers() -> dict[str, Any]:
    """Return a Tesseract for each script whose data is installed; none without ``tesserocr``."""
    if not installed("tesserocr"):
        return {}
    from tesserocr import PSM, PyTessBaseAPI, get_languages

    found: dict[str, Any] = {}
    for folder in FOLDERS:
        try:
            there = set(get_languages(folder)[1])
        except RuntimeError:  # no such folder
            continue
        for script, names in DATA.items():
            held = [name for name in names if name in there]
            if held and script not in found:
                chosen = held[:1] if held[0].startswith("script/") else held[:4]
                found[script] = PyTessBaseAPI(path=folder, lang="+".join(chosen), psm=PSM.SINGLE_LINE)
    return found


def straightened(picture: Picture, corners: NDArray[np.float32]) -> Picture:
    """Return the line within four ``corners`` (clockwise from the upper left), level, with a margin."""
    a, b, c, d = corners
    wide = max(float(np.linalg.norm(b - a)), float(np.linalg.norm(c - d)), 1.0)
    high = max(float(np.linalg.norm(d - a)), float(np.linalg.norm(c - b)), 1.0)
    width = int(np.clip(round(wide * HEIGHT / high), HEIGHT // 2, 4000))
    to = np.array([(0, 0), (width, 0), (width, HEIGHT), (0, HEIGHT)], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), to)
    shift = np.array([(1, 0, MARGIN), (0, 1, MARGIN), (0, 0, 1)], np.float64)
    size = (width + 2 * MARGIN, HEIGHT + 2 * MARGIN)
    crop = cv2.warpPerspective(
        picture, shift @ turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)


def bare(text: str) -> str:
    """Return the letters and digits alone, without accents and case."""
    kept = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in kept if c.isalnum())


def alike(a: str, b: str) -> float:
    """Return how alike two readings are, from 0 to 1."""
    return SequenceMatcher(None, a, b, autojunk=False).ratio()


def chosen(first: tuple[str, float], others: Sequence[tuple[str, str, float]]) -> tuple[str, str, float, str]:
    """Return (string, script, sure, reader) of one line: RapidOCR's ``first`` against (script, string, sure).

    A reader may only say letters of its own script. Where Tesseract agrees with RapidOCR but for accents and
    spaces, its spelling is taken; another script must be surer of the line than Latin is.
    """
    string, sure = first
    own = [(s, text, p) for s, text, p in others if bare(text) and script_of(text) == s]
    latin, latin_sure = next(((text, p) for s, text, p in own if s == "Latn"), ("", 0.0))
    best = (string, script_of(string), sure, ALONE)
    if latin and script_of(string) == "Latn" and alike(bare(string), bare(latin)) >= AGREES:
        best = (latin, "Latn", (sure + latin_sure) / 2, BOTH)
    other = max((each for each in own if each[0] != "Latn"), key=lambda each: each[2], default=None)
    if other and other[2] > max(latin_sure, LEAST_SURE[OTHER]):
        best = (other[1], other[0], other[2], OTHER)
    return best


def lines_of(picture: Picture) -> list[Line]:
    """Return the lines of writing that are read surely enough, from top to bottom."""
    rows, columns = picture.shape[:2]
    scale = min(1.0, MOST_SIDE / max(rows, columns))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    seen = np.asarray(small if scale < 1 else picture, np.uint8)
    # every box is wanted: of what it cannot read, Greek say, RapidOCR is not sure
    found, _ = finder()(np.ascontiguousarray(seen[..., ::-1]), use_cls=False, text_score=0.0)
    lines = []
    for corners, string, sure in found or ():
        quad = np.asarray(corners, np.float32)
        crop = straightened(seen, quad)
        string, script, sure, reader = chosen((string, float(sure)), every_script(crop))
        string = re.sub(r"\s+", " ", string).strip()
        if sure < LEAST_SURE[reader] or len(bare(string)) < LEAST_LETTERS:
            continue
        points = np.clip(quad / scale, 0, (columns, rows))
        (x0, y0), (x1, y1) = points.min(0), points.max(0)
        box = (x0 / columns, y0 / rows, (x1 - x0) / columns, (y1 - y0) / rows)
        lines.append(Line(string, script, round(sure, 3), reader, tuple(round(float(v), 5) for v in box)))  # type: ignore[arg-type]
    return lines


def every_script(crop: Picture) -> list[tuple[str, str, float]]:
    """Return (script, string, sure) of each installed Tesseract for a straightened line."""
    answers = []
    for script, reader in readers().items():
        reader.SetImageBytes(crop.tobytes(), crop.shape[1], crop.shape[0], 3, crop.shape[1] * 3)
        text = reader.GetUTF8Text()
        answers.append((script, text.strip(), reader.MeanTextConf() / 100))
    return answers
