"""What things carry: currency and barcode.

References
----------
ISO 4217; GS1 General Specifications, section 7.9 (check digit) and the GS1 prefix list.
"""

from __future__ import annotations

import re
from math import nan

from entente.casework.locate.likelihood.shares import Likelihood, by_country
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import ALSO_PAID, GS1
from entente.casework.locate.world import World
from entente.vocabulary.clue import Clue

_SAYS_NOTHING = ((20, 29), (40, 59), (200, 299), (950, 950), (977, 999))


def currency(clue: Clue, world: World) -> Likelihood:
    """Read an ISO 4217 code: the national unit .9, another unit that is paid in .3 of its places."""
    code = str(clue.value).strip().upper()
    national = {c for c, fact in world.facts.items() if fact["currency"] == code}
    also = set(ALSO_PAID.get(code, "").split())
    if not national and not also:
        raise ClueRefused(
            clue.id, "no country pays in {value!r}: give an ISO 4217 code such as EUR", value=clue.value
        )
    return by_country(world, lambda c: 0.9 if c in national else 0.3 if c in also else 0.0, "currency")


def gs1_country(digits: str) -> str | None:
    """Return the country of a GS1 prefix, None where the prefix names no country.

    Raises
    ------
    ValueError : not 8, 12 or 13 digits, or a wrong check digit
    """
    if not digits.isdecimal() or len(digits) not in (8, 12, 13):
        raise ValueError("a barcode is the 8, 12 or 13 digits of an EAN or UPC, not {value!r}")
    weights = [3 if i % 2 == 0 else 1 for i in range(len(digits) - 1)]
    total = sum(int(d) * w for d, w in zip(reversed(digits[:-1]), weights, strict=True))
    if (10 - total % 10) % 10 != int(digits[-1]):
        raise ValueError("the check digit of {value!r} is wrong: read the barcode again")
    prefix = int(digits.zfill(13)[:3]) if len(digits) > 8 else int(digits[:3])
    if any(low <= prefix <= high for low, high in _SAYS_NOTHING):
        return None
    return next((country for low, high, country in GS1 if low <= prefix <= high), None)


def barcode(clue: Clue, world: World) -> Likelihood:
    """Read an EAN: its prefix names the registering body, so more than half is taken to be imported."""
    try:
        body = gs1_country(re.sub(r"[\s-]", "", str(clue.value)))
    except ValueError as wrong:
        raise ClueRefused(clue.id, str(wrong), value=clue.value) from None
    if body is None:
        return by_country(world, lambda _: nan, "barcode")
    return by_country(world, lambda code: float(code == body), "barcode")
