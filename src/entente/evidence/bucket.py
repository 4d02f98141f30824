"""Sealed objects in a bucket (S3 and what speaks like it), through obstore; written once, read by ranges."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from entente.evidence.faults import Damaged, StoreFailed
from entente.evidence.objects import MARK

if TYPE_CHECKING:
    from obstore.store import S3Store

PART = 8 << 20  # bytes of one part of an upload
RENEW_S = 12 * 3600.0  # half of the time after which a sweep may take what no row names
PIECE = 4 << 20  # bytes of one range when a whole object is fetched for a decoder
_WITHOUT = "objects in a bucket need `pip install entente[scale]`, which brings obstore"


class RemoteBlob:
    """An object that is read by ranges."""

    def __init__(self, bucket: S3Store, name: str, size: int, spare: Path) -> None:
        self._bucket, self._name, self._spare = bucket, name, spare
        self.size = size

    def pread(self, buffer: memoryview, at: int) -> int:
        """See ``objects.Blob``."""
        # here, not above: an installation without a bucket has no obstore
        import obstore

        length = min(len(buffer), self.size - at)
        if length <= 0:
            return 0
        with _told():
            got = obstore.get_range(self._bucket, self._name, start=at, length=length)
        if len(got) != length:
            raise Damaged("the bucket gave fewer bytes than it has")
        buffer[:length] = memoryview(got)
        return length

    def descriptor(self) -> int:
        """Return an open file without a name that holds the sealed bytes; see ``objects.Blob``."""
        with tempfile.TemporaryFile(dir=self._spare) as file:
            self._fetch(file)
            return os.dup(file.fileno())

    def close(self) -> None:
        """See ``objects.Blob``."""

    def _fetch(self, file: IO[bytes]) -> None:
        buffer = memoryview(bytearray(PIECE))
        at = 0
        while count := self.pread(buffer, at):
            file.write(buffer[:count])
            at += count
        file.flush()


class Bucket:
    """Objects under a prefix of a bucket; durability is the server's promise.

    ``spare`` is a folder here for sealed bytes on their way to a decoder; nothing plain is written there.
    """

    def __init__(self, url: str, spare: Path, **options: Any) -> None:
        """Reach ``s3://bucket/prefix``; keys and endpoint come from ``options`` or the AWS_ variables."""
        try:
            # here, not above: an installation without a bucket has no obstore
            from obstore.store import from_url
        except ImportError:
            raise StoreFailed(_WITHOUT) from None
        with _told():
            self._bucket: Any = from_url(url, **options)
        self._spare = spare

    def place(self, sealed: Path, name: str, *, over: bool = False) -> bool:
        """See ``objects.Objects``; what lay here for long is written again, so that no sweep takes it."""
        fresh = self._put(sealed, _path(name), over=over)
        if not fresh and self.age(name) > RENEW_S:
            self._put(sealed, _path(name), over=True)
        return fresh

    def renew(self, name: str) -> bool:
        """See ``objects.Objects``; a server has no touch: ``False`` makes the caller place it again."""
        return self.has(name) and self.age(name) <= RENEW_S

    def open(self, name: str) -> RemoteBlob:
        """See ``objects.Objects``."""
        return RemoteBlob(self._bucket, _path(name), int(self._head(_path(name))["size"]), self._spare)

    def has(self, name: str) -> bool:
        """See ``objects.Objects``."""
        try:
            self._head(_path(name))
        except FileNotFoundError:
            return False
        return True

    def remove(self, name: str, *, older_than_s: float = 0.0) -> bool:
        """See ``objects.Objects``."""
        if not self.has(name) or self.age(name) < older_than_s:
            return False
        with _told():
            self._bucket.delete(_path(name))
        return True

    def age(self, name: str) -> float:
        """See ``objects.Objects``."""
        placed: datetime = self._head(_path(name))["last_modified"]
        return (datetime.now(UTC) - placed).total_seconds()

    def names(self) -> Iterator[str]:
        """See ``objects.Objects``."""
        with _told():
            for page in self._bucket.list("objects/"):
                yield from sorted(each["path"].rpartition("/")[2] for each in page)

    def mark(self) -> bytes | None:
        """See ``objects.Objects``."""
        try:
            with _told():
                return bytes(self._bucket.get(MARK).bytes())
        except FileNotFoundError:
            return None

    def set_mark(self, sealed: Path) -> None:
        """See ``objects.Objects``."""
        self._put(sealed, MARK, over=False)

    def _put(self, sealed: Path, path: str, *, over: bool) -> bool:
        """Upload a file; ``False`` where the name is taken.

        A name is only given by a request that creates it or fails. Servers cannot make that promise for an
        upload in parts, so there the name is looked up first, and of two that upload the same bytes at once
        the later one replaces what decrypts to the same.
        """
        # here, not above: an installation without a bucket has no obstore
        from obstore.exceptions import AlreadyExistsError

        parts = sealed.stat().st_size > PART
        if parts and not over and self._taken(path):
            return False
        try:
            with _told(), sealed.open("rb") as file:
                if parts:
                    self._bucket.put(path, file, use_multipart=True, chunk_size=PART, max_concurrency=2)
                else:
                    self._bucket.put(path, file.read(), mode="overwrite" if over else "create")
        except AlreadyExistsError:
            return False
        return True

    def _taken(self, path: str) -> bool:
        try:
            self._head(path)
        except FileNotFoundError:
            return False
        return True

    def _head(self, path: str) -> Any:
        with _told():
            return self._bucket.head(path)


def _path(name: str) -> str:
    """Return an object's place: two levels, as servers spread their load by the beginnings of names."""
    return f"objects/{name[:2]}/{name[2:4]}/{name}"


class _told:  # noqa: N801 - reads as a sentence: with _told()
    """Turn what obstore raises into ``StoreFailed`` with a mend; what is missing or taken stays as it is."""

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: object) -> None:
        """Say it in our words."""
        # here, not above: an installation without a bucket has no obstore
        from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError

        if isinstance(fault, NotFoundError) and not isinstance(fault, FileNotFoundError):
            raise FileNotFoundError(2, "not in the bucket") from fault
        if isinstance(fault, BaseError) and not isinstance(fault, AlreadyExistsError | FileNotFoundError):
            first = str(fault).strip().splitlines()[0][:200]
            raise StoreFailed(
                f"the bucket cannot be used ({first}); check its address and its keys"
            ) from fault
