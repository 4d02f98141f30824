"""Where clues do not agree, shown in words and never averaged away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from entente.casework.locate import credible
from entente.casework.locate.combine import Factor, Floats, Weighed, expected, whole
from entente.casework.locate.world import World
from entente.vocabulary.clue import Clue, ClueKind

DOUBT = 0.5  # in the study, a flag above this was right in .92 of cases and found two false clues in three
_SURE, _NEVER = 0.6, 0.05


def misleading(one: Weighed, rest: Floats) -> float:
    """Return P(the clue misleads | all other clues): εB / (εB + (1 − ε)·Σ post₋ᵢ·L).

    Parameters
    ----------
    rest : (n,) posterior of all other clues
    """
    ratio = (expected(rest, one.ratio) - one.error) / (1 - one.error)  # Σ post₋ᵢ·L / B; rest sums to one
    return one.error / (one.error + (1 - one.error) * max(ratio, 0.0))


def shown(clue: Clue) -> str:
    """Return a value in a few words; of a long list how much it holds."""
    value = clue.value
    if clue.kind is ClueKind.SITES and isinstance(value, (list, tuple)):
        return f"({len(value)})"
    if clue.kind is ClueKind.PICTURE_MODEL and isinstance(value, dict):
        return f"{value.get('model')} {value.get('version')}"[:60]
    if isinstance(value, dict) and clue.kind is ClueKind.COUNTRY:
        return str(value.get("country"))[:60]
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if k != "asked"}  # how it came, not what it says
        return ", ".join(f"{k} {v}" for k, v in sorted(value.items()))[:60]
    return str(value)[:60]


def said(one: Weighed) -> str:
    """Name a clue by its kind and value."""
    kind = str(one.clue.kind).replace("_", " ")
    return f"{'not ' if one.clue.negated else ''}{kind} {shown(one.clue)}"


def contradictions(
    weighed: Sequence[Weighed],
    doubts: Sequence[float],
    parts: Sequence[tuple[str, str, str, str]],
    here: World,
    name: str,
) -> tuple[str, ...]:
    """Return a sentence for each clue that the others doubt, and each pair of sources that part ways."""
    found = [
        f"“{said(one)}” ({one.clue.id}) does not fit the other clues, which lead to {name}: "
        f"it misleads with probability {doubt:.2f}."
        for one, doubt in zip(weighed, doubts, strict=True)
        if doubt > DOUBT
    ]
    found.sort()
    found += [
        f"The sources part: {_word(one)} alone leads to {here.name(a)}, {_word(two)} to {here.name(b)}."
        for one, a, two, b in parts
    ]
    return tuple(found)


def _word(group: str) -> str:
    return group.replace("_", " ")


def parted(factors: Mapping[str, Factor], here: World) -> list[tuple[str, str, str, str]]:
    """Return each two groups that, alone, are sure of different countries: group, country, group, country."""
    if len(factors) < 2:
        return []
    alone = {g: credible.countries(here, whole(factors[g].declared * here.prior)) for g in sorted(factors)}
    tops = {g: int(np.round(shares, 12).argmax()) for g, shares in alone.items()}
    names, found = sorted(alone), []
    for i, one in enumerate(names):
        for two in names[i + 1 :]:
            a, b = tops[one], tops[two]
            sure = alone[one][a] > _SURE and alone[two][b] > _SURE
            if sure and alone[one][b] < _NEVER and alone[two][a] < _NEVER:
                found.append((one, here.countries[a], two, here.countries[b]))
    return found
