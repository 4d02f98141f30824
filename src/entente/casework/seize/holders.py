"""Who held an exhibit from when to when, and where nobody is known to have held it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise


class Passing(StrEnum):
    """What became of a handover."""

    WAITING = "waiting"
    RECEIVED = "received"
    REFUSED = "refused"
    TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class Handover:
    """One handover as both sides signed it. Persons are service numbers; ``received`` is the receiver's."""

    number: int
    giver: str
    receiver: str
    given: datetime
    received: datetime | None
    passing: Passing
    seal: str = ""  # as the giver wrote it
    seal_given: str = ""
    seal_received: str = ""


class Weakness(StrEnum):
    """What a court will ask about."""

    NOBODY = "nobody"  # between two moments nobody is known to hold it
    STRANGER = "stranger"  # handed over by somebody who is not the last known holder
    WAITING = "waiting"  # given, not yet received
    SEAL = "seal"  # the seal that arrived is not as it was given
    START = "start"  # who seized it, or when, is not recorded


@dataclass(frozen=True, slots=True)
class Gap:
    """One weakness of the chain, with whom and when it is about."""

    kind: Weakness
    number: int  # of the handover that shows it; 0 for the seizure
    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    instead_of: str = ""


def gaps(seized_by: str, seized_at: datetime | None, handovers: Sequence[Handover]) -> list[Gap]:
    """Return every weakness in the order of the chain.

    A handover counts from the moment that its receiver signed for; what was refused or taken back leaves the
    exhibit with the giver.
    """
    found: list[Gap] = []
    if not seized_by or seized_at is None:
        found.append(Gap(Weakness.START, 0))
    holder = seized_by
    for each in handovers:
        if holder and each.giver != holder:
            found.append(
                Gap(Weakness.STRANGER, each.number, until=each.given, who=each.giver, instead_of=holder)
            )
        if each.passing in {Passing.REFUSED, Passing.TAKEN_BACK}:
            holder = each.giver
            continue
        if each.passing is Passing.WAITING or each.received is None:
            found.append(Gap(Weakness.WAITING, each.number, since=each.given, who=each.receiver))
            holder = each.giver
            continue
        if each.received > each.given:
            found.append(Gap(Weakness.NOBODY, each.number, each.given, each.received))
        if each.seal_given != each.seal_received:
            found.append(Gap(Weakness.SEAL, each.number, until=each.received, who=each.receiver))
        holder = each.receiver
    return found


def in_order(moments: Sequence[datetime]) -> bool:
    """Whether no moment lies before the one that stands ahead of it."""
    return all(a <= b for a, b in pairwise(moments))
