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


@dataclass(frozen=True)
class Areas:
    """Rows of ``world.starts`` inside each region, most believed first, and their km²."""

    inside50: NDArray[np.intp]
    inside90: NDArray[np.intp]
    area50_km2: float
    area90_km2: float


def by_cell(world: World, belief: Floats) -> Floats:
    """Join the hypotheses of one cell in several countries, (cells,)."""
    joined: Floats = np.add.reduceat(belief, world.starts)
    return joined


def areas(world: World, belief: Floats) -> Areas:
    """Return the highest-density regions of ``belief`` (n,) that hold 50 % and 90 %."""
    cells = by_cell(world, belief)
    km2 = world.area[world.starts]
    likely = np.flatnonzero(cells > cells.max() * 1e-9)
    if cells[likely].sum() < 0.95:  # a belief as flat as the prior needs every cell
        likely = np.arange(len(cells))
    # Rounding makes ties fall by place, not by the last bit of a sum.
    density = np.round(np.log(cells[likely] / km2[likely]), 9)
    order = likely[np.lexsort((likely, -density))]
    held = np.cumsum(cells[order])
    n50, n90 = (min(int(np.searchsorted(held, s)) + 1, len(order)) for s in (0.5, 0.9))
    return Areas(order[:n50], order[:n90], float(km2[order[:n50]].sum()), float(km2[order[:n90]].sum()))


def countries(world: World, belief: Floats) -> Floats:
    """Return each country's share, (countries,)."""
    shares: Floats = np.bincount(world.country, belief, len(world.countries)).astype(np.float64)
    return shares


def districts(world: World, belief: Floats) -> Floats:
    """Return each first-order division's share, (districts,)."""
    shares: Floats = np.bincount(world.district, belief, len(world.districts)).astype(np.float64)
    return shares
