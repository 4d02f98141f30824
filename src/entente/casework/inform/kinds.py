"""The templates of a product: what each is about, what it shows, and which sentences are proposed for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}")


class NotATemplate(ValueError):
    """A product is not about what was said; the sentence says the mend."""


class Kind(StrEnum):
    """The four kinds of product."""

    VICTIM = "victim identification"
    COUNTRY = "case package"
    SUSPECT = "suspect activity"
    SITUATION = "situation report"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a kind of product holds besides its statements and the clues behind them."""

    region: bool = True  # where the clues point, with its map
    pictures: bool = True
    requests: bool = True  # what was asked and is open
    stages: bool = False  # of the ten-day clock
    observations: bool = True  # a sentence is proposed for each observation
    places: bool = True  # for the region and a confirmed home, too
    all_clues: bool = True  # else only those that a statement stands on


TEMPLATES = {
    Kind.VICTIM: Contents(),
    Kind.COUNTRY: Contents(),
    # What a suspect did is said by a person: nothing is proposed, and the child's place is not in it.
    Kind.SUSPECT: Contents(
        region=False, pictures=False, requests=False, observations=False, places=False, all_clues=False
    ),
    Kind.SITUATION: Contents(pictures=False, stages=True, observations=False, all_clues=False),
}


def about(kind: Kind, told: str, countries: frozenset[str]) -> str:
    """Return what a product of ``kind`` is about: a country, a suspect's reference, or nothing.

    Raises ``NotATemplate``: no such country, or what may be a name where a reference stands for a person.
    """
    told = told.strip().upper()
    if kind is Kind.COUNTRY:
        if told not in countries:
            raise NotATemplate("a case package is made for one country; choose it")
        return told
    if kind is Kind.SUSPECT:
        if not REFERENCE.fullmatch(told) or not any(c.isdigit() for c in told):
            raise NotATemplate("a suspect is given by a reference with a number, such as SU-1, never by name")
        return told
    return ""
