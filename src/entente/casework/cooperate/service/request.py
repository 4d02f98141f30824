"""What questions and answers between agencies have in common: their words, faults and handling."""

from __future__ import annotations

from collections.abc import Iterable

from entente.vocabulary.handling import Handling, HandlingCode

STEP = "cooperate"
URGENCIES = ("normal", "urgent", "child at risk")
ANSWERS = ("answer", "partial", "ours", "not ours", "cannot say", "seen it")
YES_OR_NO = ("ours", "not ours", "cannot say")
VIEWS = ("grey", "clear")


class NotAsked(ValueError):
    """A question could not be sent as it stands; the text says the mend."""


class NotAnswered(ValueError):
    """An answer could not be given or taken; the text says the mend."""


def handling_of(codes: Iterable[str], text: str = "") -> Handling:
    """Return the handling; raise ``ValueError`` for an unknown code or an H3 without words."""
    return Handling(frozenset(HandlingCode(c) for c in codes) or frozenset({HandlingCode.H0}), text.strip())
