"""How clues are put together: a reliability mixture for each, one shared-failure switch for each group.

For clue i with likelihood L over the hypotheses, prior π and error rate ε::

    B = Σ π·L                        what the clue would look like from a random place
    R = (1 − ε)·L/B + ε              the clue, as far as it is trusted
    G = (1 − ε_g)·ΠR + ε_g·B_g       its group: the whole source may speak of another place, B_g = Σ π·ΠR
    posterior ∝ π·Σ_s w_s·ΠG         as declared, or twice as often wrong: both stand

In state s every ε is the declared one or twice that, and ε_g goes with it (``tables.RELIABILITY``). The
clues tell which holds: where they agree the declared one, where they clash the other: the region is wider.

Products are scaled as they grow. The rule is ``group_rp`` of the project's study of location, with
the states added: one state alone held the truth in .77 of the world of stress at three clues, two in .84.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.tables import ERROR_OF, RELIABILITY
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

    def in_state(self, times: float) -> NDArray[np.float32]:
        """Return R as if the clue were wrong ``times`` as often."""
        if times == 1:
            return self.ratio
        error = min(times * self.error, MOST_ERROR)
        share = (1 - error) / (1 - self.error)
        changed: NDArray[np.float32] = self.ratio * np.float32(share) + np.float32(error - self.error * share)
        return changed


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
    """Return log G of one group in each state of the reliabilities, (states, n), up to a constant."""
    value = group_value(members, prior)
    return np.log(value, out=value)


def group_value(members: Sequence[Weighed], prior: Floats) -> Floats:
    """Return G of one group in each state, (states, n), up to a constant that all of them share."""
    # However many pictures and models: together they look at one scene, and weigh as one clue.
    models = sum(one.clue.kind is ClueKind.PICTURE_MODEL for one in members)
    scaled = np.ones((len(RELIABILITY), len(prior)))
    for one in members:
        for row, (_, times, _) in zip(scaled, RELIABILITY, strict=True):
            ratio = one.in_state(times)
            row *= ratio ** np.float32(1 / models) if one.clue.kind is ClueKind.PICTURE_MODEL else ratio
        scaled /= float(scaled.max())
    for row, (_, _, error) in zip(scaled, RELIABILITY, strict=True):
        mean = expected(prior, row)
        row *= 1 - error
        row += error * mean
    return scaled


def declared(factor: Floats) -> Floats:
    """Return log of a factor in the state that was declared: what the group itself says, (n,)."""
    return factor if factor.ndim == 1 else factor[0]


def joint(log_factors: Sequence[Floats], prior: Floats) -> Floats:
    """Return the belief in each state and hypothesis, (states, n), up to a constant."""
    weights = np.array([weight for weight, _, _ in RELIABILITY])[:, None]
    if not log_factors:
        return weights * prior
    total = log_factors[0].copy()
    for factor in log_factors[1:]:
        total += factor
    total -= total.max()
    belief = np.exp(total, out=total)
    belief *= prior
    return belief[None] if belief.ndim == 1 else belief * weights


def alone(factor: Floats) -> Floats:
    """Return a group's factor as a ratio up to a constant, the states weighed together, (n,)."""
    return joint([factor], np.ones(factor.shape[-1])).sum(axis=0)


def normalised(log_factors: Sequence[Floats] | Mapping[str, Floats], prior: Floats) -> Floats:
    """Return the posterior over hypotheses from the groups' log factors, each (states, n), or all (n,)."""
    factors = list(log_factors.values()) if isinstance(log_factors, Mapping) else list(log_factors)
    return whole(joint(factors, prior))


def whole(joined: Floats) -> Floats:
    """Return the posterior over hypotheses from that in each state, (n,)."""
    belief: Floats = joined.sum(axis=0)
    belief /= belief.sum()
    return belief
