"""The keys of cases: each wrapped with the node key in a small database of its own, and destroyed for good.

The node key is never used itself: keys for naming, for wrapping and for the store's mark are derived from
it (HKDF, RFC 5869). The store asks a ``KeyRing``; one that keeps the wrapping key in hardware can take the
place of the one here.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from entente.evidence.faults import Erased
from entente.evidence.keys import KeyRefused

NONCE = 12
KEY_BYTES = 32
BUSY_S = 20.0

_TABLES = """
CREATE TABLE IF NOT EXISTS case_key (case_id BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS erased (case_id BLOB PRIMARY KEY, at TEXT NOT NULL) STRICT;
"""
_PRAGMAS = {  # what is set, and what the database must answer
    "journal_mode=WAL": "wal",
    "synchronous=FULL": None,
    "secure_delete=ON": 1,  # what is deleted is overwritten
    "temp_store=MEMORY": None,  # a VACUUM leaves no copy in a temporary file
}


class NoKey(KeyRefused):
    """A case without a key that was not destroyed by us: it is lost, or was never ours."""


class KeyRing(Protocol):
    """What the store needs of whoever holds the keys."""

    def begin(self) -> None:
        """Make what is needed for a new store."""

    def demand(self) -> None:
        """Raise ``KeyRefused`` unless the keys of a store that has content are there."""

    def mark(self) -> str:
        """Return text that shows that a store and this ring belong together; it tells nothing else."""

    def name(self, data: bytes) -> str:
        """Return a keyed hash of ``data``: 64 hex digits."""

    def list_key(self, agency: UUID, use: str) -> bytes:
        """Return the key under which an agency's hash lists stand, one for each use."""

    def case_key(self, case: UUID, *, make: bool = False) -> bytes:
        """Return a case's key; raises ``Erased``, or ``NoKey`` where there is none and none is to be made."""

    def forget(self, case: UUID) -> bool:
        """Destroy a case's key for good; whether there was one. Safe to repeat."""

    def erased(self) -> dict[UUID, str]:
        """Return the cases whose key was destroyed, and when (UTC)."""


class FileKeyRing:
    """Case keys in an SQLite file, wrapped with AES-256-GCM under a key derived from the node key.

    Keep the file out of long-lived backups: an old copy would bring a destroyed key back.
    """

    def __init__(self, path: Path, node_key: bytes) -> None:
        self.path = path
        self._naming = _derived(node_key, b"entente v1: names of objects")
        self._marking = _derived(node_key, b"entente v1: mark of the store")
        self._wrapping = AESGCM(_derived(node_key, b"entente v1: wrapping of case keys"))
        self._listing = _derived(node_key, b"entente v1: hash lists of agencies")
        self._mine = threading.local()

    def begin(self) -> None:
        """Make the database, for its owner only, unless it is there."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with self._told():
            self._base().executescript(_TABLES)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def demand(self) -> None:
        """Raise ``KeyRefused`` where the database is lost; the store must not begin another."""
        if not self.path.is_file() or not self.path.stat().st_size:
            raise KeyRefused(
                f"the case keys {self.path} are lost; restore them from their backup, do not make others"
            )

    def mark(self) -> str:
        """Return the keyed mark of this node's store."""
        return hmac.new(self._marking, b"entente sealed store", hashlib.sha256).hexdigest()

    def name(self, data: bytes) -> str:
        """Return HMAC-SHA-256 under the naming key."""
        return hmac.new(self._naming, data, hashlib.sha256).hexdigest()

    def list_key(self, agency: UUID, use: str) -> bytes:
        """Return 32 bytes for one use of one agency's lists; derived, so it stands with the node key."""
        return _derived(self._listing, b"entente v1: lists of " + agency.bytes + use.encode())

    def case_key(self, case: UUID, *, make: bool = False) -> bytes:
        """Return a case's key, made and durable at its first use; see ``KeyRing``."""
        with self._told():
            base = self._base()
            row = base.execute("SELECT wrapped FROM case_key WHERE case_id = ?", (case.bytes,)).fetchone()
            if row is None and make:
                row = self._made(base, case)
            erased = row is None and _is_erased(base, case)
        if row is None:
            if erased:
                raise Erased("the key of its case was destroyed; nobody can read it any more")
            raise NoKey(f"there is no key of the case {case}; restore the case keys from their backup")
        wrapped = bytes(row[0])
        try:
            return self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], _bound(case))
        except InvalidTag:
            raise KeyRefused(
                f"the key of the case {case} was changed or belongs to another node key; restore both"
            ) from None

    def forget(self, case: UUID) -> bool:
        """Destroy a case's key: deleted, overwritten, and out of the journal before this returns.

        Raises ``KeyRefused`` while another process holds the journal open; what was begun stands, and a
        second call completes it.
        """
        with self._told():
            return self._forgotten(self._base(), case)

    def _forgotten(self, base: sqlite3.Connection, case: UUID) -> bool:
        base.execute("BEGIN IMMEDIATE")
        try:
            gone = base.execute("DELETE FROM case_key WHERE case_id = ?", (case.bytes,)).rowcount
            moment = datetime.now(UTC).isoformat(timespec="seconds")
            base.execute("INSERT OR IGNORE INTO erased VALUES (?, ?)", (case.bytes, moment))
        except BaseException:
            base.execute("ROLLBACK")
            raise
        base.execute("COMMIT")
        # A page that was split may keep an old copy of a row in its free part: all of them are written anew.
        base.execute("VACUUM")
        busy, _, _ = base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise KeyRefused("the case key is deleted but still in a journal that is in use; erase it again")
        return bool(gone)

    def erased(self) -> dict[UUID, str]:
        """Return the tombstones."""
        with self._told():
            rows = self._base().execute("SELECT case_id, at FROM erased").fetchall()
        return {UUID(bytes=bytes(case)): str(moment) for case, moment in rows}

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what the database complains of; whatever was begun may be asked for again."""
        try:
            yield
        except sqlite3.Error as fault:
            raise KeyRefused(
                f"the case keys {self.path} cannot be used now ({fault}); check the disk and try again"
            ) from fault

    def _made(self, base: sqlite3.Connection, case: UUID) -> tuple[bytes] | None:
        """Make a case's key; of two that race, both get the first one's."""
        nonce = secrets.token_bytes(NONCE)
        wrapped = nonce + self._wrapping.encrypt(nonce, secrets.token_bytes(KEY_BYTES), _bound(case))
        base.execute("BEGIN IMMEDIATE")
        try:
            if not _is_erased(base, case):
                base.execute("INSERT OR IGNORE INTO case_key VALUES (?, ?)", (case.bytes, wrapped))
        finally:
            base.execute("COMMIT")
        row = base.execute("SELECT wrapped FROM case_key WHERE case_id = ?", (case.bytes,)).fetchone()
        return row if row is None else (bytes(row[0]),)

    def _base(self) -> sqlite3.Connection:
        """Return this thread's connection; one of a parent process is left alone."""
        if getattr(self._mine, "pid", None) != os.getpid():
            self._mine.before = getattr(self._mine, "base", None)  # closing it here would drop its locks
            self._mine.base, self._mine.pid = self._opened(), os.getpid()
        return self._mine.base

    def _opened(self) -> sqlite3.Connection:
        """Return a new connection with every promise of the database asked for and seen."""
        try:
            base = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_S, isolation_level=None
            )
            for pragma, must in _PRAGMAS.items():
                answer = base.execute(f"PRAGMA {pragma}").fetchone()
                if must is not None and (answer is None or answer[0] != must):
                    raise KeyRefused(f"the case keys {self.path} cannot be held safely: {pragma} was refused")
        except sqlite3.Error as fault:
            raise KeyRefused(f"the case keys {self.path} cannot be opened ({fault}); restore them") from None
        return base


def _is_erased(base: sqlite3.Connection, case: UUID) -> bool:
    return base.execute("SELECT 1 FROM erased WHERE case_id = ?", (case.bytes,)).fetchone() is not None


def _bound(case: UUID) -> bytes:
    """Return what a wrapped case key is bound to."""
    return b"entente v1: key of the case " + case.bytes


def _derived(node_key: bytes, purpose: bytes) -> bytes:
    """Return the 32-byte key for one purpose (HKDF-SHA-256; the node key is uniform, so no salt)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(node_key)
