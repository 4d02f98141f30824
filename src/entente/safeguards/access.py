"""One function decides who may do what to which thing: default deny, no way around it.

``decide`` is the only door. ``readable`` is its reading half; ``records.guard`` compiles the same clauses to
SQL, and a property test holds the two together. Whatever is unknown, missing or broken is denied.

Sources: Regulation (EU) 2016/794 arts 18-21 and 29; Directive (EU) 2016/680 art. 25.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from entente.safeguards.purpose import Act as Act
from entente.safeguards.purpose import allows
from entente.vocabulary.agency import Officer, Part, Role
from entente.vocabulary.handling import Handling, HandlingCode, Purpose


class Shape(StrEnum):
    """How a thing is reached."""

    CASE = "case"  # by members of its case, as its handling allows
    ADDRESSED = "addressed"  # as CASE, and by the agency it is addressed to
    AGENCY = "agency"  # by officers of the agency that owns it
    LOG = "log"  # by the data protection officer of the agency that acted


@dataclass(frozen=True, slots=True)
class Release:
    """An originator's permission: ``by`` lets ``to`` have the thing, until it expires or is withdrawn."""

    by: UUID
    to: UUID
    granted: datetime
    expires: datetime
    withdrawn: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the permission is in force at ``now``."""
        return self.granted <= now < self.expires and (self.withdrawn is None or now < self.withdrawn)


@dataclass(frozen=True, slots=True)
class Thing:
    """What the law needs to know of an object. ``to`` is the agency it is about to go to."""

    shape: Shape
    owner: UUID | None
    case: UUID | None = None
    id: UUID | None = None
    handling: Handling = field(default_factory=Handling)
    originators: frozenset[UUID] = frozenset()  # besides the owner
    releases: tuple[Release, ...] = ()
    addressed: UUID | None = None
    to: UUID | None = None

    def going_to(self, agency: UUID) -> Thing:
        """Return the same thing on its way to ``agency``."""
        return replace(self, to=agency)


@dataclass(frozen=True, slots=True)
class Allow:
    """Yes."""


@dataclass(frozen=True, slots=True)
class Deny:
    """No, and why; the reason goes to the log and to the officer who may see the thing anyway."""

    reason: str


CONTENT_PURPOSES = frozenset({Purpose.VICTIM_IDENTIFICATION, Purpose.SAFEGUARDING, Purpose.PROSECUTION})

# What each part in a case may do there.
ACTS_OF_PART = {
    Part.READER: frozenset({Act.READ}),
    Part.MEMBER: frozenset({Act.READ, Act.REVEAL, Act.RECEIVE, Act.ALTER, Act.MERGE, Act.DISCLOSE}),
    Part.LEAD: frozenset(Act) - {Act.AUDIT},
}

# Who may open a case or an agency's own list.
FOUNDERS = frozenset({Role.EXAMINER, Role.INVESTIGATOR, Role.COORDINATOR})


def decide(officer: Officer, thing: Thing, act: Act, purpose: Purpose, now: datetime) -> Allow | Deny:
    """Return ``Allow`` or ``Deny`` with its reason; never raise."""
    try:
        return _decide(officer, thing, act, purpose, now)
    except Exception as fault:  # whatever breaks is a no
        return Deny(f"the request could not be judged ({type(fault).__name__})")


def _decide(officer: Officer, thing: Thing, act: Act, purpose: Purpose, now: datetime) -> Allow | Deny:
    known = ((act, Act), (purpose, Purpose), (thing.shape, Shape))
    if not all(isinstance(value, kind) for value, kind in known):
        return Deny("an unknown act, purpose or thing")
    if purpose not in officer.purposes:
        return Deny(f"the purpose {purpose} is not among this officer's")
    if thing.shape is Shape.LOG and isinstance(verdict := _audit(officer, thing, act), Deny):
        return verdict
    if not allows(purpose, act):
        return Deny(f"the purpose {purpose} does not allow to {act}")
    if thing.shape is Shape.LOG:
        return Allow()
    if act is Act.RECEIVE and thing.case is None:
        return _found(officer, thing, purpose)
    if not readable(officer, thing, purpose, now):
        return Deny("not a member of the case, or withheld by its originator")
    if act is Act.READ:
        return Allow()
    if thing.shape is Shape.AGENCY:
        return Allow() if officer.roles & FOUNDERS else Deny("this role works on no material")
    return _act_in_case(officer, thing, act, purpose, now)


def readable(officer: Officer, thing: Thing, purpose: Purpose, now: datetime) -> bool:
    """Whether the officer may know that ``thing`` exists: the rule that ``records.guard`` writes in SQL."""
    if purpose not in officer.purposes:
        return False
    if thing.shape is Shape.LOG:
        return Role.DATA_PROTECTION in officer.roles and thing.owner == officer.agency
    if not opens_content(officer, purpose):
        return False
    if thing.shape is Shape.AGENCY:
        return thing.owner is not None and thing.owner == officer.agency
    if thing.shape is Shape.ADDRESSED and thing.addressed is not None and thing.addressed == officer.agency:
        return True
    return member_part(officer, thing.case, now) is not None and cleared(officer.agency, thing, purpose, now)


def opens_content(officer: Officer, purpose: Purpose) -> bool:
    """Administrators have no case content, and neither has any purpose but the three of casework."""
    return Role.ADMINISTRATOR not in officer.roles and purpose in CONTENT_PURPOSES


def member_part(officer: Officer, case: UUID | None, now: datetime) -> Part | None:
    """Return the officer's part in ``case`` at ``now``, or ``None``."""
    if case is None:
        return None
    return next((m.part for m in officer.memberships if m.case == case and m.active(now)), None)


