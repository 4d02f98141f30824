"""What belongs with it? Links are proposed with a reason; people make series, and can take it back."""

from entente.casework.link.service import cameras
from entente.casework.link.service.deciding import accept, accept_all, refuse, refuse_all
from entente.casework.link.service.decision import SeriesRefused, changes, undo
from entente.casework.link.service.explaining import Why, explained, why
from entente.casework.link.service.finding import (
    Candidate,
    FindRefused,
    Search,
    ask_to_find,
    search,
    searches,
)
from entente.casework.link.service.following import LATER, Standing, not_compared, standings
from entente.casework.link.service.indexed import MOST_PAIRED
from entente.casework.link.service.names import CHANGES
from entente.casework.link.service.proposing import Proposed, ask_to_propose, propose, propose_links
from entente.casework.link.service.queue import in_sight, waiting
from entente.casework.link.service.saying import keep_apart, tie
from entente.casework.link.service.scenes import ask_to_compare, last_of_site
from entente.casework.link.service.series import gather, merge, move, split
from entente.casework.link.service.site import tried, tried_matching
from entente.casework.link.service.suggesting import Bridge, Suggested, groups, suggested

__all__ = [
    "CHANGES",
    "LATER",
    "MOST_PAIRED",
    "Bridge",
    "Candidate",
    "FindRefused",
    "Proposed",
    "Search",
    "SeriesRefused",
    "Standing",
    "Suggested",
    "Why",
    "accept",
    "accept_all",
    "ask_to_compare",
    "ask_to_find",
    "ask_to_propose",
    "cameras",
    "changes",
    "explained",
    "gather",
    "groups",
    "in_sight",
    "keep_apart",
    "last_of_site",
    "merge",
    "move",
    "not_compared",
    "propose",
    "propose_links",
    "refuse",
    "refuse_all",
    "search",
    "searches",
    "split",
    "standings",
    "suggested",
    "tie",
    "tried",
    "tried_matching",
    "undo",
    "waiting",
    "why",
]
