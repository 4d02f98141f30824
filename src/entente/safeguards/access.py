"""One function decides who may do what to which thing: default deny, no way around it.

``decide`` is the only door. ``readable`` is its reading half; ``records.guard`` compiles the same clauses to
SQL, and a property test holds the two together. Whatever is unknown, missing or broken is denied.

Sources: Regulation (EU) 2016/794 arts 18-21 and 29; Directive (EU) 2016/680 art. 25.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from entente.safeguards.purpose import Act as Act
from entente.safeguards.purpose import allows
from entente.vocabulary.agency import Officer, Part, Role, Strength
from entente.vocabulary.handling import ORIGINATOR_ONLY, Audience, Handling, HandlingCode, Purpose


class Shape(StrEnum):
    """How a thing is reached."""

    CASE = "case"  # by members of its case, as its handling allows
    ADDRESSED = "addressed"  # as CASE, and by the agency it is addressed to
    AGENCY = "agency"  # by officers of the agency that owns it
    LOG = "log"  # by the data protection officer of the agency that acted
    CLOCK = "clock"  # a retention clock or tombstone: by the data protection officer of the owning agency
    TOLD = "told"  # by the agency that tells and the one it tells, their data protection officers included
    PERSON = "person"  # by the person it belongs to, and by the one whom that person shows it to
    BALLOT = "ballot"  # a vote: by who cast it, by the named person, once all is cast by its agency
    STUB = "stub"  # urgency, country and status of a case: by analysts of the coordination centre


#: Stands for everybody, as the one to whom an originator lets a thing go. It is no agency and has no officer.
PUBLIC = UUID(int=0)


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
    """What the law needs to know of an object.

    ``to`` is the agency that it is about to go to; for a grant, the agency of whoever would get it.
    ``restricted`` is set where it is kept for a named ground alone (retention), so that it is only read.
    """

    shape: Shape
    owner: UUID | None
    case: UUID | None = None
    id: UUID | None = None
    handling: Handling = field(default_factory=Handling)
    originators: frozenset[UUID] = frozenset()  # besides the owner
    releases: tuple[Release, ...] = ()
    addressed: UUID | None = None
    to: UUID | None = None
    audience: Audience = Audience.AMBER
    restricted: bool = False
    account: UUID | None = None  # the person a thing belongs to
    shown_to: UUID | None = None  # the one other person who may read it
    opened: bool = False  # a vote: its question has ended

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


# Who keeps accounts, and who watches over the data, has no content, whatever else the account says.
CONTENTLESS = frozenset({Role.ADMINISTRATOR, Role.DATA_PROTECTION})
# Besides leaving and letting in, which have rules of their own.
CASE_ACTS = frozenset({Act.READ, Act.REVEAL, Act.RECEIVE, Act.ALTER, Act.MERGE, Act.ERASE})
NEVER = datetime.min.replace(tzinfo=UTC)  # for a rule that knows no time
CONTENT_PURPOSES = frozenset({Purpose.VICTIM_IDENTIFICATION, Purpose.SAFEGUARDING, Purpose.PROSECUTION})

# What each part in a case may do there.
ACTS_OF_PART = {
    Part.READER: frozenset({Act.READ}),
    Part.MEMBER: frozenset({Act.READ, Act.REVEAL, Act.RECEIVE, Act.ALTER, Act.MERGE, Act.DISCLOSE}),
    Part.LEAD: frozenset(Act) - {Act.AUDIT},
}

# What needs the officer's passkey of the last minutes, so that a screen left alone gives nothing away.
STEP_UP = frozenset({Act.REVEAL, Act.EXPORT, Act.GRANT, Act.EMERGENCY, Act.ERASE, Act.ADMINISTER})
SURE = frozenset({Strength.CONFIRMED, Strength.HOST})
UNSURE = "confirm that it is you: this needs your passkey again"

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
    if thing.shape is not Shape.PERSON and not allows(purpose, act):
        return Deny(f"the purpose {purpose} does not allow to {act}")
    verdict = _by_shape(officer, thing, act, purpose, now)
    if isinstance(verdict, Allow) and act in STEP_UP and officer.strength not in SURE:
        return Deny(UNSURE)  # last, so that who may not act at all is not asked for a passkey first
    return verdict


def _by_shape(officer: Officer, thing: Thing, act: Act, purpose: Purpose, now: datetime) -> Allow | Deny:
    if act is Act.ADMINISTER:
        return _administer(officer, thing)
    if thing.shape in {Shape.LOG, Shape.CLOCK}:
        return _audit(officer, thing, act, purpose)
    if thing.shape is Shape.TOLD:
        return _told(officer, thing, act, purpose)
    if thing.shape in {Shape.PERSON, Shape.BALLOT}:
        return _own(officer, thing, act, purpose, now)
    if act is Act.RECEIVE and thing.case is None and thing.shape is not Shape.STUB:
        return _found(officer, thing, purpose)
    if not readable(officer, thing, purpose, now):
        return Deny("not a member of the case, or withheld by its originator")
    if act is Act.READ:
        return Allow()
    if thing.shape is Shape.STUB:
        return Deny("a stub is only read: ask to be added to the case")
    if thing.restricted:
        return Deny("it is restricted: kept for a named ground alone, and only read")
    if thing.shape is Shape.AGENCY:
        return _work_on_list(officer, thing, act, now)
    return _act_in_case(officer, thing, act, purpose, now)


def readable(officer: Officer, thing: Thing, purpose: Purpose, now: datetime) -> bool:
    """Whether the officer may know that ``thing`` exists: the rule that ``records.guard`` writes in SQL."""
    if purpose not in officer.purposes:
        return False
    if thing.shape in {Shape.LOG, Shape.CLOCK}:
        return protects_data(officer, purpose) and thing.owner is not None and thing.owner == officer.agency
    if thing.shape is Shape.TOLD:
        between = {thing.owner, thing.addressed} - {None}
        return officer.agency in between and (
            opens_content(officer, purpose) or protects_data(officer, purpose)
        )
    if thing.shape is Shape.PERSON:
        return officer.id in {thing.account, thing.shown_to}
    if not opens_content(officer, purpose):
        return False
    if thing.shape is Shape.BALLOT:
        told = officer.id in {thing.account, thing.shown_to}
        opened = thing.opened and thing.owner is not None and thing.owner == officer.agency
        return member_part(officer, thing.case, now) is not None and (told or opened)
    if thing.shape is Shape.STUB:
        return officer.coordinates
    if thing.shape is Shape.AGENCY:
        return thing.owner is not None and thing.owner == officer.agency
    if thing.shape is Shape.ADDRESSED and thing.addressed is not None and thing.addressed == officer.agency:
        return True
    return member_part(officer, thing.case, now) is not None and cleared(officer.agency, thing, purpose, now)


def opens_content(officer: Officer, purpose: Purpose) -> bool:
    """Administrators have no case content, and neither has any purpose but the three of casework."""
    return not officer.roles & CONTENTLESS and purpose in CONTENT_PURPOSES


def protects_data(officer: Officer, purpose: Purpose) -> bool:
    """A data protection officer at that work: the log, the clocks and the notices, and no content."""
    return Role.DATA_PROTECTION in officer.roles and purpose is Purpose.DATA_PROTECTION_AUDIT


def member_part(officer: Officer, case: UUID | None, now: datetime) -> Part | None:
    """Return the officer's part in ``case`` at ``now``, or ``None``."""
    if case is None:
        return None
    return next((m.part for m in officer.memberships if m.case == case and m.active(now)), None)


