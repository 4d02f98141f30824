"""Simulated cases: a place, and clues of it that fail as a world says; for coverage test and benchmark.

Written apart from the engine's likelihoods, from the same public tables.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta
from functools import cache

import h3.api.basic_int as h3
import numpy as np
from tests.casework.locate.clues import clue

from entente.casework.examine.gazetteer import gazetteer
from entente.casework.locate.likelihood.days import days
from entente.casework.locate.likelihood.grid import installed
from entente.casework.locate.likelihood.ground import RELIEF, ground
from entente.casework.locate.likelihood.words import language_shares
from entente.casework.locate.sun import elevation
from entente.casework.locate.tables import CLOSED, DRIVES_LEFT, EXITS, FROM_ELSEWHERE, HERTZ_60, RECOGNISED
from entente.casework.locate.world import world
from entente.vocabulary.clue import Clue

KINDS = ("language", "speech", "mains_hz", "socket", "driving_side", "currency", "utc_offset",
         "sun_elevation", "ip_country", "region", "country", "holiday", "relief")  # fmt: skip
ERROR = 0.1
RELAYED = 0.1  # of addresses are a relay's, as the likelihood takes it
PEOPLE, RURAL, SOMEWHERE = "people", "rural", "somewhere"  # how places are drawn
# Of each world: how often a clue fails by itself, how often a whole source does, and how places are drawn. W3
# is a world of stress that the engine does not hold: no state has these rates, and its prior no such places.
WORLDS = {"W1": (ERROR, 0.0, PEOPLE), "W2": (ERROR, 0.08, PEOPLE), "W3": (2 * ERROR, 0.20, RURAL)}
INHABITED = 50  # people in a cell, at the least, for somebody to be drawn there


def observed(kind: str, cell: int, draw: np.random.Generator):
    """What is seen at a place when nothing fails, written apart from the engine's likelihoods."""
    here = world()
    code = here.countries[here.country[cell]]
    district = here.districts[here.district[cell]]
    if kind in ("language", "speech"):
        table = language_shares(kind, here)
        tags = sorted(table)
        shares = np.array([table[t][here.district[cell]] for t in tags])
        return {str(draw.choice(tags, p=shares / shares.sum())): 1.0} if shares.sum() > 0 else None
    if kind == "mains_hz":
        return None if code == "JP" else 60 if code in HERTZ_60 else 50
    if kind == "socket":
        types = installed().get(code)
        return str(draw.choice(list(types), p=list(types.values()))) if types else None
    if kind == "driving_side":
        return "left" if code in DRIVES_LEFT else "right"
    if kind == "currency":
        return here.facts[code]["currency"] or None
    if kind == "utc_offset":
        shares = here.zones[here.zone[cell]][1]
        return int(draw.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))
    if kind == "sun_elevation":
        return _sun(cell, draw)
    if kind == "holiday":
        return _closed(cell, draw)
    if kind == "relief":
        other = draw.random() < ground().differ  # the map is wrong about what is seen as often as that
        shares = ground().shares[here.cell_of[drawn(SOMEWHERE, draw) if other else cell]]
        return None if np.isnan(shares).any() else str(draw.choice(RELIEF, p=shares / shares.sum()))
    if kind == "region":
        return {
            "country": code,
            "admin1": district[1] if draw.random() < RECOGNISED["region"] else _taken_for(cell, draw),
        }
    if kind == "ip_country" and draw.random() < RELAYED:
        return _exit(draw)
    if kind == "country" and draw.random() > RECOGNISED["country"]:
        return here.countries[here.country[drawn(SOMEWHERE, draw)]]
    return code


def _taken_for(cell: int, draw: np.random.Generator) -> str:
    """The region of the same country that a place is taken for, by how many live there."""
    here = world()
    mine = here.rows_of_country[here.country[cell]]
    reach = np.cumsum(here.prior[mine])
    return here.districts[here.district[mine[np.searchsorted(reach, draw.random() * reach[-1])]]][1]


def _exit(draw: np.random.Generator) -> str:
    """The country of a relay: one of the table's, or of the others as people live."""
    here, at = world(), draw.random()
    for code, share in EXITS.items():
        at -= share
        if at < 0:
            return code
    while (code := here.countries[here.country[drawn(SOMEWHERE, draw)]]) in EXITS:
        pass
    return code


