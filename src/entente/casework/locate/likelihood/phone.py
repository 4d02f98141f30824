"""A phone number on show: its country, its division, and the town of its area code.

References
----------
ITU-T E.164; area codes of libphonenumber's geocoding table (Apache-2.0), joined to GeoNames' towns by
``tools/world/codes.py``. A mobile number or an unknown code speaks of the country alone.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.gazetteer import gazetteer
from entente.casework.locate.likelihood.shares import Likelihood, country_weights, district_weights, elsewhere
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import NUMBERS_OF
from entente.casework.locate.world import EARTH_KM, Floats, World, along, packed, unit
from entente.vocabulary.clue import Clue

_NATIONAL_MISS = 0.1  # a number without a code, in a country whose table lacks its first digits (judged)
_LONGEST = 5


@dataclass(frozen=True, eq=False)
class Towns:
    """Gazetteer row and reach in km of each country and area code, such as IT0171."""

    codes: dict[str, int]
    town: NDArray[np.int64]
    reach: NDArray[np.int64]

    def of(self, country: str, digits: str) -> tuple[int, float] | None:
        """Return the town, as a row of the gazetteer, and the reach of the longest code that fits."""
        for length in range(min(_LONGEST, len(digits)), 0, -1):
            at = self.codes.get(country + digits[:length])
            if at is not None:
                return int(self.town[at]), float(self.reach[at])
        return None


@cache
def towns() -> Towns:
    """Load the packaged area codes; once in a process, only when a number is met."""
    read = np.load(io.BytesIO(packed("codes.npz.xz")))
    codes = {code: i for i, code in enumerate(read["codes"].tobytes().decode().split("\n"))}
    return Towns(codes, read["town"].astype(np.int64), read["reach"].astype(np.int64))


def calling_codes(world: World) -> dict[str, set[str]]:
    """Return the countries of each calling code, digits only; +1 with an area code counts as longer."""
    found: dict[str, set[str]] = {}
    for country, fact in world.facts.items():
        for code in re.findall(r"\d[\d-]*", fact["phone"] or ""):
            found.setdefault(code.replace("-", ""), set()).add(country)
    return found


def division(world: World, country: str, digits: str) -> str | None:
    """Return the admin-1 code of the longest area code that ``digits`` starts with."""
    table = world.area_codes.get(country, {})
    return next((table[digits[:n]] for n in range(min(5, len(digits)), 0, -1) if digits[:n] in table), None)


def phone_number(clue: Clue, world: World) -> Likelihood:
    """Read a number with its international code, or in national form, which several countries share."""
    shares, bare = _told(clue, world)
    local = {c: found for c, d in bare.items() if (found := towns().of(c, d)) is not None}
    if not local:
        return Likelihood(world.district, elsewhere(shares, district_weights(world), "phone_number"))
    values = shares[world.district]
    for country, (row, reach) in local.items():
        _about(values, world, country, row, reach)
    values /= max(1.0, float(np.nanmax(values)))
    return Likelihood(None, elsewhere(values, world.prior, "phone_number"))


def number_within(clue: Clue, small: World, whole: World) -> Floats:
    """Return how likely the number is on show in each of some small cells, up to a constant within one."""
    values = np.ones(len(small.cell))
    for country, digits in _told(clue, whole)[1].items():
        found = towns().of(country, digits)
        inside = np.flatnonzero(small.country == small.at_country[country])
        if found is None or not len(inside):
            continue
        by_division, there = _served(whole, country, *found)[1:]
        values[inside] = _drawn(_near_town(small, inside, *found), by_division[small.district[inside]], there)
    return values


def _told(clue: Clue, world: World) -> tuple[Floats, dict[str, str]]:
    """Return how common the number is in each division, and what is dialled after the country's code."""
    text = str(clue.value).strip()
    digits = re.sub(r"\D", "", text)
    if not 5 <= len(digits) <= 17 or re.search(r"[^\d\s()+./-]", text):
        raise ClueRefused(
            clue.id, "a phone number is 5 to 17 digits, perhaps after +, not {value!r}", value=clue.value
        )
    abroad = text.startswith("+") or digits.startswith("00")
    shares = np.zeros(len(world.districts))
    bare: dict[str, str] = {}
    if abroad:
        digits = digits.removeprefix("00")
        codes = calling_codes(world)
        code = next((digits[:n] for n in range(7, 0, -1) if digits[:n] in codes), None)
        if code is None:
            raise ClueRefused(
                clue.id, "no country has the code of {value!r}: check the first digits", value=clue.value
            )
        rest = {c: division(world, c, digits[len(code) :]) for c in codes[code]}
        if code == "1" and any(rest.values()):
            rest = {c: d for c, d in rest.items() if d}
        for country, admin in rest.items():
            _near(shares, world, country, admin, 1.0)
            bare[country] = digits[len(code) :]
    else:
        bare = _national(shares, world, digits)
    return shares, bare


