"""The node key: made once, kept in a file that only its owner reads, and never replaced in silence.

Every other key of the store stands on it (``keyring``). Where it is lost, nothing is opened or invented: the
caller is told what to restore. A site may seal the file with a passphrase, which then lies in a file of its
own that ENTENTE_PASSPHRASE_FILE names (a credential of the service manager, a mounted token).
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
SEALED = b"entente sealed node key 1\n"  # then memory in KiB, passes, lanes, salt, and nonce with sealed key
COST = (64 * 1024, 3, 4)  # RFC 9106 §4, second recommendation: 64 MiB, 0.2 s here
DEAREST = (1 << 20, 16, 16)  # what a file may ask of us: 1 GiB
PASSPHRASE_FILE = "ENTENTE_PASSPHRASE_FILE"  # noqa: S105 - a name, no password
SHORTEST = 16  # characters of a passphrase
_LARGEST = 1024


class KeyRefused(RuntimeError):
    """The node key cannot be used; the message says why and what mends it."""


def make_key(path: Path) -> bytes:
    """Make the node key once: 32 random bytes as hex, mode 0600, durable before it has its name.

    Raises ``KeyRefused`` when a key is already there: a second one would orphan every original.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(KEY_BYTES)
    _write(path, key.hex().encode() + b"\n", over=False)
    return key


def seal_key(path: Path, passphrase: str) -> None:
    """Seal the node key's file with a passphrase (Argon2id, AES-256-GCM), or with another one than before.

    Raises ``KeyRefused`` for a short passphrase and as ``read_key`` does. An old copy of the file in clear
    may still be on the disk or in a backup: destroy those.
    """
    if len(passphrase) < SHORTEST:
        raise KeyRefused(f"a passphrase has at least {SHORTEST} characters; take six words or more")
    key = read_key(path)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    cost = b"%d %d %d" % COST
    sealed = AESGCM(_stretched(passphrase, salt, COST)).encrypt(nonce, key, SEALED + cost)
    lines = (cost, salt.hex().encode(), (nonce + sealed).hex().encode(), b"")
    _write(path, SEALED + b"\n".join(lines), over=True)


def _stretched(passphrase: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    """Return 32 bytes from a passphrase (Argon2id, RFC 9106)."""
    memory, passes, lanes = cost
    return hash_secret_raw(passphrase.encode(), salt, passes, memory, lanes, KEY_BYTES, Type.ID)


def _unsealed(path: Path, text: bytes) -> bytes:
    """Open a sealed node key with the passphrase of the site."""
    passphrase = read_passphrase(path)
    try:
        cost_line, salt, sealed = text.removeprefix(SEALED).splitlines()
        cost = tuple(int(n) for n in cost_line.split())
        if len(cost) != 3 or any(not 1 <= n <= most for n, most in zip(cost, DEAREST, strict=True)):
            raise ValueError("costs that are no costs")
        both = bytes.fromhex(sealed.decode("ascii"))
        key = _stretched(passphrase, bytes.fromhex(salt.decode("ascii")), cost)
        return AESGCM(key).decrypt(both[:12], both[12:], SEALED + cost_line)
    except InvalidTag:
        raise KeyRefused(f"the passphrase does not open the node key {path}; give the right one") from None
    except ValueError:
        return b""


def _write(path: Path, text: bytes, *, over: bool) -> None:
    """Write a key's file, durable before it has its name."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text)
        os.fsync(handle)
        if over:
            temporary.replace(path)
        else:
            os.link(temporary, path)  # never replaces: of two that race, one is told
    except FileExistsError:
        raise KeyRefused(f"{path} already holds a node key; it is made once and then only read") from None
    finally:
        os.close(handle)
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_passphrase(key: Path) -> str:
    """Return the passphrase from the file that ENTENTE_PASSPHRASE_FILE names; raises ``KeyRefused``."""
    named = os.environ.get(PASSPHRASE_FILE, "")
    if not named:
        raise KeyRefused(
            f"a passphrase is needed for the node key {key}; name the file that holds it in {PASSPHRASE_FILE}"
        )
    try:
        return Path(named).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise KeyRefused(
            f"the passphrase file {named} cannot be read; name it in {PASSPHRASE_FILE}"
        ) from None


def read_key(path: Path) -> bytes:
    """Return the node key, 32 bytes.

    Raises ``KeyRefused`` when it is lost, unreadable, not a file of its own, open to others, or not a key.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyRefused(
            f"the node key {path} is lost; restore it from your sealed copy, do not make another"
        ) from None
    except OSError as error:
        raise KeyRefused(
            f"the node key {path} cannot be read ({error.strerror}); give its owner access"
        ) from None
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise KeyRefused(f"the node key {path} is not a plain file; restore it from your sealed copy")
        if state.st_mode & 0o077:
            raise KeyRefused(
                f"the node key {path} is open to others; set its mode to 0600 and ask who read it"
            )
        text = os.read(handle, _LARGEST)
    finally:
        os.close(handle)
    try:
        key = (
            _unsealed(path, text) if text.startswith(SEALED) else bytes.fromhex(text.decode("ascii").strip())
        )
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyRefused(f"the node key {path} is damaged; restore it from your sealed copy")
    return key


def node_key(path: Path, *, store: Path) -> bytes:
    """Return the node key, made at the first use of an empty store only.

    Raises ``KeyRefused`` as ``read_key`` does; a store that already has content never gets a new key.
    """
    if path.exists() or path.is_symlink() or (store.is_dir() and any(store.iterdir())):
        return read_key(path)
    return make_key(path)
