"""What the law allows and denies, rule by rule; whatever is unknown or broken is denied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from entente.safeguards.access import UNSURE, Act, Allow, Deny, Release, Shape, Thing, decide, may_join
from entente.vocabulary.agency import AgencyKind, Membership, Officer, Part, Role, Strength
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ITALY, DENMARK, FRANCE = uuid4(), uuid4(), uuid4()
CASE, OTHER_CASE = uuid4(), uuid4()
VI = Purpose.VICTIM_IDENTIFICATION
CASEWORK = frozenset({VI, Purpose.SAFEGUARDING, Purpose.PROSECUTION})


def officer(agency=ITALY, part=Part.MEMBER, role=Role.EXAMINER, purposes=CASEWORK, since=-DAY, until=None):
    ends = None if until is None else NOW + until
    memberships = (Membership(CASE, part, NOW + since, ends),) if part else ()
    return Officer(uuid4(), agency, frozenset({role}), purposes, memberships, Strength.CONFIRMED)


def thing(owner=ITALY, codes="H0", case=CASE, shape=Shape.CASE, **more):
    kinds = frozenset(HandlingCode(c) for c in codes.split())
    text = "call before use" if HandlingCode.H3 in kinds else ""
    return Thing(shape, owner=owner, case=case, id=uuid4(), handling=Handling(kinds, text), **more)


def release(by, to, start=-DAY, end=DAY, withdrawn=None):
    return Release(by, to, NOW + start, NOW + end, None if withdrawn is None else NOW + withdrawn)


def allowed(who, what, act=Act.READ, purpose=VI):
    return isinstance(decide(who, what, act, purpose, NOW), Allow)


def test_need_to_know_is_membership_at_this_moment():
    assert allowed(officer(), thing())
    assert not allowed(officer(part=None), thing())
    assert not allowed(officer(), thing(case=OTHER_CASE))
    assert not allowed(officer(since=DAY), thing())
    assert not allowed(officer(until=-timedelta(seconds=1)), thing())
    assert not allowed(officer(until=timedelta()), thing())


@pytest.mark.parametrize("act", [Act.REVEAL, Act.RECEIVE, Act.ALTER, Act.MERGE])
def test_a_reader_reads_and_nothing_else(act):
    assert allowed(officer(part=Part.READER), thing())
    assert not allowed(officer(part=Part.READER), thing(), act)
    assert allowed(officer(part=Part.MEMBER), thing(), act)


@pytest.mark.parametrize("act", [Act.GRANT, Act.ERASE])
def test_granting_and_erasing_are_for_the_lead(act):
    assert not allowed(officer(part=Part.MEMBER), thing(), act)
    assert allowed(officer(part=Part.LEAD), thing(), act)


def test_only_the_originator_erases():
    assert not allowed(officer(part=Part.LEAD), thing(owner=DENMARK), Act.ERASE)


@pytest.mark.parametrize("act", list(Act))
def test_an_administrator_has_no_case_content_even_as_a_lead(act):
    assert not allowed(officer(part=Part.LEAD, role=Role.ADMINISTRATOR), thing(), act)


@pytest.mark.parametrize("codes", ["H2", "H3", "H0 H2", "H1 H3"])
def test_restricted_information_stays_with_its_originator_until_released(codes):
    held = thing(owner=DENMARK, codes=codes)
    assert allowed(officer(agency=DENMARK), held)
    assert not allowed(officer(), held)
    assert allowed(officer(), replace(held, releases=(release(DENMARK, ITALY),)))
    assert not allowed(officer(agency=FRANCE), replace(held, releases=(release(DENMARK, ITALY),)))


@pytest.mark.parametrize(
    "given",
    [
        release(DENMARK, ITALY, end=-timedelta(seconds=1)),
        release(DENMARK, ITALY, end=timedelta()),
        release(DENMARK, ITALY, start=DAY, end=2 * DAY),
        release(DENMARK, ITALY, withdrawn=-timedelta(seconds=1)),
        release(FRANCE, ITALY),
    ],
)
def test_an_ended_future_withdrawn_or_foreign_release_releases_nothing(given):
    assert not allowed(officer(), thing(owner=DENMARK, codes="H2", releases=(given,)))


def test_a_derived_object_needs_every_originator():
    derived = thing(owner=ITALY, codes="H2", originators=frozenset({DENMARK, FRANCE}))
    assert not allowed(officer(), derived)
    assert not allowed(officer(), replace(derived, releases=(release(DENMARK, ITALY),)))
    both = (release(DENMARK, ITALY), release(FRANCE, ITALY))
    assert allowed(officer(), replace(derived, releases=both))


def test_h1_binds_for_prosecution_only():
    held = thing(owner=DENMARK, codes="H0 H1")
    assert allowed(officer(), held)
    assert not allowed(officer(), held, purpose=Purpose.PROSECUTION)
    assert allowed(officer(agency=DENMARK), held, purpose=Purpose.PROSECUTION)
    released = replace(held, releases=(release(DENMARK, ITALY),))
    assert allowed(officer(), released, purpose=Purpose.PROSECUTION)


def test_a_purpose_must_be_the_officers_and_one_of_casework():
    assert not allowed(officer(purposes=frozenset({Purpose.SAFEGUARDING})), thing())
    everything = officer(purposes=frozenset(Purpose))
    for purpose in (Purpose.DATA_PROTECTION_AUDIT, Purpose.TRAINING):
        assert not allowed(everything, thing(), purpose=purpose)


def test_a_purpose_limits_the_acts():
    lead = officer(part=Part.LEAD)
    for act in (Act.RECEIVE, Act.ALTER, Act.MERGE, Act.ERASE, Act.GRANT):
        assert allowed(lead, thing(), act)
        assert not allowed(lead, thing(), act, Purpose.PROSECUTION)
    assert not allowed(lead, thing(), Act.MERGE, Purpose.SAFEGUARDING)


@pytest.mark.parametrize("act", [Act.DISCLOSE, Act.EXPORT])
def test_what_leaves_is_ones_own_or_released_by_all_the_others(act):
    lead = officer(part=Part.LEAD)
    assert not allowed(lead, thing(), act)  # nobody named
    assert allowed(lead, thing().going_to(FRANCE), act)
    assert allowed(lead, thing(codes="H2").going_to(FRANCE), act)  # the originator itself
    foreign = thing(owner=DENMARK)
    assert not allowed(lead, foreign.going_to(FRANCE), act)
    assert allowed(lead, foreign.going_to(DENMARK), act)  # back to where it came from
    assert allowed(lead, replace(foreign, releases=(release(DENMARK, FRANCE),)).going_to(FRANCE), act)
    assert not allowed(lead, replace(foreign, releases=(release(DENMARK, ITALY),)).going_to(FRANCE), act)
    mixed = thing(originators=frozenset({DENMARK}))
    assert not allowed(lead, mixed.going_to(FRANCE), act)


def test_a_member_may_disclose_and_only_a_lead_export():
    assert allowed(officer(), thing().going_to(FRANCE), Act.DISCLOSE)
    assert not allowed(officer(), thing().going_to(FRANCE), Act.EXPORT)


def test_what_is_addressed_to_an_agency_is_read_and_answered_there_and_nothing_more():
    sent = thing(shape=Shape.ADDRESSED, codes="H2", addressed=DENMARK)
    dane = officer(agency=DENMARK, part=None)
    assert allowed(dane, sent)
    assert allowed(dane, sent, Act.ALTER)
    assert allowed(dane, sent, Act.REVEAL)
    for act in (Act.RECEIVE, Act.MERGE, Act.GRANT, Act.ERASE):
        assert not allowed(dane, sent, act)
    assert not allowed(officer(agency=FRANCE, part=None), sent)
    assert not allowed(officer(agency=DENMARK, part=None, role=Role.PROSECUTOR), sent, Act.ALTER)


def test_a_list_is_its_agencys():
    held = Thing(Shape.AGENCY, owner=DENMARK, id=uuid4())
    assert allowed(officer(agency=DENMARK, part=None), held)
    assert not allowed(officer(), held)
    assert not allowed(officer(agency=DENMARK, role=Role.ADMINISTRATOR), held)


def test_nobody_opens_a_case_or_writes_in_another_agencys_name():
    new = Thing(Shape.CASE, owner=ITALY, id=uuid4())
    assert allowed(officer(part=None), new, Act.RECEIVE)
    assert not allowed(officer(part=None), replace(new, owner=DENMARK), Act.RECEIVE)
    assert not allowed(officer(part=None, role=Role.PROSECUTOR), new, Act.RECEIVE)
    assert not allowed(officer(), thing(owner=DENMARK), Act.RECEIVE)


def test_the_log_is_read_by_the_data_protection_officer_of_the_agency_that_acted():
    audits = frozenset({Purpose.DATA_PROTECTION_AUDIT})
    dpo = officer(part=None, role=Role.DATA_PROTECTION, purposes=audits)
    log = Thing(Shape.LOG, owner=ITALY)
    assert allowed(dpo, log, Act.AUDIT, Purpose.DATA_PROTECTION_AUDIT)
    assert not allowed(dpo, replace(log, owner=DENMARK), Act.AUDIT, Purpose.DATA_PROTECTION_AUDIT)
    assert not allowed(dpo, log, Act.ERASE, Purpose.DATA_PROTECTION_AUDIT)
    assert not allowed(officer(), log, Act.AUDIT)
    assert not allowed(dpo, thing(), Act.READ, Purpose.DATA_PROTECTION_AUDIT)


@pytest.mark.parametrize(
    ("who", "what", "act", "purpose"),
    [
        (officer(), thing(), "read", VI),
        (officer(), thing(), Act.READ, "victim-identification"),
        (officer(), thing(), Act.READ, None),
        (officer(), None, Act.READ, VI),
        (None, thing(), Act.READ, VI),
        (officer(), replace(thing(), handling=None), Act.READ, VI),
        (officer(), replace(thing(), shape="case"), Act.READ, VI),
        (officer(), replace(thing(codes="H2"), owner=None), Act.READ, VI),
    ],
)
def test_whatever_is_unknown_missing_or_broken_is_denied(who, what, act, purpose):
    assert isinstance(decide(who, what, act, purpose, NOW), Deny)


def test_every_denial_says_why():
    assert decide(officer(part=None), thing(), Act.READ, VI, NOW).reason


# --- the officer's certainty, and the rights of the one let in -------------------------------------------


@pytest.mark.parametrize("act", [Act.REVEAL, Act.EXPORT, Act.GRANT])
def test_a_look_an_export_and_a_grant_need_a_fresh_passkey(act):
    lead, what = officer(part=Part.LEAD), replace(thing(), to=ITALY)
    assert allowed(lead, what, act)
    for weaker in (Strength.NONE, Strength.PASSWORD, Strength.SECOND_FACTOR, Strength.PASSKEY):
        assert decide(replace(lead, strength=weaker), what, act, VI, NOW) == Deny(UNSURE)
        assert allowed(replace(lead, strength=weaker), what, Act.ALTER)


def test_who_may_not_act_at_all_is_not_asked_for_a_passkey():
    reader = replace(officer(part=Part.READER), strength=Strength.PASSWORD)
    assert decide(reader, thing(), Act.REVEAL, VI, NOW) != Deny(UNSURE)


def test_a_foreign_lead_lets_in_its_own_agency_and_no_third():
    lead, case = officer(agency=FRANCE, part=Part.LEAD), thing()
    assert allowed(lead, replace(case, to=FRANCE), Act.GRANT)
    assert not allowed(lead, replace(case, to=DENMARK), Act.GRANT)
    assert allowed(lead, replace(case, to=DENMARK, releases=(release(ITALY, DENMARK),)), Act.GRANT)
    assert allowed(officer(part=Part.LEAD), replace(case, to=DENMARK), Act.GRANT)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DATA_PROTECTION])
def test_who_has_no_content_joins_no_case(role):
    for part in Part:
        assert isinstance(may_join(officer(role=role), part, VI), Deny)


def test_a_prosecutor_joins_as_a_reader_and_a_purpose_must_be_held():
    prosecutor = officer(role=Role.PROSECUTOR)
    assert isinstance(may_join(prosecutor, Part.READER, VI), Allow)
    assert isinstance(may_join(prosecutor, Part.MEMBER, VI), Deny)
    assert isinstance(may_join(officer(purposes=frozenset()), Part.READER, VI), Deny)
    assert isinstance(may_join(officer(), Part.READER, Purpose.TRAINING), Deny)


# --- audience, restriction, stubs, what was told -----------------------------------------------------------


@pytest.mark.parametrize("audience", [Audience.AMBER_STRICT, Audience.RED])
def test_a_strict_audience_stays_with_its_originator_until_released(audience):
    strict, denmark = replace(thing(), audience=audience), officer(agency=DENMARK)
    assert allowed(officer(), strict)
    assert not allowed(denmark, strict)
    assert allowed(denmark, replace(strict, releases=(release(ITALY, DENMARK),)))


def test_tlp_red_of_another_goes_no_further_even_when_released():
    red = replace(thing(owner=DENMARK), audience=Audience.RED, to=FRANCE)
    red = replace(red, releases=(release(DENMARK, ITALY), release(DENMARK, FRANCE)))
    assert not allowed(officer(part=Part.LEAD), red, Act.DISCLOSE)
    assert allowed(officer(part=Part.LEAD), replace(red, audience=Audience.AMBER), Act.DISCLOSE)


def test_what_is_restricted_is_only_read():
    kept = replace(thing(), restricted=True, to=ITALY)
    for act in set(Act) - {Act.READ, Act.AUDIT, Act.EMERGENCY, Act.ADMINISTER}:
        assert allowed(officer(part=Part.LEAD), replace(kept, restricted=False), act)
        assert not allowed(officer(part=Part.LEAD), kept, act)
    assert allowed(officer(part=Part.LEAD), kept)


def test_a_stub_is_for_analysts_of_a_centre_and_the_role_alone_makes_none():
    stub = Thing(Shape.STUB, owner=ITALY)
    analyst = replace(officer(part=None, role=Role.COORDINATOR), kind=AgencyKind.COORDINATION_CENTRE)
    assert allowed(analyst, stub)
    assert not any(allowed(analyst, stub, act) for act in set(Act) - {Act.READ})
    assert not allowed(replace(analyst, kind=AgencyKind.NATIONAL_UNIT), stub)
    assert not allowed(officer(part=None), stub)


def test_what_was_told_is_between_the_two_and_their_data_protection_officers():
    told, audits = Thing(Shape.TOLD, owner=ITALY, addressed=DENMARK), Purpose.DATA_PROTECTION_AUDIT
    for agency in (ITALY, DENMARK):
        assert allowed(officer(agency=agency, part=None), told)
        dpo = officer(agency, None, Role.DATA_PROTECTION, frozenset({audits}))
        assert allowed(dpo, told, Act.READ, audits) and allowed(dpo, told, Act.AUDIT, audits)
        assert not allowed(officer(agency, None, Role.ADMINISTRATOR), told)
    assert not allowed(officer(agency=FRANCE, part=None), told)
    assert allowed(officer(part=None), told, Act.EMERGENCY)
    assert not allowed(officer(agency=DENMARK, part=None), told, Act.EMERGENCY)


def test_accounts_are_kept_by_the_administrator_of_their_agency():
    own, admin = Thing(Shape.AGENCY, owner=ITALY), officer(part=None, role=Role.ADMINISTRATOR)
    assert allowed(admin, own, Act.ADMINISTER)
    assert not allowed(admin, replace(own, owner=DENMARK), Act.ADMINISTER)
    assert not allowed(officer(), own, Act.ADMINISTER)
    assert not allowed(replace(admin, strength=Strength.PASSWORD), own, Act.ADMINISTER)


def test_a_clock_is_kept_and_run_out_by_the_data_protection_officer_and_the_log_only_read():
    audits = Purpose.DATA_PROTECTION_AUDIT
    dpo = officer(ITALY, None, Role.DATA_PROTECTION, frozenset({audits}))
    clock = Thing(Shape.CLOCK, owner=ITALY)
    assert allowed(dpo, clock, Act.ERASE, audits)
    assert not allowed(dpo, replace(clock, owner=DENMARK), Act.ERASE, audits)
    assert not allowed(dpo, replace(clock, shape=Shape.LOG), Act.ERASE, audits)