@cache
def _five_years() -> tuple[np.ndarray, np.ndarray]:
    """Days from 2021 in the table's count, and their weekdays from Monday."""
    first = (date(2021, 1, 1) - date(days().first, 1, 1)).days
    return np.arange(first, first + 5 * 365), (date(2021, 1, 1).weekday() + np.arange(5 * 365)) % 7


def _closed(cell: int, draw: np.random.Generator):
    """A day of five years on which the place was closed, by holiday or weekly rest."""
    table, here, (count, weekday) = days(), world(), _five_years()
    country, kept = here.country[cell], np.zeros(count[-1] + 1)
    if here.countries[country] not in table.known:
        return None
    for row in (country, len(here.countries) + here.district[cell]):  # a division's own day comes last
        own = (table.row == row) & (table.day <= count[-1])
        kept[table.day[own]] = table.share[own] / 255
    rest = (table.rest[country] >> weekday) & 1
    closed = kept[count] * CLOSED["holiday"] + (1 - kept[count]) * rest * CLOSED["rest"]
    at = int(draw.choice(len(count), p=closed / closed.sum()))
    return (date(2021, 1, 1) + timedelta(days=at)).isoformat()


def _sun(cell: int, draw: np.random.Generator):
    for _ in range(20):
        day, minute = int(draw.integers(1, 29)), int(draw.integers(0, 1440))
        utc = f"2025-{int(draw.integers(1, 13)):02d}-{day:02d}T{minute // 60:02d}:{minute % 60:02d}:00+00:00"
        moment = np.datetime64(utc[:19]).item().replace(tzinfo=UTC)
        degrees = float(elevation(moment, world().centres[cell : cell + 1])[0])
        if degrees > 10:
            read = degrees + draw.normal(0, 3)
            return {"deg": min(read, 180 - read), "sd": 3.0, "utc": utc}
    return None


@cache
def reached(weights: str) -> np.ndarray:
    """Sums of a way to draw places, kept: adding up 273,144 cells costs more than most likelihoods."""
    people = world().people
    shares = {SOMEWHERE: world().prior, PEOPLE: people / people.sum()}
    return np.cumsum(_rural() if weights == RURAL else shares[weights])


def _rural() -> np.ndarray:
    """Half of the places are towns of the gazetteer, each as likely; half any cell that people live in."""
    here, names = world(), gazetteer()
    at = sorted(set(zip(names.lat.tolist(), names.lon.tolist(), strict=True)))
    cells = np.array([h3.latlng_to_cell(lat, lon, 5) for lat, lon in at], np.uint64)
    rows = np.minimum(np.searchsorted(here.cell, cells), len(here.cell) - 1)
    towns = np.bincount(rows[here.cell[rows] == cells], minlength=len(here.cell))
    lived_in = here.people > INHABITED
    return 0.5 * towns / towns.sum() + 0.5 * lived_in / lived_in.sum()


def drawn(weights: str, draw: np.random.Generator) -> int:
    return int(np.searchsorted(reached(weights), draw.random()))


def case(
    draw: np.random.Generator,
    number: int,
    fails: float,
    group_fails: float,
    weights: str,
):
    """Draw a place and ``number`` clues of it, with failures."""
    cell = drawn(weights, draw)
    other: dict[str, int] = {}
    found: list[Clue] = []
    for kind in draw.permutation(KINDS):
        said = observed(str(kind), cell, draw)
        if said is None or len(found) == number:
            continue
        one = clue(str(kind), str(kind), said, 1 - ERROR)
        other_place = drawn(SOMEWHERE, draw)
        source = other.setdefault(str(one.group), other_place if draw.random() < group_fails else -1)
        away = fails + (1 - fails) * FROM_ELSEWHERE.get(str(kind), 0.0)
        place = other_place if draw.random() < away else source
        said = said if place < 0 else observed(str(kind), place, draw)
        if said is not None:
            found.append(clue(str(kind), str(kind), said, 1 - ERROR))
    return cell, found
