"""Stacks: one look for copies of one picture."""

from __future__ import annotations

import numpy as np

from entente.casework.match.compare import stacked

A = np.random.default_rng(1).bytes(32).hex()
GOOD = [100] * 9


def _off(value: str, *bits: int) -> str:
    return f"{int(value, 16) ^ sum(1 << b for b in bits):064x}"


def test_the_same_bytes_stand_in_one_stack_whatever_their_picture() -> None:
    assert stacked(["x", "y", "x", "", ""], [""] * 5, [None] * 5) == [0, 1, 0, 3, 4]


def test_a_copy_saved_again_stands_with_its_picture_and_an_altered_one_does_not() -> None:
    hashes = [A, _off(A, 1, 2, 3), _off(A, *range(9)), _off(A, *range(100, 140))]
    assert stacked(list("abcd"), hashes, GOOD[:4]) == [0, 0, 2, 3]


def test_a_stack_is_a_star_and_never_a_chain() -> None:
    chain = [_off(A, *range(6 * n)) for n in range(5)]  # each 6 bits from the one before
    assert stacked(list("abcde"), chain, GOOD[:5]) == [0, 0, 2, 2, 4]


def test_blank_pictures_are_not_stacked_by_likeness() -> None:
    assert stacked(["a", "b"], [A, A], [10, None]) == [0, 1]


def test_a_copy_of_a_copy_by_digest_joins_the_stack_of_its_picture() -> None:
    assert stacked(["a", "b", "b"], [A, _off(A, 1), _off(A, 1)], GOOD[:3]) == [0, 0, 0]


def test_nothing_and_one_are_no_special_case() -> None:
    assert stacked([], [], []) == []
    assert stacked(["a"], [A], [100]) == [0]
