"""Handling codes, evaluation, audience and purpose: four separate axes carried by every object.

Sources: Regulation (EU) 2016/794 articles 18, 19 and 29; the Council's practical advice on handling
codes (H0-H3); FIRST TLP 2.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class HandlingCode(StrEnum):
    """What a receiver may do, as the provider decided it."""

    H0 = "H0"  # only to prevent and combat crime
    H1 = "H1"  # not in judicial proceedings without the provider's permission
    H2 = "H2"  # not passed on without the provider's permission: others get hit or no hit
    H3 = "H3"  # other restrictions, in words; for machines it counts as H2


class Audience(StrEnum):
    """TLP 2.0, from the widest to the narrowest."""

    CLEAR = "TLP:CLEAR"
    GREEN = "TLP:GREEN"
    AMBER = "TLP:AMBER"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    RED = "TLP:RED"


# From here on the originator alone decides who else reads it.
ORIGINATOR_ONLY = frozenset({Audience.AMBER_STRICT, Audience.RED})


def narrowest(audiences: Iterable[Audience]) -> Audience:
    """What a derived object carries: the narrowest of its inputs; of none, the one for a need to know."""
    order = list(Audience)
    return max(audiences, key=order.index, default=Audience.AMBER)


class Purpose(StrEnum):
    """The closed list of reasons to process; an unknown one is refused."""

    VICTIM_IDENTIFICATION = "victim-identification"
    SAFEGUARDING = "safeguarding"
    PROSECUTION = "prosecution"
    DATA_PROTECTION_AUDIT = "data-protection-audit"
    TRAINING = "training-on-synthetic"


class SourceGrade(StrEnum):
    """How far the source is trusted (art. 29(1))."""

    A = "A"  # no doubt, or always reliable
    B = "B"  # mostly reliable
    C = "C"  # mostly unreliable
    X = "X"  # cannot be assessed


class InformationGrade(StrEnum):
    """How sure the information is (art. 29(2))."""

    SURE = "1"  # not in doubt
    PERSONAL = "2"  # known personally to the source, not to the officer
    CORROBORATED = "3"  # not known personally, corroborated by what is recorded
    UNCORROBORATED = "4"  # not known personally, cannot be corroborated


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Source and information grade; ungraded reads X4 (art. 29(4))."""

    source: SourceGrade = SourceGrade.X
    information: InformationGrade = InformationGrade.UNCORROBORATED

    def __str__(self) -> str:
        return f"{self.source}{self.information}"

    @classmethod
    def parse(cls, text: str) -> Evaluation:
        """Read ``A1`` to ``X4``; raise ``ValueError`` for anything else."""
        if len(text) != 2:
            raise ValueError(f"an evaluation has two characters such as B2, not {text!r}")
        return cls(SourceGrade(text[0].upper()), InformationGrade(text[1]))


EVALUATIONS = tuple(f"{s}{i}" for s in SourceGrade for i in InformationGrade)


@dataclass(frozen=True, slots=True)
class Handling:
    """The codes of one object, with the text that H3 needs."""

    codes: frozenset[HandlingCode] = field(default_factory=lambda: frozenset({HandlingCode.H0}))
    text: str = ""

    def __post_init__(self) -> None:
        if not self.codes:
            raise ValueError("handling needs at least one code; H0 is the least")
        if HandlingCode.H3 in self.codes and not self.text.strip():
            raise ValueError("H3 needs its restriction in words")

    @property
    def restricted(self) -> bool:
        """Whether the object may not be passed on without its provider's permission."""
        return bool(self.codes & {HandlingCode.H2, HandlingCode.H3})

    def __str__(self) -> str:
        return " ".join(sorted(self.codes))


H2 = Handling(frozenset({HandlingCode.H2}))  # who asked, what went to whom: for one's own agency alone


_BETWEEN = " / "


def union(handlings: Iterable[Handling]) -> Handling:
    """What a derived object carries: every code and every text of its inputs, never less.

    A text that stands in a union of before is not said twice: what is derived again reads the same.
    """
    inputs = list(handlings)
    codes = frozenset().union(*(h.codes for h in inputs)) if inputs else frozenset({HandlingCode.H0})
    texts = dict.fromkeys(t.strip() for h in inputs for t in h.text.split(_BETWEEN) if t.strip())
    return Handling(codes, _BETWEEN.join(texts))
