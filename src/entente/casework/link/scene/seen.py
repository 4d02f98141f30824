"""An item's points from what a decoder shows of it. Runs inside a limited decoder; asked for by name."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.link.scene.points import MOST, Points, PointsDamaged, points, points_in
from entente.casework.match.scene.seen import Seen

TO_LINK = "entente.casework.link.scene.seen:to_link"
TO_FIND = "entente.casework.link.scene.seen:to_find"
MOST_SHOTS = 16  # of one answer
LONGEST = 1 << 19  # characters of one shot's points
WHOLE = (0.0, 0.0, 1.0, 1.0)


def to_link(seen: Seen) -> list[list[Any]]:
    """Return the points of a picture, or of the frames that are seen of a video: seconds, and base64."""
    return [[t, text_of(points(_luma(rgb)))] for t, rgb in seen.frames]


def to_find(seen: Seen) -> list[list[Any]]:
    """Return the points of a picture that was cut out of another to be found, enlarged where it is small."""
    return [[0.0, text_of(points_in(_luma(seen.frames[0][1]), WHOLE))]]


def points_of(answer: dict[str, Any]) -> list[tuple[float, Points]]:
    """Return the points in a decoder's answer, nothing where it gave none. It is not trusted."""
    told = answer.get("value")
    if not isinstance(told, list) or len(told) > MOST_SHOTS:
        return []
    try:
        found = [
            (float(t), Points.from_bytes(base64.b64decode(text[:LONGEST], validate=True))) for t, text in told
        ]
    except (PointsDamaged, TypeError, ValueError):
        return []
    good = all(np.isfinite(t) and 0 <= t < 1e7 and len(each) <= MOST for t, each in found)
    return found if good else []


def text_of(found: Points) -> str:
    """Return points in letters, as a decoder answers."""
    return base64.b64encode(found.to_bytes()).decode()


def _luma(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _warm() -> None:
    """Find points once, before the decoder is limited: OpenCV looks at the machine when first used."""
    rows, columns = np.indices((96, 128))
    squares = ((rows // 17 * 7 + columns // 13 * 5) % 11 * 23).astype(np.uint8)
    to_link(_Squares(np.dstack([squares] * 3)))
    points_in(squares, WHOLE)


class _Squares:
    """What is seen when nothing is there yet."""

    kind = "picture"

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self.frames = [(0.0, rgb)]


_warm()
