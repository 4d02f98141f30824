"""One oracle for each rule, written from the requirement and not from ``decide``; and wrong rules, all found.

An oracle says when the requirement demands a no (or a yes); ``decide`` must say so in 2,000 drawn cases of
each. The two-world test trusts the law that it replays, so a wrong rule is not for it to find but for these.
Sources: DESIGN section 4; Regulation (EU) 2016/794 arts 18-21, 29; Directive (EU) 2016/680 art. 25; the
Council's handling codes H0-H3; FIRST TLP 2.0; NIST SP 800-63B (a confirmation of the last minutes).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count, islice, product
from typing import Any
from unittest import mock
from uuid import UUID

import pytest

from entente.safeguards import access
from entente.safeguards.access import Act, Allow, Release, Shape, Thing
from entente.vocabulary import handling as words
from entente.vocabulary.agency import AgencyKind, Membership, Officer, Part, Role, Strength
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose

EXAMPLES = 2_000
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
IT, AU, DK = AGENCIES = tuple(UUID(int=n) for n in (1, 2, 3))
CASE, OTHER = UUID(int=10), UUID(int=11)
MOMENTS = [timedelta(days=-2), timedelta(seconds=-1), timedelta(), timedelta(seconds=1), timedelta(days=2)]
H1, H2, H3 = HandlingCode.H1, HandlingCode.H2, HandlingCode.H3
WORK = {Purpose.VICTIM_IDENTIFICATION, Purpose.SAFEGUARDING, Purpose.PROSECUTION}


@dataclass(frozen=True)
class Question:
    """What the law is asked."""

    officer: Officer
    thing: Thing
    act: Act
    purpose: Purpose


def asked(seed: int) -> Question:
    """Draw a question from a small world in which every rule has something to say."""
    chance = random.Random(seed)
    some = chance.choice
    end = some([None, None, *(NOW + m for m in MOMENTS)])
    member = Membership(
        some([CASE, CASE, CASE, OTHER]), some(list(Part)), NOW + some(MOMENTS[:3] * 3 + MOMENTS), end
    )
    roles = frozenset(chance.sample(list(Role), some([1, 1, 1, 2])))
    purposes = frozenset(chance.sample(list(Purpose), some([1, 3, 5, 5])))
    officer = Officer(
        UUID(int=20),
        some([IT, IT, AU]),
        frozenset({Role.EXAMINER}) if chance.random() < 0.5 else roles,
        purposes,
        (member,) * some([0, 1, 1, 1]),
        some([*Strength, Strength.CONFIRMED, Strength.CONFIRMED]),
        some([*AgencyKind, AgencyKind.COORDINATION_CENTRE, None]),
    )
    codes = frozenset(chance.sample(list(HandlingCode), some([1, 1, 2, 3])))
    thing = Thing(
        shape=some([Shape.CASE] * 6 + list(Shape)),
        owner=some([IT, AU, DK, None]),
        case=some([CASE, CASE, CASE, OTHER, None]),
        id=UUID(int=30),
        handling=Handling(codes, "only after a call"),
        originators=frozenset(chance.sample(AGENCIES, some([0, 0, 1, 2]))),
        releases=tuple(_release(chance) for _ in range(some([0, 1, 2, 4]))),
        addressed=some([None, IT, AU]),
        to=some([None, IT, AU, DK]),
        audience=some([Audience.AMBER] * 4 + list(Audience)),
        restricted=chance.random() < 0.2,
    )
    return Question(officer, thing, some([Act.READ] * 4 + list(Act)), some(list(Purpose)))


def _release(chance: random.Random) -> Release:
    some = chance.choice
    withdrawn = some([None, None, *(NOW + m for m in MOMENTS)])
    begins, ends = NOW + some(MOMENTS[:3] * 2 + MOMENTS), NOW + some(MOMENTS[3:] * 2 + MOMENTS)
    return Release(some(AGENCIES), some(AGENCIES), begins, ends, withdrawn)


drawn = cache(asked)
PAIRS = list(product(Act, Purpose))
WAYS = [random.Random(n).sample(PAIRS, len(PAIRS)) for n in range(7)]


# --- the words of the requirement, said anew ------------------------------------------------------------


def in_force(release: Release) -> bool:
    began, over = release.granted <= NOW, release.expires <= NOW
    return began and not over and not (release.withdrawn is not None and release.withdrawn <= NOW)


def may_have(agency: UUID, thing: Thing) -> bool:
    """Whether everybody whose information is in the thing is that agency or lets it have the thing."""
    for originator in [thing.owner, *thing.originators]:
        if originator is None:
            return False
        leave = [r for r in thing.releases if r.by == originator and r.to == agency and in_force(r)]
        if originator != agency and not leave:
            return False
    return True


def is_member(q: Question, *parts: Part) -> bool:
    return any(
        m.case == q.thing.case and m.since <= NOW and (m.until is None or m.until > NOW) and m.part in parts
        for m in q.officer.memberships
    )


def of_a_case(q: Question) -> bool:
    return q.thing.shape in {Shape.CASE, Shape.ADDRESSED} and q.thing.case is not None


def addressed_here(q: Question) -> bool:
    return q.thing.shape is Shape.ADDRESSED and q.thing.addressed == q.officer.agency


def content(q: Question) -> bool:
    """Whether the thing is content: anything but the log, the clocks and what was told."""
    return q.thing.shape in {Shape.CASE, Shape.ADDRESSED, Shape.AGENCY, Shape.STUB}


ANY = tuple(Part)
Demand = Callable[[Question], bool]
# What must be refused, whatever else is true.
NO: dict[str, Demand] = {
    "a purpose that is not the officer's": lambda q: q.purpose not in q.officer.purposes,
    "content for a purpose that is none of casework": lambda q: (
        content(q) and q.purpose not in WORK and q.act is not Act.ADMINISTER
    ),
    "content to an administrator or a data protection officer": lambda q: (
        content(q)
        and q.act is not Act.ADMINISTER
        and bool(q.officer.roles & {Role.ADMINISTRATOR, Role.DATA_PROTECTION})
    ),
    "a thing of a case to who is no member of it today": lambda q: (
        of_a_case(q) and not is_member(q, *ANY) and not addressed_here(q)
    ),
    "H2 and H3 without every originator's release": lambda q: (
        of_a_case(q)
        and not addressed_here(q)
        and bool(q.thing.handling.codes & {H2, H3})
        and not may_have(q.officer.agency, q.thing)
    ),
    "H1 for prosecution without every originator's release": lambda q: (
        of_a_case(q)
        and not addressed_here(q)
        and q.purpose is Purpose.PROSECUTION
        and H1 in q.thing.handling.codes
        and not may_have(q.officer.agency, q.thing)
    ),
    "AMBER+STRICT and RED without every originator's release": lambda q: (
        of_a_case(q)
        and not addressed_here(q)
        and str(q.thing.audience) in {"TLP:AMBER+STRICT", "TLP:RED"}
        and not may_have(q.officer.agency, q.thing)
    ),
    "more than reading to a reader": lambda q: (
        of_a_case(q)
        and q.act is not Act.READ
        and is_member(q, Part.READER)
        and not is_member(q, Part.MEMBER, Part.LEAD)
        and not addressed_here(q)
    ),
    "export, erasure and grants to who does not lead": lambda q: (
        of_a_case(q) and q.act in {Act.EXPORT, Act.ERASE, Act.GRANT} and not is_member(q, Part.LEAD)
    ),
    "leaving without a named recipient": lambda q: (
        q.act in {Act.DISCLOSE, Act.EXPORT} and of_a_case(q) and q.thing.to is None
    ),
    "leaving where an originator has not released it to the recipient": lambda q: (
        q.act in {Act.DISCLOSE, Act.EXPORT}
        and content(q)
        and any(
            o is None
            or (
                o not in {q.officer.agency, q.thing.to}
                and not any(r.by == o and r.to == q.thing.to and in_force(r) for r in q.thing.releases)
            )
            for o in [q.thing.owner, *q.thing.originators]
        )
    ),
    "RED of others sent further": lambda q: (
        q.act in {Act.DISCLOSE, Act.EXPORT}
        and content(q)
        and q.thing.audience is Audience.RED
        and bool({q.thing.owner, *q.thing.originators} - {q.officer.agency, q.thing.to})
    ),
    "writing in another agency's name": lambda q: q.act is Act.RECEIVE and q.thing.owner != q.officer.agency,
    "erasing what is another's": lambda q: q.act is Act.ERASE and q.thing.owner != q.officer.agency,
    "a further agency let in by who does not own the case": lambda q: (
        q.act is Act.GRANT
        and of_a_case(q)
        and q.thing.owner != q.officer.agency
        and q.thing.to not in {None, q.officer.agency}
        and not any(r.by == q.thing.owner and r.to == q.thing.to and in_force(r) for r in q.thing.releases)
    ),
    "altering, joining or erasing for a court": lambda q: (
        q.purpose is Purpose.PROSECUTION
        and q.act in {Act.RECEIVE, Act.ALTER, Act.MERGE, Act.ERASE, Act.GRANT, Act.EMERGENCY}
    ),
    "anything but reading of what is kept for a named ground alone": lambda q: (
        content(q) and q.thing.restricted and q.act is not Act.READ and q.act is not Act.ADMINISTER
    ),
    "another agency's list": lambda q: q.thing.shape is Shape.AGENCY and q.thing.owner != q.officer.agency,
    "the log and the clocks to any but the agency's data protection officer": lambda q: (
        q.thing.shape in {Shape.LOG, Shape.CLOCK}
        and not (
            Role.DATA_PROTECTION in q.officer.roles
            and q.purpose is Purpose.DATA_PROTECTION_AUDIT
            and q.thing.owner == q.officer.agency
        )
    ),
    "a change of the log": lambda q: q.thing.shape is Shape.LOG and q.act not in {Act.READ, Act.AUDIT},
    "what was told between two others": lambda q: (
        q.thing.shape is Shape.TOLD and q.officer.agency not in {q.thing.owner, q.thing.addressed}
    ),
    "a stub to who is no analyst of the centre": lambda q: (
        q.thing.shape is Shape.STUB
        and q.act is not Act.ADMINISTER
        and not (Role.COORDINATOR in q.officer.roles and q.officer.kind is AgencyKind.COORDINATION_CENTRE)
    ),
    "more than reading of a stub": lambda q: q.thing.shape is Shape.STUB and q.act is not Act.READ,
    "reveal, export, grants and keys without a confirmation of the last minutes": lambda q: (
        q.act in {Act.REVEAL, Act.EXPORT, Act.GRANT, Act.ERASE, Act.EMERGENCY, Act.ADMINISTER}
        and q.officer.strength not in {Strength.CONFIRMED, Strength.HOST}
    ),
    "accounts to who is not the agency's administrator": lambda q: (
        q.act is Act.ADMINISTER
        and not (Role.ADMINISTRATOR in q.officer.roles and q.thing.owner == q.officer.agency)
    ),
}


def plain(q: Question) -> bool:
    """Whether nothing binds: a member's own work on the own agency's unbound thing."""
    return (
        q.thing.shape is Shape.CASE
        and q.thing.case is not None
        and q.purpose in q.officer.purposes & WORK
        and q.officer.roles == {Role.EXAMINER}
        and q.thing.owner == q.officer.agency
        and not q.thing.originators - {q.officer.agency}
        and not q.thing.restricted
        and q.officer.strength is Strength.CONFIRMED
    )


# What must be allowed: without these, a law that always says no would pass.
YES: dict[str, Demand] = {
    "a member reads what is the own agency's": lambda q: (
        plain(q) and q.act is Act.READ and is_member(q, *ANY)
    ),
    "a member reads what is released by all": lambda q: (
        q.thing.shape is Shape.CASE
        and q.purpose in q.officer.purposes & WORK
        and q.officer.roles == {Role.EXAMINER}
        and q.act is Act.READ
        and is_member(q, *ANY)
        and may_have(q.officer.agency, q.thing)
    ),
    "a member works": lambda q: (
        plain(q)
        and q.purpose is Purpose.VICTIM_IDENTIFICATION
        and q.act in {Act.REVEAL, Act.RECEIVE, Act.ALTER, Act.MERGE}
        and is_member(q, Part.MEMBER, Part.LEAD)
    ),
    "a lead lets the own leave": lambda q: (
        plain(q)
        and q.purpose is not Purpose.PROSECUTION
        and q.act in {Act.DISCLOSE, Act.EXPORT}
        and q.thing.to is not None
        and is_member(q, Part.LEAD)
    ),
    "an agency reads what is addressed to it": lambda q: (
        addressed_here(q)
        and q.act is Act.READ
        and q.purpose in q.officer.purposes & WORK
        and q.officer.roles == {Role.EXAMINER}
    ),
    "the data protection officer reads the log": lambda q: (
        q.thing.shape is Shape.LOG
        and q.act in {Act.READ, Act.AUDIT}
        and q.officer.roles == {Role.DATA_PROTECTION}
        and q.purpose is Purpose.DATA_PROTECTION_AUDIT
        and q.purpose in q.officer.purposes
        and q.thing.owner == q.officer.agency
    ),
}


def nearly(q: Question, seed: int) -> Question:
    """Leave the thing alone to decide, and its releases those of whom it is from to whom it may go."""
    member = Membership(CASE, list(Part)[seed % 3], NOW - timedelta(days=1))
    officer = replace(
        q.officer, purposes=frozenset(Purpose), strength=Strength.CONFIRMED, memberships=(member,)
    )
    role = frozenset({Role.EXAMINER}) if seed % 3 else q.officer.roles
    whose = sorted({q.thing.owner, *q.thing.originators} - {None}, key=str)
    to = [q.officer.agency, q.thing.to or q.officer.agency]
    let = (
        replace(r, by=whose[n % len(whose)], to=to[n // 2 % 2])
        for n, r in enumerate(q.thing.releases)
        if whose
    )
    return replace(
        q, officer=replace(officer, roles=role), thing=replace(q.thing, case=CASE, releases=tuple(let))
    )


def kindly(q: Question, seed: int) -> Question:
    """Make a question one that the law says yes to more often."""
    q, agency = nearly(q, seed), q.officer.agency
    usual = {Shape.LOG: Role.DATA_PROTECTION, Shape.STUB: Role.COORDINATOR}
    role = usual.get(q.thing.shape, Role.EXAMINER)
    thing = replace(
        q.thing, owner=agency, case=CASE, originators=q.thing.originators & {agency}, restricted=False
    )
    return replace(q, officer=replace(q.officer, roles=frozenset({role})), thing=thing)


DRAWS = (lambda q, seed: q, nearly, nearly, kindly)


@cache
def of_interest(rule: str) -> tuple[Question, ...]:
    """Return ``EXAMPLES`` questions of which the requirement has something to say, at most four a draw."""
    demand, found = (NO | YES)[rule], list[Question]()
    for seed in count():
        if len(found) >= EXAMPLES:
            return tuple(found[:EXAMPLES])
        q = (kindly if rule in YES else DRAWS[seed % 4])(drawn(seed), seed)
        first = (q.act, q.purpose)
        every = (Question(q.officer, q.thing, *way) for way in dict.fromkeys([first, *WAYS[seed % 7]]))
        found += islice(filter(demand, every), 4)
    raise AssertionError


def disagrees(rule: str, place: int) -> Question | None:
    """Return the question at ``place`` if ``decide`` differs on it from what the requirement says."""
    q = of_interest(rule)[place]
    said = isinstance(access.decide(q.officer, q.thing, q.act, q.purpose, NOW), Allow)
    return q if said is not (rule in YES) else None


@pytest.mark.parametrize("rule", NO | YES)
def test_the_law_says_what_the_requirement_says(rule):
    wrong = next(filter(None, (disagrees(rule, place) for place in range(EXAMPLES))), None)
    assert wrong is None


# --- what is derived, and who is let in -----------------------------------------------------------------


def looser(seed: int) -> str:
    """Say in what a union is looser than one of its inputs, or nothing."""
    chance = random.Random(seed)
    texts = ["only after a call", "not for the press", "x"]
    given_ = [
        Handling(frozenset(chance.sample(list(HandlingCode), chance.choice([1, 2, 3]))), chance.choice(texts))
        for _ in range(chance.choice([1, 2, 3]))
    ]
    made = words.union(given_)
    for each in given_:
        if not each.codes <= made.codes:
            return f"{sorted(each.codes - made.codes)} of {given_} was lost"
        if each.text not in made.text:
            return f"the words {each.text!r} were lost"
    return ""


def test_nothing_derived_is_looser_than_what_it_was_derived_from():
    assert not any(map(looser, range(EXAMPLES)))


def wrongly_let_in(seed: int) -> Officer | None:
    """Return somebody let into a case who may hold no content, or has not that purpose."""
    q = asked(seed)
    for part in Part:
        if isinstance(access.may_join(q.officer, part, q.purpose), Allow):
            bare = q.officer.roles & {Role.ADMINISTRATOR, Role.DATA_PROTECTION}
            if bare or q.purpose not in q.officer.purposes or q.purpose not in WORK:
                return q.officer
            if q.officer.roles == {Role.PROSECUTOR} and part is not Part.READER:
                return q.officer
    return None


def test_nobody_is_let_in_who_may_not_have_what_is_inside():
    assert not any(map(wrongly_let_in, range(EXAMPLES)))


# --- wrong rules ----------------------------------------------------------------------------------------


def yes(*asked_: object) -> Allow:
    return Allow()


def without_code(given_: Any) -> Handling:
    """Drop H1 where anything stricter is there."""
    right = RIGHT_UNION(given_)
    return replace(right, codes=right.codes - {H1}) if len(right.codes) > 1 else right


def h1_forgotten(agency: UUID, thing: Thing, purpose: Purpose, now: datetime) -> bool:
    return RIGHT_CLEARED(agency, thing, Purpose.VICTIM_IDENTIFICATION, now)


def one_originator_is_enough(agency: UUID, thing: Thing, purpose: Purpose, now: datetime) -> bool:
    return RIGHT_CLEARED(agency, replace(thing, originators=frozenset()), purpose, now)


def never_ended(membership: Membership, now: datetime) -> bool:
    return membership.since <= now


def never_expired(release: Release, now: datetime) -> bool:
    return release.granted <= now and (release.withdrawn is None or now < release.withdrawn)


def never_withdrawn(release: Release, now: datetime) -> bool:
    return release.granted <= now < release.expires


RIGHT_UNION, RIGHT_CLEARED = words.union, access.cleared
SOURCE = "entente.safeguards.access"
# The wrong rule → what it puts in whose place.
WRONG: dict[str, tuple[str, Any]] = {
    "export of another's without its release": (f"{SOURCE}._leave", yes),
    "H1 forgotten for prosecution": (f"{SOURCE}.cleared", h1_forgotten),
    "an ended membership honoured": ("entente.vocabulary.agency.Membership.active", never_ended),
    "a union that drops a code": ("entente.vocabulary.handling.union", without_code),
    "content for the data protection officer": (f"{SOURCE}.CONTENTLESS", frozenset({Role.ADMINISTRATOR})),
    "content for the administrator": (f"{SOURCE}.CONTENTLESS", frozenset({Role.DATA_PROTECTION})),
    "an expired release honoured": (f"{SOURCE}.Release.holds", never_expired),
    "a withdrawn release honoured": (f"{SOURCE}.Release.holds", never_withdrawn),
    "the owner's release is enough": (f"{SOURCE}.cleared", one_originator_is_enough),
    "audience forgotten": (f"{SOURCE}.ORIGINATOR_ONLY", frozenset()),
    "a reader reveals": (
        f"{SOURCE}.ACTS_OF_PART",
        {**access.ACTS_OF_PART, Part.READER: frozenset({Act.READ, Act.REVEAL})},
    ),
    "a member exports": (
        f"{SOURCE}.ACTS_OF_PART",
        {**access.ACTS_OF_PART, Part.MEMBER: access.ACTS_OF_PART[Part.LEAD]},
    ),
    "anybody lets anybody in": (f"{SOURCE}._let_in", yes),
    "what others gave leaves with the own list": (f"{SOURCE}._work_on_list", yes),
    "the one let in is not asked for": (f"{SOURCE}.may_join", yes),
    "no confirmation needed": (f"{SOURCE}.SURE", frozenset(Strength)),
    "every purpose allows every act": (f"{SOURCE}.allows", lambda purpose, act: True),
    "any purpose opens content": (f"{SOURCE}.CONTENT_PURPOSES", frozenset(Purpose)),
    "the log for everybody": (f"{SOURCE}._audit", yes),
    "notices for everybody": (f"{SOURCE}._told", yes),
    "stubs for every coordinator": (
        "entente.vocabulary.agency.Officer.coordinates",
        property(lambda officer: Role.COORDINATOR in officer.roles),
    ),
    "accounts for every administrator": (f"{SOURCE}._administer", yes),
    "everything refused": (f"{SOURCE}._decide", lambda *asked_: access.Deny("no")),
}


def found_by(seed: int) -> list[str]:
    """Return the oracles that object at ``seed``."""
    objects = [rule for rule in NO | YES if disagrees(rule, seed)]
    objects += ["nothing derived is looser"] if looser(seed) else []
    return objects + (["who is let in"] if wrongly_let_in(seed) else [])


def found_after(wrong: str) -> tuple[int, list[str]]:
    """Return after how many questions a wrong rule is found, 0 for never, and by which oracles."""
    with mock.patch(*WRONG[wrong]):
        for place in range(EXAMPLES):
            if objecting := found_by(place):
                return place + 1, objecting
    return 0, []


def test_every_wrong_rule_is_found_in_one_run_and_the_right_law_is_not_objected_to():
    found = {wrong: found_after(wrong) for wrong in WRONG}
    for wrong, (after, objecting) in found.items():
        print(f"\n{wrong}: found after {after} of {EXAMPLES} questions by: {', '.join(objecting)}", end="")
    hits = sum(n > 0 for n, _ in found.values())
    print(f"\n{len(NO | YES) + 2} oracles; {len(WRONG)} wrong rules, {hits} found")
    assert not [wrong for wrong, (after, _) in found.items() if not after]
    assert not any(found_by(place) for place in range(EXAMPLES))
