"""The log's own key: made once, kept in a file that only its owner reads, and never replaced in silence.

It signs the heads of this desk's log and the statements of this desk as a witness of others (C2SP signed
note and cosignature/v1: what is signed never reads as the other). Ed25519 of the ``cryptography`` library.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from entente.safeguards.checkpoint import (
    COSIGNER_KEY,
    KEY_BYTES,
    LOG_KEY,
    TIME_BYTES,
    Checkpoint,
    Key,
    Note,
    Signature,
    cosigned_text,
)

FILE, MARK = "log.key", "log.mark"


class LogKeyRefused(RuntimeError):
    """The log's key cannot be used; the message says why and what mends it."""


def read(folder: Path) -> Ed25519PrivateKey:
    """Return the key; raise ``LogKeyRefused`` when it is lost, open to others, or damaged."""
    path = folder / FILE
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise LogKeyRefused(f"the key of the log {path} is lost; restore it from your sealed copy") from None
    except OSError as fault:
        raise LogKeyRefused(f"the key of the log {path} cannot be read ({fault.strerror})") from None
    with os.fdopen(handle, "rb") as held:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise LogKeyRefused(f"the key of the log {path} is open to others; make it a file of mode 0600")
        text = held.read(4 * KEY_BYTES)
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.decode("ascii").strip()))
    except ValueError:
        raise LogKeyRefused(
            f"the key of the log {path} is damaged; restore it from your sealed copy"
        ) from None


def make(folder: Path) -> Ed25519PrivateKey:
    """Make the key where there is none, durable before it has its name; of two that race, both get one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        keep(folder / FILE, secrets.token_hex(KEY_BYTES).encode() + b"\n", anew=False)
    return read(folder)


def keep(path: Path, content: bytes, *, anew: bool = True) -> None:
    """Write a small file of mode 0600 whole or not at all; ``anew`` replaces what was there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(handle)
        temporary.rename(path) if anew else path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def public(key: Ed25519PrivateKey, name: str = "") -> Key:
    """Return the public half under the log's name; without one, a name is derived from the key."""
    raw = key.public_key().public_bytes_raw()
    return Key(name or f"entente/{sha256(raw).hexdigest()[:16]}", raw)


def sign(key: Ed25519PrivateKey, head: Checkpoint, seconds: int) -> Note:
    """Return the signed head: the log's signature, and its own timed statement below."""
    mine = public(key, head.origin)
    line = Signature(mine.name, mine.id_as(LOG_KEY), key.sign(head.text().encode()))
    return Note(head, (line, cosign(key, mine.name, head, seconds)))


def cosign(key: Ed25519PrivateKey, name: str, head: Checkpoint, seconds: int) -> Signature:
    """Return the line by which the witness ``name`` says at ``seconds`` that it saw ``head`` grow."""
    blob = seconds.to_bytes(TIME_BYTES, "big") + key.sign(cosigned_text(head, seconds))
    return Signature(name, public(key, name).id_as(COSIGNER_KEY), blob)


def signed(note: Note, by: Key) -> bool:
    """Whether the log ``by`` signed the head, under its own name."""
    lines = note.by(by, LOG_KEY)
    text = note.head.text().encode()
    return note.head.origin == by.name and len(lines) == 1 and checked(by, lines[0].blob, text)


def cosigned(head: Checkpoint, line: Signature, by: Key) -> int | None:
    """Return when ``by`` co-signed ``head``, in seconds since 1970, or ``None`` where it did not."""
    if line.name != by.name or line.key_id != by.id_as(COSIGNER_KEY):
        return None
    seconds = int.from_bytes(line.blob[:TIME_BYTES], "big")
    return seconds if checked(by, line.blob[TIME_BYTES:], cosigned_text(head, seconds)) else None


def checked(by: Key, signature: bytes, text: bytes) -> bool:
    """Whether ``signature`` over ``text`` is of ``by``."""
    try:
        Ed25519PublicKey.from_public_bytes(by.public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True
