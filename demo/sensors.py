"""Sensors that do not exist, each with a pattern of its own; their pictures and flat fields.

A pixel's sensitivity differs by a fraction of a percent, the same in every picture; colours are interpolated,
light is noisy, and the file is a JPEG. Cameras of one model share faint lines and a grid, so that pairs of
two such cameras are no pure chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor of (rows, columns); ``strength`` is the spread of its pixels' sensitivity."""

    number: int
    model: int
    size: tuple[int, int]
    strength: float = 0.0012
    pattern: NDArray[np.float32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Draw the pattern: the pixels' own, and what the model shares."""
        own = np.random.default_rng([7, self.number]).normal(0, self.strength, self.size)
        rng = np.random.default_rng([8, self.model])
        lines = rng.normal(0, self.strength / 8, self.size[0])[:, None]
        lines = lines + rng.normal(0, self.strength / 8, self.size[1])[None]
        grid = np.resize(rng.normal(0, self.strength / 8, (16, 16)), (16, 16))
        tiles = np.tile(grid, (-(-self.size[0] // 16), -(-self.size[1] // 16)))
        shared = lines + tiles[: self.size[0], : self.size[1]]
        object.__setattr__(self, "pattern", (own + shared).astype(np.float32))

    def flat(self, number: int) -> Picture:
        """Return an evenly lit picture, as one takes to learn a camera."""
        rng = np.random.default_rng([9, self.number, number])
        across = rng.uniform(-0.1, 0.1) * np.linspace(-1, 1, self.size[1])[None]
        light = np.full(self.size, rng.uniform(110, 190)) * (1 + across)
        return self._taken(np.dstack([light * tint for tint in (0.97, 1.0, 0.94)]), rng, 92)

    def picture(self, number: int, quality: int = 92) -> Picture:
        """Return a picture of a drawn scene, as it comes out of the camera's JPEG."""
        rng = np.random.default_rng([10, self.number, number])
        return self._taken(_scene(self.size, rng), rng, quality)

    def _taken(self, light: NDArray[np.floating], rng: np.random.Generator, quality: int) -> Picture:
        """Return what the sensor makes of the light (rows, columns, 3)."""
        seen = light * (1 + self.pattern[..., None])
        grain = rng.standard_normal(self.size, np.float32)[..., None]
        seen = seen + grain * np.sqrt(np.maximum(seen, 0) * 0.02 + 1.0)
        soft = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 0.4)
        return again(np.clip(np.round(soft), 0, 255).astype(np.uint8), quality)


def _scene(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the light of a wall with its grain, a window and some things before it."""
    rows, columns = size
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    light = rng.uniform(60, 140) + rng.uniform(20, 80) * (x / columns) + rng.uniform(-30, 30) * (y / rows)
    coarse = rng.standard_normal((rows // 16 + 1, columns // 16 + 1)).astype(np.float32)
    light = light + rng.uniform(4, 14) * cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(rng.standard_normal(size).astype(np.float32), (0, 0), 1.5)
    light = light + rng.uniform(2, 12) * fine
    planes = np.dstack([light * tint for tint in rng.uniform(0.75, 1.05, 3)]).astype(np.float32)
    for _ in range(12):
        where = (int(rng.integers(columns)), int(rng.integers(rows)))
        extent = (int(rng.integers(8, max(9, columns // 5))), int(rng.integers(8, max(9, rows // 5))))
        tone = [float(v) for v in rng.uniform(15, 252, 3)]
        cv2.ellipse(planes, where, extent, float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA)
    return planes


def again(picture: Picture, quality: int) -> Picture:
    """Return a picture as it comes out of another JPEG."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", picture, [1, quality])[1], 1), np.uint8)


def smaller(picture: Picture, share: float, quality: int) -> Picture:
    """Return a picture made smaller and saved again."""
    size = (round(picture.shape[1] * share), round(picture.shape[0] * share))
    return again(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), quality)
