"""What is ticked on a search sheet: an answer to each element, by whom; and why ticks are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MOST_BYTES = 256 << 10  # of a file of ticks: hundreds of elements with full notes
MOST_TICKS = 1000
NOTE, PLACE, BY = 300, 80, 40  # characters
AHEAD = timedelta(days=1)  # of a phone's clock: one set to another zone is wrong by less


class Ticked(StrEnum):
    """What an officer said of an element at the search. None of them is a confirmation."""

    FOUND = "found"
    NOT_HERE = "not here"
    NOT_LOOKED = "not looked"


@dataclass(frozen=True, slots=True)
class Tick:
    """One element as it was ticked; ``at`` is the moment that the phone told."""

    element: int
    answer: Ticked
    at: datetime
    place: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SheetTicks:
    """What one file brings: the digest of its sheet, the service number that was typed, and the ticks."""

    sheet: str
    by: str
    ticks: tuple[Tick, ...]


class SheetFault(StrEnum):
    """Why nothing of a file of ticks, or no sheet, was taken."""

    TOO_LARGE = "too large"
    NOT_TICKS = "not ticks"
    OTHER_SHEET = "other sheet"
    WITHDRAWN = "withdrawn"
    NOT_ON_SHEET = "not on the sheet"
    AHEAD = "ahead"
    NOT_LOOKED_AT = "not looked at"
    NOTHING_LISTED = "nothing listed"


class SheetRefused(ValueError):
    """A sheet or a file of ticks is refused whole: which fault it is, and the sentence says the mend."""

    def __init__(self, fault: SheetFault, mend: str) -> None:
        super().__init__(mend)
        self.fault = fault
