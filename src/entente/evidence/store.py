"""Write-once folder store: an original is copied, digested and made durable in one read, never changed."""

from __future__ import annotations

import errno
import hashlib
import hmac
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from entente.evidence.reach import NotOpened, open_original
from entente.vocabulary.media import Refusal, RefusalCode

BUFFER = 4 << 20
INCOMING = "incoming"  # temporary files, in the same file system as the originals
KEY_MARK = "key-mark"  # shows that a store and a node key belong together
STALE_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """An original in the store. ``fresh`` is false where the same bytes were already held."""

    key: str
    size: int
    md5: str
    sha1: str
    sha256: str
    fresh: bool


class NotKept(OSError):
    """One original was not kept; ``refusal`` says why. Others may still be kept."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


class StoreFailed(RuntimeError):
    """The store itself cannot be trusted to hold what it is given: stop, look at the disk.

    A failed fsync is final: the kernel may have dropped the pages, so a second attempt that succeeds
    proves nothing. It is never repeated here.
    """


class Digests:
    """MD5, SHA-1 and SHA-256 of the same bytes, fed once."""

    def __init__(self) -> None:
        self.size = 0
        self._hashes = (
            hashlib.md5(usedforsecurity=False),
            hashlib.sha1(usedforsecurity=False),
            hashlib.sha256(),
        )

    def update(self, data: bytes | memoryview) -> None:
        """Add bytes to all three."""
        self.size += len(data)
        for each in self._hashes:
            each.update(data)

    @property
    def hex(self) -> tuple[str, str, str]:
        """MD5, SHA-1, SHA-256 in lower-case hex."""
        md5, sha1, sha256 = self._hashes
        return md5.hexdigest(), sha1.hexdigest(), sha256.hexdigest()


class EvidenceStore:
    """Originals in folders under ``root``, named with the node key.

    A file's name is HMAC-SHA-256(node key, its SHA-256). A bare SHA-256 as name would tell anyone with a
    copy of the disk, or only of its directory, whether a known file is held: a membership oracle.
    """

    def __init__(self, root: Path, key: bytes) -> None:
        """Open or begin a store; raises ``StoreFailed`` when ``key`` is not the key it was begun with."""
        self.root = root
        self._key = key
        (root / INCOMING).mkdir(parents=True, exist_ok=True, mode=0o700)
        mark = hmac.new(key, b"entente evidence store", hashlib.sha256).hexdigest().encode()
        path = root / KEY_MARK
        if not path.exists():
            if any(self.keys()):
                raise StoreFailed(f"{root} has originals but no {KEY_MARK}; restore it from the backup")
            self._place(self._temporary(io.BytesIO(mark), lambda _: None), path)
        if not hmac.compare_digest(path.read_bytes(), mark):
            raise StoreFailed(
                f"{root} was begun with another node key; restore that key from your sealed copy"
            )

    def keep(self, source: Path) -> Kept:
        """Copy ``source`` in, in one read, and return it with its digests once it is durable.

        Raises ``NotKept`` for a source that is no plain readable file or a full disk, ``StoreFailed``
        when the disk fails.
        """
        try:
            handle = open_original(source)
        except NotOpened as error:
            raise NotKept(error.refusal) from None
        with io.FileIO(handle) as stream:
            return self._keep(stream)

    def keep_bytes(self, data: bytes) -> Kept:
        """Keep bytes that have no file of their own; see ``keep``."""
        return self._keep(io.BytesIO(data))

    def key_of(self, sha256: str) -> str:
        """Return the key under which an original of this SHA-256 (hex) is, or would be, held."""
        return hmac.new(self._key, bytes.fromhex(sha256), hashlib.sha256).hexdigest()

    def path(self, key: str) -> Path:
        """Return where ``key`` is or would be; raises ``ValueError`` for anything but a key."""
        if len(key) != 64 or set(key) - set("0123456789abcdef"):
            raise ValueError("a key of the store has 64 lower-case hex digits")
        return self.root / key[:2] / key[2:4] / key

    def has(self, key: str) -> bool:
        """Whether an original is held under ``key``."""
        return self.path(key).is_file()

    def open(self, key: str) -> io.BufferedReader:
        """Open an original for reading; raises ``FileNotFoundError`` when it is not held."""
        return io.BufferedReader(
            io.FileIO(os.open(self.path(key), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
        )

    def check(self, key: str) -> bool:
        """Read the whole original again: whether its bytes still are the ones that were kept."""
        try:
            with self.open(key) as stream:
                return hmac.compare_digest(
                    self.key_of(hashlib.file_digest(stream, "sha256").hexdigest()), key
                )
        except OSError:
            return False

    def keys(self) -> Iterator[str]:
        """Iterate over every key held, in order."""
        for first in sorted(p for p in self.root.iterdir() if len(p.name) == 2):
            for second in sorted(first.iterdir()):
                yield from sorted(p.name for p in second.iterdir())

    def sweep(self, older_than_s: float = STALE_S) -> int:
        """Remove temporary files that no import has written to for ``older_than_s``; return how many."""
        swept = 0
        for path in (self.root / INCOMING).iterdir():
            if time.time() - path.stat().st_mtime >= older_than_s:
                path.unlink(missing_ok=True)
                swept += 1
        return swept

    def _keep(self, stream: BinaryIO | io.FileIO) -> Kept:
        digests = Digests()
        known: list[Path] = []

        def already_held(_: int) -> bool:
            final = self.path(self.key_of(digests.hex[2]))
            known.append(final)
            return final.exists()

        temporary = self._temporary(stream, digests.update, already_held)
        fresh = self._place(temporary, known[0])
        return Kept(known[0].name, digests.size, *digests.hex, fresh=fresh)

    def _temporary(
        self,
        stream: BinaryIO | io.FileIO,
        seen: Callable[[memoryview], object],
        needless: Callable[[int], bool] = lambda _: False,
    ) -> Path:
        """Write ``stream`` to a temporary file, durable and read-only unless ``needless`` after the read."""
        path = self.root / INCOMING / secrets.token_hex(16)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _copy(stream, handle, seen)
            if not needless(handle):
                os.fchmod(handle, 0o400)
                _sync(handle)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError) and not isinstance(error, NotKept):
                raise _typed(error) from error
            raise
        finally:
            os.close(handle)
        return path

    def _place(self, temporary: Path, final: Path) -> bool:
        """Give the temporary file its name unless the name is taken; return whether it was free."""
        try:
            for folder in (final.parent.parent, final.parent):
                if not folder.is_dir():
                    folder.mkdir(exist_ok=True, mode=0o700)
                    _sync_folder(folder.parent)
            try:
                os.link(temporary, final)
                fresh = True
            except FileExistsError:
                fresh = False
            # Also for a name that was there: whoever made it may not have synced the folder yet.
            _sync_folder(final.parent)
        except OSError as error:
            raise _typed(error) from error
        finally:
            temporary.unlink(missing_ok=True)
        return fresh


def _copy(stream: BinaryIO | io.FileIO, handle: int, seen: Callable[[memoryview], object]) -> None:
    """Copy everything, showing each piece to ``seen``; a source that cannot be read is ``NotKept``."""
    buffer = memoryview(bytearray(BUFFER))
    while True:
        try:
            count = stream.readinto(buffer)  # type: ignore[union-attr]
        except OSError as error:
            why = f"it could not be read to its end ({error.strerror}); copy it again from its carrier"
            raise NotKept(Refusal(RefusalCode.UNREADABLE, why)) from error
        if not count:
            return
        piece = buffer[:count]
        seen(piece)
        while len(piece):
            piece = piece[os.write(handle, piece) :]


def _sync(handle: int) -> None:
    """Make a file durable; a failure is final."""
    try:
        os.fsync(handle)
    except OSError as error:
        raise StoreFailed(
            f"the disk did not confirm a write ({error.strerror}); stop and check it"
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable; a failure is final."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _sync(handle)
    finally:
        os.close(handle)


def _typed(error: OSError) -> NotKept | StoreFailed:
    """Tell a full disk, which an officer can mend, from a failing one."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NotKept(
            Refusal(RefusalCode.NO_SPACE, "the evidence disk is full; free space and import again")
        )
    return StoreFailed(
        f"the evidence store cannot be written ({error.strerror}); check the disk and its rights"
    )
