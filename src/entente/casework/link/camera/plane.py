"""A plane of a picture, and the middle of it that is compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

SIDE = 2048  # pixels a side of the middle that is compared
LEAST = 128  # pixels a side, below which four levels of a wavelet mean nothing


def middle(plane: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.uint8]:
    """Return the middle of a plane, at most ``side`` pixels each way."""
    top, left = (max(0, (size - side) // 2) for size in plane.shape[:2])
    return np.ascontiguousarray(plane[top : top + side, left : left + side])
