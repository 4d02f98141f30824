"""A decoded frame as arrays: its luma, its colours, how bright it is over time. Limited decoder only."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.evidence.choosing import every_until, frames_of
from entente.evidence.packets import Count
from entente.evidence.videos import Video

STRIPS = 4  # upright ones, whose brightness is told too
_LUMA_FIRST = ("yuv4", "yuvj4", "nv12", "nv21", "gray")
_LUMA_IS_PLAIN: dict[str, bool] = {}


def plane_of(frame: Any, turned: int) -> tuple[NDArray[np.uint8], int]:
    """Return the luma plane of a frame as displayed and its columns, without a copy where that can be.

    The plane (rows, at least columns) is the decoder's own, with what pads its lines; it lives as long as
    ``frame``.
    """
    if turned or not _plain(frame):
        luma = luma_of(frame, turned)
        return luma, luma.shape[1]
    plane = frame.planes[0]
    height, line = frame.height, plane.line_size
    rows = np.frombuffer(plane, np.uint8, line * height).reshape(height, line)
    rows.flags.writeable = False  # the decoder may still look at it
    return rows, frame.width


def _plain(frame: Any) -> bool:
    """Whether the first plane is luma of 8 bits."""
    picture = frame.format
    name = picture.name  # asked once for each: the library takes a good part of a hash's time to answer
    if name not in _LUMA_IS_PLAIN:
        plain = name.startswith(_LUMA_FIRST) and all(c.bits <= 8 for c in picture.components)
        _LUMA_IS_PLAIN[name] = plain
    return _LUMA_IS_PLAIN[name]


def luma_of(frame: Any, turned: int) -> NDArray[np.uint8]:
    """Return the luma plane (rows, columns) uint8 of a frame as displayed, brought to 8 bits."""
    if not _plain(frame):
        frame = frame.reformat(format="gray", threads=1)  # its own choice would need threads
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    return np.ascontiguousarray(np.rot90(rows, turned))


def rgb_of(frame: Any, turned: int) -> NDArray[np.uint8]:
    """Return a frame as displayed, (rows, columns, 3) uint8."""
    return np.ascontiguousarray(np.rot90(frame.reformat(format="rgb24", threads=1).to_ndarray(), turned))


def brightness_of(video: Video, most: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return seconds and mean luma of the first ``most`` frames, or ``None`` where one is damaged.

    Of each frame the luma of the whole comes first, then that of ``STRIPS`` upright strips from the left.
    """
    count = Count()
    frames = islice(frames_of(video, every_until(math.inf, count), count), most)
    seen = [(moment, _strips(luma_of(frame, 0))) for moment, frame in frames]
    if not seen or count.errors:
        return None
    return np.array([moment for moment, _ in seen], np.float64), np.array([each for _, each in seen])


def _strips(luma: NDArray[np.uint8]) -> list[float]:
    """Return the mean of a frame and of each upright strip."""
    columns = luma.mean(axis=0)
    return [float(columns.mean()), *(float(part.mean()) for part in np.array_split(columns, STRIPS))]
