"""The numbers of a case's items, which tell nobody of an item that they do not see."""

from __future__ import annotations

import secrets
from uuid import UUID

from entente.records import guard
from entente.records.models import Case, Media
from entente.vocabulary.handling import ORIGINATOR_ONLY, Audience, Handling

WITHHELD_FROM = 10_000_000  # item numbers from here are drawn at random; a case has fewer files than that


def is_withheld(case: Case, agency: UUID, handling: Handling) -> bool:
    """Whether other members of the case do not see what ``agency`` makes in it under ``handling``."""
    alone = Audience(case.audience) in ORIGINATOR_ONLY and agency != case.owner_id
    return handling.restricted or alone


def next_number(case: Case, agency: UUID, handling: Handling) -> int:
    """Return the number of the case's next item; the caller locks and saves ``case``.

    Items that all members see are counted, and in a case of a strict audience those of its own agency. A
    withheld one gets a number at random, so that no gap in what others see tells that it is there.
    """
    if not is_withheld(case, agency, handling):
        case.items_given += 1
        return case.items_given
    with guard.system("a number that no item of the case has"):
        while True:
            number = WITHHELD_FROM + secrets.randbelow(WITHHELD_FROM * 9)
            if not Media.objects.filter(case=case, number=number).exists():
                return number
