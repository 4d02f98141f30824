"""Who may give which rights to whom, as one matrix over all acts on accounts."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from uuid import uuid4

import pytest

from entente.safeguards.access import UNSURE, Allow, Deny
from entente.safeguards.accounts import (
    CASEWORK,
    KEEPERS,
    ROLES_OF,
    Change,
    Held,
    fits,
    may_change,
    may_confirm,
    widens,
)
from entente.vocabulary.agency import AgencyKind, Officer, Role, Strength
from entente.vocabulary.handling import Purpose

OURS, THEIRS = uuid4(), uuid4()
VI = frozenset({Purpose.VICTIM_IDENTIFICATION})
AUDIT = frozenset({Purpose.DATA_PROTECTION_AUDIT})
NATIONAL = AgencyKind.NATIONAL_UNIT


def who(*roles: Role, agency=OURS, strength=Strength.CONFIRMED) -> Officer:
    return Officer(uuid4(), agency, frozenset(roles), VI, strength=strength)


def account(*roles: Role, agency=OURS, number="IT-1") -> Held:
    return Held(uuid4(), number, agency, frozenset(roles), VI)


def verdict(officer: Officer, change: Change, before: Held, after: Held | None = None):
    if change is Change.MAKE:
        return may_change(officer, change, None, replace(after or before, id=None), NATIONAL, "IT-")
    return may_change(officer, change, before, after or before, NATIONAL, "IT-")


ADMIN = who(Role.ADMINISTRATOR)
EXAMINER = account(Role.EXAMINER)


@pytest.mark.parametrize("change", Change)
def test_an_administrator_does_every_act_on_an_account_of_the_own_agency(change):
    assert verdict(ADMIN, change, EXAMINER) == Allow()


@pytest.mark.parametrize("change", Change)
@pytest.mark.parametrize("role", [r for r in Role if r is not Role.ADMINISTRATOR])
def test_nobody_else_does_any(change, role):
    assert isinstance(verdict(who(role), change, EXAMINER), Deny)
    assert isinstance(verdict(who(), change, EXAMINER), Deny)


@pytest.mark.parametrize("change", Change)
def test_no_act_reaches_an_account_of_another_agency(change):
    theirs = account(Role.EXAMINER, agency=THEIRS)
    assert isinstance(verdict(ADMIN, change, theirs), Deny)
    # neither the one that is found, nor the one that it would become
    assert isinstance(may_change(ADMIN, change, theirs, replace(theirs, agency=OURS), NATIONAL, "IT-"), Deny)
    assert isinstance(
        may_change(ADMIN, change, EXAMINER, replace(EXAMINER, agency=THEIRS), NATIONAL, "IT-"), Deny
    )


@pytest.mark.parametrize("change", [c for c in Change if c is not Change.MAKE])
def test_no_act_touches_ones_own_account(change):
    own = Held(ADMIN.id, "IT-9", OURS, ADMIN.roles, VI)
    for after in (own, replace(own, roles=frozenset({Role.EXAMINER})), replace(own, purposes=AUDIT)):
        assert isinstance(verdict(ADMIN, change, own, after), Deny)


@pytest.mark.parametrize("change", [Change.CLOSE, Change.RESET, Change.LINK, Change.END])
def test_an_act_that_is_not_about_rights_carries_none(change):
    stronger = replace(EXAMINER, roles=frozenset({Role.INVESTIGATOR}))
    assert isinstance(verdict(ADMIN, change, EXAMINER, stronger), Deny)


@pytest.mark.parametrize("change", Change)
@pytest.mark.parametrize("strength", [s for s in Strength if s not in {Strength.CONFIRMED, Strength.HOST}])
def test_every_act_needs_the_passkey_of_just_now(change, strength):
    assert verdict(replace(ADMIN, strength=strength), change, EXAMINER) == Deny(UNSURE)


@pytest.mark.parametrize("change", Change)
def test_who_may_not_anyway_is_not_asked_for_a_passkey(change):
    weak = who(Role.EXAMINER, strength=Strength.SECOND_FACTOR)
    assert verdict(weak, change, EXAMINER) != Deny(UNSURE)


@pytest.mark.parametrize("change", [Change.MAKE, Change.RIGHTS, Change.REOPEN])
@pytest.mark.parametrize("kind", AgencyKind)
def test_no_act_gives_what_the_agency_may_not_hold(change, kind):
    for role in Role:
        purposes = AUDIT if role is Role.DATA_PROTECTION else VI
        after = replace(EXAMINER, roles=frozenset({role}), purposes=purposes)
        before = None if change is Change.MAKE else EXAMINER
        got = may_change(ADMIN, change, before, after, kind, "IT-")
        assert isinstance(got, Allow if role in ROLES_OF[kind] else Deny), (kind, role)


def test_a_coordinator_is_one_at_a_coordination_centre_only():
    assert [k for k in AgencyKind if Role.COORDINATOR in ROLES_OF[k]] == [AgencyKind.COORDINATION_CENTRE]


def test_every_agency_can_keep_its_accounts_and_watch_over_its_data():
    assert all(roles >= KEEPERS for roles in ROLES_OF.values())


@pytest.mark.parametrize("kind", AgencyKind)
def test_who_keeps_accounts_or_watches_over_data_has_no_other_role(kind):
    for pair in combinations(sorted(ROLES_OF[kind]), 2):
        roles = frozenset(pair)
        for purposes in (VI, AUDIT):
            got = fits(roles, purposes, kind)
            assert isinstance(got, Deny) or roles <= CASEWORK, pair


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("purpose", Purpose)
def test_purposes_go_with_the_role(role, purpose):
    kind = AgencyKind.COORDINATION_CENTRE if role is Role.COORDINATOR else NATIONAL
    got = fits(frozenset({role}), frozenset({purpose}), kind)
    assert isinstance(got, Allow) == ((purpose in AUDIT) == (role is Role.DATA_PROTECTION))


def test_an_account_without_a_role_or_a_purpose_is_refused():
    assert isinstance(fits(frozenset(), VI, NATIONAL), Deny)
    assert isinstance(fits(frozenset({Role.EXAMINER}), frozenset(), NATIONAL), Deny)


def test_a_service_number_begins_as_the_agencys_do_and_is_never_changed():
    assert isinstance(verdict(ADMIN, Change.MAKE, account(Role.EXAMINER, number="FR-1")), Deny)
    assert isinstance(verdict(ADMIN, Change.RIGHTS, EXAMINER, replace(EXAMINER, number="IT-2")), Deny)


def test_what_gives_more_is_told_from_what_takes():
    both = replace(EXAMINER, roles=frozenset({Role.EXAMINER, Role.INVESTIGATOR}))
    other = replace(EXAMINER, roles=frozenset({Role.INVESTIGATOR}))
    assert widens(Change.RIGHTS, EXAMINER, both)
    assert widens(Change.RIGHTS, EXAMINER, other)  # one taken, one given
    assert not widens(Change.RIGHTS, both, EXAMINER)
    assert widens(Change.RIGHTS, EXAMINER, replace(EXAMINER, purposes=VI | {Purpose.PROSECUTION}))
    assert widens(Change.MAKE, None, EXAMINER)
    assert widens(Change.RESET, EXAMINER, EXAMINER)
    assert widens(Change.REOPEN, EXAMINER, EXAMINER)
    assert not any(widens(c, EXAMINER, EXAMINER) for c in (Change.CLOSE, Change.LINK, Change.END))


@pytest.mark.parametrize("role", Role)
def test_the_second_person_is_an_administrator_or_the_data_protection_officer(role):
    got = may_confirm(who(role), OURS, uuid4(), uuid4())
    assert isinstance(got, Allow) == (role in KEEPERS)


def test_the_second_person_is_neither_the_first_nor_the_one_who_gains_nor_of_another_agency():
    second = who(Role.ADMINISTRATOR)
    assert may_confirm(second, OURS, uuid4(), None) == Allow()
    assert isinstance(may_confirm(second, OURS, second.id, None), Deny)
    assert isinstance(may_confirm(second, OURS, uuid4(), second.id), Deny)
    assert isinstance(may_confirm(second, THEIRS, uuid4(), None), Deny)
    weak = replace(second, strength=Strength.PASSKEY)
    assert may_confirm(weak, OURS, uuid4(), None) == Deny(UNSURE)
