"""Where the sun stands, for every place at one moment.

References
----------
J. Meeus, Astronomical Algorithms, 2nd ed., chapter 25 (low accuracy, 0.01°) and chapter 12 (sidereal time).
Refraction and parallax are left out: they stay below 0.1° above 10° of elevation.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.world import along, unit

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


def ecliptic(moment: datetime) -> tuple[float, float, float]:
    """Return declination, right ascension and Greenwich sidereal time in radians at an aware ``moment``."""
    days = (moment - _J2000).total_seconds() / 86400
    t = days / 36525
    mean = np.radians(280.46646 + 36000.76983 * t)
    anomaly = np.radians(357.52911 + 35999.05029 * t)
    centre = (
        (1.914602 - 0.004817 * t) * np.sin(anomaly)
        + (0.019993 - 0.000101 * t) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    node = np.radians(125.04 - 1934.136 * t)
    longitude = mean + np.radians(centre - 0.00569 - 0.00478 * np.sin(node))
    tilt = np.radians(23.439291 - 0.0130042 * t + 0.00256 * np.cos(node))
    declination = np.arcsin(np.sin(tilt) * np.sin(longitude))
    ascension = np.arctan2(np.cos(tilt) * np.sin(longitude), np.cos(longitude))
    sidereal = np.radians((280.46061837 + 360.98564736629 * days) % 360)
    return float(declination), float(ascension), float(sidereal)


def overhead(moment: datetime) -> tuple[float, float]:
    """Return the latitude and longitude in degrees of the place that has the sun in its zenith."""
    declination, ascension, sidereal = ecliptic(moment)
    return float(np.degrees(declination)), float(np.degrees(ascension - sidereal))


def elevation(moment: datetime, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sun's geometric elevation in degrees at (n, 2) latitudes and longitudes in degrees."""
    return elevation_along(moment, unit(places[:, 0], places[:, 1]).T)


def elevation_along(moment: datetime, units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the same for (3, n) unit vectors: the sine is the part of each towards the sun."""
    sine = along(units, unit(*overhead(moment)))
    return np.degrees(np.arcsin(sine))
