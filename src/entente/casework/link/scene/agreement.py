"""Do two pictures show one thing or place? Alike points must lie as one flat thing or one scene would.

Mutual nearest neighbours under Lowe's ratio; then a homography (a flat thing: poster, fabric, label, the wall
with its pictures) and a fundamental matrix (a place in depth) by random sampling (Barath et al., "MAGSAC++",
CVPR 2020). A fundamental matrix agrees with eight points of anything, so eight of its points do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.link.scene.points import Box, Points
from entente.vocabulary.reason import Reason

METHOD, VERSION = "link.scene", "1"
WORKING = 14  # points from which a link is proposed; no false one was seen in the measured pairs
RATIO = 0.85
BESIDE = 4.0  # pixels within which a point's own doubles lie
OFF_PLANE, OFF_LINE = 4.0, 2.0  # pixels by which a point may miss its place, and its line
FREE = 8  # points that any fundamental matrix agrees with
LEAST_PAIRS = 6
TRIES, SURE = 2000, 0.999
LARGEST_SCALE = 16.0
APART = 3.0  # pixels: points nearer than this are one


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two pictures have in common.

    ``pairs`` (n, 4): x, y in the asked and x, y in the held picture, in fractions of width and height.
    ``flat`` says whether one flat thing explains them; else it is a place in depth.
    """

    score: int
    pairs: NDArray[np.float64]
    flat: bool

    @property
    def asked(self) -> Box:
        """The box around the points in the asked picture: x, y, w, h in fractions."""
        return _box(self.pairs[:, :2])

    @property
    def held(self) -> Box:
        """The box around the points in the held picture."""
        return _box(self.pairs[:, 2:])

    @property
    def because(self) -> Reason:
        """The sentence for an officer."""
        how = "as on one flat thing" if self.flat else "as in one place seen from two sides"
        one, other = (100 * box[2] * box[3] for box in (self.asked, self.held))
        over = f"over {one:.0f} % of one and {other:.0f} % of the other"
        text = f"{len(self.pairs)} points lie in both {how}, {over}"
        return Reason(text, METHOD, VERSION, float(self.score))


def agreement(asked: Points, held: Points, pairs: NDArray[np.int64] | None = None) -> Agreement | None:
    """Return what both share, of any strength, or ``None``; ``WORKING`` says what is a link.

    ``pairs`` (n, 2) are the places of points that somebody else found to belong together.
    """
    pairs = alike(asked, held) if pairs is None else pairs
    if len(pairs) < LEAST_PAIRS:
        return None
    return arranged(asked.pixels[pairs[:, 0]], held.pixels[pairs[:, 1]], asked, held)


def alike(asked: Points, held: Points) -> NDArray[np.int64]:
    """Return (n, 2) places of points that look most alike both ways, and clearly so."""
    from entente.casework.link.scene.loops import mutual  # numba, with the first comparison only

    if len(asked) == 0 or len(held) < 2:
        return np.zeros((0, 2), np.int64)
    one, other = asked.looks.astype(np.float32), held.looks.astype(np.float32)
    found: NDArray[np.int64] = mutual(
        one @ other.T, held.pixels, (one**2).sum(axis=1), (other**2).sum(axis=1), RATIO, BESIDE
    )
    return found


def arranged(a: NDArray[np.float64], b: NDArray[np.float64], asked: Points, held: Points) -> Agreement | None:
    """Return how points ``a`` of the asked and ``b`` of the held picture agree, in pixels of both."""
    plane, depth = _flat(a, b), _deep(a, b)
    flat = len(plane) >= len(depth) - FREE
    chosen, score = (plane, len(plane)) if flat else (depth, len(depth) - FREE)
    if score <= 0:
        return None
    whole = np.hstack([a[chosen] / (asked.width, asked.height), b[chosen] / (held.width, held.height)])
    return Agreement(score, whole, flat)


def _flat(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which points one plausible homography explains."""
    try:
        matrix, inside = cv2.findHomography(a, b, cv2.USAC_MAGSAC, OFF_PLANE, None, TRIES, SURE)
    except cv2.error:  # of some points no model is left to it, and it raises where it should find none
        return np.zeros(0, np.int64)
    if matrix is None or not np.isfinite(matrix).all():
        return np.zeros(0, np.int64)
    chosen = np.flatnonzero(np.asarray(inside).ravel())
    return _distinct(a, b, chosen) if len(chosen) and _plausible(matrix, a[chosen]) else chosen[:0]


def _deep(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return which points one fundamental matrix explains."""
    if len(a) <= FREE:
        return np.zeros(0, np.int64)
    try:
        matrix, inside = cv2.findFundamentalMat(a, b, cv2.USAC_MAGSAC, OFF_LINE, SURE, TRIES)
    except cv2.error:  # as above
        return np.zeros(0, np.int64)
    if matrix is None or matrix.shape != (3, 3):
        return np.zeros(0, np.int64)
    return _distinct(a, b, np.flatnonzero(np.asarray(inside).ravel()))


def _plausible(matrix: NDArray[Any], at: NDArray[np.float64]) -> bool:
    """Whether a homography shows the points' part from its front, not mirrored, folded or shrunk to a dot."""
    ones = np.hstack([at, np.ones((len(at), 1))])
    depth = ones @ matrix[2]
    if not ((depth > 0).all() or (depth < 0).all()):
        return False
    x, y = at.mean(axis=0)
    z = float(matrix[2] @ (x, y, 1.0))
    u, v = (matrix[:2] @ (x, y, 1.0)) / z
    around = np.array([[matrix[r, c] - p * matrix[2, c] for c in (0, 1)] for r, p in ((0, u), (1, v))]) / z
    area = float(np.linalg.det(around))
    return 1 / LARGEST_SCALE**2 <= area <= LARGEST_SCALE**2


def _distinct(a: NDArray[np.float64], b: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the chosen points of which no two lie at one place in either picture."""
    for at in (a, b):
        first = np.unique(np.floor(at[chosen] / APART), axis=0, return_index=True)[1]
        chosen = chosen[np.sort(first)]
    return chosen


def _box(at: NDArray[np.float64]) -> Box:
    low, high = at.min(axis=0), at.max(axis=0)
    x, y, w, h = (round(float(v), 4) for v in (*low, *(high - low)))
    return x, y, w, h
