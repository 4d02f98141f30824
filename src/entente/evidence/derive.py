"""Derived copies for looking at less: small and grey, line drawing, clear, crop. Never the original's bytes.

Runs inside a limited decoder only.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from entente.evidence.pictures import Refused
from entente.vocabulary.media import RefusalCode

SIDES = {"grey": 160, "edges": 640, "clear": 1600, "crop": 1600}  # longest side, in pixels
VIEWS = tuple(SIDES)
Change = Callable[[NDArray[np.uint8], int], NDArray[np.uint8]]  # of (rows, columns, 3), with the longest side

cv2.setNumThreads(0)  # a limited process cannot start threads


def derived(
    rgb: NDArray[np.uint8],
    view: str,
    region: list[float] | None,
    side: int | None,
    change: Change | None = None,
) -> bytes:
    """Return ``view`` of a picture (rows, columns, 3): JPEG, for ``edges`` PNG; no metadata, never enlarged.

    ``region`` is x, y, w, h in fractions; ``side`` the longest side asked for, which ``grey`` limits to 160.
    A ``change`` of ``grey`` and ``edges`` gets what the view holds and no finer: nothing that is done to them
    shows more than they do. Of ``clear`` and ``crop`` it gets the whole picture.
    """
    if view not in SIDES:
        raise Refused(RefusalCode.UNSUPPORTED, f"there is no view {view!r}; the views are {', '.join(VIEWS)}")
    if region is not None:
        rgb = _cut(rgb, region)
    longest = max(1, min(side or SIDES[view], SIDES[view]) if view == "grey" else side or SIDES[view])
    if view == "grey":
        grey = _changed(np.dstack([grey_of(rgb, longest)] * 3), change, longest)[..., 0]
        return simplejpeg.encode_jpeg(np.ascontiguousarray(grey)[..., None], 80, "GRAY")
    if view == "edges":
        return _png(_drawing(_changed(_shrunk(rgb, longest), change, longest)))
    small = _shrunk(_changed(rgb, change, longest), longest)
    return simplejpeg.encode_jpeg(np.ascontiguousarray(small), 90, "RGB", "420")


def grey_of(rgb: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """Return a small, softened grey still, (rows, columns) uint8."""
    small = cv2.cvtColor(_shrunk(rgb, longest), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 1.5), np.uint8)


def _changed(rgb: NDArray[np.uint8], change: Change | None, longest: int) -> NDArray[np.uint8]:
    return rgb if change is None else _shrunk(change(rgb, longest), longest)


def _cut(rgb: NDArray[np.uint8], region: list[float]) -> NDArray[np.uint8]:
    """Return the region, at least one pixel each way."""
    x, y, w, h = region
    rows, columns = rgb.shape[:2]
    top, left = min(int(y * rows), rows - 1), min(int(x * columns), columns - 1)
    bottom, right = max(top + 1, round((y + h) * rows)), max(left + 1, round((x + w) * columns))
    return rgb[top:bottom, left:right]


def _shrunk(rgb: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    rows, columns = rgb.shape[:2]
    scale = longest / max(rows, columns)
    if scale >= 1:
        return np.ascontiguousarray(rgb)
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA), np.uint8)


def _drawing(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return dark lines on white where brightness changes; thresholds follow the picture's median."""
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), 1.2)
    middle = float(np.median(grey))
    return np.asarray(255 - cv2.Canny(grey, 0.4 * middle + 10, 0.9 * middle + 30), np.uint8)


def _png(grey: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", grey)[1])
