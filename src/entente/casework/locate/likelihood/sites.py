"""A series of places of one person, of uploads or meetings: where is the anchor that they are reached from?

From an anchor z a place x lies at a normal distance of unknown scale σ, or it has nothing to do with it::

    P(x₁ … xₘ | z) = Σ_σ π(σ) · Π [ b·N(x; z, σ) + (1 − b)/A ]        b = weight · (1 − outliers)

π(σ) is flat over log σ from 2 to 300 km, A the inhabited land. Without outliers and bounds this is
(Σ dᵢ²)^(−m): the more places, the nearer to their middle, but never beyond what twelve of them would say.

References
----------
M. O'Leary, "The mathematics of geographic profiling", J. Investigative Psychology and Offender Profiling 6
(2009) 253-265: Bayes over anchor and scale, the normal kernel of its section on simple models.
"""

from __future__ import annotations

from typing import Any

import h3.api.numpy_int as h3
import numpy as np

from entente.casework.locate.likelihood.clock import number
from entente.casework.locate.likelihood.shares import Likelihood
from entente.casework.locate.likelihood.statements import spread_km
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import EARTH_KM, Floats, World, unit
from entente.vocabulary.clue import Clue

MOST = 1000  # places of one series
OUTLIERS = 0.05  # of the places have nothing to do with the anchor (judged)
CAP = 12.0  # more places say no more: people do not move as a normal law says (judged)
SCALES_KM = np.geomspace(2.0, 300.0, 19)
_KEPT = 16  # places that are reckoned with, spread over the series
_SAME = 9  # H3 resolution: places within some 200 m are one
_NEGLIGIBLE = 1e-3  # of an outlier's density: a normal law is cut off there


def places(clue: Clue) -> tuple[Floats, Floats]:
    """Return latitudes and longitudes (m, 2) and weights (m,) of the different places, in a fixed order."""
    if not isinstance(clue.value, (list, tuple)) or not all(isinstance(p, dict) for p in clue.value):
        raise ClueRefused(clue.id, "a series of places is a list of {lat, lon, weight}")
    if len(clue.value) > MOST:
        raise ClueRefused(
            clue.id,
            "{count} places: a series has at most {most:,}, keep the surest",
            count=len(clue.value),
            most=MOST,
        )
    found: dict[int, tuple[float, float, float]] = {}
    for each in sorted((_place(clue, p, n) for n, p in enumerate(clue.value, 1)), key=lambda p: (-p[2], p)):
        found.setdefault(h3.latlng_to_cell(each[0], each[1], _SAME), each)
    if len(found) < 2:
        raise ClueRefused(clue.id, "a series is at least two different places; enter one place as a position")
    rows = np.array([found[cell] for cell in sorted(found)])  # the order of H3 keeps neighbours together
    return rows[:, :2], rows[:, 2]


def _place(clue: Clue, place: dict[str, Any], at: int) -> tuple[float, float, float]:
    lat = number(clue, place.get("lat"), f"lat ({at})")
    lon = number(clue, place.get("lon"), f"lon ({at})")
    weight = number(clue, place.get("weight", 1.0), f"weight ({at})")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise ClueRefused(clue.id, "place {at}: no such position: {lat:g}, {lon:g}", at=at, lat=lat, lon=lon)
    if lat == 0 and lon == 0:
        raise ClueRefused(clue.id, "place {at}: 0, 0 is what a device writes when it has no fix", at=at)
    if not 0 < weight <= 1:
        raise ClueRefused(
            clue.id, "place {at}: a weight is above 0 and at most 1, not {weight:g}", at=at, weight=weight
        )
    return lat, lon, weight


def anchored(
    units: Floats, sites: Floats, belongs: Floats, land_km2: float, spread: float, count: float | None = None
) -> Floats:
    """Return log P(sites | anchor) for each of (3, n) unit vectors, up to a constant.

    Parameters
    ----------
    sites : (m, 3) unit vectors; belongs : (m,) chance that each is reached from the anchor, below one
    spread : km, of the anchor within its cell
    count : how many places the sites stand for, m unless they are a choice of more
    """
    by_scale = np.zeros((len(SCALES_KM), units.shape[1]), np.float32)
    for way, chance in zip(sites, belongs, strict=True):
        # the chord: within .3 % of the way over the ground at 1,500 km
        square = (
            2 * EARTH_KM**2 * np.maximum(1 - (units[0] * way[0] + units[1] * way[1] + units[2] * way[2]), 0)
        )
        _add(by_scale, square, float(chance), land_km2, spread)
    shown = len(sites) if count is None else count
    by_scale *= min(shown, CAP) / len(sites)
    top = by_scale.max(axis=0)
    summed: Floats = (top + np.log(np.exp(by_scale - top).mean(axis=0))).astype(np.float64)
    return summed


def _add(by_scale: Any, square: Floats, chance: float, land_km2: float, spread: float) -> None:
    """Add one place to the log-likelihood of every scale, as far as its normal law is more than nothing."""
    away = (1 - chance) / land_km2
    variances = SCALES_KM**2 + spread**2
    heights = chance / (2 * np.pi * variances) / away
    reach = 2 * variances * np.log(np.maximum(heights / _NEGLIGIBLE, 1.0))
    near = np.flatnonzero(square < reach.max())
    near = near[np.argsort(square[near])]
    sorted_square = square[near].astype(np.float32)
    for scale, (height, variance) in enumerate(zip(heights, variances, strict=True)):
        last = int(np.searchsorted(sorted_square, reach[scale]))
        density = np.float32(height) * np.exp(sorted_square[:last] * np.float32(-0.5 / variance))
        by_scale[scale, near[:last]] += np.log1p(density)


def thinned(rows: Floats, weights: Floats, most: int = _KEPT) -> tuple[Floats, Floats]:
    """Return at most ``most`` of the places, evenly along their order, so that they are spread as all are."""
    if len(rows) <= most:
        return rows, weights
    kept = np.linspace(0, len(rows) - 1, most).round().astype(int)
    return rows[kept], weights[kept]


def log_likelihood(clue: Clue, units: Floats, land_km2: float, spread: float) -> Floats:
    """Return what the series says of each of (3, n) places, in logarithms up to a constant."""
    rows, weights = places(clue)
    kept, kept_weights = thinned(rows, weights)
    chance = kept_weights * (1 - OUTLIERS)
    return anchored(units, unit(kept[:, 0], kept[:, 1]), chance, land_km2, spread, float(len(rows)))


def sites(clue: Clue, world: World) -> Likelihood:
    """Read [{lat, lon, weight}]: a density over anchors; ``weight`` is the chance that a place belongs."""
    said = log_likelihood(clue, world.units[:, world.starts], float(world.cell_area.sum()), spread_km(world))
    return Likelihood(world.cell_of, np.maximum(np.exp(said - said.max()), 1e-12))


def sites_within(clue: Clue, small: World, whole: World) -> Floats:
    """Return how likely the series is from each of some small cells, up to a constant."""
    said = log_likelihood(clue, small.units, float(whole.cell_area.sum()), spread_km(small))
    values: Floats = np.exp(said - said.max())
    return values
