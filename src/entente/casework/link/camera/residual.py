"""What a sensor leaves in a picture: the noise residual, from colours or from brightness alone.

Lukáš, Fridrich and Goljan (2006); Chen, Fridrich, Goljan and Lukáš (2008). The steps and their numbers are
those of the public reference implementation, with which the result agrees to 1e-5: db4 wavelet of four
levels, adaptive Wiener filter of each detail, rows and columns of each colour site to mean zero, and a Wiener
filter of the spectrum, which takes away what all cameras of a model and all JPEGs share. The way back from
details to pixels is one for all colours, since it is linear.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft

from entente.casework.link.camera.plane import LEAST, Plane
from entente.casework.link.camera.wavelet import BACK_HIGH, BACK_LOW, HIGH, LOW, down, halved, up
from entente.casework.link.camera.wiener import add_noise_of, gains, power_of

LEVELS, NOISE = 4, np.float32(25.0)  # variance of the noise, in grey values squared
GREY = (0.29893602, 0.58704307, 0.11402090)


class TooSmall(ValueError):
    """A picture of which no residual can be had."""


def residual(picture: NDArray[np.uint8]) -> Plane:
    """Return the residual of a picture (rows, columns, 3), or of its brightness, as (rows, columns)."""
    if min(picture.shape[:2]) < LEAST:
        raise TooSmall(
            f"the picture has {picture.shape[1]} x {picture.shape[0]} pixels, and {LEAST} a side are needed"
        )
    if picture.ndim == 2:
        return cleaned(_noise([picture], (1.0,)))
    return cleaned(_noise([picture[..., c] for c in range(3)], GREY))


def _noise(planes: list[NDArray[np.uint8]], weights: tuple[float, ...]) -> Plane:
    """Return the weighted sum of the planes' noise."""
    kept: list[NDArray[np.float32]] = []
    for plane, weight in zip(planes, weights, strict=True):
        smooth: NDArray[Any] = plane
        for level in range(LEVELS):
            bands = down(smooth, LOW, HIGH)
            smooth = bands[0]
            if len(kept) <= level:
                kept.append(np.zeros(bands.shape, np.float32))
            for band in (1, 2, 3):
                add_noise_of(bands[band], NOISE, np.float32(weight), kept[level][band])
    sizes = [planes[0].shape, *(bands.shape[1:] for bands in kept)]
    for level in reversed(range(LEVELS)):
        into = kept[level - 1][0] if level else np.empty(sizes[0], np.float32)
        up(kept[level], into, BACK_LOW, BACK_HIGH)
    return into


def cleaned(noise: Plane) -> Plane:
    """Return noise without what rows, columns and single frequencies share; the plane given is used up."""
    centre(noise)
    variance = np.float32(noise.var(ddof=1, dtype=np.float64))
    spectrum = fft.rfft2(noise, workers=1, overwrite_x=True)
    power = power_of(spectrum, noise.size)
    spectrum *= gains(power, variance, noise.shape[1])
    return np.asarray(fft.irfft2(spectrum, s=noise.shape, workers=1, overwrite_x=True), np.float32)


@njit(cache=True, nogil=True)
def centre(plane: Any) -> None:
    """Bring rows and columns of each of the four colour sites to mean zero, in place."""
    height, width = plane.shape
    down_columns = np.zeros((2, width))
    for r in range(height):
        into, row = down_columns[r % 2], plane[r]
        for c in range(width):
            into[c] += row[c]
    for site in range(2):
        down_columns[site] /= max(1, (height - site + 1) // 2)
    for r in range(height):
        columns, row = down_columns[r % 2], plane[r]
        for site in range(2):
            mean, middle, count = 0.0, 0.0, 0
            for c in range(site, width, 2):
                mean += row[c]
                middle += columns[c]
                count += 1
            shift = (mean - middle) / max(1, count)
            for c in range(site, width, 2):
                row[c] -= np.float32(columns[c] + shift)


assert halved(LEAST) >= 8  # noqa: S101 - four levels of the smallest picture are whole