def leads(officer: Officer, case: UUID | None, now: datetime) -> bool:
    """Whether the officer is a lead of ``case`` at ``now``."""
    return member_part(officer, case, now) is Part.LEAD


def cleared(agency: UUID, thing: Thing, purpose: Purpose, now: datetime) -> bool:
    """Whether handling lets ``agency`` have the thing: every originator is that agency or released it.

    H2 and H3 bind always (H3's text cannot be computed, so it counts as H2); H1 binds for prosecution;
    TLP:AMBER+STRICT and TLP:RED bind always (TLP 2.0: limited to the organisation, or to named recipients).
    """
    bound = thing.handling.restricted or thing.audience in ORIGINATOR_ONLY
    if purpose is Purpose.PROSECUTION:
        bound = bound or HandlingCode.H1 in thing.handling.codes
    if not bound:
        return True
    if thing.owner is None:
        return False
    released = {r.by for r in thing.releases if r.to == agency and r.holds(now)}
    return all(o == agency or o in released for o in {thing.owner, *thing.originators})


def _administer(officer: Officer, thing: Thing) -> Allow | Deny:
    if Role.ADMINISTRATOR not in officer.roles or thing.shape is not Shape.AGENCY:
        return Deny("accounts are kept by an administrator")
    if thing.owner is None or thing.owner != officer.agency:
        return Deny("an administrator keeps the accounts of the own agency only")
    return Allow()


def _audit(officer: Officer, thing: Thing, act: Act, purpose: Purpose) -> Allow | Deny:
    if act not in {Act.READ, Act.AUDIT} and not (act is Act.ERASE and thing.shape is Shape.CLOCK):
        return Deny("the log is only read")
    if not protects_data(officer, purpose) or thing.owner is None or thing.owner != officer.agency:
        return Deny("the log is for the data protection officer of the agency that acted")
    return Allow()


