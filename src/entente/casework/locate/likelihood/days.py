"""A day on which a place keeps a public holiday: closed shops, a parade, a school without children.

References
----------
The ``holidays`` package (MIT) by its year and subdivision, built by ``tools/world/days.py``. It lists public
holidays, not school holidays. A day without year is the mean of all years of the table.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.likelihood.shares import Likelihood, district_weights, elsewhere
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import CLOSED
from entente.casework.locate.world import Floats, World, packed
from entente.vocabulary.clue import Clue

_ALL = 255  # a whole place keeps the day


@dataclass(frozen=True, eq=False)
class Days:
    """Public holidays of ``first`` to ``last``: days since the first of January, rows, shares of 255.

    Attributes
    ----------
    row : row of ``world.countries``, or above their number, of ``world.districts``: where it differs
    rest : days of weekly rest of each country, a bit each from Monday
    known : countries that the table knows
    """

    day: NDArray[np.int64]
    row: NDArray[np.int64]
    share: NDArray[np.int64]
    rest: NDArray[np.int64]
    known: frozenset[str]
    first: int
    last: int
    version: str

    def kept(self, world: World, on: date) -> Floats:
        """Return the share of each division that keeps ``on``, (districts,); NaN where nothing is known."""
        here = self.day == (on - date(self.first, 1, 1)).days
        rows, shares = self.row[here], self.share[here] / _ALL
        count = len(world.countries)
        whole = np.array([0.0 if c in self.known else np.nan for c in world.countries])
        whole[rows[rows < count]] = shares[rows < count]
        found: Floats = whole[world.country_of_district]
        found[rows[rows >= count] - count] = shares[rows >= count]
        return found

    def resting(self, world: World, on: date) -> NDArray[np.bool_]:
        """Return where ``on`` is the day of weekly rest, (districts,)."""
        bits: NDArray[np.bool_] = ((self.rest >> on.weekday()) & 1).astype(bool)[world.country_of_district]
        return bits


@cache
def days() -> Days:
    """Load the packaged table; once in a process, only when a holiday is met."""
    read = np.load(io.BytesIO(packed("days.npz.xz")))
    about = json.loads(read["about"].tobytes())
    return Days(
        day=np.cumsum(read["day"].astype(np.int64)),
        row=read["row"].astype(np.int64),
        share=read["share"].astype(np.int64),
        rest=read["rest"].astype(np.int64),
        known=frozenset(about["countries"]),
        first=about["years"][0],
        last=about["years"][1],
        version=about["version"],
    )


def dates(clue: Clue) -> list[date]:
    """Return the day of the clue, or that day in each year of the table where it has no year."""
    text, table = str(clue.value).strip(), days()
    bare = re.fullmatch(r"(?:--)?(\d{2})-(\d{2})", text)
    try:
        if bare:
            years = range(table.first, table.last + 1)
            month, day = int(bare[1]), int(bare[2])
            if (month, day) == (2, 29):
                return [date(y, 2, 29) for y in years if y % 4 == 0]  # 2100 is no year of a table
            return [date(y, month, day) for y in years]
        found = date.fromisoformat(text)
    except ValueError:
        raise ClueRefused(
            clue.id,
            "a holiday is the day on which it is kept, 2025-06-24 or 06-24, not {value!r}",
            value=clue.value,
        ) from None
    if not table.first <= found.year <= table.last:
        raise ClueRefused(
            clue.id,
            "the table of holidays knows {first} to {last}: give {day} without year",
            first=table.first,
            last=table.last,
            day=f"{found:%m-%d}",
        )
    return [found]


def refuse_future(clue: Clue, now: datetime) -> None:
    """Refuse a day that has not come: it was not seen kept."""
    found = dates(clue)
    if len(found) == 1 and found[0] > (now + timedelta(days=1)).date():
        raise ClueRefused(
            clue.id, "{day} lies in the future: correct the date of the recording", day=str(found[0])
        )


def holiday(clue: Clue, world: World) -> Likelihood:
    """Read a day on which it was closed, or with ``negated`` open: P(closed | place) by holidays and rest.

    On a holiday .9 of what is seen is closed, on the weekly rest .5; the rest is from elsewhere.
    """
    table, found = days(), dates(clue)
    shares = np.zeros(len(world.districts))
    for on in found:
        kept = table.kept(world, on)
        other = np.where(table.resting(world, on), CLOSED["rest"], 0.0)
        shares += (kept * CLOSED["holiday"] + (1 - kept) * other) / len(found)
    return Likelihood(world.district, elsewhere(shares, district_weights(world), "holiday"))
