"""EAN-13 on packaging, believed only when two readings agree.

A valid check digit is not enough: misreadings with a valid check digit and a wrong country prefix were
measured on small codes. The prefix names the body that registered the number, not the place of use (GS1
General Specifications, section 1.4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.extractors import ExtractorExample, Material, Picture
from entente.vocabulary.clue import Clue, ClueKind, group_of

SCALES = (1.0, 1.5, 2.0)
MOST_SIDE = 4000  # larger readings cost seconds and find nothing more
TILE_ABOVE = 1800  # a code is small in a large picture: the detector also looks at quarters
LOOKED_AT = 512  # pixels to which the detector itself brings the shorter side of what is larger
LEAST_AGREEING = 2
LEAST_SHARE = 0.75  # of the readings at one place

LEFT = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoded code: its digits, its box in fractions of the picture, and the second of its frame."""

    code: str
    box: Box
    t: float | None


def checksum_holds(code: str) -> bool:
    """Whether ``code`` is thirteen digits whose last is the check digit (GS1 General Specifications 7.9)."""
    if len(code) != 13 or not code.isascii() or not code.isdigit():
        return False
    return sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(code)) % 10 == 0


def bars(code: str, module: int = 3, height: int = 150) -> NDArray[np.uint8]:
    """Draw EAN-13 ``code``, black on white with its quiet zones: (height, 115 · module) uint8.

    Raises ``ValueError`` when the check digit is wrong.
    """
    if not checksum_holds(code):
        raise ValueError(f"{code!r} is not an EAN-13 with a right check digit")
    right = [pattern.translate(str.maketrans("01", "10")) for pattern in LEFT]
    left = [
        LEFT[int(digit)] if parity == "L" else right[int(digit)][::-1]
        for digit, parity in zip(code[1:7], PARITY[int(code[0])], strict=True)
    ]
    bits = "101" + "".join(left) + "01010" + "".join(right[int(digit)] for digit in code[7:]) + "101"
    line = np.array([bit == "0" for bit in "0" * 11 + bits + "0" * 9]) * 255
    return np.tile(np.repeat(line.astype(np.uint8), module), (height, 1))


def _windows(picture: Picture) -> Iterator[tuple[Picture, int, int]]:
    """Yield views with their corner (x, y): the whole, with a wide margin, and quarters when it is large.

    The detector works at one size relative to the picture: the margin is for codes that fill it, quarters for
    codes that are small in it.
    """
    yield picture, 0, 0
    rows, columns = picture.shape[:2]
    if max(rows, columns) <= TILE_ABOVE:
        y, x = rows // 2, columns // 2
        bordered = cv2.copyMakeBorder(picture, y, y, x, x, cv2.BORDER_CONSTANT, value=(176, 176, 176))
        yield np.asarray(bordered, np.uint8), -x, -y
    if max(rows, columns) > TILE_ABOVE:
        h, w = int(rows * 0.6), int(columns * 0.6)
        for y in (0, rows - h):
            for x in (0, columns - w):
                yield picture[y : y + h, x : x + w], x, y


def _read(picture: Picture, t: float | None) -> list[Reading]:
    """Return every EAN-13 that the detector reads in one picture, at several scales.

    Where it sees no bars in a window of its own size or larger, it sees none in the window enlarged: it would
    look at the same pixels again.
    """
    detector = cv2.barcode.BarcodeDetector()
    rows, columns = picture.shape[:2]
    readings = []
    for window, left, top in _windows(picture):
        for scale in SCALES:
            if scale > 1 and max(window.shape[:2]) * scale > MOST_SIDE:
                continue
            grey = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY)
            seen = (
                cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
                if scale > 1
                else grey
            )
            _, codes, kinds, corners = detector.detectAndDecodeWithType(seen)
            for code, kind, corner in zip(codes, kinds, corners if corners is not None else (), strict=False):
                if kind == "EAN_13" and checksum_holds(code):
                    points = np.clip(corner / scale + (left, top), 0, (columns - 1, rows - 1))
                    (x0, y0), (x1, y1) = points.min(0), points.max(0)
                    box = (x0 / columns, y0 / rows, (x1 - x0 + 1) / columns, (y1 - y0 + 1) / rows)
                    readings.append(Reading(code, tuple(round(float(v), 5) for v in box), t))  # type: ignore[arg-type]
            if not codes and min(grey.shape) >= LOOKED_AT:  # bars that are not read are a code too: ""
                break
    return readings


def _same_place(a: Box, b: Box) -> bool:
    """Whether the middle of either box lies in the other."""

    def holds(box: Box, other: Box) -> bool:
        x, y = other[0] + other[2] / 2, other[1] + other[3] / 2
        return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]

    return holds(a, b) or holds(b, a)


def agreed(readings: Sequence[Reading]) -> list[tuple[Reading, int]]:
    """Return each code that two readings give and no rival at its place disputes, with the count."""
    by_code = defaultdict(list)
    for reading in readings:
        by_code[reading.code].append(reading)
    kept = []
    for code, same in sorted(by_code.items()):
        rivals = sum(
            other.code != code and any(other.t == r.t and _same_place(other.box, r.box) for r in same)
            for other in readings
        )
        if len(same) >= LEAST_AGREEING and len(same) / (len(same) + rivals) >= LEAST_SHARE:
            kept.append((same[0], len(same)))
    return kept


class BarcodeExtractor:
    """Reads product codes; abstains when readings are single or disagree."""

    name = "barcode"
    version = "2"
    needs = frozenset({"picture"})

    def find(self, material: Material) -> list[Clue]:
        """Return one clue a code, with its box and, for a video, the first second it is read in."""
        pictures: list[tuple[float | None, Picture]] = list(material.frames)
        if material.picture is not None:
            pictures.insert(0, (None, material.picture))
        readings = [reading for t, picture in pictures for reading in _read(picture, t)]
        return [
            Clue(
                id="",
                kind=ClueKind.BARCODE,
                value=reading.code,
                group=group_of(ClueKind.BARCODE),
                source="",
                medium=material.medium,
                because=f"the product code {reading.code} was read {count} times alike and its check digit "
                f"holds; its prefix {reading.code[:3]} names who registered it, not where it was sold",
                method=self.name,
                version=self.version,
                region=reading.box,
                start=reading.t,
                end=reading.t,
            )
            for reading, count in agreed(readings)
        ]

    def examples(self) -> Sequence[ExtractorExample]:
        """Return a drawn code on a grey table, and the table alone."""
        table = np.full((500, 800, 3), 176, np.uint8)
        with_code = table.copy()
        code = bars("8004120650420")
        with_code[200 : 200 + code.shape[0], 220 : 220 + code.shape[1]] = code[..., None]
        return (
            ExtractorExample(Material("code", picture=with_code), ((ClueKind.BARCODE, "8004120650420"),)),
            ExtractorExample(Material("table", picture=table), ()),
        )
