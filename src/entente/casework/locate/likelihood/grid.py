"""What the grid and the road show: socket, mains frequency, driving side.

References
----------
IEC TR 60083 and IEC "World plugs"; national road codes. See ``tables``.
"""

from __future__ import annotations

from functools import cache
from math import nan

from entente.casework.locate.likelihood.shares import Likelihood, by_country, by_district
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import (
    DRIVES_LEFT,
    HERTZ_60,
    HERTZ_UNKNOWN,
    JAPAN_50,
    SOCKETS_BY_TYPES,
)
from entente.casework.locate.world import World
from entente.vocabulary.clue import Clue

# Shares of the first, second, … type that a country lists (judged).
_INSTALLED = {1: (1.0,), 2: (0.75, 0.25), 3: (0.6, 0.27, 0.13), 4: (0.5, 0.25, 0.15, 0.1)}


@cache
def installed() -> dict[str, dict[str, float]]:
    """Return the share of each socket type in each country of the table."""
    return {
        country: dict(zip(types, _INSTALLED[len(types)], strict=True))
        for types, countries in SOCKETS_BY_TYPES.items()
        for country in countries.split()
    }


def socket(clue: Clue, world: World) -> Likelihood:
    """Read the letters of a socket; several letters mean "one of these, it cannot be told which"."""
    letters = set(str(clue.value).strip().upper()) - set(" ,/")
    if not letters or not letters <= set("ABCDEFGHIJKLMNO"):
        raise ClueRefused(
            clue.id, "a socket is letters A to O of IEC TR 60083, not {value!r}", value=clue.value
        )
    table = installed()

    def share(code: str) -> float:
        return sum(table[code].get(x, 0.0) for x in letters) if code in table else nan

    return by_country(world, share, "socket")


def mains_hz(clue: Clue, world: World) -> Likelihood:
    """Read 50 or 60; Japan is split by prefecture."""
    if clue.value not in (50, 60, "50", "60"):
        raise ClueRefused(clue.id, "a mains frequency is 50 or 60, not {value!r}", value=clue.value)
    asked = int(clue.value)

    def share(code: str, _admin: str, name: str) -> float:
        if code in HERTZ_UNKNOWN:
            return nan
        east = name.removesuffix(" Prefecture") in JAPAN_50
        hertz = (50 if east else 60) if code == "JP" else 60 if code in HERTZ_60 else 50
        return float(hertz == asked)

    return by_district(world, share, "mains_hz")


def driving_side(clue: Clue, world: World) -> Likelihood:
    """Read left or right."""
    if clue.value not in ("left", "right"):
        raise ClueRefused(clue.id, "a driving side is left or right, not {value!r}", value=clue.value)
    return by_country(
        world, lambda code: float((code in DRIVES_LEFT) == (clue.value == "left")), "driving_side"
    )
