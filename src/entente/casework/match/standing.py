"""What several lists say of one item, taken together: counted and shown side by side, never averaged.

Arithmetic only: a ``Said`` is one list's word on an item. A word of a known list always stands before one of
the harmless; two words that cannot both be true are a contradiction that a person reads in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from entente.vocabulary.media_hash import Verdict
from entente.vocabulary.reason import Reason

METHOD, VERSION = "match.standing", "2"
LIVE = frozenset({"proposed", "confirmed"})  # states of a match that count
HARMLESS = "harmless"
FLOOD_LEAST = 200  # distinct items; below it many hits of one record are a large collection, not a flood
FLOOD_SHARE = 0.01  # of all items held: one picture in a hundred is no picture but a blank or a logo
BLANK_BITS = 32  # of 256: PDQ sets half of its bits for any picture with something in it
_ORDER = (Verdict.EXACT, Verdict.NEAR, Verdict.SCENE)


@dataclass(frozen=True, slots=True)
class Said:
    """One list's word on one item."""

    list_name: str
    entry: str
    verdict: str
    state: str = "proposed"
    suppresses: bool = False  # a list of the harmless
    profile: str = ""
    model: str = ""
    category: str = ""
    positive: int = 0
    negative: int = 0
    disputed: int = 0


def verdict_of(said: Iterable[tuple[str, str, bool]]) -> str:
    """Return the verdict on an item from (verdict, state, suppresses) of its matches.

    A known list's best word; else harmless where a list of the harmless holds the same bytes (what is
    merely alike may have been changed); else new. That a part of it is known counts once a person says so:
    an agency's other cases would speak through the item otherwise, to everybody who works on this one.
    """
    live = [
        (verdict, suppresses)
        for verdict, state, suppresses in said
        if state in LIVE and (verdict != Verdict.SCENE or state == "confirmed")
    ]
    known = {verdict for verdict, suppresses in live if not suppresses}
    for verdict in _ORDER:
        if verdict in known:
            return str(verdict)
    return HARMLESS if (Verdict.EXACT, True) in live else str(Verdict.NEW)


def contradictions(words: Sequence[Said]) -> list[Reason]:
    """Return in words where the lists that know an item disagree, or their own voters do."""
    live = [w for w in words if w.state in LIVE and w.verdict == Verdict.EXACT]
    return [*_harmless_and_known(live), *_two_categories(live), *_divided_votes(words)]


def _harmless_and_known(live: list[Said]) -> list[Reason]:
    calm = sorted({w.list_name for w in live if w.suppresses})
    known = sorted({w.list_name for w in live if not w.suppresses})
    if not calm or not known:
        return []
    text = f"{', '.join(known)} knows it and {', '.join(calm)} calls it harmless: it stays known"
    return [Reason(text, METHOD, VERSION)]


def _two_categories(live: list[Said]) -> list[Reason]:
    """Categories are compared within one profile and model version: elsewhere a code means another thing."""
    by_model: dict[tuple[str, str], dict[str, list[Said]]] = {}
    for word in live:
        if word.category and word.profile:
            codes = by_model.setdefault((word.profile, word.model), {})
            codes.setdefault(word.category, []).append(word)
    found = []
    for (profile, model), codes in sorted(by_model.items()):
        if len(codes) > 1:
            parts = [
                f"{code} by {', '.join(sorted({w.list_name for w in words}))}"
                for code, words in sorted(codes.items())
            ]
            under = f"{profile} {model}".strip()
            found.append(Reason(f"two categories under {under}: {' and '.join(parts)}", METHOD, VERSION))
    return found


def _divided_votes(words: Sequence[Said]) -> list[Reason]:
    found = []
    for word in words:
        against, for_it = word.negative, word.positive
        if word.disputed or (against and for_it) or against:
            text = f"entry {word.entry} of {word.list_name} is voted on: {for_it} for, {against} against" + (
                f", {word.disputed} disputed" if word.disputed else ""
            )
            found.append(Reason(text, METHOD, VERSION))
    return found


def most_of(items: int, least: int = FLOOD_LEAST, share: float = FLOOD_SHARE) -> int:
    """Return how many distinct items one record may meet among ``items`` before it is set aside."""
    return max(least, int(items * share))


def flood_reason(met: int, most: int, items: int) -> str:
    """Say why a record that met ``met`` of ``items`` is set aside."""
    return (
        f"it met {met} of {items} items, more than {most}: such a hash is more often a blank, a logo or "
        "a placeholder than a picture; its matches stay on record and wait for a named person"
    )


def blank_reason(pdq: str) -> str:
    """Say why a PDQ value is set aside by itself, or nothing where it is not."""
    bits = int(pdq, 16).bit_count() if pdq else 128
    if BLANK_BITS <= bits <= 256 - BLANK_BITS:
        return ""
    return (
        f"its PDQ has {bits} of 256 bits set: a picture with something in it has about half of them; "
        "this is a blank or a flat one, and waits until a named person releases or keeps it"
    )
