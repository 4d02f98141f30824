"""What first: a sum of named factors, each with its points and a sentence, applied or not.

No factor reads a machine's opinion on whether a picture shows a real child: such a guess may never lower a
case. The score orders the board and decides nothing about a person (Directive (EU) 2016/680 art. 11).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from entente.vocabulary.reason import Reason

METHOD, VERSION = "urgency", "1"
CURRENT = timedelta(days=30)
LIKELY_COUNTRY = 0.5  # share of belief


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the order of work depends on. ``taken`` is when the media were made, where that is known."""

    now: datetime
    discovered: datetime
    new_items: int = 0  # items on no list
    taken: datetime | None = None
    clues: int = 0
    country_share: float = 0.0  # belief in the leading country
    child_at_risk: bool = False  # said by a person, with a reason
    partners_waiting: int = 0
    identified: bool = False  # a person recorded the victim as identified


@dataclass(frozen=True, slots=True)
class Score:
    """The total and every factor, those that did not apply with 0 points, in the order of the table."""

    total: float
    factors: tuple[Reason, ...]

    @property
    def applied(self) -> tuple[Reason, ...]:
        """The factors that changed the total."""
        return tuple(f for f in self.factors if f.points)


def _new(f: CaseFacts) -> tuple[float, str]:
    if f.new_items > 0:
        return 20, f"New material: {f.new_items} item{'s are' if f.new_items > 1 else ' is'} on no list."
    return 0, "No item is new: all are on a list already."


def _current(f: CaseFacts) -> tuple[float, str]:
    if f.taken is None:
        return 0, "When it was made is not known."
    days = max(0, (f.now - f.taken).days)
    if f.now - f.taken <= CURRENT:
        return 25, f"Current: made {days} day{'' if days == 1 else 's'} ago."
    return 0, f"Not current: made {days} days ago."


def _clues(f: CaseFacts) -> tuple[float, str]:
    if f.clues > 0:
        return float(min(15, 3 * f.clues)), f"{f.clues} clue{'s are' if f.clues > 1 else ' is'} at hand."
    return 0, "No clue is at hand yet."


def _country(f: CaseFacts) -> tuple[float, str]:
    if f.country_share >= LIKELY_COUNTRY:
        return 10, f"A country is likely ({f.country_share:.0%} of the belief)."
    return 0, "No country is likely yet."


def _risk(f: CaseFacts) -> tuple[float, str]:
    return (
        (100, "A child is at risk now.")
        if f.child_at_risk
        else (0, "Nobody recorded that a child is at risk now.")
    )


def _clock(f: CaseFacts) -> tuple[float, str]:
    days = max(0, (f.now - f.discovered).days)
    return float(min(20, 2 * days)), f"{days} day{'' if days == 1 else 's'} on the clock."


def _waiting(f: CaseFacts) -> tuple[float, str]:
    if f.partners_waiting > 0:
        few = "partner waits" if f.partners_waiting == 1 else "partners wait"
        return float(min(15, 5 * f.partners_waiting)), f"{f.partners_waiting} {few} for us."
    return 0, "No partner waits for us."


def _identified(f: CaseFacts) -> tuple[float, str]:
    if f.identified and f.child_at_risk:
        return 0, "The victim is identified, but a child is at risk: this lowers nothing."
    return (-40, "The victim is identified.") if f.identified else (0, "The victim is not identified.")


# The one table of factors. Changing a point or a rule changes VERSION.
FACTORS: tuple[Callable[[CaseFacts], tuple[float, str]], ...] = (
    _risk, _current, _new, _clues, _country, _waiting, _clock, _identified,
)  # fmt: skip


def score(facts: CaseFacts) -> Score:
    """Return the urgency of a case with every factor's points and sentence."""
    factors = []
    for factor in FACTORS:
        points, text = factor(facts)
        factors.append(Reason(text, METHOD, VERSION, points))
    return Score(sum(f.points or 0.0 for f in factors), tuple(factors))
