"""The region looked at more closely: cells of resolution 7 where half of the belief lies, and no finer.

Belief is not made anew here. What a cell of resolution 5 holds is shared out among its 49 children: by where
its people live, as far as the gazetteer knows, and by clues with a position. For such a clue with ratio R
over the cells and a profile v within one of them::

    R(child) = r₀ + (R(cell) − r₀) · v(child) / Σ share·v         r₀ = the least R anywhere

r₀ is the part of R that comes from elsewhere or from a false clue: it knows no position, so it is not shared
out by one, and a clue that is disbelieved in a cell does not order its children. The mean over the people of
the cell is the cell's own R. Each clue is set against those people, none against what another clue made of
them, so no order of clues is better than another. Resolution 7 is a part of a town of some 5 km². It is where
the automated part stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import h3.api.numpy_int as h3
import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.gazetteer import gazetteer
from entente.casework.locate.combine import Floats, Weighed
from entente.casework.locate.likelihood import PROFILES
from entente.casework.locate.world import EARTH_KM, World, unit
from entente.vocabulary.place import CellShare

RESOLUTION = 7
MOST_CELLS = 24  # of half the belief: a wider region is not looked at more closely
_TOWN_PER_KM2 = 2500.0  # people on a km² of a town (judged), for how far it reaches
_SCATTERED = 0.2  # of a cell's people live outside the places that the gazetteer knows, at the least (judged)
_REACH_KM = 25.0  # of towns about a cell that are looked at


def refined(
    here: World, posterior: Floats, weighed: Sequence[Weighed], inside: NDArray[np.intp]
) -> tuple[CellShare, ...]:
    """Return the children that hold half of the belief, the likeliest first; nothing for a wide region.

    Parameters
    ----------
    inside : rows of ``here.starts`` that hold half of the belief
    """
    if len(inside) > MOST_CELLS:
        return ()
    parents = np.flatnonzero(np.isin(here.cell_of, inside))
    small, of = children(here, parents)
    people = shared_out(small.prior, of, len(parents))
    shares = people.copy()
    for one in weighed:
        if one.clue.kind in PROFILES and not one.clue.negated:
            shares *= _by_position(people, of, one, PROFILES[one.clue.kind](one.clue, small, here), parents)
            shares = np.maximum(shared_out(shares, of, len(parents)), 1e-300)
    belief = shared_out(shares, of, len(parents)) * posterior[parents][of]
    return _half(small, belief)


def children(here: World, parents: NDArray[np.intp]) -> tuple[World, NDArray[np.intp]]:
    """Return the children of some hypotheses as a small world, and each one's row of ``parents``."""
    found = [h3.cell_to_children(int(c), RESOLUTION) for c in here.cell[parents]]
    of = np.repeat(np.arange(len(parents)), [len(f) for f in found])
    cells = np.concatenate(found).astype(np.uint64)
    order = np.lexsort((here.country[parents][of], cells))
    cells, of = cells[order], of[order]
    rows = parents[of]
    counts = np.bincount(of, minlength=len(parents))
    small = replace(
        here,
        cell=cells,
        country=here.country[rows],
        district=here.district[rows],
        zone=here.zone[rows],
        people=np.ones(len(cells)),
        area=here.area[rows] / counts[of],
    )
    return replace(small, people=people_of(small, of, here.people[parents])), of


def people_of(small: World, of: NDArray[np.intp], people: Floats) -> Floats:
    """Return how many live in each child: about the towns that are known, and scattered over the rest."""
    names = gazetteer()
    south, north = (float(f(small.centres[:, 0])) for f in (np.min, np.max))
    margin = np.degrees(_REACH_KM / EARTH_KM)
    band = np.flatnonzero((names.lat > south - margin) & (names.lat < north + margin))
    nearest = (unit(names.lat[band], names.lon[band]) @ small.units[:, ::7]).max(axis=1)
    kept: dict[tuple[float, float], float] = {}
    for row in band[nearest > np.cos(_REACH_KM / EARTH_KM)]:  # a place stands once for each of its names
        at = (float(names.lat[row]), float(names.lon[row]))
        kept[at] = max(kept.get(at, 0.0), float(names.people[row]))
    crowd = np.zeros(len(small.cell))
    for (lat, lon), many in sorted(kept.items()):
        square = 2 * EARTH_KM**2 * (1 - small.units.T @ unit(lat, lon))
        crowd += (
            many
            * np.exp(-0.5 * square / (many / _TOWN_PER_KM2 / np.pi + small.area))
            / (many / _TOWN_PER_KM2 / np.pi + small.area)
        )
    held = np.bincount(of, crowd, len(people))
    known = np.where(held > 0, 1 - _SCATTERED, 0.0)
    even = (1 - known)[of] / np.bincount(of, minlength=len(people))[of]
    shares: Floats = known[of] * crowd / np.maximum(held, 1e-300)[of] + even
    return shares * people[of]


def shared_out(values: Floats, of: NDArray[np.intp], count: int) -> Floats:
    """Return ``values`` so that those of one parent sum to one."""
    shares: Floats = values / np.bincount(of, values, count)[of]
    return shares


def _by_position(
    people: Floats, of: NDArray[np.intp], one: Weighed, profile: Floats, parents: NDArray[np.intp]
) -> Floats:
    """Return R of the children for one clue with a position."""
    ratio = one.ratio
    base = float(ratio.min())
    held = ratio[parents].astype(np.float64)
    mean = np.maximum(np.bincount(of, people * profile, len(parents)), 1e-300)
    found: Floats = np.maximum(base + (held - base)[of] * profile / mean[of], 1e-300)
    return found


def _half(small: World, belief: Floats) -> tuple[CellShare, ...]:
    """Return the likeliest children that hold half of all belief, each cell once."""
    cells, row = np.unique(small.cell, return_inverse=True)
    held = np.round(np.bincount(row, belief), 12)
    order = np.lexsort((cells, -held))
    last = int(np.searchsorted(np.cumsum(held[order]), 0.5 - 1e-9)) + 1
    return tuple(CellShare(f"{cells[i]:x}", round(float(held[i]), 6)) for i in order[:last])
