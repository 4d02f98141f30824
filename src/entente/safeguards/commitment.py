"""A sealed entry names a person only through a commitment: it can be opened, checked, and forgotten.

The entry holds SHA-256 over the field's name, 32 random bytes of salt and the value. Salt and value stand in
an erasable row. With them anybody can check the entry; without the salt nobody can try values against it
(the salt has more bits than the hash can lose), and the tree over the entries stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

SALT_BYTES = 32
_CONTEXT = b"entente commitment v1\n"


def commit(field: str, salt: bytes, value: str) -> str:
    """Return the commitment to ``value`` as 64 hex digits.

    Raises
    ------
    ValueError
        The salt is not 32 bytes: a short one could be guessed together with the value.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a commitment takes {SALT_BYTES} random bytes of salt, not {len(salt)}")
    return sha256(_CONTEXT + field.encode() + b"\n" + salt + value.encode()).hexdigest()


def opens(commitment: str, field: str, salt: bytes, value: str) -> bool:
    """Whether salt and value are what was committed to."""
    return len(salt) == SALT_BYTES and commit(field, salt, value) == commitment


def canonical(state: Mapping[str, Any]) -> str:
    """Return one text for equal states: JSON with sorted keys, no spaces, no escapes but the needed ones."""
    return json.dumps(state, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
