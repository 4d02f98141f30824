"""Is the thing of this crop in that photograph? Local features, mutual matches, one plane between them.

SIFT points (Lowe 2004) with square-rooted descriptors (Arandjelović and Zisserman 2012), matched both ways
under the ratio test, and kept only where one homography from RANSAC (Fischler and Bolles 1981) maps the crop
onto a believable quadrilateral. It proposes; it recognises things and walls, and never a person.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

METHOD, VERSION = "seize.sight", "1"
DOTTED = "entente.casework.seize.sight:features_of"
SIDE = 1600  # longest side at which points are sought
SMALL = 480  # a crop is enlarged to this side first: a thing far away has few pixels
MOST_POINTS = 2500
RATIO = 0.8  # of the nearest to the second nearest descriptor
OFF = 5.0  # pixels that a point may lie off the plane
LEAST_AGREE = 11  # points on one plane; see tests/casework/seize/test_sight.py for the false matches below it
LEAST_SHARE = 0.35  # of the mutual matches, so that a carpet of chance matches agrees on nothing
SIZES = (0.05, 20.0)  # how much smaller or larger the thing may be in the photograph, by length


@dataclass(frozen=True, slots=True)
class Features:
    """Points of one picture: ``xy`` (n, 2) float32 in pixels, ``descriptors`` (n, 128) float32, length 1."""

    width: int
    height: int
    xy: NDArray[np.float32]
    descriptors: NDArray[np.float32]
    t: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return an object for ``json.dumps``; descriptors are kept to a byte each, 0-255."""
        coarse = np.clip(np.rint(self.descriptors * 512), 0, 255).astype(np.uint8)
        return {
            "t": self.t,
            "size": [self.width, self.height],
            "xy": base64.b64encode(self.xy.astype("<f4").tobytes()).decode(),
            "descriptors": base64.b64encode(coarse.tobytes()).decode(),
        }


def features_from_json(data: dict[str, Any]) -> Features:
    """Read what ``as_json`` wrote; raise ``ValueError`` for lengths that do not belong together."""
    xy = np.frombuffer(base64.b64decode(data["xy"]), "<f4").reshape(-1, 2)
    coarse = np.frombuffer(base64.b64decode(data["descriptors"]), np.uint8).reshape(-1, 128)
    if len(xy) != len(coarse):
        raise ValueError("each point has one descriptor")
    width, height = (int(v) for v in data["size"])
    fine = coarse.astype(np.float32)
    fine /= np.maximum(np.linalg.norm(fine, axis=1, keepdims=True), 1e-6)
    return Features(width, height, xy.astype(np.float32), fine, float(data["t"]))


@dataclass(frozen=True, slots=True)
class Sighting:
    """A crop met in a photograph: how many points agree on one plane, of how many matched."""

    agree: int
    matched: int
    corners: tuple[tuple[float, float], ...]  # of the crop in the photograph, as fractions
    t: float = 0.0

    @property
    def because(self) -> str:
        """The reason in words."""
        return (
            f"{self.agree} of {self.matched} matched details of the crop lie on one plane in this picture; "
            "a likeness, to be checked by eye"
        )


def features(rgb: NDArray[np.uint8], t: float = 0.0) -> Features:
    """Return the points of a picture (rows, columns, 3) uint8; small ones enlarged, large ones reduced."""
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    longest = max(grey.shape)
    scale = min(1.0, SIDE / longest) if longest > SMALL else SMALL / longest
    if scale != 1:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
    points, raw = cv2.SIFT_create(nfeatures=MOST_POINTS, contrastThreshold=0.03).detectAndCompute(grey, None)  # type: ignore[attr-defined]
    rows, columns = grey.shape[:2]
    if raw is None or not len(points):
        return Features(columns, rows, np.empty((0, 2), np.float32), np.empty((0, 128), np.float32), t)
    root = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6))
    xy = np.array([p.pt for p in points], np.float32)
    return Features(columns, rows, xy, root.astype(np.float32), t)


