"""How clues are put together: a reliability mixture for each, one shared-failure switch for each group.

For clue i with likelihood L over the hypotheses, prior π and error rate ε::

    B = Σ π·L                        what the clue would look like from a random place
    R = (1 − ε)·L/B + ε              the clue, as far as it is trusted
    G = (1 − ε_g)·ΠR + ε_g·B_g       its group: the whole source may speak of another place, B_g = Σ π·ΠR
    posterior ∝ π·Σ_s w_s·ΠG         as declared, or so many times as often wrong: each stands

Declared error rates are judged by people, and may all be too small. In state s every ε and every ε_g is so
many times what was declared (``tables.RELIABILITY``). The clues tell which holds: where they agree the
declared one, where they clash another: the region is wider.

A clue that a table of countries, divisions or time zones answers is kept as a column of that table; such
columns are multiplied before they are spread over the hypotheses. Products are scaled as they grow. The rule
is ``group_rp`` of the project's study of location, with the states added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.likelihood.shares import Likelihood, Rows
from entente.casework.locate.tables import ERROR_OF, RELIABILITY, SOURCE_ERROR
from entente.vocabulary.clue import Clue, ClueKind

Floats = NDArray[np.float64]
LEAST_ERROR, MOST_ERROR = 0.005, 0.95
_UNSCALED = 16  # ratios that are multiplied before a product is scaled: each is between .005 and some 10⁹
_WEIGHTS = np.array([weight for weight, _ in RELIABILITY])
_TIMES = tuple(times for _, times in RELIABILITY)


def error_of(clue: Clue) -> float:
    """Return ε: one less the clue's own reliability, or the evaluation's figure where it has none."""
    error = ERROR_OF[clue.evaluation] if clue.reliability is None else 1.0 - clue.reliability
    return min(max(error, LEAST_ERROR), MOST_ERROR)


def source_error(times: float) -> float:
    """Return ε_g of a state: how often a whole source speaks of another place."""
    return min(times * SOURCE_ERROR, MOST_ERROR)


def expected(belief: Floats, values: NDArray[np.floating]) -> float:
    """Return Σ belief·values, summed pairwise: the same bits however many threads there are."""
    return float(np.multiply(belief, values).sum())


@dataclass(frozen=True)
class Weighed:
    """One clue: ``values`` is R of the module's formula, float32, for each row of a table or hypothesis."""

    clue: Clue
    error: float
    rows: Rows | None
    values: NDArray[np.float32]

    @property
    def ratio(self) -> NDArray[np.float32]:
        """R over the hypotheses, (n,)."""
        return self.values if self.rows is None else self.values[self.rows]

    def in_state(self, times: float) -> NDArray[np.float32]:
        """Return R, as ``values`` holds it, as if the clue were wrong ``times`` as often."""
        if times == 1:
            return self.values
        error = min(times * self.error, MOST_ERROR)
        share = (1 - error) / (1 - self.error)
        changed: NDArray[np.float32] = self.values * np.float32(share) + np.float32(
            error - self.error * share
        )
        return changed

    def spread(self, times: float) -> NDArray[np.float32]:
        """Return R over the hypotheses in a state, (n,)."""
        held = self.in_state(times)
        return held if self.rows is None else held[self.rows]


def weigh(clue: Clue, said: Likelihood, prior: Floats) -> Weighed:
    """Return R for a likelihood under ``prior`` (n,)."""
    error = error_of(clue)
    scale = (1 - error) / expected(prior, said.over_cells())
    return Weighed(clue, error, said.rows, (said.values * scale + error).astype(np.float32))


def groups_of(weighed: Sequence[Weighed]) -> dict[str, list[Weighed]]:
    """Return the clues by source group, in the order of the groups' names."""
    found: dict[str, list[Weighed]] = {}
    for one in weighed:
        found.setdefault(str(one.clue.group), []).append(one)
    return {name: found[name] for name in sorted(found)}


