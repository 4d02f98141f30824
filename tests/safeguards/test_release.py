"""What may leave: handling codes, originators, expiring permissions, and what is said of the rest."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from entente.safeguards.access import Allow, Deny, Release
from entente.safeguards.release import (
    Destination,
    Leaving,
    left_out,
    may_go,
    may_go_to_court,
    sort_out,
)
from entente.vocabulary.handling import Handling, HandlingCode

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A, B, C, COURT = (UUID(int=i) for i in range(1, 5))


def thing(*codes, by=(A,), releases=(), label="item 1"):
    text = "ask first" if "H3" in codes else ""
    return Leaving(label, Handling(frozenset(map(HandlingCode, codes)), text), frozenset(by), tuple(releases))


def permission(by, to, days=1, **more):
    return Release(by, to, NOW - timedelta(days=1), NOW + timedelta(days=days), **more)


def test_h0_and_h1_may_go_to_another_agency():
    assert may_go(thing("H0"), B, C, NOW) == Allow()
    assert may_go(thing("H1"), B, C, NOW) == Allow()


def test_h2_and_h3_stay_until_every_originator_released_them_to_that_agency():
    both = thing("H2", by=(A, B), releases=[permission(A, C)])
    assert isinstance(may_go(both, COURT, C, NOW), Deny)
    assert may_go(both, B, C, NOW) == Allow()  # B sends its own part
    assert isinstance(may_go(thing("H3", releases=[permission(A, B)]), B, C, NOW), Deny)
    assert may_go(thing("H3", releases=[permission(A, C)]), B, C, NOW) == Allow()


def test_an_expired_or_withdrawn_release_is_none():
    assert isinstance(may_go(thing("H2", releases=[permission(A, C, days=0)]), B, C, NOW), Deny)
    withdrawn = permission(A, C, withdrawn=NOW)
    assert isinstance(may_go(thing("H2", releases=[withdrawn]), B, C, NOW), Deny)


def test_a_thing_without_originator_goes_nowhere():
    assert isinstance(may_go(thing("H0", by=()), B, C, NOW), Deny)


def test_h1_of_another_agency_is_absent_from_court_until_released():
    assert isinstance(may_go_to_court(thing("H1"), B, COURT, NOW), Deny)
    assert may_go_to_court(thing("H1"), A, COURT, NOW) == Allow()
    assert may_go_to_court(thing("H1", releases=[permission(A, COURT)]), B, COURT, NOW) == Allow()


def test_the_court_reads_that_h1_is_missing_and_never_that_h2_exists():
    things = [
        thing("H0"),
        thing("H1", label="item 2"),
        thing("H1", label="item 3"),
        thing("H2", label="item 4"),
    ]
    goes, stays = sort_out(things, B, COURT, Destination.COURT, NOW)
    assert [t.label for t in goes] == ["item 1"]
    told = left_out(stays, for_recipient=True)
    assert told == [
        "2 items were left out. H1: not for judicial proceedings without its originator's permission."
    ]
    assert len(left_out(stays, for_recipient=False)) == 2
    assert not any("item 2" in s or "item 4" in s for s in left_out(stays, for_recipient=False))


codes = st.frozensets(st.sampled_from(list(HandlingCode)), min_size=1)


@given(codes, codes)
def test_one_more_code_never_lets_more_out(first, second):
    looser = Leaving("i", Handling(first, "x" if HandlingCode.H3 in first else ""), frozenset({A}))
    wider = first | second
    stricter = Leaving("i", Handling(wider, "x" if HandlingCode.H3 in wider else ""), frozenset({A}))
    for judge in (may_go, may_go_to_court):
        if isinstance(judge(looser, B, C, NOW), Deny):
            assert isinstance(judge(stricter, B, C, NOW), Deny)
