"""Passwords: Argon2id with the parameters of RFC 9106 §4, second recommendation (64 MiB, 3 passes, 4 lanes).

The first recommendation (2 GiB) took 4.5 s on two cores here; this one 0.2 s.
"""

from __future__ import annotations

import re
from itertools import pairwise
from string import digits, punctuation, whitespace
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

WORDS = ("entente", "desk", "victim", "police", "officer", "welcome")  # and the agency's own
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "qwertzuiop", "1234567890")


class Argon2id(Argon2PasswordHasher):
    """Django's hasher, which makes Argon2id; the costs are written here so that no upgrade moves them."""

    time_cost = 3
    memory_cost = 64 * 1024  # KiB
    parallelism = 4


class NotGuessable:
    """Refuse what a guesser tries early and a list of whole passwords does not hold.

    Django's list has few of twelve characters: people take a common word and add digits. NIST SP 800-63B-4
    §3.1.1.2 names these: dictionary words, repeated or sequential characters, words of the context.
    """

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` for a common word, words of this place, a run, or the service number."""
        plain = password.casefold()
        core = plain.strip(digits + punctuation + whitespace)
        number = str(getattr(user, "username", "") or "").casefold()
        rises = sum(ord(b) - ord(a) in {-1, 0, 1} for a, b in pairwise(plain))
        keys = (row[i : i + 6] in plain for row in ROWS for i in range(len(row) - 5))
        own = plain
        for word in (*WORDS, *_words_of(user)):
            own = own.replace(word, "")
        here = own != plain and len(own.strip(digits + punctuation + whitespace)) < 8
        no_letter = not core and len(plain) < 20  # any characters will do where they are many
        if no_letter or core in self.common or len(set(plain)) < 6 or here:
            raise ValidationError(_("This is a common word with additions; take a sentence of your own."))
        if rises > len(plain) / 2 or any(keys):
            raise ValidationError(_("This runs along the keys or the alphabet; take a sentence of your own."))
        if number and number in plain:
            raise ValidationError(_("The service number is known to others; leave it out."))

    def get_help_text(self) -> str:
        """Say what is refused."""
        return str(_("No common word with digits, no run of keys, no service number."))


def _words_of(user: Any) -> list[str]:
    """Return the words of the account's agency that are long enough to be a password's body."""
    agency = getattr(user, "agency", None)
    said = f"{getattr(agency, 'short', '')} {getattr(agency, 'name', '')}".casefold()
    return [word for word in re.findall(r"[^\W\d_]+", said) if len(word) > 3]
