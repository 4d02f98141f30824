"""What lies along a line: once it is known which seconds go together, a frame needs to say less.

Frames of different pictures are 128 bits apart, give or take 8; so at the one second where the line looks,
far more than the radius of a search is still the same picture. It finds where a stretch really begins and
ends, and closes the gaps that noise or a turned hash made.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.video.lines import Line

LOOSE = 60  # bits of 256
NONE = 256


def along(
    query: NDArray[np.uint64],
    q0: NDArray[np.float64],
    q1: NDArray[np.float64],
    held: NDArray[np.uint64],
    h0: NDArray[np.float64],
    h1: NDArray[np.float64],
    line: Line,
    within: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each query run (n,) the distance of the nearest held run where the line leads, and which.

    ``query`` (n, 4) and ``held`` (m, 4) are hashes, the times seconds, held runs in order. Distance ``NONE``
    where no held run is.
    """
    low = np.searchsorted(h1, line.slope * q0 + line.offset - within, side="left")
    high = np.searchsorted(h0, line.slope * q1 + line.offset + within, side="right")
    far, which = np.full(len(query), NONE, np.int64), np.zeros(len(query), np.int64)
    for run in np.flatnonzero(high > low).tolist():
        part = held[low[run] : high[run]]
        bits = np.bitwise_count(part ^ query[run]).sum(axis=1, dtype=np.int64)
        best = int(np.argmin(bits))
        far[run], which[run] = bits[best], low[run] + best
    return far, which
