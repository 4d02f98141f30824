"""What is kept of an item to link it by: points of its picture or of frames of its video, and their words.

The words lie first, so that an index is filled without reading the points.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from entente.casework.link.scene.points import Points, PointsDamaged
from entente.casework.link.scene.words import Coded

MAGIC = b"points1\0"
MOST_SHOTS = 64
_HEAD = struct.Struct("<8sIII")  # magic, shots, bytes of the words, CRC-32 of the words
_SHOT = struct.Struct("<dI")  # seconds, points


class Stream(Protocol):
    """What can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame: its second (0 for a picture), its points and their words."""

    t: float
    points: Points
    coded: Coded


def packed(shots: Sequence[Shot]) -> bytes:
    """Return shots as bytes."""
    words = b"".join(
        _SHOT.pack(s.t, len(s.coded))
        + s.coded.words[:, 0].astype("<u2").tobytes()
        + s.coded.signs[:, 0].astype("<u8").tobytes()
        for s in shots
    )
    points = b"".join(struct.pack("<I", len(data)) + data for data in (s.points.to_bytes() for s in shots))
    return _HEAD.pack(MAGIC, len(shots), len(words), zlib.crc32(words)) + words + points


def words_of(stream: Stream) -> list[tuple[float, Coded]]:
    """Read the words alone; raises ``PointsDamaged``."""
    magic, count, length, check = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if magic != MAGIC or count > MOST_SHOTS:
        raise PointsDamaged("these are no points of this version; find them again")
    data = _exactly(stream, length)
    if zlib.crc32(data) != check:
        raise PointsDamaged("these words were changed; find the points again")
    found, at = [], 0
    for _ in range(count):
        t, points = _SHOT.unpack_from(data, at)
        words = np.frombuffer(data, "<u2", points, at + _SHOT.size).astype(np.uint16)
        signs = np.frombuffer(data, "<u8", points, at + _SHOT.size + 2 * points).astype(np.uint64)
        found.append((t, Coded(words[:, None], signs[:, None])))
        at += _SHOT.size + 10 * points
    return found


def shots_of(stream: Stream) -> list[Shot]:
    """Read everything; raises ``PointsDamaged``."""
    found = []
    for t, coded in words_of(stream):
        (length,) = struct.unpack("<I", _exactly(stream, 4))
        found.append(Shot(t, Points.from_bytes(_exactly(stream, length)), coded))
    return found


def _exactly(stream: Stream, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise PointsDamaged("these points end too early; find them again")
    return data
