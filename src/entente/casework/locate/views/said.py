"""What was refused, in the officer's language."""

from __future__ import annotations

from django.utils.translation import get_language

from entente.casework.locate.refusal import in_words
from entente.vocabulary.clue import SaidInWords


def said(fault: Exception) -> str:
    """Return the sentence of a refusal as the page shows it."""
    if isinstance(fault, SaidInWords):
        return in_words(fault, (get_language() or "en")[:2])
    return str(fault)
