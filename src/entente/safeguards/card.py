"""The card by which an agency of one desk makes itself known to another: who it is, and its two public keys.

One line of canonical JSON. What two people compare by telephone are the words of this very line
(``safeguards.partners.spoken``), so no part of it can be exchanged on the way.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from uuid import UUID

from entente.safeguards.commitment import canonical
from entente.safeguards.strict_json import NotStrict, loads

VERSION = 1
LONGEST = 2_000  # characters
_FIELDS = {"name": 120, "short": 12, "country": 2, "contact": 200}


class NotACard(ValueError):
    """The text is no card; it says what is wrong."""


@dataclass(frozen=True, slots=True)
class Card:
    """Who an agency says it is. ``agency`` is the number by which its own desk calls it."""

    agency: UUID
    name: str
    short: str
    country: str
    contact: str
    signing: str
    encryption: str

    def text(self) -> str:
        """Return the line that is given to partners."""
        return canonical({"v": VERSION, **asdict(self), "agency": str(self.agency)})


def read(text: str) -> Card:
    """Read a card; raise ``NotACard`` for anything that could be written in another way."""
    text = text.strip()
    if len(text) > LONGEST:
        raise NotACard(f"a card has {LONGEST} characters at most; paste the one line alone")
    try:
        told = loads(text)
        if not isinstance(told, dict) or told.pop("v") != VERSION:
            raise NotACard("this is a card of another version; ask the partner for a new one")
        card = Card(**(told | {"agency": UUID(told["agency"])}))
    except (NotStrict, KeyError, TypeError, ValueError, AttributeError) as fault:
        if isinstance(fault, NotACard):
            raise
        raise NotACard("this is no card; paste the whole line that the partner's desk shows") from None
    for field, most in _FIELDS.items():
        value = getattr(card, field)
        if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
            raise NotACard(f"the card's {field} is missing or too long; ask the partner for another")
    keys = (("signing", r"[0-9a-f]{64}"), ("encryption", r"age1[a-z0-9]{58}"))
    for field, form in keys:
        if not isinstance(getattr(card, field), str) or not re.fullmatch(form, getattr(card, field)):
            raise NotACard(f"the card's {field} key is none; ask the partner for another")
    if card.text() != text:
        raise NotACard("the card was written anew on its way; ask for the very line of the partner's desk")
    return card
