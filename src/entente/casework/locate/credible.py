"""The smallest areas that hold half and nine tenths of the belief, and the shares of countries and regions.

References
----------
Highest-density regions: Hyndman, The American Statistician 50 (1996) 120-126.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.world import World

Floats = NDArray[np.float64]
_LEVELS, _LEVELS_A_FACTOR_E = 2048, 64


@dataclass(frozen=True)
class Areas:
    """Rows of ``world.starts`` inside each region, most believed first, and their km²."""

    inside50: NDArray[np.intp]
    inside90: NDArray[np.intp]
    area50_km2: float
    area90_km2: float


def by_cell(world: World, belief: Floats) -> Floats:
    """Join the hypotheses of one cell in several countries, (cells,)."""
    joined: Floats = belief[world.starts]
    others = world.shared_cells  # few, on borders
    np.add.at(joined, world.cell_of[others], belief[others])
    return joined


def areas(world: World, belief: Floats) -> Areas:
    """Return the highest-density regions of ``belief`` (n,) that hold 50 % and 90 %."""
    cells, km2 = by_cell(world, belief), world.cell_area
    # All cells that are thinner than this hold 5 % together: the 90 % are full before one is reached.
    thick = np.flatnonzero(cells > km2 * (float(cells.sum()) / world.twenty_lands))
    cells, km2 = cells[thick], km2[thick]
    # Rounding makes ties fall by place, not by the last bit of a sum.
    density = np.round(np.log(np.maximum(cells, 1e-300) / km2), 9)
    # Only what stands above a first, coarse cut at 90 % needs to be put in order.
    level = np.minimum((density.max() - density) * _LEVELS_A_FACTOR_E, _LEVELS - 1).astype(np.intp)
    above = np.cumsum(np.bincount(level, cells, _LEVELS))
    likely = np.flatnonzero(level <= np.searchsorted(above, 0.9 + 1e-6))
    order = likely[np.lexsort((likely, -density[likely]))]
    held = np.cumsum(cells[order])
    n50, n90 = (min(int(np.searchsorted(held, s)) + 1, len(order)) for s in (0.5, 0.9))
    rows = thick[order]
    return Areas(rows[:n50], rows[:n90], float(km2[order[:n50]].sum()), float(km2[order[:n90]].sum()))


def countries(world: World, belief: Floats) -> Floats:
    """Return each country's share, (countries,)."""
    starts, of = world.country_runs
    shares: Floats = np.bincount(of, np.add.reduceat(belief, starts), len(world.countries)).astype(np.float64)
    return shares


def districts(world: World, belief: Floats) -> Floats:
    """Return each first-order division's share, (districts,)."""
    starts, of = world.district_runs
    shares: Floats = np.bincount(of, np.add.reduceat(belief, starts), len(world.districts)).astype(np.float64)
    return shares
