"""How far datasets came, as the field's own reports count it, and what of it may be told outside.

Datasets → likely country → sent → identity information → safeguarded (the reports of Europol's victim
identification task forces count so). Everything is read from what is recorded; nobody sets a level by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from entente.vocabulary.case import Stage

LEAST = 5


class Level(StrEnum):
    """How far a dataset came."""

    DATASET = "datasets"
    COUNTRY = "likely country"
    SENT = "sent"
    IDENTITY = "identity information"
    SAFE = "safeguarded"


def levels(reached: Iterable[Stage], *, sent: bool) -> set[Level]:
    """Return the levels that the stages of a case's clock, and what left it, say were reached."""
    stages = set(reached)
    told = {Level.DATASET}
    if Stage.REGION in stages:
        told.add(Level.COUNTRY)
    if sent:
        told.add(Level.SENT)
    if Stage.HOME in stages:
        told.add(Level.IDENTITY)
    if Stage.SAFE in stages:
        told.add(Level.SAFE)
    return told


def furthest(reached: Iterable[Level]) -> Level:
    """Return the last of the levels that were reached."""
    order = list(Level)
    return max(reached, key=order.index, default=Level.DATASET)


def ladder(reached: Iterable[Iterable[Level]]) -> dict[Level, int]:
    """Return how many datasets came at least so far: one that skipped a level passed it."""
    order = list(Level)
    far = [max((order.index(r) for r in found), default=-1) for found in reached]
    return {level: sum(f >= n for f in far) for n, level in enumerate(order)}


def outside(counts: Mapping[Level, int]) -> dict[Level, int | None]:
    """Return the ladder as those outside may read it; ``None`` is not told, and is no statement that it is 0.

    Of fewer than five datasets nothing is told, not even that there is one. A level is told only where it
    counts none or five and more, and where as many, or none, were lost since the last level that is told:
    the difference of two levels is a number of datasets as well.
    """
    if counts.get(Level.DATASET, 0) < LEAST:
        return dict.fromkeys(counts)
    told: dict[Level, int | None] = {}
    last = counts[Level.DATASET]
    for level, n in counts.items():
        lost = last - n
        told[level] = n if (n == 0 or n >= LEAST) and (lost == 0 or lost >= LEAST) else None
        last = last if told[level] is None else n
    return told


def beside(counts: Mapping[Level, int], others: Mapping[Level, int]) -> dict[Level, int | None]:
    """Return the ladder as an agency may read it whose own datasets are in ``counts``, and not in ``others``.

    It takes its own off: what is left is a number as well, and has to be one that is told.
    """
    rest = outside(others)
    return {level: None if rest[level] is None else n for level, n in outside(counts).items()}
