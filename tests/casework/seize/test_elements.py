"""Match-back: a machine proposes, a person decides, and what was not met proves nothing."""

import pytest

from entente.casework.seize.elements import (
    Coverage,
    Found,
    MatchState,
    NotDecided,
    Seen,
    coverage,
    coverage_sentence,
    decide,
    propose,
)

ELEMENTS = [Seen(n, f"thing {n}") for n in (1, 2, 3, 4)]


def proposed(element, media="m1", distance=12):
    return Found(element, media, "the same tile pattern", "pdq", distance)


def test_nothing_is_confirmed_without_a_named_person():
    with pytest.raises(NotDecided, match="named person"):
        decide(proposed(1), " ", same=True)
    with pytest.raises(NotDecided, match="named person"):
        Found(1, "m", "x", "pdq", state=MatchState.CONFIRMED)


def test_a_machine_that_confirms_is_refused():
    with pytest.raises(NotDecided, match="only proposes"):
        propose([], [decide(proposed(1), "IT-7", same=True)])


def test_a_new_proposal_replaces_an_old_one_and_never_a_decision():
    refused = decide(proposed(1), "IT-7", same=False)
    kept = propose([refused, proposed(2, distance=20)], [proposed(1), proposed(2, distance=5), proposed(3)])
    assert [(m.element, m.state, m.distance) for m in kept] == [
        (1, MatchState.REFUSED, 12),
        (2, MatchState.PROPOSED, 5),
        (3, MatchState.PROPOSED, 12),
    ]


def test_a_proposal_says_why():
    with pytest.raises(NotDecided, match="why"):
        Found(1, "m", " ", "pdq")


def test_coverage_counts_each_element_once_by_its_best_match():
    matches = [
        decide(proposed(1), "IT-7", same=True),
        proposed(1, "m2"),
        proposed(2),
        decide(proposed(3), "IT-7", same=False),
        proposed(99),
    ]
    assert coverage(ELEMENTS, matches) == Coverage(4, 1, 1, 2)


@pytest.mark.parametrize(
    ("language", "end"), [("en", "proves nothing."), ("fr", "ne prouve rien."), ("it", "nulla.")]
)
def test_the_sentence_gives_the_numbers_and_their_limit(language, end):
    said = coverage_sentence(Coverage(14, 12, 1, 1), language)
    assert said.startswith("12 ")
    assert "14" in said
    assert said.endswith(end)
