"""From clues to a region that can be trusted: the one door of the locate step's arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache

import numpy as np

from entente.casework.locate import credible
from entente.casework.locate.combine import (
    Factor,
    Floats,
    Weighed,
    alone,
    error_of,
    group_factor,
    group_without,
    groups_of,
    joint,
    normalised,
    weigh,
    whole,
)
from entente.casework.locate.contradiction import contradictions, misleading, parted
from entente.casework.locate.fine import refined
from entente.casework.locate.likelihood import SILENT, SPREAD, likelihood, refuse_future
from entente.casework.locate.questions import next_questions
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.sameness import canonical, counted, distinct, evidence
from entente.casework.locate.tables import TABLES_VERSION
from entente.casework.locate.world import World, world
from entente.vocabulary.clue import Clue, ClueKind
from entente.vocabulary.place import ClueWeight, CountryShare, GroupWeight, Posterior, RegionShare, Without

ENGINE_VERSION = "group-rp-6"
MOST_CLUES = 100  # distinct ones; more would not move the region
_LEAST_SHARE = 5e-4  # smaller shares are left out of the lists


def tables_version() -> str:
    """Return which tables an estimate stands on; another version may give other bytes."""
    return f"{TABLES_VERSION} {world().version}"


@dataclass(frozen=True)
class Belief:
    """What stands before it is told: the posterior over hypotheses and each clue's part in it."""

    world: World
    posterior: Floats
    weighed: tuple[Weighed, ...]
    factors: dict[str, Factor]

    @cached_property
    def parted(self) -> list[tuple[str, str, str, str]]:
        """Each two groups that, alone, are sure of different countries."""
        return parted(self.factors, self.world)

    @cached_property
    def region(self) -> credible.Areas:
        """The areas that hold half and nine tenths of it."""
        return credible.areas(self.world, self.posterior)

    @cached_property
    def beside(self) -> dict[str, Floats]:
        """The belief without each group, (states, n): what its clues are set against one by one."""
        every = joint(list(self.factors.values()), self.world.prior)
        return {name: every / self.factors[name].values for name in sorted(self.factors)}

    def without(self, index: int) -> Floats:
        """Return the posterior as if one clue had not been given, (n,)."""
        one = self.weighed[index]
        name = str(one.clue.group)
        rest = [w for i, w in enumerate(self.weighed) if i != index and str(w.clue.group) == name]
        if not rest:
            return whole(self.beside[name])
        if one.clue.kind is ClueKind.PICTURE_MODEL:  # the others weigh more without it
            return whole(group_factor(rest, self.world.prior).values * self.beside[name])
        if name not in self._bare:
            self._bare.clear()
            self._bare[name] = self.factors[name].bare()
        return whole(group_without(self._bare[name], one, self.world.prior, self.beside[name]))

    @cached_property
    def _bare(self) -> dict[str, Floats]:
        """The products of one group at a time, 4 MB: its clues are taken out one after another."""
        return {}


def _ranked(clues: Sequence[Clue]) -> list[Clue]:
    """Return the best graded clue of each observation that speaks of a place, the most trusted first."""
    best, _ = distinct([c for c in clues if c.kind not in SILENT])
    return sorted(best, key=error_of)  # equal ones stay in canonical order


def sift(clues: Sequence[Clue], now: datetime | None = None) -> tuple[list[Clue], list[ClueRefused]]:
    """Part the clues that can be weighed, or are silent, from those to be refused; nothing else is lost.

    Only as many are tried as are weighed at once, the most trusted first: the rest is kept untried.
    """
    faults: dict[str, ClueRefused] = {}
    sound: set[str] = set()
    for clue in _ranked(clues):
        if len(sound) == MOST_CLUES and evidence(clue) not in sound:
            continue
        if fault := _future(clue, now) or _fault(_said(clue)):
            faults[canonical(clue)] = fault
        else:
            sound.add(evidence(clue))
    kept, refused = [], []
    for clue in clues:
        fault = None if clue.kind in SILENT else faults.get(canonical(clue))
        if fault:
            refused.append(fault.of(clue.id))
        else:
            kept.append(clue)
    return kept, refused


def most_trusted(clues: Sequence[Clue]) -> tuple[list[Clue], int]:
    """Return the clues of as many observations as are weighed at once, and how many are left out.

    The most trusted stay, equally trusted ones in canonical order; the silent ones stay too.
    """
    ranked, stay, left = _ranked(clues), set[str](), set[str]()
    for clue in ranked:
        key = evidence(clue)
        (stay if len(stay) < MOST_CLUES or key in stay else left).add(key)
    return [c for c in clues if c.kind in SILENT or evidence(c) in stay], len(left)


