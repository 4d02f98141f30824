"""What desks hold of a thing is the same in whatever order, however often and by whatever way it was told."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.safeguards.commitment import canonical
from entente.safeguards.sequence import Link, Place, now_due, place
from entente.safeguards.statement import (
    Known,
    Marking,
    NotAStatement,
    Statement,
    join,
    joined,
    known,
    read,
)
from entente.safeguards.strict_json import loads
from entente.vocabulary.handling import Audience, Handling, HandlingCode

A, B, C = (UUID(int=n) for n in (1, 2, 3))
THING, CASE = UUID(int=10), UUID(int=20)

codes = st.frozensets(st.sampled_from(list(HandlingCode)), min_size=1)
handlings = codes.map(lambda c: Handling(c, "only after a call" if HandlingCode.H3 in c else ""))
markings = st.builds(
    lambda c, a: Marking(c, frozenset({"a call"} if HandlingCode.H3 in c else ()), a),
    st.frozensets(st.sampled_from(list(HandlingCode))),
    st.none() | st.sampled_from(list(Audience)),
)
statements = st.builds(
    lambda n, gone, handling, audience, to, value: Statement(
        A, THING, n, "clue", CASE, handling, audience, to, gone, {} if gone else {"value": value}
    ),
    st.integers(1, 4),
    st.booleans(),
    handlings,
    st.sampled_from(list(Audience)),
    st.frozensets(st.sampled_from([B, C])),
    st.integers(0, 2),
)
tellings = st.builds(known, statements, markings)


def same(one: Known, other: Known) -> bool:
    return (one, one.handling, one.audience) == (other, other.handling, other.audience)


@given(tellings, tellings, tellings)
@settings(max_examples=120, deadline=None)
def test_join_takes_any_order_any_grouping_and_any_repetition(a, b, c):
    assert same(join(a, b), join(b, a))
    assert same(join(a, join(b, c)), join(join(a, b), c))
    assert same(join(a, a), a) and same(join(join(a, b), b), join(a, b))


@given(tellings, tellings)
@settings(max_examples=100, deadline=None)
def test_what_is_held_is_never_looser_than_what_counts_and_what_was_added(a, b):
    held = join(a, b)
    top = max(a.statement.version, b.statement.version)
    for told in (a, b):
        assert told.added.codes <= held.handling.codes
        if told.statement.version == top == held.statement.version and not (
            held.statement.withdrawn and not told.statement.withdrawn
        ):
            assert told.statement.handling.codes <= held.handling.codes
            assert list(Audience).index(held.audience) >= list(Audience).index(told.statement.audience)
            assert held.releases <= told.releases


@given(tellings, st.lists(tellings, max_size=4))
@settings(max_examples=50, deadline=None)
def test_an_older_telling_never_brings_a_withdrawn_thing_back(told, others):
    last = max([told, *others], key=lambda k: k.statement.version).statement.version
    gone = known(told.statement.taken_back(last + 1))
    for order in ([gone, told, *others], [told, *others, gone]):
        held = joined(order)[A, THING]
        assert held.statement.withdrawn and held.statement.body == {} and held.releases == frozenset()


@given(statements)
@settings(max_examples=50, deadline=None)
def test_a_statement_is_read_as_it_was_written_and_in_no_other_way(told):
    text = canonical(told.told())
    assert read(loads(text)) == told
    assert read(loads(text)).signed_bytes() == told.signed_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": True},
        {"version": "1"},
        {"kind": "picture"},
        {"codes": "H4"},
        {"codes": "H3"},
        {"codes": ""},
        {"audience": "TLP:WHITE"},
        {"withdrawn": 1},
        {"withdrawn": True},
        {"body": []},
        {"releases": ["x"]},
        {"origin": "X"},
        {"thing": "00000000-0000-0000-0000-00000000000A"},
        {"more": 1},
        {"releases": [str(C), str(B)]},
    ],
)
def test_what_has_another_writing_is_no_statement(change):
    good = Statement(A, THING, 1, "clue", CASE, body={"value": 1}).told()
    with pytest.raises(NotAStatement):
        read(good | change)
    for name in good:
        with pytest.raises(NotAStatement):
            read({k: v for k, v in good.items() if k != name})


def test_two_things_are_never_joined():
    one = Statement(A, THING, 1, "clue", CASE)
    with pytest.raises(ValueError, match="never one"):
        join(known(one), known(replace(one, thing=CASE)))


# --- desks that meet by files ---------------------------------------------------------------------------

LINES = st.lists(st.lists(tellings, max_size=3), min_size=1, max_size=5)


class Store:
    """A desk as it takes packages: its lines of numbered links, and what it holds of things."""

    def __init__(self) -> None:
        self.links: dict[str, dict[int, Link]] = {}
        self.counted: dict[str, int] = {}
        self.bodies: dict[tuple[str, int], list[Known]] = {}
        self.told: list[Known] = []

    def take(self, sender: str, number: int, link: Link, body: list[Known]) -> Place:
        line, counted = self.links.setdefault(sender, {}), self.counted.get(sender, 0)
        standing = place(number, link, line, counted)
        if standing in {Place.NEXT, Place.GAP}:
            line[number] = link
            self.bodies[sender, number] = body
            for due in now_due(line, counted):
                self.told += self.bodies[sender, due]
                self.counted[sender] = due
        return standing

    def state(self) -> object:
        return joined(self.told), self.counted


@given(st.lists(LINES, min_size=1, max_size=3), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_packages_in_any_order_and_twice_give_the_same_state(lines, chance):
    sent = []
    for n, line in enumerate(lines):
        before = ""
        for number, body in enumerate(line, 1):
            link = Link(f"{n}-{number}", before)
            before = link.digest
            sent.append((f"sender {n}", number, link, body))
    orderly, other, third = Store(), Store(), Store()
    for each in sent:
        assert orderly.take(*each) is Place.NEXT
    mixed = [*sent, *sent]
    chance.shuffle(mixed)
    for each in mixed:
        assert other.take(*each) is not Place.FORK
    for each in reversed(sent):
        third.take(*each)
    assert other.state() == orderly.state() == third.state()


def test_each_place_in_the_line():
    one, two, three = Link("a", ""), Link("b", "a"), Link("c", "b")
    line = {1: one, 2: two}
    assert place(3, three, line, 2) is Place.NEXT
    assert place(2, two, line, 2) is Place.REPLAY
    assert place(2, two, line, 1) is Place.WAITS
    assert place(4, Link("d", "c"), line, 2) is Place.GAP
    for number, link in [
        (0, one),
        (1, Link("a", "x")),
        (2, Link("b", "")),
        (2, Link("x", "a")),
        (3, Link("c", "x")),
    ]:
        assert place(number, link, line, 2) is Place.FORK
    assert place(2, Link("x", "a"), {1: one, 3: three}, 1) is Place.FORK  # the next one names another
    assert now_due({2: two, 3: three, 5: one}, 1) == [2, 3]
