"""All that the page says of one set of clues, reckoned once: the region, each source's step, where they part.

Kept for sets of clues, under what each clue says and its id: whoever brings the same clues gets the same
answer, and nobody gets one for clues that they did not bring.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from entente.casework.locate import engine
from entente.casework.locate.combine import Floats, joint
from entente.casework.locate.contradiction import DOUBT
from entente.vocabulary.clue import Clue
from entente.vocabulary.place import ClueWeight, GroupWeight, Posterior

KEPT = 24  # sets of clues; one takes some 0.1 MB, a vague one up to 1.5 MB
_SURE = 12.0  # odds of more than this many decades are not told apart


@dataclass(frozen=True)
class Step:
    """One source group in the waterfall: the log10 odds of what is ahead before it and after it."""

    weight: GroupWeight
    before: float
    after: float


@dataclass(frozen=True)
class Parted:
    """Two source groups that, alone, are sure of different countries (ISO 3166-1)."""

    one: str
    here: str
    two: str
    there: str


@dataclass(frozen=True)
class Reckoned:
    """What the page says of one set of clues; ``odds`` are log10, before any clue and with all of them."""

    posterior: Posterior
    cells90: NDArray[np.uint64]
    groups: tuple[GroupWeight, ...]
    steps: tuple[Step, ...]
    odds: tuple[float, float]
    parted: tuple[Parted, ...]

    @property
    def doubted(self) -> tuple[ClueWeight, ...]:
        """The clues that the others doubt, the most doubted first."""
        found = [w for w in self.posterior.clues if w.p_misleading > DOUBT]
        return tuple(sorted(found, key=lambda w: (-w.p_misleading, w.id)))


@dataclass(frozen=True)
class _Set:
    """A set of clues by what they say; the clues themselves are not compared."""

    said: tuple[str, ...]
    clues: tuple[Clue, ...] = field(compare=False)


def reckon(clues: Sequence[Clue]) -> Reckoned:
    """Return what is said of clues that were sifted before; the same set is reckoned once.

    Raises
    ------
    ClueRefused : a clue's value is not what its kind needs, or there are too many
    """
    ordered = sorted(clues, key=lambda c: c.id)
    return _reckoned(_Set(tuple(_key(c) for c in ordered), tuple(ordered)))


def _key(clue: Clue) -> str:
    """Return all of a clue that the answer rests on."""
    value = json.dumps(clue.value, sort_keys=True, default=str)
    parts = (clue.id, clue.kind, clue.negated, clue.group, clue.source, clue.evaluation, clue.reliability)
    return json.dumps([*parts, value], default=str)


@lru_cache(maxsize=KEPT)
def _reckoned(given: _Set) -> Reckoned:
    belief = engine.believe(given.clues)
    here = belief.world
    inside = engine.leading(here, belief.posterior)[2]
    groups = engine.groups(given.clues, belief=belief)
    steps = _steps(belief, groups, inside)
    rows = np.sort(belief.region.inside90)
    return Reckoned(
        posterior=engine.locate(given.clues, belief=belief),
        cells90=here.cell[here.starts[rows]],
        groups=groups,
        steps=steps,
        odds=(_odds(here.prior, inside), _odds(belief.posterior, inside)),
        parted=tuple(Parted(*each) for each in belief.parted),
    )


def _odds(belief: Floats, inside: NDArray[np.bool_]) -> float:
    """Return log10 of the belief inside to that outside; it need not sum to one."""
    within, beyond = (max(float(belief[part].sum()), 1e-300) for part in (inside, ~inside))
    return round(min(max(float(np.log10(within) - np.log10(beyond)), -_SURE), _SURE), 4) + 0.0


def _steps(
    belief: engine.Belief, groups: Sequence[GroupWeight], inside: NDArray[np.bool_]
) -> tuple[Step, ...]:
    """Return the groups one upon the other, the strongest alone first."""
    here, steps = belief.world, []
    before, joined = _odds(here.prior, inside), joint((), here.prior)
    for group in sorted(groups, key=lambda g: (-abs(g.log10_bf), g.group)):
        joined *= belief.factors[group.group].values
        after = _odds(joined.sum(axis=0), inside)
        steps.append(Step(group, before, after))
        before = after
    return tuple(steps)