def _future(clue: Clue, now: datetime | None) -> ClueRefused | None:
    """Return why a clue cannot have been seen yet, or nothing."""
    try:
        refuse_future(clue, now)
    except ClueRefused as why:
        return why
    return None


@dataclass(frozen=True)
class _Said:
    """What a clue says and how far it is trusted: two clues that say the same are one key."""

    key: str
    error: float
    clue: Clue = field(compare=False)


def _said(clue: Clue) -> _Said:
    return _Said(evidence(clue), error_of(clue), clue)


@lru_cache(maxsize=4096)
def _fault(said: _Said) -> ClueRefused | None:
    """Return why a clue cannot be weighed, or nothing; kept, for all clues of a case are sifted each time."""
    try:
        _weigh(said)
    except ClueRefused as why:
        return why
    return None


def _weigh(said: _Said) -> Weighed:
    """Weigh a clue over the world; kept, for one clue changes and the others stay."""
    if said.clue.kind in SPREAD:
        return _spread(said)
    return _in_table(said)


@lru_cache(maxsize=2 * MOST_CLUES)
def _in_table(said: _Said) -> Weighed:
    """Weigh what a table of countries, divisions or zones answers; some 15 kB each."""
    return _weighed(said)


@lru_cache(maxsize=24)
def _spread(said: _Said) -> Weighed:
    """Weigh what each cell answers; 1.1 MB each."""
    return _weighed(said)


def _weighed(said: _Said) -> Weighed:
    here = world()
    found = weigh(said.clue, likelihood(said.clue, here), here.prior)
    found.values.setflags(write=False)
    return found


def believe(clues: Sequence[Clue], now: datetime | None = None) -> Belief:
    """Weigh the clues that speak of a place and combine them; raise ``ClueRefused`` for a bad one."""
    best, with_it = counted(clues)
    if len(best) > MOST_CLUES:
        raise ClueRefused(
            best[MOST_CLUES].id,
            "{count} different clues: keep the {most} best",
            count=len(best),
            most=MOST_CLUES,
        )
    here = world()
    for clue in best:
        refuse_future(clue, now)
    for clue in _ranked(clues) if with_it else ():
        if canonical(clue) in with_it:
            _weigh(_said(clue))  # what counts with another is refused too where it cannot be read
    weighed = tuple(replace(_weigh(_said(c)), clue=c) for c in best)  # the id is this caller's
    factors = {name: group_factor(m, here.prior) for name, m in groups_of(weighed).items()}
    return Belief(here, normalised(factors, here.prior), weighed, factors)


def leading(here: World, belief: Floats) -> tuple[str, str, np.ndarray]:
    """Return code, name and hypotheses of what is ahead: a division with half the belief, else a country."""
    by_district = np.round(credible.districts(here, belief), 12)
    top = int(by_district.argmax())
    if by_district[top] >= 0.5:
        code, _, name = here.districts[top]
        return code, f"{name}, {here.name(code)}", here.district == top
    best = int(np.round(credible.countries(here, belief), 12).argmax())
    code = here.countries[best]
    return code, here.name(code), here.country == best


def bayes_factor(ratio: np.ndarray, prior: Floats, inside: np.ndarray) -> float:
    """Return log10 of how much likelier a clue or group is inside than outside, reliability counted.

    Parameters
    ----------
    inside : rows of the place, or a mask of them
    """
    weighed = np.multiply(prior, ratio)
    within, total = float(weighed[inside].sum()), float(weighed.sum())
    share = float(prior[inside].sum())
    return float(np.log10(within / share) - np.log10(max(total - within, 1e-300) / (1 - share)))


def locate(clues: Sequence[Clue], now: datetime | None = None, belief: Belief | None = None) -> Posterior:
    """Return where the clues point; no clue gives the prior.

    Parameters
    ----------
    clues : in any order, the same clues give the same bytes
    now : the caller's clock; where given, a sun observed in the future is refused
    belief : what ``believe`` made of the same clues, where it is at hand

    Raises
    ------
    ClueRefused : a clue's value is not what its kind needs; see ``sift`` to part such clues beforehand
    """
    belief = belief or believe(clues, now)
    here, posterior = belief.world, belief.posterior
    _, name, inside = leading(here, posterior)
    region = belief.region
    weights, doubts = _weights(belief, inside, clues)
    return Posterior(
        countries=_countries(here, posterior),
        regions=_regions(here, posterior),
        area50_km2=_figures(region.area50_km2),
        area90_km2=_figures(region.area90_km2),
        cells50=tuple(f"{here.cell[here.starts[i]]:x}" for i in np.sort(region.inside50)),
        clues=weights,
        contradictions=contradictions(belief.weighed, doubts, belief.parted, here, name),
        next_questions=next_questions(here, posterior, {w.clue.kind for w in belief.weighed}),
        engine_version=ENGINE_VERSION,
        tables_version=tables_version(),
        fine=refined(here, posterior, belief.weighed, region.inside50),
    )


