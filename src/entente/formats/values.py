"""Single values as hash lists spell them: digests, flags, PhotoDNA, sizes, moments."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from entente.vocabulary.media_hash import BLANK_HASHES, EMPTY_FILE_HASHES, HashEntry, RecordRefusal

PHOTODNA_BYTES = 144
HEX_LENGTH = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}

_HEX = re.compile(r"[0-9a-f]+")
_NET_DATE = re.compile(r"/Date\((-?\d{1,17})([+-]\d{4})?\)/")
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_US = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y")


def hex_of(value: Any, kind: str) -> str:
    """Return a digest in lower case, or the empty text when it is not one of that kind."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if len(text) == HEX_LENGTH[kind] and _HEX.fullmatch(text) else ""


def flag_of(value: Any) -> bool | None:
    """Return a flag from a boolean or any spelling of one; ``None`` where nothing is said."""
    if isinstance(value, bool) or value is None:
        return value
    text = str(value).strip().lower()
    return True if text in _TRUE else False if text in _FALSE else None


def photodna_of(value: Any) -> str:
    """Return a PhotoDNA value unchanged if it spells 144 bytes, else the empty text.

    192 characters of base64 or 288 of hex. Stored and passed on, never compared.
    """
    text = value.strip() if isinstance(value, str) else ""
    if len(text) == 2 * PHOTODNA_BYTES and _HEX.fullmatch(text.lower()):
        return text
    if len(text) != PHOTODNA_BYTES * 4 // 3:
        return ""
    try:
        return text if len(base64.b64decode(text, validate=True)) == PHOTODNA_BYTES else ""
    except (binascii.Error, ValueError):
        return ""


def size_of(value: Any) -> int | None:
    """Return a size in bytes from a number or its text (VICS 1.2 writes text)."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def moment_of(value: Any) -> datetime | None:
    """Return a moment from ISO 8601 (also with both an offset and Z), .NET or US spelling.

    A spelling without a zone stays without one: guessing it would invent evidence.
    """
    text = str(value).strip() if value else ""
    if not text:
        return None
    if found := _NET_DATE.fullmatch(text):
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
        except OverflowError:
            return None
    if re.search(r"[+-]\d\d:?\d\dZ$", text):
        text = text[:-1]
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for pattern in _US:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the spelling has no zone
        except ValueError:
            continue
    return None


def whether_empty(entry: HashEntry) -> RecordRefusal | None:
    """Return the refusal of a record that would match every empty file."""
    if EMPTY_FILE_HASHES.isdisjoint((entry.md5, entry.sha1, entry.sha256)):
        return None
    return RecordRefusal(
        entry.line,
        "empty-file",
        "this is the hash of an empty file and would match every empty file; it was left out",
    )


def whether_hashless(entry: HashEntry) -> RecordRefusal | None:
    """Return the refusal of a record that carries nothing to compare or to pass on."""
    if entry.md5 or entry.sha1 or entry.sha256 or entry.pdq or entry.photodna:
        return None
    return RecordRefusal(
        entry.line, "no-hash", "no valid hash in this record; ask the provider to send it again"
    )


def settled(entry: HashEntry) -> Iterator[HashEntry | RecordRefusal]:
    """Yield a record as it may go in: blank values out of it, or its refusal.

    All zeros and all ones (hex f) are what databases write for "no value".
    """
    if not BLANK_HASHES.isdisjoint((entry.md5, entry.sha1, entry.sha256, entry.pdq)):
        blank: dict[str, Any] = {k: "" for k in HEX_LENGTH if getattr(entry, k) in BLANK_HASHES}
        for kind in blank:
            what = f"the {kind} is all zeros or all ones, which stands for no value; it was left out"
            yield RecordRefusal(entry.line, f"blank-{kind}", what)
        entry = replace(entry, **blank)
    yield whether_empty(entry) or whether_hashless(entry) or entry


def count_of(value: Any) -> int:
    """Return a number of votes; nothing, or what is no count, is none."""
    return min(size_of(value) or 0, 1_000_000_000)
