"""How common an observation is in each place, before a clue's own reliability is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.tables import FROM_ELSEWHERE
from entente.casework.locate.world import Floats, World

Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Likelihood:
    """Values over a table, and the table's row for each hypothesis; ``rows`` of None: one value each."""

    rows: Rows | None
    values: Floats

    def over_cells(self) -> Floats:
        """Return (n,) values, one for each hypothesis of the world."""
        return self.values if self.rows is None else self.values[self.rows]


def _kept(rows: Rows, prior: Floats, count: int) -> Floats:
    """Sum the prior by row; what is kept for all callers cannot be written to."""
    shares: Floats = np.bincount(rows, prior, count).astype(np.float64)
    shares.setflags(write=False)
    return shares


@lru_cache(maxsize=4)
def country_weights(world: World) -> Floats:
    """Return the prior share of each country, (countries,)."""
    return _kept(world.country, world.prior, len(world.countries))


@lru_cache(maxsize=4)
def district_weights(world: World) -> Floats:
    """Return the prior share of each first-order division, (districts,)."""
    return _kept(world.district, world.prior, len(world.districts))


def elsewhere(shares: Floats, weights: Floats, kind: str) -> Floats:
    """Mix in observations that come from other places: a share of the kind, times the value's world share.

    Unknown rows (NaN) take the world's mean, so that they are neither helped nor hurt.
    """
    known = ~np.isnan(shares)
    mean = float(np.sum(weights[known] * shares[known]) / np.sum(weights[known])) if known.any() else 0.0
    away = FROM_ELSEWHERE[kind]
    return np.clip((1 - away) * np.where(known, shares, mean) + away * mean, 1e-12, 1.0)


def by_country(world: World, share: Callable[[str], float], kind: str) -> Likelihood:
    """Make a likelihood from a share for each country code; NaN where the tables do not know."""
    shares = np.array([share(code) for code in world.countries], float)
    return Likelihood(world.country, elsewhere(shares, country_weights(world), kind))


def by_district(world: World, share: Callable[[str, str, str], float], kind: str) -> Likelihood:
    """Make a likelihood from a share for each (country, admin-1 code, name)."""
    shares = np.array([share(*district) for district in world.districts], float)
    return Likelihood(world.district, elsewhere(shares, district_weights(world), kind))
