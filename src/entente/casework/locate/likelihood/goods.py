"""What things carry: currency, barcode, phone number.

References
----------
ISO 4217; GS1 General Specifications, section 7.9 (check digit) and the GS1 prefix list; ITU-T E.164;
area codes as derived from libphonenumber's table (see ``data/NOTICE.txt``).
"""

from __future__ import annotations

import re
from math import nan

import numpy as np

from entente.casework.locate.likelihood.shares import (
    Likelihood,
    by_country,
    district_weights,
    elsewhere,
)
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import ALSO_PAID, GS1
from entente.casework.locate.world import World
from entente.vocabulary.clue import Clue

_NEAR = 0.85  # share of numbers on show that belong to the division where they are shown (judged)
_NATIONAL_MISS = 0.1  # a number without a code, in a country whose table lacks its first digits (judged)
_SAYS_NOTHING = ((20, 29), (40, 59), (200, 299), (950, 950), (977, 999))


def currency(clue: Clue, world: World) -> Likelihood:
    """Read an ISO 4217 code: the national unit .9, another unit that is paid in .3 of its places."""
    code = str(clue.value).strip().upper()
    national = {c for c, fact in world.facts.items() if fact["currency"] == code}
    also = set(ALSO_PAID.get(code, "").split())
    if not national and not also:
        raise ClueRefused(clue.id, f"no country pays in {clue.value!r}: give an ISO 4217 code such as EUR")
    return by_country(world, lambda c: 0.9 if c in national else 0.3 if c in also else 0.0, "currency")


def gs1_country(digits: str) -> str | None:
    """Return the country of a GS1 prefix, None where the prefix names no country.

    Raises
    ------
    ValueError : not 8, 12 or 13 digits, or a wrong check digit
    """
    if not digits.isdecimal() or len(digits) not in (8, 12, 13):
        raise ValueError("a barcode is the 8, 12 or 13 digits of an EAN or UPC")
    weights = [3 if i % 2 == 0 else 1 for i in range(len(digits) - 1)]
    total = sum(int(d) * w for d, w in zip(reversed(digits[:-1]), weights, strict=True))
    if (10 - total % 10) % 10 != int(digits[-1]):
        raise ValueError("the check digit is wrong: read the barcode again")
    prefix = int(digits.zfill(13)[:3]) if len(digits) > 8 else int(digits[:3])
    if any(low <= prefix <= high for low, high in _SAYS_NOTHING):
        return None
    return next((country for low, high, country in GS1 if low <= prefix <= high), None)


def barcode(clue: Clue, world: World) -> Likelihood:
    """Read an EAN: its prefix names the registering body, so more than half is taken to be imported."""
    try:
        body = gs1_country(re.sub(r"[\s-]", "", str(clue.value)))
    except ValueError as wrong:
        raise ClueRefused(clue.id, f"{wrong} (not {clue.value!r})") from None
    if body is None:
        return by_country(world, lambda _: nan, "barcode")
    return by_country(world, lambda code: float(code == body), "barcode")


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
    text = str(clue.value).strip()
    digits = re.sub(r"\D", "", text)
    if not 5 <= len(digits) <= 17 or re.search(r"[^\d\s()+./-]", text):
        raise ClueRefused(clue.id, f"a phone number is 5 to 17 digits, perhaps after +, not {clue.value!r}")
    abroad = text.startswith("+") or digits.startswith("00")
    shares = np.full(len(world.districts), 0.0)
    if abroad:
        digits = digits.removeprefix("00")
        codes = calling_codes(world)
        code = next((digits[:n] for n in range(7, 0, -1) if digits[:n] in codes), None)
        if code is None:
            raise ClueRefused(clue.id, f"no country has the code of {clue.value!r}: check the first digits")
        rest = {c: division(world, c, digits[len(code) :]) for c in codes[code]}
        if code == "1" and any(rest.values()):
            rest = {c: d for c, d in rest.items() if d}
        for country, admin in rest.items():
            _near(shares, world, country, admin, 1.0)
    else:
        _national(shares, world, digits)
    weights = district_weights(world)
    return Likelihood(world.district, elsewhere(shares, weights, "phone_number"))


def _national(shares: np.ndarray, world: World, digits: str) -> None:
    """Fill in the countries that could have written ``digits`` without an international code."""
    for i, country in enumerate(world.countries):
        if country not in world.area_codes:
            shares[world.country_of_district == i] = np.nan
            continue
        bare = digits if country == "IT" else digits.removeprefix("0")
        admin = division(world, country, bare)
        _near(shares, world, country, admin, 1.0 if admin else _NATIONAL_MISS)


def _near(shares: np.ndarray, world: World, country: str, admin: str | None, much: float) -> None:
    """Give a country its share, most of it to the division of the area code."""
    there = world.country_of_district == world.at_country[country]
    if admin is None or (country, admin) not in world.at_district:
        shares[there] = much
        return
    inside = world.at_district[country, admin]
    weights = district_weights(world)
    far = (1 - _NEAR) * weights[inside] / max(float(weights[there].sum()), 1e-12)
    shares[there] = much * far
    shares[inside] = much * _NEAR
