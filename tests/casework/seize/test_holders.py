"""Gaps of a chain: every stretch in which nobody is known to hold an exhibit is named, and no other."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from entente.casework.seize.holders import Handover, Passing, Weakness, gaps, in_order

START = datetime(2026, 5, 3, 8, tzinfo=UTC)


def hours(n):
    return START + timedelta(hours=n)


def passed(number, giver, receiver, given_at, received_at, *seals):
    sent, got = seals or ("intact", "intact")
    return Handover(
        number, giver, receiver, hours(given_at), hours(received_at), Passing.RECEIVED, "S1", sent, got
    )


def test_a_chain_from_hand_to_hand_has_no_gap():
    chain = [passed(1, "IT-1", "IT-2", 1, 1), passed(2, "IT-2", "IT-3", 5, 5)]
    assert gaps("IT-1", START, chain) == []


def test_between_two_moments_nobody_holds_it():
    (gap,) = gaps("IT-1", START, [passed(1, "IT-1", "IT-2", 2, 25)])
    assert (gap.kind, gap.since, gap.until) == (Weakness.NOBODY, hours(2), hours(25))


def test_one_who_never_received_it_cannot_give_it_unnoticed():
    chain = [passed(1, "IT-1", "IT-2", 1, 1), passed(2, "IT-9", "IT-3", 5, 5)]
    (gap,) = gaps("IT-1", START, chain)
    assert (gap.kind, gap.who, gap.instead_of, gap.number) == (Weakness.STRANGER, "IT-9", "IT-2", 2)


def test_a_refused_handover_leaves_it_with_the_giver():
    refused = Handover(1, "IT-1", "IT-2", hours(1), None, Passing.REFUSED)
    assert gaps("IT-1", START, [refused, passed(2, "IT-1", "IT-3", 3, 3)]) == []
    (gap,) = gaps("IT-1", START, [refused, passed(2, "IT-2", "IT-3", 3, 3)])
    assert gap.kind is Weakness.STRANGER


def test_a_handover_that_waits_a_broken_seal_and_an_unknown_start_are_named():
    waiting = Handover(1, "IT-1", "IT-2", hours(1), None, Passing.WAITING)
    assert [g.kind for g in gaps("IT-1", START, [waiting])] == [Weakness.WAITING]
    broken = passed(1, "IT-1", "IT-2", 1, 1, "intact", "broken")
    assert [g.kind for g in gaps("IT-1", START, [broken])] == [Weakness.SEAL]
    assert [g.kind for g in gaps("", None, [])] == [Weakness.START]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_the_named_stretches_are_exactly_those_without_a_holder(steps):
    """An independent oracle: walk the hours one by one and note those in which no one holds it."""
    at, chain, held = 0, [], []
    for n, (keeps, travels) in enumerate(steps, 1):
        held += [True] * keeps + [False] * travels
        given_at, at = at + keeps, at + keeps + travels
        chain.append(passed(n, f"P{n - 1}", f"P{n}", given_at, at))
    named = [g for g in gaps("P0", START, chain) if g.kind is Weakness.NOBODY]
    lost = {h for g in named for h in range(len(held)) if g.since <= hours(h) < g.until}
    assert lost == {h for h, someone in enumerate(held) if not someone}
    assert len(named) == sum(1 for _, travels in steps if travels)


def test_time_runs_one_way():
    assert in_order([hours(1), hours(1), hours(2)])
    assert not in_order([hours(2), hours(1)])
