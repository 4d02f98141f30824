"""What somebody or something states: a position, a country, a region, the country of an address.

A partner's "ours" and "not ours" are the same clue turned about: P(said so | place) from how often places
are recognised and how often falsely, never the place's own share, which the prior already holds. Whoever was
``asked`` "is this yours?" says a false yes at a rate of its own; whoever names a place freely names a wrong
one among all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from entente.casework.locate.likelihood.clock import number
from entente.casework.locate.likelihood.shares import (
    Likelihood,
    by_country,
    country_weights,
    district_weights,
)
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import EXITS, FALSE_YES, RECOGNISED
from entente.casework.locate.world import EARTH_KM, Floats, World, along, unit
from entente.vocabulary.clue import Clue, ClueKind

TURNED = {ClueKind.REGION, ClueKind.COUNTRY}  # these read ``negated`` themselves
_SPREAD_KM = {5: 6.0, 7: 0.86}  # of the people of a cell about its centre, rms, by H3 resolution


def spread_km(world: World) -> float:
    """Return how far people live from the centre of their cell, rms."""
    return _SPREAD_KM[world.resolution]


def distance_km(world: World, lat: float, lon: float) -> np.ndarray:
    """Return great-circle km from a point to every hypothesis's cell centre, (n,)."""
    return EARTH_KM * np.arccos(along(world.units, unit(lat, lon)))


def gps(clue: Clue, world: World) -> Likelihood:
    """Read {lat, lon, radius_m}: a normal error of the radius, widened by the size of a cell."""
    if not isinstance(clue.value, dict):
        raise ClueRefused(clue.id, "a position is {lat, lon, radius_m}")
    lat = number(clue, clue.value.get("lat"), "lat")
    lon = number(clue, clue.value.get("lon"), "lon")
    radius = number(clue, clue.value.get("radius_m", 50.0), "radius_m")
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 <= radius <= 2e7):
        raise ClueRefused(clue.id, "no such position: {value!r}", value=clue.value)
    if lat == 0 and lon == 0:
        raise ClueRefused(clue.id, "0, 0 is what a device writes when it has no fix")
    variance = spread_km(world) ** 2 + (radius / 1000) ** 2
    far = distance_km(world, lat, lon) ** 2 / variance
    return Likelihood(None, np.exp(-0.5 * np.minimum(far, 1000.0)))


def gps_within(clue: Clue, small: World, _whole: World) -> Floats:
    """Return how likely the fix is in each of some small cells."""
    return gps(clue, small).values


def known_country(clue: Clue, world: World, value: Any) -> str:
    """Return the ISO code or refuse the clue."""
    code = str(value).strip().upper()
    if code not in world.at_country:
        raise ClueRefused(
            clue.id, "no country has the code {value!r}: give ISO 3166-1 alpha-2 such as IT", value=value
        )
    return code


def country(clue: Clue, world: World) -> Likelihood:
    """Read a country stated by a person, or {country, asked}: yes, or with ``negated`` "not ours"."""
    value, asked = _asked(clue)
    code = known_country(clue, world, value["country"] if isinstance(value, dict) else value)
    seen = RECOGNISED["country"]
    weights = country_weights(world)
    if clue.negated:
        values = np.where(np.array(world.countries) == code, 1 - seen, 1 - FALSE_YES)
    elif asked:
        values = np.where(np.array(world.countries) == code, seen, FALSE_YES)
    else:
        values = np.where(
            np.array(world.countries) == code, seen, (1 - seen) * weights[world.at_country[code]]
        )
    return Likelihood(world.country, np.maximum(values, 1e-12))


def _asked(clue: Clue) -> tuple[Any, bool]:
    """Return the value, and whether it answers the question "is this yours?"."""
    if not isinstance(clue.value, dict):
        return clue.value, False
    asked = clue.value.get("asked", False)
    if not isinstance(asked, bool) or not clue.value.get("country"):
        raise ClueRefused(
            clue.id, 'give a country as its code, or {country, asked}, with "asked" true or false'
        )
    return clue.value, asked


def region(clue: Clue, world: World) -> Likelihood:
    """Read {country, admin1}: a region that is recognised, or with ``negated`` is not.

    A mistaken yes names a region near by: within the country in proportion to people, from abroad rarely; to
    a country that was ``asked`` whether it is theirs, from abroad as often as a false yes is said.
    """
    if not isinstance(clue.value, dict) or not clue.value.get("country"):
        raise ClueRefused(clue.id, "a region is {country, admin1}, by ISO 3166-1 and GeoNames code or name")
    value, asked = _asked(clue)
    code = known_country(clue, world, value["country"])
    row = _division(clue, world, code, clue.value.get("admin1"))
    seen, weights = RECOGNISED["region"], district_weights(world)
    if clue.negated:
        values = np.full(len(weights), 1 - FALSE_YES)
        values[row] = 1 - seen
    else:
        same = world.country_of_district == world.at_country[code]
        within = float(weights[row] / weights[same].sum())
        values = np.full(len(weights), FALSE_YES * within if asked else (1 - seen) * float(weights[row]))
        values[same] = (1 - seen) * within
        values[row] = seen
    return Likelihood(world.district, np.maximum(values, 1e-12))


def _division(clue: Clue, world: World, code: str, admin: Any) -> int:
    """Return the row of a division given by GeoNames code or by name."""
    text = str(admin).strip()
    if (code, text) in world.at_district:
        return world.at_district[code, text]
    found = [
        i for i, (c, _, n) in enumerate(world.districts) if c == code and n.casefold() == text.casefold()
    ]
    if len(found) != 1:
        names = ", ".join(f"{a} {n}" for c, a, n in world.districts if c == code)[:300]
        raise ClueRefused(
            clue.id, "{code} has no region {value!r}; it has: {names}", code=code, value=admin, names=names
        )
    return found[0]


def ip_country(clue: Clue, world: World) -> Likelihood:
    """Read the country of an address: mostly the sender's, else that of a relay or exit."""
    code = known_country(clue, world, clue.value)
    others = country_weights(world)[[world.at_country[c] for c in world.countries if c not in EXITS]].sum()
    rest = (1 - sum(EXITS.values())) * float(country_weights(world)[world.at_country[code]] / others)
    relay = EXITS.get(code, rest)  # the exits that the table does not name lie as people do

    def share(place: str) -> float:
        return 0.9 + 0.1 * relay if place == code else 0.1 * relay

    return by_country(world, share, "ip_country")
