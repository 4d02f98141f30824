"""What a model of pictures says of the place: one clue among others, never surer than its error rate.

The model's log-likelihoods L over cells are mixed with its declared error rate e before the clue's own
reliability is counted: (1 − e)·L/B + e. So what it excludes keeps at least e of its prior belief, however
sure the model is. In ``combine`` all pictures and all models of one source group together weigh as one.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import h3.api.numpy_int as h3
import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.likelihood.clock import number
from entente.casework.locate.likelihood.shares import Likelihood
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import Floats, World
from entente.vocabulary.clue import Clue

MOST_CELLS = 50_000
FINEST = 5  # H3 resolution: a model may not say more than the region does
LEAST_ERROR = 0.05  # of any model: none that names a place from a picture alone was shown to be better
_DIGITS = 3  # bits of an H3 index for each resolution


def parents(cells: NDArray[np.uint64], resolution: int) -> NDArray[np.uint64]:
    """Return the parent of each H3 index at a coarser or the same resolution."""
    unused = np.uint64((1 << _DIGITS * (15 - resolution)) - 1)
    bare = cells & ~np.uint64(15 << 52)
    return (bare | np.uint64(resolution << 52)) | unused


def said(clue: Clue) -> tuple[float, dict[int, dict[int, float]], float]:
    """Return the error rate, log-likelihoods by resolution and cell, and the one of all other cells."""
    value = clue.value
    if not isinstance(value, dict) or not isinstance(value.get("cells"), dict) or not value["cells"]:
        raise ClueRefused(
            clue.id, "a picture model says {model, version, error_rate, cells: {H3: log-likelihood}}"
        )
    if not str(value.get("model") or "").strip() or not str(value.get("version") or "").strip():
        raise ClueRefused(clue.id, "a picture model without name and version cannot be checked: add both")
    error = number(clue, value.get("error_rate"), "error_rate")
    if not 0 < error < 1:
        raise ClueRefused(
            clue.id,
            "an error rate lies between 0 and 1, not {value:g}: declare the measured one",
            value=error,
        )
    if len(value["cells"]) > MOST_CELLS:
        raise ClueRefused(
            clue.id,
            "{count:,} cells: at most {most:,}, give coarser ones",
            count=len(value["cells"]),
            most=MOST_CELLS,
        )
    found: dict[int, dict[int, float]] = {}
    for name, figure in value["cells"].items():
        cell = _cell(clue, name)
        found.setdefault(int(h3.get_resolution(cell)), {})[cell] = _figure(clue, name, figure)
    least = min(f for cells in found.values() for f in cells.values())
    other = value.get("elsewhere")
    return max(error, LEAST_ERROR), found, least if other is None else _figure(clue, "elsewhere", other)


def _cell(clue: Clue, name: Any) -> int:
    """Return an H3 index of resolution 5 or coarser, or refuse the clue."""
    try:
        cell = int(str(name), 16)
        valid = cell < 1 << 63 and bool(h3.is_valid_cell(cell))
    except (ValueError, OverflowError):
        valid = False
    if not valid:
        raise ClueRefused(clue.id, "{cell!r} is no H3 cell: give indexes such as 851f9a3bfffffff", cell=name)
    if h3.get_resolution(cell) > FINEST:
        raise ClueRefused(
            clue.id,
            "{cell} is finer than resolution {finest}: give its parent, a district is enough",
            cell=name,
            finest=FINEST,
        )
    return cell


def _figure(clue: Clue, name: Any, value: Any) -> float:
    figure = number(clue, value, f"cells {name}")
    if not isfinite(figure) or abs(figure) > 1e6:
        raise ClueRefused(
            clue.id, "the log-likelihood of {cell} is out of bounds: {value!r}", cell=name, value=value
        )
    return figure


def picture_model(clue: Clue, world: World) -> Likelihood:
    """Read {model, version, error_rate, cells, elsewhere}; the finer of two cells counts."""
    error, found, other = said(clue)
    cells = world.cell[world.starts]
    figures: Floats = np.full(len(cells), other)
    known = False
    for resolution in sorted(found):
        names = np.array(sorted(found[resolution]), np.uint64)
        values = np.array([found[resolution][int(n)] for n in names])
        of = parents(cells, resolution)
        at = np.minimum(np.searchsorted(names, of), len(names) - 1)
        hit = names[at] == of
        figures[hit] = values[at[hit]]
        known |= bool(hit.any())
    if not known:
        raise ClueRefused(clue.id, "none of the cells of the picture model lies on land that people live on")
    shares = np.exp(np.maximum(figures - figures.max(), -700.0))
    whole = np.bincount(world.cell_of, world.prior, len(cells))
    mixed = (1 - error) * shares / float(whole @ shares) + error
    return Likelihood(world.cell_of, mixed)
