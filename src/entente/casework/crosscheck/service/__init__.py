"""Hit or no hit, among the partners of this desk and privately with another's; and open sources."""

from entente.casework.crosscheck.service.asking import (
    KINDS,
    LIST_DUE,
    LIST_QUESTION,
    MOST_A_DAY,
    MOST_A_MINUTE,
    STEP,
    TYPED,
    NotChecked,
    check,
)
from entente.casework.crosscheck.service.fetching import NotFetched, fetch
from entente.casework.crosscheck.service.private import answer, ask_privately, refuse, waiting
from entente.casework.crosscheck.service.sources import bring_source, grade_source, source_as

__all__ = [
    "KINDS",
    "LIST_DUE",
    "LIST_QUESTION",
    "MOST_A_DAY",
    "MOST_A_MINUTE",
    "STEP",
    "TYPED",
    "NotChecked",
    "NotFetched",
    "answer",
    "ask_privately",
    "bring_source",
    "check",
    "fetch",
    "grade_source",
    "refuse",
    "source_as",
    "waiting",
]
