"""How clues are put together: a reliability mixture for each, one shared-failure switch for each group.

For clue i with likelihood L over the hypotheses, prior π and error rate ε::

    B = Σ π·L                        what the clue would look like from a random place
    R = (1 − ε)·L/B + ε              the clue, as far as it is trusted
    G = (1 − ε_g)·ΠR/B_g + ε_g       its group: the whole source may speak of another place, B_g = Σ π·ΠR
    posterior ∝ π·ΠG

All products are sums of logarithms. The rule is ``group_rp`` of the project's study of location.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.tables import ERROR_OF, GROUP_ERROR
from entente.vocabulary.clue import Clue, ClueKind

Floats = NDArray[np.float64]
LEAST_ERROR, MOST_ERROR = 0.005, 0.95


def error_of(clue: Clue) -> float:
    """Return ε: one less the clue's own reliability, or the evaluation's figure where it has none."""
    error = ERROR_OF[clue.evaluation] if clue.reliability is None else 1.0 - clue.reliability
    return min(max(error, LEAST_ERROR), MOST_ERROR)


def expected(belief: Floats, values: NDArray[np.floating]) -> float:
    """Return Σ belief·values, summed pairwise: the same bits however many threads there are."""
    return float(np.multiply(belief, values).sum())


@dataclass(frozen=True)
class Weighed:
    """One clue over the hypotheses: ``ratio`` is R of the module's formula, (n,) float32."""

    clue: Clue
    error: float
    ratio: NDArray[np.float32]

    @cached_property
    def log_ratio(self) -> NDArray[np.float32]:
        """Log R; asked for again for each other clue of the group that is left out."""
        found: NDArray[np.float32] = np.log(self.ratio)
        return found


def weigh(clue: Clue, values: Floats, prior: Floats) -> Weighed:
    """Return R for likelihood ``values`` (n,) under ``prior`` (n,)."""
    error = error_of(clue)
    scale = (1 - error) / expected(prior, values)
    return Weighed(clue, error, (values * scale + error).astype(np.float32))


def groups_of(weighed: Sequence[Weighed]) -> dict[str, list[Weighed]]:
    """Return the clues by source group, in the order of the groups' names."""
    found: dict[str, list[Weighed]] = {}
    for one in weighed:
        found.setdefault(str(one.clue.group), []).append(one)
    return {name: found[name] for name in sorted(found)}


def group_factor(members: Sequence[Weighed], prior: Floats) -> Floats:
    """Return log G of one group, (n,)."""
    value = group_value(members, prior)
    return np.log(value, out=value)


def group_value(members: Sequence[Weighed], prior: Floats) -> Floats:
    """Return G of one group, (n,)."""
    total = np.zeros(len(prior))
    # However many pictures and models: together they look at one scene, and weigh as one clue.
    models = sum(one.clue.kind is ClueKind.PICTURE_MODEL for one in members)
    for one in members:
        total += one.log_ratio / (models if one.clue.kind is ClueKind.PICTURE_MODEL else 1)
    top = float(total.max())
    total -= top
    scaled = np.exp(total, out=total)
    scaled *= (1 - GROUP_ERROR) / expected(prior, scaled)
    scaled += GROUP_ERROR
    return scaled


def normalised(log_factors: Sequence[Floats] | Mapping[str, Floats], prior: Floats) -> Floats:
    """Return the posterior over hypotheses from the groups' log factors."""
    factors = list(log_factors.values()) if isinstance(log_factors, Mapping) else list(log_factors)
    total = np.zeros(len(prior))
    for factor in factors:
        total += factor
    total -= total.max()
    belief = np.exp(total, out=total)
    belief *= prior
    belief /= belief.sum()
    return belief
