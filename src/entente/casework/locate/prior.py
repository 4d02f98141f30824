"""What is believed before any clue: people, their square root, and a little bare land.

References
----------
The rule ``group_rp`` of the project's study of location: the square root guards against a population table
that is wrong in the country; in its stress world it lifted the coverage of the 90 % region from .76 to .85.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LAND = 0.02  # share of belief given to area, wherever nobody is counted
CROWDS = 0.5  # half population, half its square root


def robust(people: NDArray[np.float64], area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the prior over hypotheses, which sums to one.

    Parameters
    ----------
    people, area : (n,) inhabitants and km²
    """
    root = np.sqrt(people)
    crowds = CROWDS * people / people.sum() + (1 - CROWDS) * root / root.sum()
    return (1 - LAND) * crowds + LAND * area / area.sum()
