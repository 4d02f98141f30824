"""Agencies, the officers who act for them, and the parts they play."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from entente.vocabulary.handling import Purpose


class AgencyKind(StrEnum):
    """What a partner is; rules differ by kind."""

    NATIONAL_UNIT = "national unit"
    COORDINATION_CENTRE = "coordination centre"
    THIRD_COUNTRY = "third country unit"
    HOTLINE = "hotline"
    PRIVATE_PARTY = "private party"


class Role(StrEnum):
    """What an officer does in the agency; none of these opens a case by itself."""

    EXAMINER = "examiner"  # victim identification specialist
    INVESTIGATOR = "investigator"
    COORDINATOR = "coordinator"  # at the coordination centre
    PROSECUTOR = "prosecutor"
    DATA_PROTECTION = "data protection officer"
    ADMINISTRATOR = "administrator"  # accounts and settings; no case content


class Part(StrEnum):
    """What a member of a case may do in it."""

    LEAD = "lead"
    MEMBER = "member"
    READER = "reader"  # works on labels and crops; reveals nothing, changes nothing


class Strength(StrEnum):
    """How sure we are that it is this officer, weakest first."""

    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - a word
    SECOND_FACTOR = "second factor"
    PASSKEY = "passkey"
    CONFIRMED = "confirmed"  # by passkey within the last minutes
    HOST = "host"  # the program itself: command line and worker, as safe as the machine's own log-in


@dataclass(frozen=True, slots=True)
class Agency:
    """A partner in the circle. ``contact`` is the route given with a hit, never a person."""

    id: UUID
    name: str
    country: str  # ISO 3166-1 alpha-2, or EU for the centre
    kind: AgencyKind
    contact: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Need to know: one officer in one case, from a day, perhaps until one."""

    case: UUID
    part: Part
    since: datetime
    until: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether the membership holds at ``now``."""
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Officer:
    """Who acts. The law reads nothing of a person but what stands here."""

    id: UUID
    agency: UUID
    roles: frozenset[Role]
    purposes: frozenset[Purpose]
    memberships: tuple[Membership, ...] = ()
    strength: Strength = Strength.NONE
    kind: AgencyKind | None = None  # of the officer's agency: a coordinator is one at a centre only

    @property
    def coordinates(self) -> bool:
        """Whether this is an analyst of a coordination centre; the role alone does not make one."""
        return Role.COORDINATOR in self.roles and self.kind is AgencyKind.COORDINATION_CENTRE
