"""Weigh the clues of a case into a region; two people make a home of it."""

from entente.casework.locate.service.history import clues_named, kept_states, states
from entente.casework.locate.service.home import ProposalRefused, confirm_home, propose_home
from entente.casework.locate.service.weigh import LIKELY, clues_at_hand, sifted, weigh, weigh_case

__all__ = [
    "LIKELY",
    "ProposalRefused",
    "clues_at_hand",
    "clues_named",
    "confirm_home",
    "kept_states",
    "propose_home",
    "sifted",
    "states",
    "weigh",
    "weigh_case",
]
