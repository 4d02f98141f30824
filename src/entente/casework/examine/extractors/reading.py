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
MOST_UNLIKE = 1.8  # heights of two boxes of one row
LEAST_PART = 0.5  # a box of a row that RapidOCR is less sure of is no word of it
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
    "Jpan": ("script/Japanese", "jpn"),
}
MAY_SAY = {"Jpan": ("Jpan", "Hani")}  # Japanese may be written with Chinese characters alone
FOLDERS = (  # where systems keep them
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
MISSING = "the packages of the extra `text` are not installed: run `make text`"


Boxed = tuple[NDArray[np.float32], str, float]  # corners, what RapidOCR read there, how surely


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
    spaces, its spelling is taken; another script must be surer of the line than Latin is, and than RapidOCR
    where that reads Chinese characters, which it was made for.
    """
    string, sure = first
    own = [(s, text, p) for s, text, p in others if bare(text) and script_of(text) in MAY_SAY.get(s, (s,))]
    latin, latin_sure = next(((text, p) for s, text, p in own if s == "Latn"), ("", 0.0))
    best, floor = (string, script_of(string), sure, ALONE), max(latin_sure, LEAST_SURE[OTHER])
    if latin and best[1] == "Latn" and alike(bare(string), bare(latin)) >= AGREES:
        best = (latin, "Latn", (sure + latin_sure) / 2, BOTH)
    if best[1] == "Hani":
        same = [p for s, text, p in own if s == "Jpan" and alike(bare(string), bare(text)) >= AGREES]
        best = (string, "Hani", max(sure, *same), BOTH) if same else best
        floor = max(sure, LEAST_SURE[OTHER])
    other = max((each for each in own if each[0] != "Latn"), key=lambda each: each[2], default=None)
    if other and other[2] > floor:
        best = (other[1], script_of(other[1]), other[2], OTHER)
    return best


def lines_of(picture: Picture) -> list[Line]:
    """Return the lines of writing that are read surely enough, from top to bottom."""
    scale = min(1.0, MOST_SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    seen = np.asarray(small if scale < 1 else picture, np.uint8)
    # every box is wanted: of what it cannot read, Greek say, RapidOCR is not sure
    found, _ = finder()(np.ascontiguousarray(seen[..., ::-1]), use_cls=False, text_score=0.0)
    boxes = [
        (np.asarray(corners, np.float32), str(string), float(sure)) for corners, string, sure in found or ()
    ]
    lines = []
    for row in rows_of([quad for quad, _, _ in boxes]):
        parts = [boxes[n] for n in row]
        whole = _read(seen, [as_one(parts)], scale) if len(parts) > 1 else []
        lines += whole or _read(seen, parts, scale)  # a row that is not read as one: its parts may be
    return lines


def _read(seen: Picture, boxes: Sequence[Boxed], scale: float) -> list[Line]:
    """Return what is read surely enough in each box."""
    lines = []
    for quad, first, first_sure in boxes:
        string, script, sure, reader = chosen((first, first_sure), every_script(straightened(seen, quad)))
        string = re.sub(r"\s+", " ", string).strip()
        if sure >= LEAST_SURE[reader] and len(bare(string)) >= LEAST_LETTERS:
            lines.append(Line(string, script, round(sure, 3), reader, _box(quad, seen, scale)))
    return lines


def _box(quad: NDArray[np.float32], seen: Picture, scale: float) -> tuple[float, float, float, float]:
    """Return a quad's box in fractions of the picture as it came."""
    rows, columns = seen.shape[:2]
    (x0, y0), (x1, y1) = (np.clip(edge, 0, (columns, rows)) for edge in (quad.min(0), quad.max(0)))
    box = (x0 / columns, y0 / rows, (x1 - x0) / columns, (y1 - y0) / rows)
    return tuple(round(float(v), 5) for v in box)  # type: ignore[return-value]


def rows_of(quads: Sequence[NDArray[np.float32]]) -> list[list[int]]:
    """Return which boxes stand in one row with no more than a letter's height between them, left to right.

    A word alone has too few letters to tell its script or small letters from capitals; its row has more.
    """
    rows: list[list[int]] = []
    for n in sorted(range(len(quads)), key=lambda n: float(quads[n][:, 0].min())):
        row = next((row for row in rows if any(_beside(quads[m], quads[n]) for m in row)), None)
        if row is None:
            rows.append([n])
        else:
            row.append(n)
    return sorted(rows, key=lambda row: float(quads[row[0]][:, 1].min()))


def _beside(left: NDArray[np.float32], right: NDArray[np.float32]) -> bool:
    """Say whether two boxes follow each other on one line of about the same height."""
    along = (left[1] - left[0]) + (left[2] - left[3])
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    across = np.array([-along[1], along[0]])
    heights = [float(np.ptp(quad @ across)) for quad in (left, right)]
    apart = abs(float((left.mean(0) - right.mean(0)) @ across))
    gap = float((right @ along).min() - (left @ along).max())
    return max(heights) < MOST_UNLIKE * min(heights) and apart < 0.5 * min(heights) and gap < max(heights)


def as_one(parts: Sequence[Boxed]) -> Boxed:
    """Return the box about a row and what RapidOCR read in it, word after word."""
    longest = max((quad for quad, _, _ in parts), key=lambda quad: float(np.linalg.norm(quad[1] - quad[0])))
    along = (longest[1] - longest[0]) / max(float(np.linalg.norm(longest[1] - longest[0])), 1e-6)
    across = np.array([-along[1], along[0]], np.float32)
    points = np.concatenate([quad for quad, _, _ in parts])
    (x0, x1), (y0, y1) = ((float(f.min()), float(f.max())) for f in (points @ along, points @ across))
    quad = np.array([x * along + y * across for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))], np.float32)
    sure = sum(p * len(text) for _, text, p in parts) / max(sum(len(text) for _, text, _ in parts), 1)
    return quad, " ".join(text for _, text, p in parts if p >= LEAST_PART), sure


def every_script(crop: Picture) -> list[tuple[str, str, float]]:
    """Return (script, string, sure) of each installed Tesseract for a straightened line."""
    answers = []
    for script, reader in readers().items():
        reader.SetImageBytes(crop.tobytes(), crop.shape[1], crop.shape[0], 3, crop.shape[1] * 3)
        text = reader.GetUTF8Text()
        answers.append((script, text.strip(), reader.MeanTextConf() / 100))
    return answers
