"""The node key: made once, kept in a file that only its owner reads, and never replaced in silence.

It names the originals in the store (``store``). Where it is lost, nothing is opened or invented: the
caller is told what to restore.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

KEY_BYTES = 32


class KeyRefused(RuntimeError):
    """The node key cannot be used; the message says why and what mends it."""


def make_key(path: Path) -> bytes:
    """Make the node key once: 32 random bytes as hex, mode 0600, durable before it has its name.

    Raises ``KeyRefused`` when a key is already there: a second one would orphan every original.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_bytes(KEY_BYTES)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, key.hex().encode() + b"\n")
        os.fsync(handle)
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
    return key


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
        text = os.read(handle, 4 * KEY_BYTES)
    finally:
        os.close(handle)
    try:
        key = bytes.fromhex(text.decode("ascii").strip())
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