def _weights(
    belief: Belief, inside: np.ndarray, clues: Sequence[Clue]
) -> tuple[tuple[ClueWeight, ...], list[float]]:
    """Return each clue's part, told under every id that says the same, and P(misleading) in order."""
    here, told, inside = belief.world, {}, np.flatnonzero(inside)
    reckoned: dict[tuple[str, float, bytes], tuple[float, float, Without]] = {}
    doubts = [0.0] * len(belief.weighed)
    by_group = sorted(enumerate(belief.weighed), key=lambda each: str(each[1].clue.group))
    for i, one in by_group:
        # what two clues of one source say alike of every place, they do alike: it is reckoned once
        alike = (str(one.clue.group), one.error, one.values.tobytes() if one.rows is not None else bytes(i))
        if alike not in reckoned:
            rest = belief.without(i)
            reckoned[alike] = (
                bayes_factor(one.ratio, here.prior, inside),
                misleading(one, rest),
                _what_stands(here, rest, credible.areas(here, rest)),
            )
        ratio, doubt, without = reckoned[alike]
        doubts[i] = doubt
        told[canonical(one.clue)] = (_figures(ratio, 4), _figures(doubt, 4), without)
    everything = (0.0, 0.0, _what_stands(here, belief.posterior, belief.region))
    rows = [ClueWeight(c.id, *told.get(canonical(c), everything)) for c in clues]
    return tuple(sorted(rows, key=lambda r: (r.id, r.log10_bf, r.p_misleading))), doubts


def _what_stands(here: World, belief: Floats, region: credible.Areas) -> Without:
    """Return the 90 % area and the leading country of a belief."""
    top = here.countries[int(np.round(credible.countries(here, belief), 12).argmax())]
    return Without(_figures(region.area90_km2), top)


def groups(
    clues: Sequence[Clue], now: datetime | None = None, belief: Belief | None = None
) -> tuple[GroupWeight, ...]:
    """Return what each source group says of the leading region, and what would stand without it."""
    belief = belief or believe(clues, now)
    here, rows = belief.world, []
    inside = np.flatnonzero(leading(here, belief.posterior)[2])
    for name, members in groups_of(belief.weighed).items():
        ratio = bayes_factor(alone(belief.factors[name]), here.prior, inside)
        rest = whole(belief.beside[name])
        without = _what_stands(here, rest, credible.areas(here, rest))
        rows.append(GroupWeight(name, len(members), _figures(ratio, 4), without))
    return tuple(rows)


def _figures(value: float, digits: int = 6) -> float:
    """Round to significant figures, so that the last bits of a sum never show."""
    return float(f"{value:.{digits}g}") + 0.0


def _countries(here: World, posterior: Floats) -> tuple[CountryShare, ...]:
    shares = [
        CountryShare(c, round(float(p), 6))
        for c, p in zip(here.countries, credible.countries(here, posterior), strict=True)
    ]
    return tuple(sorted((s for s in shares if s.p >= _LEAST_SHARE), key=lambda s: (-s.p, s.code)))


def _regions(here: World, posterior: Floats) -> tuple[RegionShare, ...]:
    shares = credible.districts(here, posterior)
    likely = np.flatnonzero(shares >= _LEAST_SHARE / 2).tolist()  # before they are rounded
    rows = [RegionShare(*here.districts[i], round(float(shares[i]), 6)) for i in likely]
    return tuple(sorted((r for r in rows if r.p >= _LEAST_SHARE), key=lambda r: (-r.p, r.country, r.admin1)))


def cells90(clues: Sequence[Clue], now: datetime | None = None) -> tuple[str, ...]:
    """Return the H3 indexes of the 90 % area, for the map; the ``Posterior`` carries only the 50 % ones."""
    belief = believe(clues, now)
    inside = belief.region.inside90
    return tuple(f"{belief.world.cell[belief.world.starts[i]]:x}" for i in np.sort(inside))
