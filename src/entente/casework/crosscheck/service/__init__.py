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
from entente.casework.crosscheck.service.behaviour import hours_of, propose_hours, take_times, weigh_texts
from entente.casework.crosscheck.service.brought import (
    LARGEST,
    Concerning,
    NotBrought,
    bring,
    decisions_of,
    refuse_parts,
    take_away,
    take_decision_back,
    take_parts,
)
from entente.casework.crosscheck.service.fetching import NotFetched, fetch
from entente.casework.crosscheck.service.online import (
    Near,
    OnlineRefused,
    add_line,
    near_names,
    record_account,
    turn_account,
    turn_line,
)
from entente.casework.crosscheck.service.private import answer, ask_privately, refuse, waiting
from entente.casework.crosscheck.service.sources import grade_source, source_as

__all__ = [
    "KINDS",
    "LARGEST",
    "LIST_DUE",
    "LIST_QUESTION",
    "MOST_A_DAY",
    "MOST_A_MINUTE",
    "STEP",
    "TYPED",
    "Concerning",
    "Near",
    "NotBrought",
    "NotChecked",
    "NotFetched",
    "OnlineRefused",
    "add_line",
    "answer",
    "ask_privately",
    "bring",
    "check",
    "decisions_of",
    "fetch",
    "grade_source",
    "hours_of",
    "near_names",
    "propose_hours",
    "record_account",
    "refuse",
    "refuse_parts",
    "source_as",
    "take_away",
    "take_decision_back",
    "take_parts",
    "take_times",
    "turn_account",
    "turn_line",
    "waiting",
    "weigh_texts",
]
