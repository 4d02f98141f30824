"""Postcards of anywhere: benign pictures by number, no two alike, of five kinds, in milliseconds each.

For tests and benchmarks that need hundreds of different pictures: landscapes, house fronts, laid tables,
printed posters and heaps of stones.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from demo.camera import Picture
from demo.landscapes import landscape

SIZE = (720, 540)  # width, height
WORDS = ("HARBOUR", "LAKE", "MARKET", "TRAIN", "APRIL", "NORTH", "GARDEN", "BREAD", "RIVER", "MUSEUM", "SNOW")
Chance = np.random.Generator


def postcard(number: int, size: tuple[int, int] = SIZE) -> Picture:
    """Draw the postcard of a number, (rows, columns, 3) uint8; the same number gives the same pixels."""
    rng = np.random.default_rng(100_000 + number)
    kinds: tuple[Callable[[Chance], Picture], ...] = (_landscape, _front, _table, _poster, _stones)
    drawn = _lit(kinds[number % len(kinds)](rng), rng)
    return np.ascontiguousarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), np.uint8)


def _tone(rng: Chance) -> tuple[int, int, int]:
    red, green, blue = rng.integers(30, 235, 3).tolist()
    return red, green, blue


def _ground(rng: Chance, rough: float = 14) -> Picture:
    """Return a sheet that goes from one tone to another in some direction, with clouds and grain in it."""
    w, h = SIZE
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    along = x / w * float(rng.uniform(-1, 1)) + y / h * float(rng.uniform(-1, 1))
    share = ((along - along.min()) / max(float(np.ptp(along)), 1e-6))[:, :, None]
    sheet = np.array(_tone(rng)) * share + np.array(_tone(rng)) * (1 - share)
    coarse = rng.standard_normal((int(rng.integers(4, 12)), int(rng.integers(4, 12))), np.float32)
    sheet += cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC)[:, :, None] * rough
    sheet += rng.normal(0, 5, (h, w, 1))
    return np.asarray(sheet.clip(0, 255), np.uint8)


def _lit(picture: Picture, rng: Chance) -> Picture:
    """Return a picture with light from one corner and a sensor's grain."""
    h, w = picture.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    far = np.hypot(x / w - float(rng.random()), y / h - float(rng.random()))[:, :, None]
    lit = picture * (1.15 - 0.45 * far) + rng.normal(0, 3, (h, w, 1))
    return np.asarray(lit.clip(0, 255), np.uint8)


