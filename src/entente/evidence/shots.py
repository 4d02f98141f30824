"""Where a film is cut, and one small grey picture with a frame of each shot. Limited decoder only.

Every frame is seen at 64 x 36 grey. A cut is where each of the three frames before differs from each of the
three after, and by much more than neighbouring frames do around it: a flash comes back to what was before,
and a quick camera differs as much a moment earlier. A slow fade has no one moment, and is not named.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from entente.evidence.choosing import every_until, frames_of
from entente.evidence.derive import SIDES, grey_of
from entente.evidence.moments import frame_at, listed_of
from entente.evidence.packets import Count
from entente.evidence.pictures import Refused
from entente.evidence.planes import rgb_of
from entente.evidence.videos import Video
from entente.vocabulary.media import RefusalCode

WIDE, HIGH = 64, 36
NEAR = 3  # frames looked at before and after
AROUND = 12  # frames to each side that say how much is usual
LEAST, TIMES = 6.0, 3.0  # a cut differs by so many of 255 grey levels, and by so many times what is usual
MOST, COLUMNS, SPACE = 16, 4, 8  # little pictures, how many in a row, pixels between them
_INK, _PAPER = 0, 255


@dataclass(frozen=True, slots=True)
class Shots:
    """Seconds at which each shot begins, and up to which second the film was looked at."""

    starts: tuple[float, ...]
    until: float


def shots_of(video: Video, limit_s: float) -> Shots:
    """Return the shots of a film, as far as ``limit_s`` seconds of work allow."""
    times, step, apart, count = [], [], [], Count()
    held: deque[NDArray[np.float32]] = deque(maxlen=2 * NEAR)
    for moment, frame in frames_of(video, every_until(time.monotonic() + limit_s, count), count):
        held.append(_small(frame))
        times.append(moment)
        step.append(_differ(held[-1], held[-2]) if len(held) > 1 else 0.0)
        if len(held) == 2 * NEAR:  # held[NEAR] is the frame in question
            apart.append(min(_differ(held[a], held[b]) for a in range(NEAR) for b in range(NEAR, 2 * NEAR)))
    if not times:
        raise Refused(RefusalCode.DAMAGED, "no frame of it can be decoded; ask for another copy")
    places = [place + NEAR for place in _cuts(np.array(apart), np.array(step[NEAR : len(step) - NEAR + 1]))]
    return Shots((times[0], *(times[p] for p in places)), times[-1])


def _small(frame: Any) -> NDArray[np.float32]:
    plane = frame.reformat(width=WIDE, height=HIGH, format="gray", threads=1)
    return plane.to_ndarray().astype(np.float32)


def _differ(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.abs(a - b).mean())


def _cuts(apart: NDArray[np.float64], step: NDArray[np.float64]) -> list[int]:
    """Return the places of cuts: ``apart`` is how three frames differ from three, ``step`` one from one."""
    found = []
    for at in np.flatnonzero(apart >= LEAST).tolist():
        low, high = max(0, at - AROUND), at + AROUND + 1
        others = np.delete(step[low:high], at - low)
        usual = float(np.median(others)) if others.size else 0.0
        if apart[at] >= TIMES * usual and apart[at] >= apart[max(0, at - NEAR) : at + NEAR + 1].max():
            found.append(at)
    return [b for a, b in pairwise([-NEAR, *found]) if b - a >= NEAR]


def shown_of(starts: Sequence[float], until: float, most: int = MOST) -> list[float]:
    """Return the seconds of the little pictures: the middle of each shot, and of the longest ones more."""
    ends = [*starts[1:], max(until, starts[-1])]
    stretches = list(zip(starts, ends, strict=True))
    if len(stretches) > most:
        picked = np.linspace(0, len(stretches) - 1, most).round().astype(int)
        stretches = [stretches[i] for i in picked]
    while len(stretches) < most:
        longest = max(range(len(stretches)), key=lambda i: stretches[i][1] - stretches[i][0])
        a, b = stretches[longest]
        if b - a < 2.0:
            break
        stretches[longest : longest + 1] = [(a, (a + b) / 2), ((a + b) / 2, b)]
    return [(a + b) / 2 for a, b in stretches]


def sheet_of(video: Video, seconds: Sequence[float]) -> tuple[list[float], bytes]:
    """Return the seconds that could be shown and a JPEG of them in rows, numbered from 1, small and grey."""
    listed = listed_of(video)
    found = [(t, frame_at(video, t, listed)) for t in seconds]
    kept = [(t, grey_of(rgb_of(each[1], video.turned), SIDES["grey"])) for t, each in found if each]
    if not kept:
        raise Refused(RefusalCode.DAMAGED, "no frame of it can be decoded; ask for another copy")
    return [t for t, _ in kept], _laid_out([tile for _, tile in kept])


def _laid_out(tiles: list[NDArray[np.uint8]]) -> bytes:
    high, wide = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    rows = math.ceil(len(tiles) / COLUMNS)
    label = 14  # pixels for the number above each
    cell = high + label + SPACE
    sheet = np.full((rows * cell + SPACE, COLUMNS * (wide + SPACE) + SPACE), _PAPER, np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        top, left = SPACE + row * cell + label, SPACE + column * (wide + SPACE)
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        at = (left, top - 3)
        cv2.putText(sheet, str(number + 1), at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, _INK, 1, cv2.LINE_AA)
    return simplejpeg.encode_jpeg(sheet[..., None], 85, "GRAY")
