"""Seal packages for a partner's desk: what of a case may go there, what was called back since, receipts.

Each package holds what its recipient was not told yet: things of this agency, each signed by it, things of
others that it may pass on, with their originators' own signatures, and the withdrawal of what was told before
and is withdrawn or erased now. Nothing goes without a legal basis in force; a withdrawal always goes.
"""

from entente.casework.cooperate.service.sealing.case import seal
from entente.casework.cooperate.service.sealing.line import Line, read_marking, written_marking
from entente.casework.cooperate.service.sealing.planning import Plan, plan
from entente.casework.cooperate.service.sealing.told import called_back, told_things
from entente.casework.cooperate.service.sealing.writing import STEP, NotSealed, receipt, recorded, write

__all__ = [
    "STEP",
    "Line",
    "NotSealed",
    "Plan",
    "called_back",
    "plan",
    "read_marking",
    "receipt",
    "recorded",
    "seal",
    "told_things",
    "write",
    "written_marking",
]
