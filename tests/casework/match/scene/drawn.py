"""Scenes drawn by number for the tests of the scene search: seeded, benign, each unlike the others."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def scene(number: int, rows: int = 480, columns: int = 640) -> Plane:
    """Draw a wall of grain with things on it: a luma plane."""
    rng = np.random.default_rng([9, number])
    grain = rng.standard_normal((rows, columns))
    for sigma in (1, 3, 9):
        grain += 3 * sigma * cv2.GaussianBlur(rng.standard_normal((rows, columns)), (0, 0), sigma)
    plane = np.clip(rng.uniform(80, 170) + 18 * grain / grain.std(), 0, 255).astype(np.uint8)
    for _ in range(14):
        at = rng.integers(0, (columns, rows))
        corners = at + rng.integers(-70, 70, (int(rng.integers(3, 8)), 2))
        cv2.fillPoly(plane, [corners.astype(np.int32)], int(rng.integers(0, 256)))
    return plane


def written(plane: Plane, quality: int = 75) -> Plane:
    """Return the plane as it comes out of a JPEG."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", plane, [1, quality])[1], 0), np.uint8)


def pasted(plane: Plane, scale: float) -> Plane:
    """Return the picture in a drawn application: a title, lines of text, a row of buttons."""
    small = cv2.resize(plane, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, columns = small.shape
    screen = np.full((rows * 2 + 160, columns + 60), 245, np.uint8)
    cv2.putText(screen, "14:07  messages", (12, 30), 0, 0.7, 20, 2, cv2.LINE_AA)
    for y in range(rows + 110, screen.shape[0] - 40, 26):
        cv2.putText(screen, "seven lamps stand near the market", (12, y), 0, 0.5, 20, 1, cv2.LINE_AA)
    for x in range(30, columns, 60):
        cv2.circle(screen, (x, screen.shape[0] - 18), 10, 20, 2, cv2.LINE_AA)
    screen[60 : 60 + rows, 30 : 30 + columns] = small
    return screen
