"""Originals, sealed and written once: digested, sealed and made durable in one read, never changed.

No plain byte of an original is ever written. A file is named with a keyed hash of its case and its digest,
sealed with a key of its own (``seal``), which is wrapped with its case's key (``keyring``).
"""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from entente.evidence import seal
from entente.evidence.digests import Digests
from entente.evidence.disk import Disk, Temporary, demand_folder_synced, demand_synced, typed
from entente.evidence.faults import (
    Damaged,
    Erased,
    Keyless,
    NotKept,
    StoreFailed,
    SyncFailed,
    refusal_of,
)
from entente.evidence.held import Kept, Orphan, State
from entente.evidence.keyring import KeyRing, NoKey
from entente.evidence.objects import Blob, Folder, Objects
from entente.evidence.reach import NotOpened, open_original
from entente.evidence.sealed_file import finish, write, write_sealed
from entente.evidence.source import Unsealed
from entente.vocabulary.media import Refusal, RefusalCode

__all__ = [
    "Damaged",
    "Erased",
    "EvidenceStore",
    "Kept",
    "NotKept",
    "Original",
    "Orphan",
    "State",
    "StoreFailed",
    "SyncFailed",
]

INCOMING = "incoming"  # temporary files, sealed; in the same file system as a folder's objects
SWEPT = "swept"  # young while no sweep is due
READ_ONLY = "read-only"  # says why nothing is taken in any more
STALE_S = 24 * 3600.0
LEAST_FREE = 2 << 30  # bytes, and
LEAST_SHARE = 0.05  # of the file system, must be free before anything new is taken in
_MARK_FORMAT = "entente sealed store 1\n"


@dataclass(frozen=True, slots=True)
class Original:
    """A held original on its way to a decoder: nothing is opened before it is read."""

    store: EvidenceStore
    key: str

    def unsealed(self) -> Unsealed:
        """Return the sealed file and the key to it; raises ``NotOpened`` where it is not given out."""
        return self.store.unsealed(self.key)


