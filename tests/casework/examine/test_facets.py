"""Filters narrow and count as plain counting says, and an order of stacks survives being written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.casework.examine.facets import FACETS, Card, Wanted, narrowed, read, written

VALUES = st.lists(st.sampled_from("abc"), max_size=2, unique=True).map(tuple)
DAYS = ["", "2026-01-01", "2026-01-02", "2026-01-03"]


@st.composite
def cases(draw):
    cards = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        heads = [c.number for c in cards if c.stack == c.number]
        stack = draw(st.sampled_from([number, number, *heads]))
        values = draw(st.tuples(*[VALUES] * len(FACETS)))
        cards.append(Card(number, stack, values, draw(st.sampled_from(DAYS))))
    asked = draw(st.dictionaries(st.sampled_from(FACETS), st.sampled_from("abc"), max_size=3))
    return cards, Wanted(asked, draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS)))


def left(cards, values, since, until):
    def fits(card):
        day = not (since or until) or (card.taken and card.taken >= since and card.taken <= (until or "9"))
        return day and all(v in card.values[FACETS.index(name)] for name, v in values.items())

    return [c for c in cards if fits(c)]


@given(cases())
def test_each_count_is_what_its_choice_would_leave(drawn):
    cards, wanted = drawn
    found = narrowed(cards, wanted)
    plain = left(cards, wanted.values, wanted.since, wanted.until)
    assert sorted(n for stack in found.stacks for n in stack) == [c.number for c in plain]
    assert len(found.stacks) == len({c.stack for c in plain})
    assert found.items == len(plain)
    for name in FACETS:
        for value in "abc":
            chosen = left(cards, {**wanted.values, name: value}, wanted.since, wanted.until)
            assert found.counts[name].get(value, 0) == len({c.stack for c in chosen})


@given(st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=3)))
def test_an_order_is_read_as_it_was_written(stacks):
    assert read(written(stacks), 10_000) == stacks


@pytest.mark.parametrize("text", ["x", "1-", "3-1", "1-500", "1.2.x", "-4", "1 " * 11])
def test_what_is_no_order_or_too_long_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        read(text, 10)


def test_one_stack_alone_is_laid_out():
    cards = [Card(n, 1 if n < 4 else n, ((),) * len(FACETS)) for n in range(1, 6)]
    assert narrowed(cards, Wanted()).stacks == ((1, 2, 3), (4,), (5,))
    assert narrowed(cards, Wanted(stack=1)).stacks == ((1,), (2,), (3,))