def features_of(decoded: Any) -> list[dict[str, Any]]:
    """Return the points of each picture that a limited decoder opened; named in ``evidence.open.read``."""
    cv2.setNumThreads(0)  # a limited process cannot start threads
    return [features(rgb, t).as_json() for t, rgb in decoded.frames]


def sighting(crop: Features, photo: Features) -> Sighting | None:
    """Return where the thing of ``crop`` is in ``photo``, or ``None``; the same input, the same answer."""
    pairs = _mutual(crop.descriptors, photo.descriptors)
    if len(pairs) < LEAST_AGREE:
        return None
    here, there = crop.xy[pairs[:, 0]], photo.xy[pairs[:, 1]]
    plane, mask = cv2.findHomography(here, there, cv2.RANSAC, OFF, maxIters=4000, confidence=0.999)
    if plane is None:
        return None  # type: ignore[unreachable]  # the stubs say that there always is one
    inside = mask.ravel().astype(bool)
    agree = _distinct(here[inside], there[inside])
    if agree < LEAST_AGREE or inside.mean() < LEAST_SHARE or not _spread(here[inside], crop):
        return None
    corners = _corners(np.asarray(plane, np.float64), crop)
    if corners is None:
        return None
    size = np.array([photo.width, photo.height], np.float32)
    told = tuple((float(x), float(y)) for x, y in corners / size)
    return Sighting(agree, len(pairs), told, photo.t)


def best_sighting(crop: Features, photos: list[Features]) -> Sighting | None:
    """Return the sighting with the most agreeing points among the frames of one file."""
    found = [s for s in (sighting(crop, p) for p in photos) if s]
    return max(found, key=lambda s: (s.agree, -s.t)) if found else None


def _mutual(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return (k, 2) places of descriptors that are each other's nearest and pass the ratio test."""
    if len(a) < 2 or len(b) < 2:
        return np.empty((0, 2), np.intp)
    like = a @ b.T  # unit length: the larger, the nearer
    each, nearest, back = np.arange(len(a)), like.argmax(axis=1), like.argmax(axis=0)
    first = like[each, nearest]
    like[each, nearest] = -np.inf  # what is left is the second: a maximum is found sooner than an order
    near, second = (np.sqrt(np.maximum(2 - 2 * found, 0)) for found in (first, like.max(axis=1)))
    keep = (near < RATIO * second) & (back[nearest] == each)
    return np.column_stack([np.flatnonzero(keep), nearest[keep]])


def _distinct(here: NDArray[np.float32], there: NDArray[np.float32]) -> int:
    """Count agreeing places, not points: SIFT gives one place several points of other size and direction."""
    return min(len(np.unique(np.rint(xy / 2), axis=0)) for xy in (here, there))


def _spread(here: NDArray[np.float32], crop: Features) -> bool:
    """Whether the agreeing points stand apart in the crop: a knot of them fixes no plane."""
    width, height = np.ptp(here, axis=0) if len(here) else (0, 0)
    return bool(width > 0.2 * crop.width and height > 0.2 * crop.height)


def _corners(plane: NDArray[np.float64], crop: Features) -> NDArray[np.float32] | None:
    """Return the crop's corners in the photograph, or ``None`` where no flat thing would look so."""
    w, h = crop.width, crop.height
    square = np.array([[[0, 0]], [[w, 0]], [[w, h]], [[0, h]]], np.float32)
    at = cv2.perspectiveTransform(square, plane).reshape(-1, 2)
    if not np.isfinite(at).all() or not cv2.isContourConvex(at.astype(np.float32)):
        return None
    sides = np.linalg.norm(at - np.roll(at, 1, axis=0), axis=1)
    area = float(cv2.contourArea(at.astype(np.float32), oriented=True))
    scale = np.sqrt(abs(area) / (w * h))
    # A photograph is no mirror: the corners keep their turn. Opposite sides stay comparable.
    uneven = max(sides[0] / sides[2], sides[2] / sides[0], sides[1] / sides[3], sides[3] / sides[1])
    if area <= 0 or not SIZES[0] < scale < SIZES[1] or uneven > 2.5:
        return None
    return at.astype(np.float32)