def _told(officer: Officer, thing: Thing, act: Act, purpose: Purpose) -> Allow | Deny:
    """Say it for one's own agency, take note of it, review it; break the glass for one's own agency."""
    if act not in {Act.RECEIVE, Act.EMERGENCY} and not readable(officer, thing, purpose, NEVER):
        return Deny("it was told to others")
    if act in {Act.READ, Act.AUDIT}:
        return Allow()
    if act in {Act.RECEIVE, Act.EMERGENCY} and (thing.owner is None or thing.owner != officer.agency):
        return Deny("nobody may speak in another agency's name")
    if act not in {Act.RECEIVE, Act.ALTER, Act.EMERGENCY} or not opens_content(officer, purpose):
        return Deny(f"what was told is not there to {act}")
    return Allow() if officer.roles & FOUNDERS else Deny("this role tells nothing")


def _own(officer: Officer, thing: Thing, act: Act, purpose: Purpose, now: datetime) -> Allow | Deny:
    """What is a person's own: only that person writes it, whatever rights others have."""
    if not readable(officer, thing, purpose, now):
        return Deny("it belongs to another person")
    if act is Act.READ:
        return Allow()
    if act not in {Act.RECEIVE, Act.ALTER} or thing.account != officer.id:
        return Deny("only the person it belongs to writes it")
    if thing.shape is Shape.BALLOT and (thing.restricted or _reads_only(officer, thing, now)):
        return Deny("a reader of a case casts no vote, and nobody does where it is only read")
    return Allow()


def _reads_only(officer: Officer, thing: Thing, now: datetime) -> bool:
    return member_part(officer, thing.case, now) in {None, Part.READER}


def _found(officer: Officer, thing: Thing, purpose: Purpose) -> Allow | Deny:
    if thing.owner != officer.agency:
        return Deny("a case or list is opened for one's own agency only")
    if not officer.roles & FOUNDERS or not opens_content(officer, purpose):
        return Deny("this role opens no case and no list")
    return Allow()


def _work_on_list(officer: Officer, thing: Thing, act: Act, now: datetime) -> Allow | Deny:
    """An agency's own: its founders work on it, but what came from others leaves by their release alone."""
    if not officer.roles & FOUNDERS:
        return Deny("this role works on no material")
    if act in {Act.DISCLOSE, Act.EXPORT} and thing.originators - {officer.agency}:
        return _leave(officer, thing, now)
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
    if act is Act.GRANT:
        return _let_in(officer, thing, now)
    if act not in CASE_ACTS:
        return Deny(f"nobody may {act} a thing of a case")
    if act is Act.ERASE and thing.owner != officer.agency:
        return Deny("only its originator may erase it")
    return Allow()


def _leave(officer: Officer, thing: Thing, now: datetime) -> Allow | Deny:
    """Originator control: what leaves must be the agency's own, or released by every other originator."""
    if thing.to is None:
        return Deny("nothing leaves without a named recipient")
    released = {r.by for r in thing.releases if r.to == thing.to and r.holds(now)}
    others = {o for o in {thing.owner, *thing.originators} if o not in {officer.agency, thing.to}}
    if others and thing.audience is Audience.RED:
        return Deny("TLP:RED is for its named recipients: only its originator sends it further")
    if None in others or not {o for o in others if o is not None} <= released:
        return Deny("an originator has not released it to that agency")
    return Allow()


def _let_in(officer: Officer, thing: Thing, now: datetime) -> Allow | Deny:
    """Nobody grants what they do not hold: a further agency comes in by the owner, or with its release."""
    if thing.to is None or thing.to == officer.agency or thing.owner == officer.agency:
        return Allow()
    if any(r.by == thing.owner and r.to == thing.to and r.holds(now) for r in thing.releases):
        return Allow()
    return Deny("only the agency that owns the case lets a further agency in")


def may_join(candidate: Officer, part: Part, purpose: Purpose) -> Allow | Deny:
    """Whether ``candidate`` may have ``part`` in a case: the rights of the one let in, not of the lead."""
    if candidate.roles & CONTENTLESS:
        return Deny("an administrator or data protection officer has no case content and joins no case")
    if purpose not in candidate.purposes or purpose not in CONTENT_PURPOSES:
        return Deny(f"the officer does not work for the purpose {purpose}")
    if not candidate.roles & FOUNDERS and part is not Part.READER:
        return Deny("a prosecutor joins as a reader")
    return Allow()
