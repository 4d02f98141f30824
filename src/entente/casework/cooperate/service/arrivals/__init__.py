"""Open packages of partners' desks: believed as far as their signatures go, taken once and in their order.

The header is judged before any of the body counts. What comes too early waits, sealed as it came, and is
taken when those before it are there; what was taken before changes nothing. Each thing in it stands under its
originator's own signature, and what is held of it is the join of all that was told
(``safeguards.statement``): so two desks that were given the same packages hold the same, in whatever order
they came.
"""

from entente.casework.cooperate.service.arrivals.clue import NotTaken, take_clue
from entente.casework.cooperate.service.arrivals.messages import Came, NotRead, take_messages
from entente.casework.cooperate.service.arrivals.opened import NeedsCase, Opened
from entente.casework.cooperate.service.arrivals.opening import open_package
from entente.casework.cooperate.service.arrivals.requests import take_requests
from entente.casework.cooperate.service.arrivals.shell import forget_crops, keep_crop, shell_of
from entente.casework.cooperate.service.arrivals.taking import TAKERS

__all__ = [
    "TAKERS",
    "Came",
    "NeedsCase",
    "NotRead",
    "NotTaken",
    "Opened",
    "forget_crops",
    "keep_crop",
    "open_package",
    "shell_of",
    "take_clue",
    "take_messages",
    "take_requests",
]
