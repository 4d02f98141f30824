"""A poster in two drawn rooms, for the tests of the scene links: seeded, benign, milliseconds each."""

from __future__ import annotations

import cv2
import numpy as np
from demo.postcards import postcard
from numpy.typing import NDArray

from tests.casework.match.scene.drawn import scene, written

Plane = NDArray[np.uint8]
Box = tuple[float, float, float, float]


def poster(number: int) -> Plane:
    return np.asarray(cv2.cvtColor(postcard(number), cv2.COLOR_RGB2GRAY), np.uint8)


def hung(thing: Plane, ground: Plane, corners: list[tuple[int, int]]) -> Plane:
    """Return the ground with the thing between four corners of it: top left, and on clockwise."""
    rows, columns = thing.shape
    whole = np.float32([(0, 0), (columns, 0), (columns, rows), (0, rows)])
    onto = cv2.getPerspectiveTransform(whole, np.float32(corners))
    size = (ground.shape[1], ground.shape[0])
    soft = cv2.GaussianBlur(thing, (0, 0), 1.0)
    mask = cv2.warpPerspective(np.full_like(thing, 255), onto, size) / 255.0
    out = ground * (1 - mask) + cv2.warpPerspective(soft, onto, size) * mask
    return written(out.astype(np.uint8), 80)


STRAIGHT = [(60, 40), (380, 40), (380, 280), (60, 280)]
ASIDE = [(250, 150), (480, 190), (470, 400), (260, 420)]
BOX: Box = (60 / 640, 40 / 480, 320 / 640, 240 / 480)


def room(number: int, thing: int | None = None, corners: list[tuple[int, int]] = STRAIGHT) -> Plane:
    """Return a drawn room, with the poster of a number in it."""
    ground = scene(number)
    return ground if thing is None else hung(poster(thing), ground, corners)
