"""What services say in English, in the reader's language: refusals, and the reasons that rows keep.

A service raises, and a row keeps, one English sentence; so do the log and the command line. A page shows it
by ``said``: the sentence is known again by its form, and the reader's is filled with the same values. Each
room holds the forms of its own in ``views/sentences.py``; one that no room holds is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from django.utils.translation import get_language, gettext

from entente.records.names import named

# In a form ``{n}`` is a value without a space, ``{why_text}`` one without ";"; ``{state_word}`` is said too.
TEXT, WORD = "_text", "_word"
LONGEST, DEEPEST = 2000, 8  # characters of a sentence; sentences within it
Words = Callable[[str], str | None]

_VALUE = re.compile(r"\{(\w+)\}")
_FORMS: dict[str, tuple[str, re.Pattern[str]]] = {}  # with the longest run of its own words
_WORDS: list[Words] = []


def hold(*forms: str, words: Words | None = None) -> None:
    """Know these sentences again; ``words`` says words that no form has."""
    made = {
        **_FORMS,
        **{form: (max(_VALUE.sub("{", form).split("{"), key=len), _pattern(form)) for form in forms},
    }
    _FORMS.clear()
    _FORMS.update(sorted(made.items(), key=_own_words_first))
    if words is not None:
        _WORDS.append(words)


def held() -> tuple[str, ...]:
    """Return every form that a room holds."""
    return tuple(_FORMS)


def said(sentence: object) -> str:
    """Return a sentence in the reader's language; one that no room holds is left as it is."""
    return _said(str(sentence), 0)


def form_of(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Return the form of an English sentence and the values in it, or ``None``."""
    for form, (own, pattern) in _FORMS.items():
        if own in text and (match := pattern.fullmatch(text)):
            return form, match.groupdict()
    return None


def _said(text: str, deep: int) -> str:
    if (get_language() or "en").startswith("en") or len(text) > LONGEST or deep > DEEPEST:
        return text
    found = form_of(text)
    if found is None:
        return text
    form, values = found
    told = {name: _word(value, deep + 1) if name.endswith(WORD) else value for name, value in values.items()}
    return gettext(form).format(**told) if told else gettext(form)


def _word(text: str, deep: int) -> str:
    if (told := _said(text, deep)) != text:
        return told
    return next((there for words in _WORDS if (there := words(text))), str(named(text)))


def _own_words_first(made: tuple[str, object]) -> tuple[bool, int]:
    """Order a form before those that begin with a value, and before those with fewer words of their own."""
    form, _ = made
    return form.startswith("{"), -len(_VALUE.sub("", form))


def _pattern(form: str) -> re.Pattern[str]:
    parts = enumerate(_VALUE.split(form))
    known = "".join(f"(?P<{part}>{_value(part)})" if n % 2 else re.escape(part) for n, part in parts)
    return re.compile(known, re.DOTALL)


def _value(name: str) -> str:
    """Return what a value may be; a sentence within another goes as far as it can."""
    return ".+" if name.endswith(WORD) else "[^;]+?" if name.endswith(TEXT) else r"\S+"
