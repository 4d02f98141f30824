"""Corners of a picture at several scales, spread over it, each with 256 bits on its surroundings.

Oriented FAST corners with rotated BRIEF tests (Rublee, Rabaud, Konolige, Bradski, "ORB: an efficient
alternative to SIFT or SURF", ICCV 2011). Measured on drawn scenes against RootSIFT in 256 bits: as many true
matches as are needed at 20 % to 50 % crop, at a twentieth of the time.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_FEATURES = 24  # fewer say nothing that an arrangement could be told by
TOO_FEW = "too few features to search by scene"

HELD_SIDE, HELD_MOST = 640, 400  # longest side in pixels, corners kept of a held picture
ASKED_SIDE, ASKED_MOST = 1024, 1000  # finer: the known picture may be a small part of what is asked
CELLS = 8  # corners are taken in turn from CELLS x CELLS fields, so that a text does not take them all
DRAWN_FOR_EACH = 20  # corners drawn for each one kept
OCTAVE, LEVELS = 1.2, 8
LEAST_CONTRAST = 6  # grey levels; at 10 smooth pictures have no corners
LEAST_SIDE = 64  # pixels; below it no corner has surroundings

_MAGIC = b"scene1\0\0"
_HEAD = struct.Struct("<8sIIII")  # magic, width, height, count, CRC-32 of the rest
_EACH = 2 * 2 + 1 + 1 + 32  # bytes

Plane = NDArray[np.uint8]

cv2.setNumThreads(0)  # a limited decoder cannot start threads


class FeaturesDamaged(ValueError):
    """Bytes that are no features; compute them again from the picture."""


@dataclass(frozen=True, slots=True)
class Features:
    """The corners of a picture of ``width`` x ``height`` pixels as displayed.

    ``places`` (n, 2) uint16: x and y in 1/65535 of width and height. ``turns`` (n,) uint8: direction in 1/256
    of a turn. ``sizes`` (n,) uint8: 16 times the halvings from the longest side to the corner's diameter.
    ``words`` (n, 4) uint64: the tests' outcomes.
    """

    width: int
    height: int
    places: NDArray[np.uint16]
    turns: NDArray[np.uint8]
    sizes: NDArray[np.uint8]
    words: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.words)

    @property
    def too_few(self) -> bool:
        """Whether the picture has too few corners to be searched by scene."""
        return len(self) < LEAST_FEATURES

    @property
    def points(self) -> NDArray[np.float64]:
        """Places in pixels, (n, 2)."""
        return self.places * (np.array([self.width, self.height]) / 65535)

    def to_bytes(self) -> bytes:
        """Return the features in 24 bytes and 38 for each corner."""
        arrays = (self.places, self.turns, self.sizes, self.words)
        body = b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in arrays)
        return _HEAD.pack(_MAGIC, self.width, self.height, len(self), zlib.crc32(body)) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Features:
        """Read what ``to_bytes`` wrote; raises ``FeaturesDamaged`` for anything else."""
        if len(data) < _HEAD.size:
            raise FeaturesDamaged("these are no scene features: they end too early; compute them again")
        magic, width, height, count, check = _HEAD.unpack_from(data)
        body = data[_HEAD.size :]
        right = magic == _MAGIC and width > 0 and height > 0 and len(body) == count * _EACH
        if not right or zlib.crc32(body) != check:
            raise FeaturesDamaged("these scene features were changed or cut short; compute them again")
        cuts = np.cumsum([4 * count, count, count])
        places, turns, sizes, words = (body[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True))
        return cls(
            width,
            height,
            np.frombuffer(places, "<u2").astype(np.uint16).reshape(-1, 2),
            np.frombuffer(turns, np.uint8),
            np.frombuffer(sizes, np.uint8),
            np.frombuffer(words, "<u8").astype(np.uint64).reshape(-1, 4),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture as it is asked about: finer features of it, and of it mirrored left to right."""

    plain: Features
    mirrored: Features


def features(luma: Plane) -> Features:
    """Return the features under which a picture is held. ``luma`` is (rows, columns) uint8 as displayed."""
    return _features(luma, HELD_SIDE, HELD_MOST)


def asked(luma: Plane) -> Asked:
    """Return the features with which a picture is asked about. Turned ones are found without more."""
    plain = sized(luma, ASKED_SIDE)
    pair = (_found(p, luma.shape, ASKED_MOST) for p in (plain, np.ascontiguousarray(plain[:, ::-1])))
    return Asked(*pair)


def _features(luma: Plane, side: int, most: int) -> Features:
    return _found(sized(luma, side), luma.shape, most)


def sized(luma: Plane, most: int) -> Plane:
    """Return the plane with its longest side at ``most`` at most; enlarging brought nothing (measured)."""
    if luma.ndim != 2 or luma.dtype != np.uint8:
        raise ValueError("a luma plane is rows by columns of uint8; convert the picture to grey first")
    if max(luma.shape) <= most:
        return np.ascontiguousarray(luma)
    rows, columns = (max(1, round(n * most / max(luma.shape))) for n in luma.shape)
    return np.asarray(cv2.resize(luma, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _found(plane: Plane, shape: tuple[int, ...], most: int) -> Features:
    """Return the features of a plane that stands for a picture of ``shape``."""
    rows, columns = plane.shape
    height, width = shape
    kept: Sequence[cv2.KeyPoint] = ()
    words = None
    if min(rows, columns) >= LEAST_SIDE:
        orb = cv2.ORB.create(DRAWN_FOR_EACH * most, OCTAVE, LEVELS, fastThreshold=LEAST_CONTRAST)
        drawn = orb.detect(plane, None)
        if drawn:
            kept, words = orb.compute(plane, [drawn[i] for i in _spread(drawn, rows, columns, most)])
    if words is None or not len(kept):
        none = np.zeros(0, np.uint8)
        return Features(width, height, np.zeros((0, 2), np.uint16), none, none, np.zeros((0, 4), np.uint64))
    at = np.array([k.pt for k in kept]) / (columns, rows)
    halvings = np.log2(max(rows, columns) / np.array([k.size for k in kept]))
    return Features(
        width,
        height,
        np.round(np.clip(at, 0, 1) * 65535).astype(np.uint16),
        np.round(np.array([k.angle for k in kept]) * (256 / 360)).astype(np.int64).astype(np.uint8),
        np.clip(np.round(16 * halvings), 0, 255).astype(np.uint8),
        np.ascontiguousarray(words).view("<u8").astype(np.uint64).reshape(-1, 4),
    )


def _spread(drawn: Sequence[cv2.KeyPoint], rows: int, columns: int, most: int) -> NDArray[np.int64]:
    """Return the places of the corners to keep: the strongest of each field in turn."""
    at = np.array([k.pt for k in drawn])
    strength = np.array([k.response for k in drawn])
    field = (at[:, 1] * CELLS // rows).astype(np.int64) * CELLS + (at[:, 0] * CELLS // columns).astype(
        np.int64
    )
    order = np.lexsort((np.arange(len(at)), -strength, field))
    first = np.searchsorted(field[order], np.arange(CELLS * CELLS + 1))
    rank = np.empty(len(at), np.int64)
    rank[order] = np.arange(len(at)) - first[field[order]]
    return np.lexsort((-strength, rank))[:most]