def cleared(agency: UUID, thing: Thing, purpose: Purpose, now: datetime) -> bool:
    """Whether handling lets ``agency`` have the thing: every originator is that agency or released it.

    H2 and H3 bind always (H3's text cannot be computed, so it counts as H2); H1 binds for prosecution.
    """
    bound = thing.handling.restricted
    if purpose is Purpose.PROSECUTION:
        bound = bound or HandlingCode.H1 in thing.handling.codes
    if not bound:
        return True
    if thing.owner is None:
        return False
    released = {r.by for r in thing.releases if r.to == agency and r.holds(now)}
    return all(o == agency or o in released for o in {thing.owner, *thing.originators})


def _audit(officer: Officer, thing: Thing, act: Act) -> Allow | Deny:
    if act not in {Act.READ, Act.AUDIT}:
        return Deny("the log is only read")
    if Role.DATA_PROTECTION not in officer.roles or thing.owner != officer.agency:
        return Deny("the log is for the data protection officer of the agency that acted")
    return Allow()


def _found(officer: Officer, thing: Thing, purpose: Purpose) -> Allow | Deny:
    if thing.owner != officer.agency:
        return Deny("a case or list is opened for one's own agency only")
    if not officer.roles & FOUNDERS or not opens_content(officer, purpose):
        return Deny("this role opens no case and no list")
    return Allow()


def _act_in_case(officer: Officer, thing: Thing, act: Act, purpose: Purpose, now: datetime) -> Allow | Deny:
    part = member_part(officer, thing.case, now)
    if part is None:
        if (
            thing.shape is Shape.ADDRESSED
            and thing.addressed == officer.agency
            and act in {Act.ALTER, Act.REVEAL}
        ):
            return Allow() if officer.roles & FOUNDERS else Deny("this role answers no request")
        return Deny("not a member of the case")
    if act not in ACTS_OF_PART[part]:
        return Deny(f"a {part} of a case may not {act}")
    if act is Act.RECEIVE and thing.owner != officer.agency:
        return Deny("nobody may write in another agency's name")
    if act in {Act.DISCLOSE, Act.EXPORT}:
        return _leave(officer, thing, now)
    if act is Act.ERASE and thing.owner != officer.agency:
        return Deny("only its originator may erase it")
    return Allow()


def _leave(officer: Officer, thing: Thing, now: datetime) -> Allow | Deny:
    """Originator control: what leaves must be the agency's own, or released by every other originator."""
    if thing.to is None:
        return Deny("nothing leaves without a named recipient")
    released = {r.by for r in thing.releases if r.to == thing.to and r.holds(now)}
    others = {o for o in {thing.owner, *thing.originators} if o not in {officer.agency, thing.to}}
    if None in others or not {o for o in others if o is not None} <= released:
        return Deny("an originator has not released it to that agency")
    return Allow()
