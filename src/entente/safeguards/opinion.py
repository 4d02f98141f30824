"""Second opinion: how many must agree, how votes are counted, and in which order each person is asked.

A vote counts only if it was given blind: nothing of another's vote, not even how many there are, is told
before the question has ended. So the count waits for the last vote needed, however clear the first ones are:
a question that ended early would tell what the others had said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

LEAST, USUAL, MOST = 2, 3, 7  # votes for one question


class Answer(StrEnum):
    """What a person may say to a question."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Outcome(StrEnum):
    """How a question stands; a person decides what is divided."""

    OPEN = "open"
    DIVIDED = "divided"
    STANDS = "stands"
    FAILS = "fails"


def votes_needed(site: int = USUAL, agency: int | None = None, case: int | None = None) -> int:
    """Return how many votes a new question needs: the case's own number, its agency's, or the site's.

    A number outside ``LEAST`` to ``MOST`` is not obeyed but brought to the nearer end: one vote alone is no
    second opinion, whoever sets it.
    """
    chosen = next((n for n in (case, agency, site) if n is not None), USUAL)
    return min(max(chosen, LEAST), MOST)


def tally(answers: Sequence[Answer], needed: int) -> Outcome:
    """Count the votes that stand: all the same yes or no, or a person decides; open until all are there."""
    if len(answers) < needed:
        return Outcome.OPEN
    said = set(answers)
    if said == {Answer.YES}:
        return Outcome.STANDS
    return Outcome.FAILS if said == {Answer.NO} else Outcome.DIVIDED


def in_own_order(person: UUID, questions: Iterable[UUID]) -> list[UUID]:
    """Return the questions in an order that is this person's own and always the same.

    Nobody is asked in the order of anybody else, or in the order of the votes, so that weariness and habit do
    not fall on the same items for all.
    """
    return sorted(questions, key=lambda q: sha256(person.bytes + q.bytes).digest())
