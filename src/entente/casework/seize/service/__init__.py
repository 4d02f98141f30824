"""Search day and what follows for a court: elements, exhibits and who held them, the same result again."""

from entente.casework.intake.service import evidence_store
from entente.casework.seize.service.bundle import Bundled, write_bundle
from entente.casework.seize.service.comparing import Compared, ask_to_compare, compare, compare_case, decide
from entente.casework.seize.service.court import (
    NotForCourt,
    ask,
    asked_of,
    confirm,
    find_asked,
    plan,
    reading,
)
from entente.casework.seize.service.custody import (
    Chain,
    chain_of,
    correct,
    exhibit,
    hand_over,
    handovers_of,
    put_in,
    sign,
    who_may_receive,
)
from entente.casework.seize.service.found import ORIGINS, SeizedSummary, receive_search, seized_summary
from entente.casework.seize.service.listing import (
    CROP_SIDE,
    STEP,
    NotListed,
    checklist,
    coverage_of,
    elements_from_clues,
    in_words,
    list_element,
)
from entente.casework.seize.service.meeting import seen_in
from entente.casework.seize.service.reproduce import (
    Again,
    Reproduced,
    again,
    derivations_of,
    found,
    reproduce,
)
from entente.casework.seize.service.sheets import make_sheet, withdraw_sheet
from entente.casework.seize.service.sorting import Belongs, Sorting
from entente.casework.seize.service.ticks import COUNTS_AT, Taken, take_tick_back, take_ticks, ticks_of

__all__ = [
    "COUNTS_AT",
    "CROP_SIDE",
    "ORIGINS",
    "STEP",
    "Again",
    "Belongs",
    "Bundled",
    "Chain",
    "Compared",
    "NotForCourt",
    "NotListed",
    "Reproduced",
    "SeizedSummary",
    "Sorting",
    "Taken",
    "again",
    "ask",
    "ask_to_compare",
    "asked_of",
    "chain_of",
    "checklist",
    "compare",
    "compare_case",
    "confirm",
    "correct",
    "coverage_of",
    "decide",
    "derivations_of",
    "elements_from_clues",
    "evidence_store",
    "exhibit",
    "find_asked",
    "found",
    "hand_over",
    "handovers_of",
    "in_words",
    "list_element",
    "make_sheet",
    "plan",
    "put_in",
    "reading",
    "receive_search",
    "reproduce",
    "seen_in",
    "seized_summary",
    "sign",
    "take_tick_back",
    "take_ticks",
    "ticks_of",
    "who_may_receive",
    "withdraw_sheet",
    "write_bundle",
]
