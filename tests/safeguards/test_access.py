"""What the law allows and denies, rule by rule; whatever is unknown or broken is denied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from entente.safeguards.access import Act, Allow, Deny, Release, Shape, Thing, decide
from entente.vocabulary.agency import Membership, Officer, Part, Role
from entente.vocabulary.handling import Handling, HandlingCode, Purpose

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ITALY, DENMARK, FRANCE = uuid4(), uuid4(), uuid4()
CASE, OTHER_CASE = uuid4(), uuid4()
VI = Purpose.VICTIM_IDENTIFICATION
CASEWORK = frozenset({VI, Purpose.SAFEGUARDING, Purpose.PROSECUTION})


def officer(agency=ITALY, part=Part.MEMBER, role=Role.EXAMINER, purposes=CASEWORK, since=-DAY, until=None):
    ends = None if until is None else NOW + until
    memberships = (Membership(CASE, part, NOW + since, ends),) if part else ()
    return Officer(uuid4(), agency, frozenset({role}), purposes, memberships)


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
