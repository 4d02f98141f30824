"""Seal packages for a partner's desk: what of a case may go there, what was called back since, receipts.

Each package holds what its recipient was not told yet: things of this agency, each signed by it, things of
others that it may pass on, with their originators' own signatures, and the withdrawal of what was told before
and is withdrawn or erased now. Nothing goes without a legal basis in force; a withdrawal always goes. What is
addressed to one partner alone, requests, answers, products, goes the same way, in packages of its own kind.
"""

from entente.casework.cooperate.service.sealing.case import seal
from entente.casework.cooperate.service.sealing.line import Line, read_marking, written_marking
from entente.casework.cooperate.service.sealing.messages import Message
from entente.casework.cooperate.service.sealing.planning import Plan, plan
from entente.casework.cooperate.service.sealing.posting import POSTS, Due, Post, Told, due, post
from entente.casework.cooperate.service.sealing.requests import gather as requests_for
from entente.casework.cooperate.service.sealing.told import called_back, told_things
from entente.casework.cooperate.service.sealing.writing import STEP, NotSealed, receipt, recorded, write

__all__ = [
    "POSTS",
    "STEP",
    "Due",
    "Line",
    "Message",
    "NotSealed",
    "Plan",
    "Post",
    "Told",
    "called_back",
    "due",
    "plan",
    "post",
    "read_marking",
    "receipt",
    "recorded",
    "requests_for",
    "seal",
    "told_things",
    "write",
    "written_marking",
]
