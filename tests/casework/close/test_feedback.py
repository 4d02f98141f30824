"""Feedback: each contributor reads of its own items and of nobody else's."""

import pytest

from entente.casework.close.feedback import OUTCOMES, WORDS, Contribution, Effect, all_feedback, feedback
from entente.vocabulary.case import Outcome

GIVEN = [
    Contribution("DK", "DK-9", Effect.LED_TO_REGION),
    Contribution("DK", "DK-3", Effect.NOT_USED),
    Contribution("FR", "FR-SECRET", Effect.CONFIRMED),
]
ENDS = [Outcome.CHILD_SAFE, Outcome.SUSPECT_ARRESTED]


def test_each_item_has_its_sentence_after_the_outcome():
    assert feedback("DK", GIVEN, ENDS) == [
        "The child is safe.",
        "A suspect was arrested; the trial is pending.",
        "Your item DK-3 was read and not used.",
        "Your item DK-9 helped to find the region.",
    ]


def test_no_word_of_another_contributor_is_in_it():
    assert not any("FR" in s for s in feedback("DK", GIVEN, ENDS))
    without = feedback("DK", [c for c in GIVEN if c.agency == "DK"], ENDS)
    assert without == feedback("DK", GIVEN, ENDS)


def test_where_the_outcome_may_not_go_the_items_are_told_all_the_same():
    told = all_feedback(GIVEN, ENDS, may_know_outcome=frozenset({"FR"}), languages={"FR": "fr"})
    assert told["DK"] == feedback("DK", GIVEN)
    assert told["FR"][0] == "L’enfant est en sécurité."
    assert set(told) == {"DK", "FR"}


def test_who_gave_nothing_is_told_nothing():
    assert feedback("US", GIVEN, ENDS) == []


@pytest.mark.parametrize("language", ["en", "fr", "it"])
def test_every_effect_and_every_outcome_has_its_sentence(language):
    assert set(WORDS[language]) == set(Effect)
    assert set(OUTCOMES[language]) == set(Outcome)
    assert all("{label}" in s for s in WORDS[language].values())
