"""Who may give which rights to whom: the rights of the account are judged, not only the asker's.

Lessons of others (OpenCTI CVE-2026-44730, CVE-2026-21886; MISP's reset of keys at a sibling endpoint): an
administrator added a stronger account to the own organisation and inherited; a rule mended at one endpoint
was forgotten at the next. Here every act on accounts asks ``may_change`` or ``may_confirm``, and one matrix
of tests asks all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from entente.safeguards.access import CONTENT_PURPOSES, SURE, UNSURE, Allow, Deny
from entente.vocabulary.agency import AgencyKind, Officer, Role
from entente.vocabulary.handling import Purpose

CASEWORK = frozenset({Role.EXAMINER, Role.INVESTIGATOR, Role.COORDINATOR, Role.PROSECUTOR})
KEEPERS = frozenset({Role.ADMINISTRATOR, Role.DATA_PROTECTION})
_NATIONAL = KEEPERS | {Role.EXAMINER, Role.INVESTIGATOR, Role.PROSECUTOR}
ROLES_OF: dict[AgencyKind, frozenset[Role]] = {
    AgencyKind.NATIONAL_UNIT: _NATIONAL,
    AgencyKind.THIRD_COUNTRY: _NATIONAL,
    AgencyKind.COORDINATION_CENTRE: KEEPERS | {Role.EXAMINER, Role.INVESTIGATOR, Role.COORDINATOR},
    AgencyKind.HOTLINE: KEEPERS | {Role.EXAMINER},
    AgencyKind.PRIVATE_PARTY: KEEPERS | {Role.INVESTIGATOR},
}


class Change(StrEnum):
    """What is done to an account."""

    MAKE = "make"
    RIGHTS = "rights"  # roles and purposes
    CLOSE = "close"
    REOPEN = "reopen"
    RESET = "reset"  # its keys are taken away, so that new ones can be enrolled
    LINK = "link"  # a one-time link for the first enrolment
    END = "end"  # its log-ins


@dataclass(frozen=True, slots=True)
class Held:
    """What an account holds; ``id`` is ``None`` for one that is being made."""

    id: UUID | None
    number: str
    agency: UUID
    roles: frozenset[Role]
    purposes: frozenset[Purpose]


def fits(roles: frozenset[Role], purposes: frozenset[Purpose], kind: AgencyKind) -> Allow | Deny:
    """Return whether any account of an agency of ``kind`` may hold these together."""
    if not roles or not purposes:
        return Deny("an account has at least one role and one purpose")
    if beyond := roles - ROLES_OF[kind]:
        return Deny(f"a {kind} has no {_named(beyond)}")
    if roles & KEEPERS and len(roles) > 1:
        return Deny(
            f"{_named(roles & KEEPERS)} goes with no other role: "
            "who keeps accounts or watches over data works on no case"
        )
    if Role.DATA_PROTECTION in roles:
        wrong = purposes - {Purpose.DATA_PROTECTION_AUDIT}
    else:
        wrong = purposes - CONTENT_PURPOSES - {Purpose.TRAINING}
    if wrong:
        return Deny(f"{_named(roles)} is not for {_named(wrong)}")
    return Allow()


def may_change(
    officer: Officer, change: Change, before: Held | None, after: Held, kind: AgencyKind, prefix: str
) -> Allow | Deny:
    """Return whether ``officer`` may do ``change``; besides the law's own ``Act.ADMINISTER``.

    ``prefix`` begins the service numbers of the agency, so that a number never asks about another agency.
    """
    if Role.ADMINISTRATOR not in officer.roles:
        return Deny("accounts are kept by an administrator")
    if {after.agency, before.agency if before else after.agency} != {officer.agency}:
        return Deny("an administrator keeps the accounts of the own agency only")
    if before is not None and before.id == officer.id:
        return Deny("nobody changes their own account: ask another administrator")
    if change is Change.MAKE and not after.number.startswith(prefix):
        return Deny(f"a service number of this agency begins with {prefix}")
    if before is not None and before.number != after.number:
        return Deny("a service number is never changed: the log knows the officer by it")
    if change in {Change.MAKE, Change.RIGHTS, Change.REOPEN}:
        if isinstance(verdict := fits(after.roles, after.purposes, kind), Deny):
            return verdict
    elif before is None or (before.roles, before.purposes) != (after.roles, after.purposes):
        return Deny("this act changes no rights")
    return Allow() if officer.strength in SURE else Deny(UNSURE)


def widens(change: Change, before: Held | None, after: Held) -> bool:
    """Whether someone can do more afterwards, so that a second person confirms."""
    if change in {Change.MAKE, Change.REOPEN, Change.RESET} or before is None:
        return True
    return bool(after.roles - before.roles or after.purposes - before.purposes)


def may_confirm(officer: Officer, agency: UUID, asked_by: UUID, about: UUID | None) -> Allow | Deny:
    """Return whether ``officer`` may be the second person: neither who asked nor who gains, same agency."""
    if not officer.roles & KEEPERS:
        return Deny("a change of rights is confirmed by an administrator or the data protection officer")
    if agency != officer.agency:
        return Deny("an administrator keeps the accounts of the own agency only")
    if officer.id == asked_by:
        return Deny("the second person is not the one who asked")
    if officer.id == about:
        return Deny("nobody confirms their own rights")
    return Allow() if officer.strength in SURE else Deny(UNSURE)


def _named(words: frozenset[Role] | frozenset[Purpose]) -> str:
    return " and ".join(sorted(str(w) for w in words))