class EvidenceStore:
    """Originals below ``root``, or in ``objects`` with ``root`` for what is on its way.

    Each belongs to a case: the same bytes in two cases are two objects under two names, so that erasing one
    case neither harms nor tells of the other.
    """

    def __init__(
        self,
        root: Path,
        ring: KeyRing,
        objects: Objects | None = None,
        *,
        disk: Disk | None = None,
        least_free: int = LEAST_FREE,
        least_share: float = LEAST_SHARE,
    ) -> None:
        """Open or begin a store.

        Raises ``StoreFailed`` for a store of another key or of the unsealed format, ``KeyRefused`` where its
        case keys are lost.
        """
        self.root, self._ring, self._disk = root, ring, disk or Disk()
        self.objects = objects or Folder(root, self._disk)
        self._least_free, self._least_share = least_free, least_share
        self._stopped = ""
        try:
            self._disk.mkdir(root)
            self._disk.mkdir(root / INCOMING)
            mark = self.objects.mark()
            if mark is None:
                self._begin()
                mark = self.objects.mark()
        except OSError as error:
            raise typed(error) from error
        self._demand_mine(mark or b"")
        ring.demand()

    # --- taking in ----------------------------------------------------------------------------------------

    def keep(self, source: Path, case: UUID) -> Kept:
        """Seal ``source`` into ``case``, in one read, and return it with its digests once it is durable.

        Raises ``NotKept`` for a source that is no plain readable file or a disk without room, ``Erased`` for
        a case whose key was destroyed, ``StoreFailed`` when the disk fails or the store is read-only.
        """
        self._demand_writable()
        try:
            handle = open_original(source)
        except NotOpened as error:
            raise NotKept(error.refusal) from None
        with io.FileIO(handle) as stream:
            return self._keep(stream, case)

    def keep_bytes(self, data: bytes, case: UUID) -> Kept:
        """Keep bytes that have no file of their own; see ``keep``."""
        self._demand_writable()
        return self._keep(io.BytesIO(data), case)

    def keep_stream(self, stream: io.RawIOBase, case: UUID) -> Kept:
        """Keep what a stream brings, such as an archive's member, in one read; see ``keep``.

        A stream that raises ``NotOpened`` is ``NotKept`` with that refusal; nothing of it stays.
        """
        self._demand_writable()
        return self._keep(stream, case)

    def key_of(self, sha256: str, case: UUID) -> str:
        """Return the key under which ``case`` holds, or would hold, an original of this SHA-256 (hex)."""
        return self._ring.name(b"object" + case.bytes + bytes.fromhex(sha256))

    def demand_room(self) -> None:
        """Raise ``NotKept`` where so little is free that the log and the tables would be in danger."""
        try:
            free, total = self._disk.room(self.root)
        except OSError as error:
            raise typed(error) from error
        least = max(self._least_free, int(total * self._least_share))
        if free < least:
            why = (
                f"the evidence disk has {free / 2**30:.1f} GiB free and nothing is taken in below "
                f"{least / 2**30:.1f} GiB; free space and import again"
            )
            raise NotKept(Refusal(RefusalCode.NO_SPACE, why))

    # --- giving out ---------------------------------------------------------------------------------------

    def has(self, key: str) -> bool:
        """Whether an object is held under ``key``; it may be damaged or erased."""
        return self.objects.has(_a_key(key))

    def list_key(self, agency: UUID, use: str) -> bytes:
        """Return the key of an agency's hash lists for one use; the key ring's, as those of the originals."""
        return self._ring.list_key(agency, use)

    def open(self, key: str) -> io.BufferedReader:
        """Open an original for reading and seeking; only verified bytes come out.

        Raises ``FileNotFoundError`` when it is not held, ``Damaged`` here or at any read, ``Erased``.
        """
        return io.BufferedReader(self._source(_a_key(key)), seal.CHUNK)

    def original(self, key: str) -> Original:
        """Return an original for ``evidence.open.read`` and ``render``, which open it in a decoder."""
        return Original(self, _a_key(key))

    def unsealed(self, key: str) -> Unsealed:
        """Return an open file of the sealed bytes and the key to them, for a decoder.

        Raises ``NotOpened`` with a refusal where the object is missing, damaged or erased.
        """
        try:
            blob = self.objects.open(_a_key(key))
            try:
                return Unsealed(blob.descriptor(), self._object_key(blob, key))
            finally:
                blob.close()
        except OSError as error:
            raise NotOpened(refusal_of(error)) from error

    def check(self, key: str) -> bool:
        """Whether the whole original still is what was kept; raises ``Erased``."""
        state = self.state(key)
        if state is State.ERASED:
            raise Erased("the key of its case was destroyed; nobody can read it any more")
        return state is State.INTACT

    def state(self, key: str, *, case: UUID | None = None) -> State:
        """Read and verify every chunk; compare the digest with the name and, if given, the case."""
        try:
            with self._source(_a_key(key)) as source:
                if case is not None and source.case != case:
                    return State.DAMAGED
                digest = hashlib.file_digest(io.BufferedReader(source, 1 << 20), "sha256").hexdigest()
            name = self.key_of(digest, source.case)
            return State.INTACT if hmac.compare_digest(name, key) else State.DAMAGED
        except FileNotFoundError:
            return State.MISSING
        except Erased:
            return State.ERASED
        except Keyless:
            return State.NO_KEY if case is not None and self._case_of(key) == case else State.DAMAGED
        except OSError:
            return State.DAMAGED

    def keys(self) -> Iterator[str]:
        """Iterate over every key held, in order."""
        yield from self.objects.names()

    # --- taking away --------------------------------------------------------------------------------------

    def forget(self, case: UUID) -> bool:
        """Destroy a case's key, for good; whether there was one. Nothing of the case can be read after."""
        return self._ring.forget(case)

    def remove(self, key: str) -> bool:
        """Remove one object's bytes; whether it was held."""
        return self._removed(_a_key(key), 0.0)

    def sweep(self, older_than_s: float = STALE_S) -> int:
        """Remove temporary files that no import has written to for ``older_than_s``; return how many."""
        swept = 0
        for name in self._disk.names(self.root / INCOMING):
            path = self.root / INCOMING / name
            try:
                if self._disk.age(path) >= older_than_s:
                    self._disk.unlink(path)
                    swept += 1
            except FileNotFoundError:
                continue  # its import ended in this moment
        return swept

    def sweep_is_due(self) -> bool:
        """Whether a day has passed since this was last answered with yes; it may take long."""
        stamp = self.root / SWEPT
        try:
            if self._disk.exists(stamp) and self._disk.age(stamp) < STALE_S:
                return False
            self._disk.unlink(stamp)
            self._disk.close(self._disk.create(stamp))
        except OSError:
            return False  # another import was faster, or the disk is full and says so elsewhere
        return True

    def orphans(self, claimed: Collection[str], older_than_s: float = STALE_S) -> Iterator[Orphan]:
        """Iterate over objects that are in no row and older than an import may take to write its rows."""
        for key in self.objects.names():
            if key in claimed:
                continue
            try:
                if self.objects.age(key) >= older_than_s:
                    yield Orphan(key, self._case_of(key))
            except FileNotFoundError:
                continue

    def remove_orphan(self, orphan: Orphan, older_than_s: float = STALE_S) -> bool:
        """Remove an orphan unless an import took it up in the meantime; whether it was removed."""
        return self._removed(orphan.key, older_than_s)

    def _removed(self, key: str, older_than_s: float) -> bool:
        try:
            return self.objects.remove(key, older_than_s=older_than_s)
        except SyncFailed as fault:
            self._stop(fault)
            raise
        except OSError as error:
            raise typed(error) from error

    # --- the store's own state ----------------------------------------------------------------------------

    @property
    def read_only(self) -> str:
        """Why nothing is taken in; empty while the store is sound."""
        if self._stopped:
            return self._stopped
        if self._disk.exists(self.root / READ_ONLY):
            return (
                "the disk did not confirm a write; check it, then run `entente fsck`, which reads everything"
            )
        return ""

    def trust(self) -> None:
        """Take things in again: for ``entente fsck``, after it has read everything and found it intact."""
        self._stopped = ""
        self._disk.unlink(self.root / READ_ONLY)
        demand_folder_synced(self._disk, self.root)

    def _stop(self, fault: SyncFailed) -> None:
        """Take nothing in any more, here and, if the disk still lets us say so, in every process."""
        self._stopped = f"{fault}; then run `entente fsck`, which reads everything"
        try:
            self._disk.close(self._disk.create(self.root / READ_ONLY))
            self._disk.sync_folder(self.root)
        except OSError:
            pass  # said already, or it cannot be said; this process knows

    def _demand_writable(self) -> None:
        if self.read_only:
            raise StoreFailed(f"nothing is taken in: {self.read_only}")
        self.demand_room()

    def _begin(self) -> None:
        """Begin an empty store."""
        if any(self.objects.names()):
            raise StoreFailed(f"{self.root} has originals but no key-mark; restore it from the backup")
        self._ring.begin()
        demand_folder_synced(self._disk, self.root.parent)
        with self._temporary() as (path, handle):
            write(self._disk, handle, (_MARK_FORMAT + self._ring.mark()).encode())
            demand_synced(self._disk, handle)
            self.objects.set_mark(path)

    def _demand_mine(self, mark: bytes) -> None:
        """Raise ``StoreFailed`` for a store that is not sealed, or sealed under another node key."""
        text = mark.decode("ascii", "replace")
        if len(text) == 64 and not set(text) - set("0123456789abcdef"):
            raise StoreFailed(
                f"{self.root} was begun before originals were sealed, and this version keeps nothing in "
                "clear; make a new desk with `entente init` and receive the originals into it again"
            )
        if not text.startswith(_MARK_FORMAT):
            raise StoreFailed(f"{self.root} is of a format that this version does not know; update Entente")
        if not hmac.compare_digest(text, _MARK_FORMAT + self._ring.mark()):
            raise StoreFailed(
                f"{self.root} was begun with another node key; restore that key from your sealed copy"
            )

    # --- how ----------------------------------------------------------------------------------------------

    def _keep(self, stream: BinaryIO | io.RawIOBase, case: UUID) -> Kept:
        case_key = self._ring.case_key(case, make=True)
        key, facts, digests = secrets.token_bytes(seal.KEY_BYTES), seal.new_facts(case), Digests()
        try:
            with self._temporary() as (path, handle):
                write_sealed(self._disk, stream, handle, seal.Sealer(key, facts), facts, digests)
                name = self.key_of(digests.hex[2], case)
                fresh = not self.objects.renew(name)
                # What is held but damaged is mended by the same bytes, which we happen to have.
                damaged = not fresh and self.state(name, case=case) is not State.INTACT
                if fresh or damaged:
                    finish(self._disk, handle, seal.wrap(key, case_key, facts, name), name, case_key, digests)
                    fresh = self.objects.place(path, name, over=damaged) or damaged
        except SyncFailed as fault:
            self._stop(fault)
            raise
        except (NotKept, Erased):
            raise
        except OSError as error:
            raise typed(error) from error
        return Kept(name, digests.size, *digests.hex, fresh=fresh)

    def _temporary(self) -> Temporary:
        return Temporary(self._disk, self.root / INCOMING / secrets.token_hex(16))

    def _source(self, key: str) -> seal.SealedSource:
        blob = self.objects.open(key)
        try:
            return seal.SealedSource(blob.pread, blob.size, self._object_key(blob, key), blob.close)
        except BaseException:
            blob.close()
            raise

    def _object_key(self, blob: Blob, key: str) -> bytes:
        header = _header(blob)
        try:
            case_key = self._ring.case_key(seal.case_of(header))
        except NoKey as error:
            raise Keyless(f"its header was changed, or {error}") from None
        return seal.unwrap(header, case_key, key)

    def _case_of(self, key: str) -> UUID | None:
        blob = self.objects.open(key)
        try:
            return seal.case_of(_header(blob))
        except Damaged:
            return None
        finally:
            blob.close()


def _header(blob: Blob) -> bytes:
    """Return the first bytes of an object; fewer where it has fewer."""
    buffer = bytearray(seal.HEADER)
    return bytes(buffer[: blob.pread(memoryview(buffer), 0)])


def _a_key(key: str) -> str:
    """Return ``key``; raises ``ValueError`` for anything but a key, which must never become a path."""
    if len(key) != 64 or set(key) - set("0123456789abcdef"):
        raise ValueError("a key of the store has 64 lower-case hex digits")
    return key
