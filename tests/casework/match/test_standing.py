"""Several lists' words on one item: counted and shown, never averaged."""

from __future__ import annotations

import pytest

from entente.casework.match import standing
from entente.casework.match.standing import Said, contradictions, verdict_of


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ([], "new"),
        ([("near", "proposed", False), ("exact", "confirmed", False)], "exact"),
        ([("exact", "refused", False), ("near", "proposed", False)], "near"),
        ([("exact", "withdrawn", False)], "new"),
        ([("exact", "set aside", False), ("scene", "confirmed", False)], "scene"),
        ([("scene", "proposed", False)], "new"),  # a person says whether a part of it is known
        ([("scene", "proposed", False), ("near", "proposed", False)], "near"),
        ([("exact", "proposed", True)], "harmless"),
        ([("near", "proposed", True)], "new"),  # it may have been changed
        (
            [("exact", "proposed", True), ("near", "proposed", False)],
            "near",
        ),  # it never hides a known list's hit
        ([("exact", "proposed", True), ("near", "refused", False)], "harmless"),
        ([("exact", "refused", True)], "new"),
    ],
)
def test_a_known_list_stands_before_one_of_the_harmless(said, verdict):
    assert verdict_of(said) == verdict
    assert verdict_of(said[::-1]) == verdict


def test_known_and_harmless_is_said_and_nothing_is_averaged():
    words = [Said("national", "1", "exact"), Said("software", "7", "exact", suppresses=True)]
    (one,) = contradictions(words)
    assert "national knows it" in one.text
    assert "software calls it harmless" in one.text


def test_two_categories_disagree_under_one_model_only():
    a = Said("a", "1", "exact", profile="US", model="2.0", category="1")
    b = Said("b", "9", "exact", profile="US", model="2.0", category="5")
    (one,) = contradictions([a, b])
    assert "1 by a and 5 by b" in one.text
    older = Said("b", "9", "exact", profile="US", model="1.2", category="5")
    assert contradictions([a, older]) == []  # the same code may mean the opposite there
    assert contradictions([a, Said("b", "9", "near", profile="US", model="2.0", category="5")]) == []


def test_votes_against_are_shown_with_their_numbers():
    (one,) = contradictions([Said("a", "1", "exact", positive=3, negative=2)])
    assert "3 for, 2 against" in one.text
    assert contradictions([Said("a", "1", "exact", positive=3)]) == []
    assert len(contradictions([Said("a", "1", "exact", disputed=1)])) == 1


def test_what_is_refused_contradicts_nothing():
    words = [Said("a", "1", "exact", state="refused"), Said("b", "2", "exact", suppresses=True)]
    assert contradictions(words) == []


def test_a_flood_is_many_items_and_a_large_share_of_all():
    assert standing.most_of(100) == standing.FLOOD_LEAST
    assert standing.most_of(1_000_000) == 10_000
    assert "met 300 of 1000 items, more than 200" in standing.flood_reason(300, 200, 1000)


@pytest.mark.parametrize(
    ("pdq", "aside"),
    [
        ("0" * 62 + "01", True),
        ("f" * 60 + "fff0", True),
        ("f0" * 32, False),
        ("", False),
        ("ff" * 4 + "00" * 28, False),
    ],
)
def test_a_nearly_blank_pdq_is_set_aside_by_itself(pdq, aside):
    assert bool(standing.blank_reason(pdq)) is aside
