"""Points of a picture that are found again from another place, each with how its surroundings look.

SIFT (Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004) with the root of its
histograms (Arandjelović and Zisserman, "Three things everyone should know", CVPR 2012). ``match.scene`` has
cheaper corners: they find a copy's part; a thing that was seen from elsewhere needs these.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from entente.casework.match.scene.corners import LEAST_SIDE, Plane, sized

SIDE, MOST = 1024, 1200  # longest side in pixels on which points are looked for, points kept: the strongest
CONTRAST = 0.01  # a quarter of what is usual: in a dark or blurred picture little is left of a thing
LENGTH = 512  # of a description, which so fits 128 bytes
BOX_SIDE, MOST_ENLARGED = 768, 4.0  # longest side to which a box is enlarged, and how far at most
AROUND = 0.1  # of a box's width and height: what is looked at around it
LEAST_BOX = 12  # pixels; smaller boxes show nothing to find

_HEAD = struct.Struct("<IIII")  # width, height, count, CRC-32 of the rest
_EACH = 2 * 2 + 128  # bytes

Box = tuple[float, float, float, float]  # x, y, w, h in fractions of the picture


class PointsDamaged(ValueError):
    """Bytes that are no points; find them again in the picture."""


class BoxTooSmall(ValueError):
    """A box in which nothing can be found; draw a larger one."""


@dataclass(frozen=True, slots=True)
class Points:
    """The points of a picture, as on a plane of ``width`` x ``height`` pixels, on which they were found.

    ``places`` (n, 2) uint16: x and y in 1/65535 of width and height. ``looks`` (n, 128) uint8: descriptions
    of one length.
    """

    width: int
    height: int
    places: NDArray[np.uint16]
    looks: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.looks)

    @property
    def pixels(self) -> NDArray[np.float64]:
        """Places in pixels, (n, 2)."""
        return self.places * (np.array([self.width, self.height]) / 65535)

    def to_bytes(self) -> bytes:
        """Return the points in 16 bytes and 132 for each."""
        body = self.places.astype("<u2").tobytes() + self.looks.tobytes()
        return _HEAD.pack(self.width, self.height, len(self), zlib.crc32(body)) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Points:
        """Read what ``to_bytes`` wrote; raises ``PointsDamaged`` for anything else."""
        if len(data) < _HEAD.size:
            raise PointsDamaged("these are no points: they end too early; find them again")
        width, height, count, check = _HEAD.unpack_from(data)
        body = data[_HEAD.size :]
        right = 0 < width <= 1 << 16 and 0 < height <= 1 << 16 and len(body) == count * _EACH
        if not right or zlib.crc32(body) != check:
            raise PointsDamaged("these points were changed or cut short; find them again")
        places = np.frombuffer(body, "<u2", 2 * count).astype(np.uint16).reshape(-1, 2)
        return cls(width, height, places, np.frombuffer(body, np.uint8, offset=4 * count).reshape(-1, 128))


def points(luma: Plane) -> Points:
    """Return the points of a picture. ``luma`` is (rows, columns) uint8 as displayed."""
    plane = sized(luma, SIDE)
    at, looks = _found(plane)
    return placed(at, looks, plane.shape[1], plane.shape[0])


def points_in(luma: Plane, box: Box) -> Points:
    """Return the points of what a box shows, small things enlarged, placed in the whole picture.

    Raises ``BoxTooSmall``.
    """
    rows, columns = luma.shape
    x, y, w, h = box
    left, right = (int(np.clip(v, 0, 1) * columns) for v in (x - AROUND * w, x + w + AROUND * w))
    top, bottom = (int(np.clip(v, 0, 1) * rows) for v in (y - AROUND * h, y + h + AROUND * h))
    part = luma[top:bottom, left:right]
    if min(part.shape) < LEAST_BOX:
        raise BoxTooSmall(f"the box shows fewer than {LEAST_BOX} pixels each way; draw a larger one")
    grown = min(MOST_ENLARGED, BOX_SIDE / max(part.shape))
    if grown > 1:
        part = np.asarray(cv2.resize(part, None, fx=grown, fy=grown, interpolation=cv2.INTER_CUBIC), np.uint8)
    elif max(part.shape) > SIDE:
        grown = SIDE / max(part.shape)
        part = sized(part, SIDE)
    else:
        grown = 1.0
    at, looks = _found(np.ascontiguousarray(part))
    width, height = (min(1 << 16, max(1, round(n * grown))) for n in (columns, rows))
    return placed(at + np.array([left, top]) * grown, looks, width, height)


def _found(plane: Plane) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Return places in pixels and descriptions of the strongest points of a plane."""
    none = np.zeros((0, 2)), np.zeros((0, 128), np.uint8)
    if min(plane.shape) < LEAST_SIDE:
        return none
    kept, raw = cv2.SIFT.create(nfeatures=MOST, contrastThreshold=CONTRAST).detectAndCompute(plane, None)
    if raw is None or not len(kept):
        return none
    share = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6))
    looks = np.clip(np.round(share * LENGTH), 0, 255).astype(np.uint8)
    return np.array([k.pt for k in kept])[:MOST], looks[:MOST]  # ties at the limit come on top of it


def placed(at: NDArray[np.float64], looks: NDArray[np.uint8], width: int, height: int) -> Points:
    """Return points by places in pixels of a plane."""
    places = np.round(np.clip(at / (width, height), 0, 1) * 65535).astype(np.uint16)
    return Points(width, height, places.reshape(-1, 2), looks)
