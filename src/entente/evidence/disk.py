"""What the store asks of a file system, in one object: tests put a disk in its place that loses power."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from pathlib import Path

from entente.evidence.faults import NotKept, StoreFailed, SyncFailed
from entente.vocabulary.media import Refusal, RefusalCode

_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Disk:
    """The calls of the operating system; each raises ``OSError`` as the system does."""

    def create(self, path: Path) -> int:
        """Return a handle of a new file that only its owner reads."""
        return os.open(path, _NEW, 0o600)

    def open(self, path: Path) -> int:
        """Return a handle for reading; a link is not followed."""
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def close(self, handle: int) -> None:
        """Give a handle back."""
        os.close(handle)

    def write(self, handle: int, data: bytes | memoryview) -> int:
        """Write at the end; return how many bytes were taken."""
        return os.write(handle, data)

    def pwrite(self, handle: int, data: bytes, at: int) -> int:
        """Write at a place; return how many bytes were taken."""
        return os.pwrite(handle, data, at)

    def pread(self, handle: int, buffer: memoryview, at: int) -> int:
        """Fill ``buffer`` from a place; return how many bytes came."""
        return os.preadv(handle, [buffer], at)

    def size(self, handle: int) -> int:
        """Return the bytes of an open file."""
        return os.fstat(handle).st_size

    def protect(self, handle: int) -> None:
        """Make a file readable by its owner and writable by nobody."""
        os.fchmod(handle, 0o400)

    def sync(self, handle: int) -> None:
        """Make a file's bytes durable."""
        os.fsync(handle)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self.sync(handle)
        finally:
            os.close(handle)

    def lock(self, folder: Path) -> int:
        """Wait for a folder's lock; return the handle that holds it until it is closed."""
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def link(self, path: Path, name: Path) -> None:
        """Give a file another name; raises ``FileExistsError`` where the name is taken."""
        os.link(path, name)

    def replace(self, path: Path, name: Path) -> None:
        """Give a file a name, whatever had it before."""
        path.replace(name)

    def unlink(self, path: Path) -> None:
        """Take a name away; nothing happens where there is none."""
        path.unlink(missing_ok=True)

    def mkdir(self, path: Path) -> None:
        """Make a folder for its owner only; nothing happens where it is."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def exists(self, path: Path) -> bool:
        """Whether there is a plain file or a folder, not a link."""
        return path.exists() and not path.is_symlink()

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder, in order; none where it is missing."""
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - names, not paths
        except FileNotFoundError:
            return []

    def age(self, path: Path) -> float:
        """Return the seconds since a file was written or touched."""
        return time.time() - path.stat().st_mtime

    def touch(self, path: Path) -> None:
        """Make a file young."""
        os.utime(path)

    def room(self, folder: Path) -> tuple[int, int]:
        """Return the bytes that are free for us, and the size of the file system."""
        state = os.statvfs(folder)
        return state.f_bavail * state.f_frsize, state.f_blocks * state.f_frsize


class Temporary:
    """A new file that is gone when the block ends, whatever else it was named."""

    def __init__(self, disk: Disk, path: Path) -> None:
        self._disk, self._path = disk, path

    def __enter__(self) -> tuple[Path, int]:
        self._handle = self._disk.create(self._path)
        return self._path, self._handle

    def __exit__(self, *_: object) -> None:
        self._disk.close(self._handle)
        self._disk.unlink(self._path)


def demand_synced(disk: Disk, handle: int) -> None:
    """Make a file durable; raises ``SyncFailed``, which is final."""
    try:
        disk.sync(handle)
    except OSError as error:
        raise _unconfirmed(error) from error


def demand_folder_synced(disk: Disk, folder: Path) -> None:
    """Make the names in a folder durable; raises ``SyncFailed``, which is final."""
    try:
        disk.sync_folder(folder)
    except OSError as error:
        raise _unconfirmed(error) from error


def _unconfirmed(error: OSError) -> SyncFailed:
    return SyncFailed(f"the disk did not confirm a write ({error.strerror}); stop and check it")


def typed(error: OSError) -> NotKept | StoreFailed:
    """Tell a full disk, which an officer can mend, from a failing one."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NotKept(
            Refusal(RefusalCode.NO_SPACE, "the evidence disk is full; free space and import again")
        )
    return StoreFailed(
        f"the evidence store cannot be written ({error.strerror}); check the disk and its rights"
    )
