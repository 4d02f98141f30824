"""Identifiers brought to one spelling, so that two units can compare them exactly.

Only spelling is evened out: nothing is guessed, no country code is added, no similar name is joined. Sources:
ITU-T E.164 (15 digits), RFC 5321 section 2.3.11 (the domain's letters have no case), Unicode NFKC.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from entente.vocabulary.media_hash import DIGEST_HEX, EMPTY_FILE_HASHES


class IdentifierKind(StrEnum):
    """What can be cross-checked."""

    SCREEN_NAME = "screen name"
    EMAIL = "e-mail"
    PHONE = "phone"
    DEVICE = "device serial"
    HASH = "hash"


class NotComparable(ValueError):
    """The text is no identifier of that kind; ``kind`` says which, the sentence says the mend."""

    def __init__(self, kind: IdentifierKind, mend: str) -> None:
        super().__init__(mend)
        self.kind = kind


def normalise(kind: IdentifierKind | str, text: str) -> str:
    """Return the one spelling of an identifier; raise ``NotComparable`` with the mend."""
    kind = IdentifierKind(kind)
    clean = unicodedata.normalize("NFKC", text)
    clean = "".join(c for c in clean if unicodedata.category(c) not in ("Cf", "Cc")).strip()
    if not clean:
        raise NotComparable(kind, f"the {kind} is empty; give its text")
    return RULES[kind](clean)


def _screen_name(text: str) -> str:
    """Leading @ and case carry no meaning; inner marks do: j.smith is not jsmith."""
    name = text.lstrip("@").casefold()
    if not name or re.search(r"\s", name):
        raise NotComparable(IdentifierKind.SCREEN_NAME, "a screen name has no spaces; give the name alone")
    return unicodedata.normalize("NFKC", name)


def _email(text: str) -> str:
    """The domain goes to ASCII; case goes everywhere, dots and +tags stay: they differ by provider."""
    address = text.removeprefix("mailto:").strip("<>").casefold()
    if not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", address):
        raise NotComparable(IdentifierKind.EMAIL, "an e-mail address reads name@domain.tld; correct it")
    local, domain = address.rsplit("@", 1)
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise NotComparable(
            IdentifierKind.EMAIL, "the e-mail's domain is not a domain name; correct it"
        ) from None


def _phone(text: str) -> str:
    """International form only: without its country code one number belongs to many countries."""
    number = re.sub(r"\(0\)|[\s().\-/]", "", text.removeprefix("tel:"))
    number = "+" + number[2:] if number.startswith("00") else number
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise NotComparable(
            IdentifierKind.PHONE, "give the number with its country code, such as +39 06 1234567"
        )
    return number


def _device(text: str) -> str:
    """Serial numbers are compared by letters and digits; O and 0 stay apart."""
    serial = re.sub(r"[\s\-_.:/]", "", text).upper()
    if not re.fullmatch(r"[A-Z0-9]{4,64}", serial) or len(set(serial)) == 1:
        raise NotComparable(
            IdentifierKind.DEVICE, "a serial has at least 4 letters or digits, not all the same"
        )
    return serial


def _hash(text: str) -> str:
    """MD5, SHA-1 or SHA-256 in hex; that of the empty file would hit everybody."""
    digest = text.lower()
    if len(digest) not in DIGEST_HEX.values() or not re.fullmatch(r"[0-9a-f]+", digest):
        raise NotComparable(IdentifierKind.HASH, "give MD5, SHA-1 or SHA-256 as 32, 40 or 64 hex digits")
    if digest in EMPTY_FILE_HASHES:
        raise NotComparable(
            IdentifierKind.HASH, "this is the hash of an empty file; it says nothing, leave it out"
        )
    return digest


RULES = {
    IdentifierKind.SCREEN_NAME: _screen_name,
    IdentifierKind.EMAIL: _email,
    IdentifierKind.PHONE: _phone,
    IdentifierKind.DEVICE: _device,
    IdentifierKind.HASH: _hash,
}
