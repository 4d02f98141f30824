"""What may leave: to an agency, or to a court; and the sentences that say what was left out and why.

Sources: Council practical advice on handling codes (H0-H3); Regulation (EU) 2016/794 arts 19(2)-(3) (the
provider's restrictions bind, and only the provider lifts them) and 29.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from entente.safeguards.access import PUBLIC, Allow, Deny, Release, Thing
from entente.vocabulary.handling import Audience, Handling, HandlingCode


class Destination(StrEnum):
    """Where something is about to go."""

    AGENCY = "agency"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class Leaving:
    """One thing about to leave: what to call it, whose it is, its handling, and the releases given."""

    label: str  # an item number or a clue's number; never a name
    handling: Handling
    originators: frozenset[UUID]
    releases: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What stays behind, under which code, and why, for the recipient's copy."""

    label: str
    codes: str
    why: str
    stated: bool  # whether the recipient may know that something is missing


def may_go(thing: Leaving, sender: UUID, to: UUID, now: datetime) -> Allow | Deny:
    """Whether ``sender`` may give the thing to agency ``to``: H2 and H3 need every originator's live release.

    A provider's own information may always go back to it, and its own to whom it likes.
    """
    if not thing.originators:
        return Deny("nobody is recorded as its originator, so nobody can release it")
    if not thing.handling.restricted:
        return Allow()
    missing = thing.originators - {sender, to} - released_by(thing.releases, to, now)
    if not missing:
        return Allow()
    if HandlingCode.H3 in thing.handling.codes:
        return Deny("H3: its originator's restriction must be lifted by its originator first")
    return Deny("H2: its originator has not released it to this agency")


def may_go_to_court(thing: Leaving, sender: UUID, court: UUID, now: datetime) -> Allow | Deny:
    """Whether the thing may be in a court export: H1 only with every other originator's live release.

    An originator may put its own H1 information before a court; nobody may put another's.
    """
    allowed = may_go(thing, sender, court, now)
    if isinstance(allowed, Deny) or HandlingCode.H1 not in thing.handling.codes:
        return allowed
    if thing.originators - {sender} - released_by(thing.releases, court, now):
        return Deny("H1: not for judicial proceedings without its originator's permission")
    return Allow()


def may_be_public(thing: Thing, now: datetime) -> Allow | Deny:
    """Whether the thing may be shown to everybody: TLP:CLEAR under H0 alone, or all originators signed.

    Another originator must have signed even then (``access.decide`` asks for it): TLP:CLEAR says that nothing
    limits its passing on, and not that somebody else may make an appeal of it.
    """
    if thing.owner is None:
        return Deny("nobody is recorded as its originator, so nobody can release it")
    free = thing.audience is Audience.CLEAR and thing.handling.codes == {HandlingCode.H0}
    signed = released_by(thing.releases, PUBLIC, now)
    needed = thing.originators if free else thing.originators | {thing.owner}
    if needed - signed:
        return Deny(
            f"it is {thing.audience} {thing.handling}: an originator has not signed its release to all"
        )
    return Allow()


def released_by(releases: Iterable[Release], to: UUID, now: datetime) -> set[UUID]:
    """Return the originators whose release to ``to`` is in force at ``now``."""
    return {r.by for r in releases if r.to == to and r.holds(now)}


def sort_out(
    things: Iterable[Leaving], sender: UUID, to: UUID, destination: Destination, now: datetime
) -> tuple[list[Leaving], list[LeftOut]]:
    """Part what may leave from what may not, keeping the order; whatever cannot be judged stays."""
    judge = may_go_to_court if destination is Destination.COURT else may_go
    goes: list[Leaving] = []
    stays: list[LeftOut] = []
    for thing in things:
        decision = judge(thing, sender, to, now)
        if isinstance(decision, Allow):
            goes.append(thing)
        else:
            # the absence of H1 is stated to the court; of H2 and H3, others learn by hit or no hit alone
            only_h1 = isinstance(may_go(thing, sender, to, now), Allow)
            stays.append(LeftOut(thing.label, str(thing.handling), decision.reason, stated=only_h1))
    return goes, stays


def left_out(stays: Iterable[LeftOut], *, for_recipient: bool) -> list[str]:
    """Return one sentence a reason, so that absence is stated: how many, never which and never whose.

    The sender reads all of them. The recipient reads those of H1 alone: to say that H2 or H3 information
    exists would itself pass it on.
    """
    counts: dict[str, int] = {}
    for item in stays:
        if item.stated or not for_recipient:
            counts[item.why] = counts.get(item.why, 0) + 1
    return [
        f"{n} item{'s were' if n > 1 else ' was'} left out. {why[0].upper()}{why[1:]}."
        for why, n in sorted(counts.items())
    ]
