"""What one intake is about, and how the law sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from entente.records.models import Case
from entente.safeguards.access import Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Handling, HandlingCode


@dataclass(frozen=True, slots=True)
class Intake:
    """What one intake is about: who found it, whose it is, how it may be handled."""

    source: str
    origin: str = "found"
    codes: tuple[str, ...] = ("H0",)
    handling_text: str = ""

    @property
    def handling(self) -> Handling:
        """Return the handling every item gets at creation."""
        return Handling(frozenset(HandlingCode(c) for c in self.codes), self.handling_text)


def as_received(officer: Officer, case: Case, intake: Intake) -> Thing:
    """Return what the law judges at intake: new material of the officer's own agency, handled as it says."""
    return replace(case.as_thing(), owner=officer.agency, handling=intake.handling)
