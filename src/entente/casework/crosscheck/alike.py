"""Screen names that may be one spelling of another: a score, and the reason in every case.

It says that two texts are alike, never that two people are one. A short name is compared exactly: of four
letters one is a quarter. Sources: Damerau 1964 (a slip of the pen: a sign more, less, another, or two turned
round); Unicode TR 39 (signs that look alike, of which only the commonest are taken).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

LEAST = 0.75  # under it nothing is said
SHORTEST = 6  # letters and digits of both, under which only the same is the same
TWO_SLIPS = 10  # letters from which two slips are let pass
# What two spellings may differ in, and what each costs.
COSTS = {"separators": 0.97, "accents": 0.97, "lookalikes": 0.93, "digits": 0.85, "slip": 0.85, "slips": 0.75}
_SEPARATORS = re.compile(r"[._\-~·\s]+")
_LOOKS = str.maketrans("0134578@$|авеорсух", "oieastbasiabeopcyx")


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike two names are, from ``LEAST`` to 1, and in what they differ."""

    score: float
    differ_in: tuple[str, ...]


def alike(a: str, b: str) -> Alike | None:
    """Compare two names in their one spelling (``normalise``); ``None`` where they are not alike."""
    if a == b:
        return Alike(1.0, ())
    if min(_signs(a), _signs(b)) < SHORTEST:
        return None
    if _far(a, b):
        return None
    differ: list[str] = []
    for step, even in STEPS:
        one, other = even(a), even(b)
        if min(_signs(one), _signs(other)) < SHORTEST:
            break  # too little would be left to compare
        if slips(one, other) < slips(a, b):
            differ.append(step)
            a, b = one, other
        if a == b:
            return _scored(differ)
    most = 2 if min(len(a), len(b)) >= TWO_SLIPS else 1
    missed = slips(a, b)
    return _scored([*differ, "slip" if missed == 1 else "slips"]) if missed <= most else None


def _far(a: str, b: str) -> bool:
    """Whether even their bare stems share too few signs: of thousands of names, nearly all are left here."""
    (size, signs, many), (other_size, other_signs, others) = _stem(a), _stem(b)
    if min(size, other_size) < SHORTEST:
        return False
    if abs(size - other_size) > 2 or len(signs ^ other_signs) > 4:
        return True
    return (many - others).total() > 2 or (others - many).total() > 2


@lru_cache(maxsize=1 << 14)
def _stem(text: str) -> tuple[int, frozenset[str], Counter[str]]:
    """Return the length, the signs, and how often each stands, of the barest form of a name."""
    for _, even in STEPS:
        text = even(text)
    return len(text), frozenset(text), Counter(text)


def _scored(differ: list[str]) -> Alike | None:
    score = 1.0
    for step in differ:
        score *= COSTS[step]
    return Alike(round(score, 2), tuple(differ)) if score >= LEAST else None


def _signs(text: str) -> int:
    return sum(c.isalnum() for c in text)


def _no_separators(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _no_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _no_digits_behind(text: str) -> str:
    return text.rstrip("0123456789._-")


def _looks(text: str) -> str:
    """Signs that look alike as one; digits at the end stay: they are counted there, not drawn."""
    stem = text.rstrip("0123456789")
    return stem.translate(_LOOKS) + text[len(stem) :]


STEPS = (
    ("separators", _no_separators),
    ("accents", _no_accents),
    ("lookalikes", _looks),
    ("digits", _no_digits_behind),
)


def slips(a: str, b: str) -> int:
    """Return the fewest signs more, less, other, or pairs turned round, that lead from one to the other."""
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, sign in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (sign != other))
            if i > 1 and j > 1 and sign == b[j - 2] and a[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]
