"""What many pictures of one camera have in common: the fingerprint of its sensor.

Maximum likelihood after Chen, Fridrich, Goljan and Lukáš (2008): each pixel is the mean of the residuals,
weighted by how bright the picture was there, since a sensor's pattern multiplies light. Pixels that are
saturated hold nothing and count nothing. All is taken from the middle of a picture, as large as it goes up to
``SIDE`` pixels: a quarter turn of the picture is then a quarter turn of its middle.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from entente.casework.link.camera.plane import Plane

SATURATED = 250
FEWEST = 3  # pictures of which a fingerprint is made


def fingerprint(taken: Iterable[tuple[Plane, NDArray[np.uint8]]]) -> Plane:
    """Return the fingerprint of pictures of one size: their residuals and their brightness.

    Raises ``ValueError`` where they are not of one size, or there is none.
    """
    from entente.casework.link.camera.residual import cleaned  # numba, with the first fingerprint only

    above: Plane | None = None
    below: Plane | None = None
    for noise, luma in taken:
        if noise.shape != luma.shape:
            raise ValueError("a residual and its picture are of one size")
        light = np.where(luma < SATURATED, luma, 0).astype(np.float32)
        if above is None or below is None:
            above, below = np.zeros(noise.shape, np.float32), np.ones(noise.shape, np.float32)
        if above.shape != noise.shape:
            raise ValueError("the pictures of one camera are of one size; leave out those that are not")
        above += noise * light
        below += light * light
    if above is None or below is None:
        raise ValueError("there is no picture to make a fingerprint of")
    return cleaned(above / below)
