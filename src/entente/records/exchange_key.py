"""The secret halves of an agency's own cards: a file each, for its owner only, never replaced.

Ed25519 to sign (``cryptography``) and X25519 to be written to (age, by ``pyrage``). A card that ended keeps
its file: what was sealed to it before must still be opened.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyrage import IdentityError, RecipientError, x25519

from entente.records.log_key import keep

SEED_BYTES = 32
_LARGEST = 400


class ExchangeKeyRefused(RuntimeError):
    """The agency's own keys cannot be used; the message says why and what mends it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Both secret halves of one card."""

    signing: Ed25519PrivateKey
    identity: x25519.Identity

    @property
    def public(self) -> tuple[str, str]:
        """The signing key in hex, and the age recipient."""
        return self.signing.public_key().public_bytes_raw().hex(), str(self.identity.to_public())


def make(folder: Path, card: UUID) -> Secret:
    """Make both keys of a new card, durable before anybody is told of them."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = f"{secrets.token_hex(SEED_BYTES)}\n{x25519.Identity.generate()}\n"
    keep(_path(folder, card), text.encode(), anew=False)
    return read(folder, card)


def read(folder: Path, card: UUID) -> Secret:
    """Return both keys; raise ``ExchangeKeyRefused`` when they are lost, open to others, or damaged."""
    path = _path(folder, card)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as fault:
        raise ExchangeKeyRefused(
            f"the exchange keys {path} cannot be read ({fault.strerror}); restore them from your sealed "
            "copy, or give partners a new card"
        ) from None
    with os.fdopen(handle, "rb") as held:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise ExchangeKeyRefused(
                f"the exchange keys {path} are open to others; make it a file of mode 0600"
            )
        lines = held.read(_LARGEST).split(b"\n")
    try:
        seed, identity, _ = (each.decode("ascii") for each in lines)
        return Secret(
            Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)), x25519.Identity.from_str(identity)
        )
    except (ValueError, IdentityError):
        raise ExchangeKeyRefused(
            f"the exchange keys {path} are damaged; restore them from your sealed copy"
        ) from None


def signed(public: str, signature: bytes, text: bytes) -> bool:
    """Whether ``signature`` over ``text`` is of the Ed25519 key ``public`` (hex)."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def recipient(text: str) -> x25519.Recipient:
    """Return an age recipient; raise ``ValueError`` for any other text."""
    try:
        return x25519.Recipient.from_str(text)
    except RecipientError:
        raise ValueError("that is no age recipient of the kind X25519") from None


def _path(folder: Path, card: UUID) -> Path:
    return folder / f"exchange-{card}.key"
