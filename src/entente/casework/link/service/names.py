"""The names of series: numbers that are given once, those of withheld series apart."""

from __future__ import annotations

import secrets
from uuid import UUID

from entente.casework.intake.service import WITHHELD_FROM
from entente.records import guard
from entente.records.models import Change, Series

CHANGES = (  # what the decisions of this step are called, in the log and in what can be taken back
    "accept a link",
    "accept links",
    "refuse a link",
    "refuse links",
    "tie two items",
    "keep two apart",
    "make a series",
    "merge series",
    "split a series",
    "move an item",
    "make a camera",
    "take a camera away",
)

APART = "set aside"  # the state of a link over what ties strangers: nobody need decide on it


def next_name(case_id: UUID, *, withheld: bool) -> str:
    """Return the next name: counted where others see the series, else at random, so that no gap tells."""
    if not withheld:
        return f"S-{last_number(case_id) + 1}"
    with guard.system("a name that no series of the case has"):
        while True:
            name = f"S-{WITHHELD_FROM + secrets.randbelow(WITHHELD_FROM * 9)}"
            if not Series.objects.filter(case=case_id, name=name).exists():
                return name


def last_number(case_id: UUID) -> int:
    """Return the highest number ever counted: a number taken back or merged away is not given again."""
    names = Series.objects.filter(case=case_id).values_list("name", flat=True)
    given = Change.objects.filter(case=case_id, what__in=CHANGES).values_list("before__last", flat=True)
    numbers = [0, *(number_of(n) for n in names), *(int(n) for n in given if n is not None)]
    return max(n for n in numbers if n < WITHHELD_FROM)


def number_of(name: str) -> int:
    """Return the number in a series' name; 0 where there is none."""
    return int(name.removeprefix("S-")) if name.removeprefix("S-").isdigit() else 0