def _landscape(rng: Chance) -> Picture:
    """Ridges, lakes and trees, with a signpost or a hut of their own."""
    picture = landscape(int(rng.integers(1 << 31)), SIZE)
    for _ in range(int(rng.integers(2, 7))):
        x, y = int(rng.integers(40, 640)), int(rng.integers(240, 480))
        w, h = rng.integers(30, 130, 2).tolist()
        cv2.rectangle(picture, (x, y), (x + w, y + h), _tone(rng), -1)
        cv2.rectangle(picture, (x, y), (x + w, y + h), _tone(rng), 3)
        roof = np.array([(x - 8, y), (x + w // 2, y - int(rng.integers(20, 70))), (x + w + 8, y)], np.int32)
        cv2.fillPoly(picture, [roof], _tone(rng), cv2.LINE_AA)
    return picture


def _front(rng: Chance) -> Picture:
    """A house front: rows of windows of one shape, seen a little from the side."""
    picture = _ground(rng)
    rows, columns = int(rng.integers(3, 7)), int(rng.integers(3, 9))
    frame, glass = _tone(rng), _tone(rng)
    for row in range(rows):
        for column in range(columns):
            x, y = 30 + column * 680 // columns, 25 + row * 500 // rows
            w, h = 680 // columns * 6 // 10, 500 // rows * 7 // 10
            tone = tuple(int(v * rng.uniform(0.5, 1.3)) % 256 for v in glass)
            cv2.rectangle(picture, (x, y), (x + w, y + h), tone, -1)
            cv2.rectangle(picture, (x, y), (x + w, y + h), frame, int(rng.integers(2, 6)))
            if rng.random() < 0.4:  # curtains, a flower box, a lamp
                part = int(w * rng.uniform(0.2, 0.8)), int(h * rng.uniform(0.2, 0.8))
                cv2.rectangle(picture, (x + 4, y + 4), (x + part[0], y + part[1]), _tone(rng), -1)
            if rng.random() < 0.3:
                cv2.circle(picture, (x + w // 2, y + h), max(4, w // 6), _tone(rng), -1, cv2.LINE_AA)
    return _tilted(picture, rng)


def _tilted(picture: Picture, rng: Chance) -> Picture:
    h, w = picture.shape[:2]
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    moved = corners + rng.uniform(-60, 60, (4, 2)).astype(np.float32)
    turn = cv2.getPerspectiveTransform(corners, moved)
    return np.asarray(cv2.warpPerspective(picture, turn, (w, h), borderMode=cv2.BORDER_REFLECT), np.uint8)


def _table(rng: Chance) -> Picture:
    """Plates, cups and cutlery on a cloth."""
    picture = _ground(rng)
    step = int(rng.integers(24, 90))
    for at in range(0, 1300, step):
        cv2.line(picture, (at, 0), (at - int(rng.integers(0, 400)), 540), _tone(rng), int(rng.integers(1, 5)))
    for _ in range(int(rng.integers(5, 13))):
        centre = int(rng.integers(40, 680)), int(rng.integers(40, 500))
        wide = int(rng.integers(22, 110))
        axes, turn = (wide, int(wide * rng.uniform(0.6, 1))), int(rng.integers(180))
        cv2.ellipse(picture, centre, axes, turn, 0, 360, _tone(rng), -1, cv2.LINE_AA)
        cv2.ellipse(
            picture, centre, tuple(a * 2 // 3 for a in axes), turn, 0, 360, _tone(rng), 4, cv2.LINE_AA
        )
        long, lean = int(rng.integers(40, 160)), float(rng.uniform(0, np.pi))
        end = int(centre[0] + long * np.cos(lean)), int(centre[1] + long * np.sin(lean))
        cv2.line(
            picture, (centre[0] + wide, centre[1]), end, _tone(rng), int(rng.integers(3, 11)), cv2.LINE_AA
        )
    return picture


def _poster(rng: Chance) -> Picture:
    """Words and fields of colour, as printed."""
    picture = _ground(rng, 5)
    for _ in range(int(rng.integers(4, 10))):
        x, y = int(rng.integers(0, 620)), int(rng.integers(0, 460))
        w, h = rng.integers(50, 260, 2).tolist()
        cv2.rectangle(picture, (x, y), (x + w, y + h), _tone(rng), -1)
    for _ in range(int(rng.integers(5, 12))):
        word = str(rng.choice(WORDS)) + str(int(rng.integers(10, 99)))
        at = int(rng.integers(0, 520)), int(rng.integers(30, 530))
        face, size = int(rng.integers(0, 5)), float(rng.uniform(0.6, 2.6))
        cv2.putText(picture, word, at, face, size, _tone(rng), int(rng.integers(1, 6)), cv2.LINE_AA)
    return picture


def _stones(rng: Chance) -> Picture:
    """Stones of all sizes and shapes, one over the other."""
    picture = _ground(rng)
    for _ in range(int(rng.integers(40, 120))):
        x, y, reach = int(rng.integers(720)), int(rng.integers(540)), float(rng.uniform(10, 90))
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(5, 11))))
        far = reach * rng.uniform(0.6, 1, len(angles))
        stone = np.column_stack([x + far * np.cos(angles), y + far * np.sin(angles)]).astype(np.int32)
        cv2.fillPoly(picture, [stone], _tone(rng), cv2.LINE_AA)
        cv2.polylines(picture, [stone], True, _tone(rng), 2, cv2.LINE_AA)
    return picture
