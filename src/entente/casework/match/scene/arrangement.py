"""Do two pictures show the same part? Their corners must lie in one arrangement, all over the common part.

One affine map with a limited change of proportions, found by random sampling (Fischler and Bolles, "Random
sample consensus", CACM 1981); then what the map says both show is looked at field by field: a caption, a
frame or an application's buttons that two pictures share fill few of those fields.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.match.scene.corners import Features

NEAR_BITS = 64  # of 256: corners further apart do not look alike
RATIO = 0.85  # of the distance to the nearest corner elsewhere
BESIDE = 0.04  # of the longest side: a corner's own neighbours at other scales are not elsewhere
OFF = 0.008  # of the longest side of the held picture by which a corner may miss its place
LEAST_POINTS = 12
LEAST_FILLED = 0.3  # of the fields that both pictures show
LEAST_FIELDS = 5  # of them with points in
LEAST_PART = 0.04  # of the held picture around the points, and
LEAST_ASKED_PART = 0.01  # of the asked one: a word or a logo in both is no common scene
# Things of one make, seen from one place, share outlines and not what is on them: of what both must show,
# half of the fields agree in a copy, or at least a quarter of the corners, or nearly that of both.
SURE_FILLED, SURE_AGREEING, SURE_TOGETHER = 0.5, 0.25, 0.66
FIELDS = 8  # each way
FINER = 2  # sixteenths of a halving that a corner may be smaller than the smallest asked one
LARGEST_SCALE, MOST_STRETCH = 12.0, 1.6

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What two pictures have in common.

    ``pairs`` (n, 4): x, y in the asked and x, y in the held picture, in fractions of width and height;
    ``affine`` (3, 3) takes pixels of the asked picture to pixels of the held one; ``filled`` is the share of
    the common part's fields that hold points, ``agreeing`` that of its held corners that are points.
    """

    pairs: NDArray[np.float64]
    affine: NDArray[np.float64]
    filled: float
    fields: int
    agreeing: float

    def part(self, column: int) -> float:
        """Return the share of the asked (0) or the held (2) picture that the box around the points takes."""
        return float(np.prod(np.ptp(self.pairs[:, column : column + 2], axis=0)))


def arranged(asked: Features, held: Features) -> Arrangement | None:
    """Return the arrangement that the corners of both pictures share, or ``None`` where none is believed."""
    found = measured(asked, held)
    if found is None or len(found.pairs) < LEAST_POINTS:
        return None
    wide = found.part(2) >= LEAST_PART and found.part(0) >= LEAST_ASKED_PART
    enough = found.filled >= LEAST_FILLED and found.fields >= LEAST_FIELDS
    return found if wide and enough and _sure(found) else None


def _sure(found: Arrangement) -> bool:
    """Whether what both show agrees as a copy's does, and not only as furniture of one make."""
    alone = found.filled >= SURE_FILLED or found.agreeing >= SURE_AGREEING
    return alone or found.filled + found.agreeing >= SURE_TOGETHER


def measured(asked: Features, held: Features) -> Arrangement | None:
    """Return the best arrangement of any strength; ``None`` where no map is plausible."""
    from entente.casework.match.scene.loops import nearest  # numba, with the first comparison only

    at_asked, at_held = asked.points, held.points
    longest = max(held.width, held.height)
    pairs = nearest(asked.words, held.words, at_held, NEAR_BITS, RATIO, BESIDE * longest)
    pairs = pairs[_alike(asked, held, pairs)]
    if len(pairs) < LEAST_POINTS // 2:
        return None
    a, b = at_asked[pairs[:, 0]], at_held[pairs[:, 1]]
    affine, inside = cv2.estimateAffine2D(
        a, b, method=cv2.RANSAC, ransacReprojThreshold=OFF * longest, maxIters=2000, confidence=0.999
    )
    if affine is None or not _plausible(affine, asked, held):
        return None
    chosen = inside.ravel().astype(bool)
    whole = np.vstack([affine, [0.0, 0.0, 1.0]])
    filled, fields, expected = _filled(whole, asked, held, b[chosen])
    places = np.hstack([a[chosen] / (asked.width, asked.height), b[chosen] / (held.width, held.height)])
    return Arrangement(places, whole, filled, fields, len(places) / max(1, expected))


def difference(
    asked: Features, held: Features, pairs: NDArray[np.integer]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return how each pair's corners are turned (0-15) and scaled (0-31) against each other."""
    turns = asked.turns[pairs[:, 0]] - held.turns[pairs[:, 1]]
    sizes = asked.sizes[pairs[:, 0]].astype(np.int64) - held.sizes[pairs[:, 1]]
    return turns >> 4, np.clip(sizes // 6 + 16, 0, 31).astype(np.uint8)


def _alike(asked: Features, held: Features, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs are turned and scaled as the most are, neighbours included."""
    turns, sizes = difference(asked, held, pairs)
    table = np.zeros((16, 34), np.int64)
    np.add.at(table, (turns, sizes + 1), 1)
    wide = table + np.roll(table, 1, 0) + np.roll(table, -1, 0)
    wide = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    turn, size = np.unravel_index(wide.argmax(), wide.shape)
    off = (turns.astype(np.int64) - int(turn) + 8) % 16 - 8
    return (np.abs(off) <= 1) & (np.abs(sizes.astype(np.int64) - int(size)) <= 1)


def _plausible(affine: NDArray[np.float64], asked: Features, held: Features) -> bool:
    """Whether the map is a copy's: no mirroring (asked apart), no great change of proportions or size."""
    linear = affine[:, :2] * (max(asked.width, asked.height) / max(held.width, held.height))
    if not np.isfinite(affine).all() or np.linalg.det(linear) <= 0:
        return False
    large, small = np.linalg.svd(linear, compute_uv=False)
    return bool(large <= MOST_STRETCH * small and large <= LARGEST_SCALE and small >= 1 / LARGEST_SCALE)


def _filled(
    whole: NDArray[np.float64], asked: Features, held: Features, points: NDArray[np.float64]
) -> tuple[float, int, int]:
    """Return the share and number of the fields of the common part that hold points, and its held corners.

    Counted are the fields of the held picture in which it has corners that the asked one must show as well:
    those that fall inside it, at a size that it resolves.
    """
    at = held.points
    back = np.linalg.inv(whole)
    seen = at @ back[:2, :2].T + back[:2, 2]
    shrunk = max(asked.width, asked.height) / (
        max(held.width, held.height) * np.sqrt(np.linalg.det(back[:2, :2]))
    )
    resolved = held.sizes + 16 * np.log2(shrunk) <= asked.sizes.max() + FINER
    common = resolved & ((seen >= 0) & (seen <= (asked.width, asked.height))).all(axis=1)
    if not common.any():
        return 0.0, 0, 0
    low, high = at[common].min(axis=0), at[common].max(axis=0)
    step = np.maximum((high - low) / FIELDS, 1e-6)

    def fields(places: NDArray[np.float64]) -> NDArray[np.bool_]:
        of = np.clip((places - low) // step, 0, FIELDS - 1).astype(np.int64)
        table = np.zeros((FIELDS, FIELDS), np.bool_)
        table[of[:, 1], of[:, 0]] = True
        return table

    told, expected = fields(points), fields(at[common])
    return float((told & expected).sum() / expected.sum()), int(told.sum()), int(common.sum())
