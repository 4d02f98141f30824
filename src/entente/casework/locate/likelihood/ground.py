"""What the ground looks like about a place: flat, hilly or mountain.

References
----------
Altitudes of Mapzen's terrain tiles as packaged by pvlib, 5 minutes of arc; bounds of E. H. Hammond, Annals of
the Association of American Geographers 54 (1964). Built by ``tools/world/relief.py``.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cache

import numpy as np

from entente.casework.locate.likelihood.shares import Likelihood
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import Floats, World, packed
from entente.vocabulary.clue import Clue

RELIEF = ("flat", "hilly", "mountain")
_STEPS, _UNKNOWN = 15, 255


@dataclass(frozen=True, eq=False)
class Ground:
    """``shares`` (cells, 3): flat, hilly, mountain within 30 km; ``differ``: the map's own error.

    A cell without land on the map is NaN.
    """

    shares: Floats
    differ: float
    version: str


@cache
def ground() -> Ground:
    """Load the packaged relief; once in a process, only when a relief is met."""
    read = np.load(io.BytesIO(packed("relief.npz.xz")))
    about, codes = json.loads(read["about"].tobytes()), read["shares"].astype(np.int64)
    hilly, mountain = codes >> 4, codes & _STEPS
    shares = np.stack([_STEPS - hilly - mountain, hilly, mountain], axis=1) / _STEPS
    shares[codes == _UNKNOWN] = np.nan
    return Ground(shares, about["differ"], about["version"])


def seen(world: World, kind: str) -> Floats:
    """Return P(said to be ``kind`` | place) for every hypothesis, (n,).

    One point in ``differ`` has a neighbour of another class: so often the map itself may be wrong about what
    is seen, and then the answer is any class by its share of the world.
    """
    table = ground()
    counts = np.diff(np.append(world.starts, len(world.cell)))
    share = np.repeat(table.shares[:, RELIEF.index(kind)], counts)
    known = ~np.isnan(share)
    mean = float(world.prior[known] @ share[known] / world.prior[known].sum())
    values: Floats = (1 - table.differ) * np.where(known, share, mean) + table.differ * mean
    return values


def relief(clue: Clue, world: World) -> Likelihood:
    """Read flat, hilly or mountain: what stands about the place, also on the skyline."""
    if clue.value not in RELIEF:
        raise ClueRefused(clue.id, "a relief is flat, hilly or mountain, not {value!r}", value=clue.value)
    return Likelihood(None, seen(world, str(clue.value)))
