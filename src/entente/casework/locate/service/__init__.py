"""Weigh the clues of a case into a region, ask what is missing; people enter places and stand for a home."""

from entente.casework.locate.service.archives import kept_archive, records_of
from entente.casework.locate.service.ask import Asking, asking
from entente.casework.locate.service.captures import Checked, check, keep_page, page_of, turn
from entente.casework.locate.service.history import clues_named, kept_states, states
from entente.casework.locate.service.home import ProposalRefused, confirm_home, propose_home
from entente.casework.locate.service.places import (
    PlaceRefused,
    bring_back,
    enter,
    judge,
    judge_rest,
    judged,
    set_aside,
    unjudged,
)
from entente.casework.locate.service.weigh import LIKELY, clues_at_hand, sifted, weigh, weigh_case

__all__ = [
    "LIKELY",
    "Asking",
    "Checked",
    "PlaceRefused",
    "ProposalRefused",
    "asking",
    "bring_back",
    "check",
    "clues_at_hand",
    "clues_named",
    "confirm_home",
    "enter",
    "judge",
    "judge_rest",
    "judged",
    "keep_page",
    "kept_archive",
    "kept_states",
    "page_of",
    "propose_home",
    "records_of",
    "set_aside",
    "sifted",
    "states",
    "turn",
    "unjudged",
    "weigh",
    "weigh_case",
]