def _about(values: Floats, world: World, country: str, row: int, reach: float) -> None:
    """Draw the country's numbers to the town of the code, as far as the town of the next code.

    Numbers of the code are its own neighbourhood's, or the division's or the country's by how many people
    the code serves there: what it serves follows from the prior, not from a figure set by hand.
    """
    mine = world.rows_of_country[world.at_country[country]]
    near, by_division, there = _served(world, country, row, reach)
    drawn = _drawn(near, by_division[world.district[mine]], there)
    said = float((world.prior[mine] * values[mine]).sum())  # between countries nothing changes
    values[mine] = drawn * said / float((world.prior[mine] * drawn).sum())


def _near_town(world: World, rows: NDArray[np.intp], row: int, reach: float) -> Floats:
    """Return how much each of some hypotheses is of a town's area code."""
    names = gazetteer()
    far = EARTH_KM * np.arccos(along(world.units[:, rows], unit(names.lat[row], names.lon[row])))
    near: Floats = np.exp(-0.5 * (far / reach) ** 2)
    return near


def _served(world: World, country: str, row: int, reach: float) -> tuple[Floats, Floats, float]:
    """Return how much the code serves of each place of the country, of each division, and of all of it."""
    mine = world.rows_of_country[world.at_country[country]]
    near = _near_town(world, mine, row, reach)
    served = world.prior[mine] * near
    by_division = np.bincount(world.district[mine], served, len(world.districts)) / district_weights(world)
    return near, by_division, float(served.sum() / country_weights(world)[world.at_country[country]])


def _drawn(near: Floats, division: Floats, country: float) -> Floats:
    """Return how many of a place's numbers have the code: its neighbours', its division's, its country's."""
    drawn: Floats = (
        NUMBERS_OF["town"] * near + NUMBERS_OF["division"] * division + NUMBERS_OF["country"] * country
    )
    return drawn


def _national(shares: Floats, world: World, digits: str) -> dict[str, str]:
    """Fill in the countries that could have written ``digits`` without an international code.

    Returns what is dialled after the country's code, where the first digits are known there.
    """
    dialled: dict[str, str] = {}
    for i, country in enumerate(world.countries):
        if country not in world.area_codes:
            shares[world.country_of_district == i] = np.nan
            continue
        bare = digits if country == "IT" else digits.removeprefix("0")
        admin = division(world, country, bare)
        _near(shares, world, country, admin, 1.0 if admin else _NATIONAL_MISS)
        if admin:
            dialled[country] = bare
    return dialled


def _near(shares: Floats, world: World, country: str, admin: str | None, much: float) -> None:
    """Give a country its share, most of it to the division of the area code."""
    there = world.country_of_district == world.at_country[country]
    if admin is None or (country, admin) not in world.at_district:
        shares[there] = much
        return
    inside = world.at_district[country, admin]
    weights = district_weights(world)
    far = NUMBERS_OF["country"] * weights[inside] / max(float(weights[there].sum()), 1e-12)
    shares[there] = much * far
    shares[inside] = much * (1 - NUMBERS_OF["country"])
