"""Hit or no hit: among the partners of this desk, and privately with a partner of another."""

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
from entente.casework.crosscheck.service.private import answer, ask_privately, refuse, waiting

__all__ = [
    "KINDS",
    "LIST_DUE",
    "LIST_QUESTION",
    "MOST_A_DAY",
    "MOST_A_MINUTE",
    "STEP",
    "TYPED",
    "NotChecked",
    "answer",
    "ask_privately",
    "check",
    "refuse",
    "waiting",
]
