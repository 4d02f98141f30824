"""Filters and their counts: what is chosen, and how much each further choice would leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# In this order on the page and in ``Card.values``.
FACETS = ("known", "kind", "device", "series", "clue", "looked", "review", "state")


@dataclass(frozen=True, slots=True)
class Card:
    """One item as the filters know it: per facet the values it has, and the day it was taken ("" unknown)."""

    number: int
    stack: int  # the number of the first item of its stack
    values: tuple[tuple[str, ...], ...]
    taken: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a value per facet, a first and a last day, one stack alone."""

    values: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    until: str = ""
    stack: int = 0


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What is left, in stacks of item numbers, and for each facet what each of its values would leave.

    A value counts stacks, under all filters but its own; one that no item here has is not named.
    """

    stacks: tuple[tuple[int, ...], ...]
    items: int
    counts: Mapping[str, Mapping[str, int]]
    first: str = ""  # the days between which these items were taken, whatever days were asked for
    last: str = ""


def narrowed(cards: Sequence[Card], wanted: Wanted) -> Narrowed:
    """Narrow ``cards``, which come in the order of their numbers."""
    asked = [(at, wanted.values[name]) for at, name in enumerate(FACETS) if wanted.values.get(name)]
    held: dict[int, list[int]] = {}
    met: list[dict[str, set[int]]] = [{} for _ in FACETS]
    days: set[str] = set()
    for card in cards:
        if wanted.stack and card.stack != wanted.stack:
            continue
        failing = [at for at, value in asked if value not in card.values[at]]
        in_time = _in_time(card.taken, wanted)
        if len(failing) + (not in_time) > 1:
            continue  # no single other choice would bring it back
        if not failing and card.taken:
            days.add(card.taken)
        if not in_time:
            continue
        if not failing:
            # one stack alone is laid out, item by item
            held.setdefault(card.number if wanted.stack else card.stack, []).append(card.number)
        for at in failing or range(len(FACETS)):
            for value in card.values[at]:
                met[at].setdefault(value, set()).add(card.stack)
    counts = {name: {v: len(s) for v, s in met[at].items()} for at, name in enumerate(FACETS)}
    stacks = tuple(tuple(numbers) for numbers in held.values())
    return Narrowed(stacks, sum(map(len, stacks)), counts, min(days, default=""), max(days, default=""))


def _in_time(taken: str, wanted: Wanted) -> bool:
    if not wanted.since and not wanted.until:
        return True
    return bool(taken) and wanted.since <= taken and (not wanted.until or taken <= wanted.until)


def written(stacks: Sequence[Sequence[int]]) -> str:
    """Return an order of stacks as a short text: ``1-4 7.9.12 8``, single items in runs."""
    told: list[str] = []
    run: list[int] = []
    for stack in stacks:
        if len(stack) == 1 and (not run or stack[0] == run[-1] + 1):
            run.append(stack[0])
            continue
        told += _run(run)
        run = [stack[0]] if len(stack) == 1 else []
        if not run:
            told.append(".".join(map(str, stack)))
    return " ".join([*told, *_run(run)])


def _run(run: Sequence[int]) -> list[str]:
    return [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0])] if run else []


def read(text: str, most: int) -> list[list[int]]:
    """Return the stacks that ``written`` wrote; raise ``ValueError`` for anything else, or too many items."""
    stacks: list[list[int]] = []
    left = most
    for word in text.split():
        first, dash, last = word.partition("-")
        if dash:
            a, b = int(first), int(last)
            if not 0 <= b - a < left:
                raise ValueError("too many items were asked for at once")
            found = [[n] for n in range(a, b + 1)]
        else:
            found = [[int(n) for n in word.split(".")]]
        left -= sum(map(len, found))
        if left < 0:
            raise ValueError("too many items were asked for at once")
        stacks += found
    return stacks
