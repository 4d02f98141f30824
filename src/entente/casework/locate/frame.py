"""A window of the world: fitted to a region or moved about, from the whole world to a district and no closer.

References
----------
Equirectangular projection with the standard parallel at the middle latitude (Snyder, USGS PP 1395, p. 90).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, isfinite, radians

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.world import Floats

WIDTH = 800.0  # of the drawing; its height follows
SHAPE = 1.6  # wide to tall
WORLD = 360.0
LEAST = 1.5  # degrees of longitude: some six cells, a district
MOVES = ("in", "out", "west", "east", "north", "south")
_PART = 0.3  # of the window that a move shifts it by


@dataclass(frozen=True)
class Frame:
    """A window of the world, degrees, and its size on paper."""

    west: float
    south: float
    east: float
    north: float
    width: float
    height: float

    def xy(self, points: NDArray[np.floating]) -> Floats:
        """Return (n, 2) paper coordinates of (n, 2) longitudes and latitudes."""
        x = (points[:, 0] - self.west) / (self.east - self.west) * self.width
        y = (self.north - points[:, 1]) / (self.north - self.south) * self.height
        return np.stack([x, y], axis=1)

    @property
    def is_world(self) -> bool:
        """Whether it shows all longitudes."""
        return self.east - self.west >= WORLD - 1

    @property
    def middle(self) -> float:
        """Longitude of its middle."""
        return (self.west + self.east) / 2

    def holds(self, at: Floats, margin: float = 0.3) -> NDArray[np.bool_]:
        """Return which of (n, 2) latitudes and longitudes lie in it, or within ``margin`` degrees."""
        away = np.abs((at[:, 1] - self.middle + 180) % WORLD - 180)
        near = away <= (self.east - self.west) / 2 + margin / max(cos(radians(self.north)), 0.05)
        inside: NDArray[np.bool_] = (
            near & (at[:, 0] >= self.south - margin) & (at[:, 0] <= self.north + margin)
        )
        return inside


def world_frame(width: float = WIDTH) -> Frame:
    """Return the frame of the inhabited world."""
    return Frame(-180, -60, 180, 80, width, width * 140 / 360)


@dataclass(frozen=True)
class View:
    """Where an officer looks: the middle of the window and its width, degrees."""

    lon: float
    lat: float
    wide: float

    def moved(self, way: str) -> View:
        """Return the window after one of ``MOVES``."""
        if way in {"in", "out"}:
            return _held(self.lon, self.lat, self.wide / 2 if way == "in" else self.wide * 2)
        step = _PART * self.wide
        lon = self.lon + step * {"west": -1, "east": 1}.get(way, 0)
        rise = step * cos(radians(self.lat)) / SHAPE
        return _held(lon, self.lat + rise * {"south": -1, "north": 1}.get(way, 0), self.wide)

    def frame(self, width: float = WIDTH) -> Frame:
        """Return the frame to draw."""
        if self.wide >= WORLD:
            return world_frame(width)
        return _about(self.lon, self.lat, self.wide, self.wide * cos(radians(self.lat)) / SHAPE, width)

    def as_text(self) -> str:
        """Return what ``read_view`` reads: longitude, latitude and width."""
        return f"{self.lon:.2f},{self.lat:.2f},{self.wide:.2f}"


def _held(lon: float, lat: float, wide: float) -> View:
    """Return a window that is neither closer than a district nor wider than the world."""
    if wide >= WORLD / 1.5:
        return View(0.0, 10.0, WORLD)
    return View((lon + 180) % WORLD - 180, min(max(lat, -75.0), 75.0), max(wide, LEAST))


def read_view(text: str) -> View | None:
    """Return the window that an address names, ``None`` where it names none."""
    try:
        lon, lat, wide = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return _held(lon, lat, wide) if all(map(isfinite, (lon, lat, wide))) else None


def view_of(frame: Frame) -> View:
    """Return the window that a frame shows, so that it can be moved from there."""
    if frame.is_world:
        return View(0.0, 10.0, WORLD)
    return _held(frame.middle, (frame.south + frame.north) / 2, frame.east - frame.west)


def fitted(at: Floats, width: float = WIDTH) -> Frame:
    """Return a frame about (n, 2) latitudes and longitudes, wide enough to recognise a coast."""
    if not len(at):
        return world_frame(width)
    lat, lon = at[:, 0], at[:, 1]
    if np.ptp(lon) > 180:  # on both sides of the date line
        lon = lon % WORLD
    # A few cells far away must not shrink the rest to a dot; the inset shows them.
    (south, west), (north, east) = np.quantile(np.stack([lat, lon], axis=1), (0.03, 0.97), axis=0)
    middle = min(max((south + north) / 2, -75.0), 75.0)
    tall, squeeze = max((north - south) * 1.5, 4.0), cos(radians(middle))
    broad = max((east - west) * 1.5, 6.0, tall * 1.25 / squeeze)
    tall = max(tall, broad * squeeze / SHAPE)
    if broad >= WORLD or tall >= 150:
        return world_frame(width)
    return _about((west + east) / 2, middle, broad, tall, width)


def _about(lon: float, lat: float, broad: float, tall: float, width: float) -> Frame:
    south, north = max(lat - tall / 2, -89.0), min(lat + tall / 2, 89.0)
    height = width * (north - south) / (broad * cos(radians(lat)))
    return Frame(lon - broad / 2, south, lon + broad / 2, north, width, height)
