"""A clue that cannot be weighed, a place that cannot be entered: why, and the mend, in three languages."""

from __future__ import annotations

from typing import Any

from entente.casework.locate.place_words import OF_PLACES
from entente.casework.locate.refusal_words import FRENCH_AND_ITALIAN
from entente.vocabulary.clue import NotAClue, SaidInWords

_LONGEST = 200  # signs of a value that are repeated in a refusal
_AT = {"fr": 0, "it": 1}


class ClueRefused(NotAClue):
    """Raised for a clue whose value is not what its kind needs; the other clues can still be weighed.

    Parameters
    ----------
    text : the reason in English, with a name in braces for each of ``values``
    """

    def __init__(self, clue_id: str, text: str, **values: Any) -> None:
        super().__init__(text, **{name: _short(value) for name, value in values.items()})
        self.clue_id = clue_id

    def __str__(self) -> str:
        return f"clue {self.clue_id or '(no id)'}: {self.reason}"

    def of(self, clue_id: str) -> ClueRefused:
        """Return the same for another clue that says the same."""
        return ClueRefused(clue_id, self.text, **self.values)


def in_words(why: SaidInWords, language: str) -> str:
    """Return the reason in ``language``; English where it is not French or Italian."""
    told = FRENCH_AND_ITALIAN.get(why.text) or OF_PLACES.get(why.text)
    if told is None or language not in _AT:
        return why.reason
    return told[_AT[language]].format(**why.values) if why.values else told[_AT[language]]


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value if len(told := repr(value)) <= _LONGEST else told[:_LONGEST] + "…"
