"""The brush: a sheet in room units at any scale, with light, cloth, paper, wood and lettering.

A room is drawn in one space of 3600 × 2400 units; a sheet shows any window of it at any scale, so that a
close-up is drawn and not enlarged. Every texture has its own seed: a thing looks the same in every picture.
"""

from __future__ import annotations

import unicodedata
import zlib
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ROOM = (3600, 2400)
WALL = 1760  # where the wall meets the floor

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
Points = list[tuple[float, float]]


def rgb(code: str) -> Colour:
    """Read ``d8cfc0`` as a colour."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return ``a`` with ``share`` of ``b``."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))  # type: ignore[return-value]


def seeded(name: str) -> np.random.Generator:
    """Return the random source that belongs to a name, the same on every machine."""
    return np.random.default_rng(zlib.crc32(name.encode()))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own typeface: no system font is needed, so pictures are the same everywhere."""
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType; install its wheel")
    return font


@cache
def _grain(name: str, rows: int, columns: int) -> NDArray[np.float32]:
    """Return smooth noise of unit deviation, coarse and fine together."""
    rng = seeded(name)
    total = np.zeros((rows, columns), np.float32)
    for octave, weight in ((4, 0.3), (12, 0.4), (40, 0.6), (160, 0.7)):
        shape = (max(rows // octave, 2), max(columns // octave, 2))
        small = rng.standard_normal(shape, dtype=np.float32)
        total += weight * cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return total / total.std()


class Sheet:
    """A window of the room at a scale; coordinates are room units, drawing outside is cut off."""

    def __init__(
        self, window: Box = (0, 0, *ROOM), scale: float = 1.0, ground: Colour = (230, 226, 218)
    ) -> None:
        self.window, self.scale = window, scale
        self.size = round(window[2] * scale), round(window[3] * scale)
        self.image = Image.new("RGB", self.size, ground)
        self.pen = ImageDraw.Draw(self.image)
        self.things: dict[str, Box] = {}

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.window[0]) * self.scale, (y - self.window[1]) * self.scale

    def pixels(self) -> NDArray[np.uint8]:
        return np.asarray(self.image).copy()

    def name(self, thing: str, x: float, y: float, w: float, h: float) -> None:
        """Remember where a named thing is, in room units."""
        self.things[thing] = (x, y, w, h)

    def seen(self, x: float, y: float, w: float, h: float) -> bool:
        wx, wy, ww, wh = self.window
        return x < wx + ww and y < wy + wh and x + w > wx and y + h > wy

    def rect(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        fill: Colour,
        radius: float = 0,
        line: Colour | None = None,
        width: float = 3,
    ) -> None:
        if not self.seen(x, y, w, h) or w <= 0 or h <= 0:
            return
        (x0, y0), (x1, y1) = self.at(x, y), self.at(x + w, y + h)
        pen = max(1, round(width * self.scale)) if line else 0
        if x1 - x0 >= 1 and y1 - y0 >= 1:
            self.pen.rounded_rectangle((x0, y0, x1, y1), radius * self.scale, fill, line, pen)

    def oval(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        fill: Colour | None,
        line: Colour | None = None,
        width: float = 3,
    ) -> None:
        if self.seen(x, y, w, h):
            pen = max(1, round(width * self.scale)) if line else 0
            self.pen.ellipse((*self.at(x, y), *self.at(x + w, y + h)), fill, line, pen)

    def poly(self, points: Points, fill: Colour, line: Colour | None = None) -> None:
        self.pen.polygon([self.at(*p) for p in points], fill, line)

    def line(self, points: Points, fill: Colour, width: float = 4) -> None:
        self.pen.line([self.at(*p) for p in points], fill, max(1, round(width * self.scale)), "curve")

    def words(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        fill: Colour,
        bold: bool = False,
        middle: bool = False,
    ) -> None:
        """Write ``text`` with its top left (or top middle) at (x, y); accents are drawn by hand."""
        px = round(size * self.scale)
        if px < 4 or not self.seen(x - size * len(text), y - size, 2 * size * len(text), 3 * size):
            return
        font, stroke = _font(px), max(1, round(px / 26)) if bold else 0
        plain = unicodedata.normalize("NFD", text)
        letters = "".join(c for c in plain if not unicodedata.combining(c))
        width = font.getlength(letters)
        left, top = self.at(x, y)
        left -= width / 2 if middle else 0
        self.pen.text((left, top), letters, fill, font, stroke_width=stroke)
        done = ""
        for mark in plain:
            if not unicodedata.combining(mark):
                done += mark
                continue
            start, end = font.getlength(done[:-1]), font.getlength(done)
            self._accent(
                mark, left + (start + end) / 2, top + px * (0.06 if done[-1].isupper() else 0.2), px, fill
            )

    def _accent(self, mark: str, x: float, y: float, px: int, fill: Colour) -> None:
        """Draw a grave, an acute or a diaeresis above (x, y)."""
        a, pen = px * 0.13, max(2, round(px * 0.07))
        if mark == "\u0308":
            for side in (-1, 1):
                self.pen.ellipse(
                    (x + side * a - pen / 2, y - pen / 2, x + side * a + pen / 2, y + pen / 2), fill
                )
            return
        lean = -1 if mark == "\u0300" else 1
        self.pen.line((x + lean * a, y - a, x - lean * a * 0.5, y), fill, pen)

    def patch(self, x: float, y: float, w: float, h: float, picture: NDArray[np.uint8]) -> None:
        """Lay a picture into a box."""
        if self.seen(x, y, w, h):
            x0, y0 = (round(v) for v in self.at(x, y))
            x1, y1 = (round(v) for v in self.at(x + w, y + h))
            how = cv2.INTER_AREA if picture.shape[1] > x1 - x0 else cv2.INTER_LINEAR
            self.image.paste(
                Image.fromarray(cv2.resize(picture, (x1 - x0, y1 - y0), interpolation=how)), (x0, y0)
            )

    def _part(self, x: float, y: float, w: float, h: float) -> tuple[int, int, int, int] | None:
        """Return the pixel box of what of a room box is on the sheet."""
        (x0, y0), (x1, y1) = self.at(x, y), self.at(x + w, y + h)
        box = max(round(x0), 0), max(round(y0), 0), min(round(x1), self.size[0]), min(round(y1), self.size[1])
        return box if box[2] > box[0] and box[3] > box[1] else None

    def shade(self, x: float, y: float, w: float, h: float, gain: NDArray[np.float32]) -> None:
        """Multiply a box by ``gain`` (any shape; stretched over the box)."""
        part = self._part(x, y, w, h)
        if part is None:
            return
        x0, y0, x1, y1 = part
        (fx, fy), (gx, gy) = self.at(x, y), self.at(x + w, y + h)
        move = np.array(
            [[(gain.shape[1]) / (gx - fx), 0, 0], [0, (gain.shape[0]) / (gy - fy), 0]], np.float64
        )
        move[:, 2] = (x0 - fx) * move[0, 0], (y0 - fy) * move[1, 1]
        spread = cv2.warpAffine(
            gain,
            move,
            (x1 - x0, y1 - y0),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        under = np.asarray(self.image.crop(part))
        lit = cv2.multiply(under, cv2.merge([spread] * 3), dtype=cv2.CV_8U)
        self.image.paste(Image.fromarray(lit), (x0, y0))

    def grain(
        self, x: float, y: float, w: float, h: float, name: str, strength: float = 0.03, along: float = 1
    ) -> None:
        """Give a surface its grain; ``along`` stretches it sideways (wood) or downwards (below 1)."""
        rows, columns = (
            (240, max(16, round(240 / along))) if along >= 1 else (max(16, round(240 * along)), 240)
        )
        self.shade(x, y, w, h, (1 + strength * _grain(name, rows, columns)).astype(np.float32))

    def shadow(
        self, x: float, y: float, w: float, h: float, soft: float = 40, depth: float = 0.35, dy: float = 16
    ) -> None:
        """Cast the soft shadow of a box on what is behind it."""
        pad = 2 * soft
        step = max(soft / 6, 1)
        grid = np.zeros((round((h + 2 * pad) / step), round((w + 2 * pad) / step)), np.float32)
        inset = round(pad / step)
        grid[inset:-inset, inset:-inset] = 1
        grid = 1 - depth * cv2.GaussianBlur(grid, (0, 0), soft / step / 1.6)
        self.shade(x - pad + soft * 0.2, y - pad + dy, w + 2 * pad, h + 2 * pad, grid)

    def fade(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        top: float,
        bottom: float,
        left: float = 1,
        right: float = 1,
    ) -> None:
        """Shade a box from top to bottom and from left to right."""
        gain = np.linspace(top, bottom, 32)[:, None] * np.linspace(left, right, 32)[None]
        self.shade(x, y, w, h, gain.astype(np.float32))


def light(sheet: Sheet, x: float, y: float, reach: float = 2400, strength: float = 0.3) -> None:
    """Let the daylight of a window at (x, y) fall on the whole room."""
    yy, xx = np.mgrid[0:60, 0:90].astype(np.float32)
    far = np.hypot((xx + 0.5) * ROOM[0] / 90 - x, (yy + 0.5) * ROOM[1] / 60 - y) / reach
    sheet.shade(0, 0, *ROOM, (1.06 - strength * np.clip(far, 0, 1.3) ** 1.3).astype(np.float32))


def laid(texture: NDArray[np.uint8], sheet: Sheet, spread: float = 1.9) -> None:
    """Lay a floor seen from above into the room: narrow at the wall, wide at the front."""
    h, w = texture.shape[:2]
    mid = ROOM[0] / 2
    far = [(mid - mid * 1.05, WALL), (mid + mid * 1.05, WALL)]
    near = [(mid + mid * spread, ROOM[1]), (mid - mid * spread, ROOM[1])]
    corners = np.array([sheet.at(*p) for p in (*far, *near)], np.float32)
    move = cv2.getPerspectiveTransform(np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32), corners)
    part = sheet._part(0, WALL, ROOM[0], ROOM[1] - WALL)
    if part is None:
        return
    x0, y0, x1, y1 = part
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
    floor = cv2.warpPerspective(
        texture, shift @ move, (x1 - x0, y1 - y0), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT
    )
    sheet.image.paste(Image.fromarray(floor), (x0, y0))
