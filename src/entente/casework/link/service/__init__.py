"""What belongs with it? Links are proposed with a reason; people make series, and can take it back."""

from entente.casework.link.service.deciding import accept, accept_all, refuse, refuse_all
from entente.casework.link.service.decision import SeriesRefused, changes, undo
from entente.casework.link.service.names import CHANGES
from entente.casework.link.service.proposing import Proposed, ask_to_propose, propose, propose_links
from entente.casework.link.service.queue import groups, in_sight, waiting, why
from entente.casework.link.service.series import gather, merge, move, split

__all__ = [
    "CHANGES",
    "Proposed",
    "SeriesRefused",
    "accept",
    "accept_all",
    "ask_to_propose",
    "changes",
    "gather",
    "groups",
    "in_sight",
    "merge",
    "move",
    "propose",
    "propose_links",
    "refuse",
    "refuse_all",
    "split",
    "undo",
    "waiting",
    "why",
]
