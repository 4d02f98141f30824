"""Search day: what was seen in the media against what was found in the home.

A machine may propose that two are the same thing; only a named person confirms it (Directive (EU) 2016/680
art. 11). An element that was not found proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class MatchState(StrEnum):
    """How far a match-back has come."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class NotDecided(ValueError):
    """A match cannot be decided so; the sentence says the mend."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A thing seen in the media; ``seen_at`` in seconds."""

    number: int
    text: str
    room: str = ""
    seen_at: float | None = None
    evaluation: str = "X4"


@dataclass(frozen=True, slots=True)
class Found:
    """A photo or an object of the searched place. ``distance`` and ``because`` are the proposer's."""

    element: int
    media: str
    because: str
    method: str
    distance: int | None = None
    state: MatchState = MatchState.PROPOSED
    decided_by: str = ""

    def __post_init__(self) -> None:
        if self.state is not MatchState.PROPOSED and not self.decided_by.strip():
            raise NotDecided("a match is confirmed or refused by a named person; give a service number")
        if not self.because.strip():
            raise NotDecided("a proposed match says why the two may be the same thing")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many elements were met, are waiting for a person, or were not met."""

    elements: int
    confirmed: int
    proposed: int
    open: int


def decide(match: Found, officer: str, *, same: bool) -> Found:
    """Return the match as ``officer`` (a service number) decided it; deciding again is allowed."""
    state = MatchState.CONFIRMED if same else MatchState.REFUSED
    return replace(match, state=state, decided_by=officer)


def propose(present: Iterable[Found], new: Iterable[Found]) -> list[Found]:
    """Return all matches after a machine's proposals: it adds, and never touches what a person decided."""
    kept = {(m.element, m.media): m for m in present}
    for match in new:
        if match.state is not MatchState.PROPOSED:
            raise NotDecided("a machine only proposes; a person decides each match afterwards")
        old = kept.get((match.element, match.media))
        if old is None or old.state is MatchState.PROPOSED:
            kept[match.element, match.media] = match
    return [kept[k] for k in sorted(kept)]


def coverage(elements: Iterable[Seen], matches: Iterable[Found]) -> Coverage:
    """Count elements by their best match: confirmed before proposed; refused counts as not met."""
    numbers = {e.number for e in elements}
    told = list(matches)
    confirmed = {m.element for m in told if m.state is MatchState.CONFIRMED} & numbers
    proposed = ({m.element for m in told if m.state is MatchState.PROPOSED} & numbers) - confirmed
    return Coverage(len(numbers), len(confirmed), len(proposed), len(numbers - confirmed - proposed))


WHOLE = 0.95  # of the width and of the height: a crop so large is the picture itself


def is_whole(region: Sequence[float] | None) -> bool:
    """Whether a crop of ``region`` ([x, y, w, h], fractions) is the whole picture; so is an unknown one."""
    return region is None or min(region[2], region[3]) >= WHOLE


SENTENCE = {
    "en": "{confirmed} of {elements} elements are confirmed by a person, {proposed} wait for a decision, "
    "{open} were not met; what was not met proves nothing.",
    "fr": "{confirmed} éléments sur {elements} sont confirmés par une personne, {proposed} attendent une "
    "décision, {open} n’ont pas été retrouvés ; ce qui n’a pas été retrouvé ne prouve rien.",
    "it": "{confirmed} elementi su {elements} sono confermati da una persona, {proposed} attendono una "
    "decisione, {open} non sono stati trovati; ciò che non è stato trovato non prova nulla.",
}  # fmt: skip


def coverage_sentence(found: Coverage, language: str = "en") -> str:
    """Return the coverage in words; an unknown language reads as English."""
    told = {n: getattr(found, n) for n in ("elements", "confirmed", "proposed", "open")}
    return SENTENCE.get(language, SENTENCE["en"]).format(**told)