@dataclass(frozen=True, eq=False)
class Factor:
    """One group in each state, up to a constant that all states share.

    Attributes
    ----------
    values : G, (states, n); means : B_g of each state, which the switch adds, (states,)
    """

    values: Floats
    means: tuple[float, ...]

    def bare(self) -> Floats:
        """(1 − ε_g)·ΠR in each state: the switch taken off again, (states, n)."""
        away = np.array([source_error(t) * mean for t, mean in zip(_TIMES, self.means, strict=True)])
        product: Floats = self.values - away[:, None]
        return np.maximum(product, 0.0, out=product)

    @property
    def declared(self) -> Floats:
        """G in the state that was declared: what the group itself says, (n,)."""
        return self.values[0]


def group_factor(members: Sequence[Weighed], prior: Floats) -> Factor:
    """Return G of one group in each state."""
    # However many pictures and models: together they look at one scene, and weigh as one clue.
    models = sum(one.clue.kind is ClueKind.PICTURE_MODEL for one in members)
    scaled = _product([one for one in members if one.clue.kind is not ClueKind.PICTURE_MODEL], len(prior))
    for one in members:
        if one.clue.kind is ClueKind.PICTURE_MODEL:
            for row, times in zip(scaled, _TIMES, strict=True):
                row *= one.spread(times) ** np.float32(1 / models)
            scaled /= float(scaled.max())
    return _switched(scaled, prior)


def _product(members: Sequence[Weighed], count: int) -> Floats:
    """Return ΠR in each state, (states, count): rows of one table first, then spread, then the others."""
    by_table: dict[int, tuple[Rows, Floats]] = {}
    scaled = np.ones((len(_TIMES), count))
    for number, one in enumerate(members, 1):
        if one.rows is None:
            held = scaled
        else:
            blank = np.ones((len(_TIMES), len(one.values)))
            held = by_table.setdefault(id(one.rows), (one.rows, blank))[1]
        for row, times in zip(held, _TIMES, strict=True):
            row *= one.in_state(times)
        if number % _UNSCALED == 0:
            held /= float(held.max())
    for rows, table in by_table.values():
        table /= float(table.max())
        for row, said in zip(scaled, table, strict=True):
            row *= said[rows]
    scaled /= float(scaled.max())
    return scaled


def _switched(scaled: Floats, prior: Floats) -> Factor:
    """Turn ΠR into G, in place."""
    means = []
    for row, times in zip(scaled, _TIMES, strict=True):
        means.append(expected(prior, row))
        row *= 1 - source_error(times)
        row += source_error(times) * means[-1]
    return Factor(scaled, tuple(means))


def group_without(bare: Floats, one: Weighed, prior: Floats, beside: Floats) -> Floats:
    """Return the joint belief as if ``one`` of a group's several clues had not been given, (n,), unscaled.

    Parameters
    ----------
    bare : (states, n) ``Factor.bare`` of the group; beside : (states, n) the belief without the whole group
    """
    rest, buffer, means = np.empty_like(beside), np.empty_like(prior), []
    for row, times, product in zip(rest, _TIMES, bare, strict=True):
        np.divide(product, one.spread(times), out=row)
        error = source_error(times)
        means.append(error / (1 - error) * float(np.multiply(prior, row, out=buffer).sum()))
    total: Floats = np.einsum("sn,sn->n", rest, beside)
    total += np.einsum("s,sn->n", np.array(means), beside, out=buffer)
    return total


def joint(factors: Sequence[Factor], prior: Floats) -> Floats:
    """Return the belief in each state and hypothesis, (states, n), up to a constant."""
    belief = _WEIGHTS[:, None] * prior
    for factor in factors:
        belief *= factor.values  # at most one, and never less than ε_g·B_g: a few groups need no scaling
    return belief


def alone(factor: Factor) -> Floats:
    """Return a group's factor as a ratio up to a constant, the states weighed together, (n,)."""
    found: Floats = np.einsum("s,sn->n", _WEIGHTS, factor.values)
    return found


def normalised(factors: Sequence[Factor] | Mapping[str, Factor], prior: Floats) -> Floats:
    """Return the posterior over hypotheses from the groups' factors, (n,)."""
    return whole(joint(list(factors.values() if isinstance(factors, Mapping) else factors), prior))


def whole(joined: Floats) -> Floats:
    """Return the posterior over hypotheses from the joint belief, by state (states, n) or summed (n,)."""
    belief: Floats = joined.sum(axis=0) if joined.ndim > 1 else joined.copy()
    belief /= belief.sum()
    return belief
