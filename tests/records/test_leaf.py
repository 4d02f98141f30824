"""A long list by its leaves: each list of a page is turned for itself, and what waits stands on the first."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from entente.records.leaf import A_LEAF, leaf_of


def leaf(address, rows, **how):
    return leaf_of(RequestFactory().get(address), rows, **how)


def test_two_lists_of_a_page_turn_each_for_itself():
    first = leaf("/?to=fr&page=2&sent=3", range(200))
    other = leaf("/?to=fr&page=2&sent=3", range(200), name="sent", most=20)
    assert (min(first), min(other)) == (A_LEAF, 40)
    shown = render_to_string("parts/pages.html", {"page": other})
    assert 'href="?to=fr&amp;page=2&amp;sent=2"' in shown and 'href="?to=fr&amp;page=2&amp;sent=4"' in shown
    assert 'href="?to=fr&amp;sent=3&amp;page=1"' in render_to_string("parts/pages.html", {"page": first})


@pytest.mark.parametrize(("asked", "number"), [("x", 1), ("0", 4), ("99", 4), ("3", 3)])
def test_a_leaf_that_is_not_there_is_the_nearest(asked, number):
    assert leaf(f"/?page={asked}", range(A_LEAF * 4)).number == number


def test_a_short_list_has_nothing_to_turn():
    assert "nav" not in render_to_string("parts/pages.html", {"page": leaf("/", range(A_LEAF))})
