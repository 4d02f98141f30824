"""Reach originals where they lie: any depth, any name, no link followed, nothing opened but plain files."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from entente.vocabulary.media import Refusal, RefusalCode

LONGEST = 3000  # bytes of one step; the kernel refuses paths from 4096 on


class NotOpened(OSError):
    """No plain readable file is there; ``refusal`` says what is."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def _steps(path: Path) -> list[str]:
    """Cut a path into pieces that the kernel takes, so that depth has no limit."""
    parts, steps, length = path.parts, [], 0
    piece: list[str] = []
    for part in parts:
        size = len(os.fsencode(part)) + 1
        if piece and length + size > LONGEST:
            steps.append(os.path.join(*piece))  # noqa: PTH118 - pieces of a path, not a path
            piece, length = [], 0
        piece.append(part)
        length += size
    return [*steps, os.path.join(*piece)] if piece else ["."]  # noqa: PTH118


def open_at(path: Path, flags: int) -> int:
    """Open ``path`` however deep it lies; raises ``OSError`` as ``os.open`` does."""
    *folders, last = _steps(path)
    at: int | None = None
    try:
        for folder in folders:
            deeper = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=at)
            if at is not None:
                os.close(at)
            at = deeper
        return os.open(last, flags | os.O_CLOEXEC, dir_fd=at)
    finally:
        if at is not None:
            os.close(at)


def open_original(path: Path) -> int:
    """Return a file descriptor for reading a plain file; raises ``NotOpened`` with a typed refusal.

    O_NOFOLLOW refuses links; O_NONBLOCK keeps a pipe without writer from hanging us; the check is made on
    what was opened, so nobody can change it in between.
    """
    try:
        look = open_at(path, os.O_PATH | os.O_NOFOLLOW)  # opens nothing yet: a device would notice
        try:
            _demand_plain(os.fstat(look).st_mode)
        finally:
            os.close(look)
        handle = open_at(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY)
    except NotOpened:
        raise
    except OSError as error:
        raise NotOpened(_refusal(error)) from error
    try:
        _demand_plain(os.fstat(handle).st_mode)
    except NotOpened:
        os.close(handle)
        raise
    return handle


def _demand_plain(mode: int) -> None:
    """Raise ``NotOpened`` unless the mode is a plain file's."""
    if stat.S_ISREG(mode):
        return
    if stat.S_ISLNK(mode):
        why = "it is a link and links are not followed; name the file that it points at"
        raise NotOpened(Refusal(RefusalCode.SYMLINK, why))
    names = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    what = names.get(stat.S_IFMT(mode), "device")
    if what == "folder":
        why = "it is a folder that cannot be listed; give this account the right to read it"
        raise NotOpened(Refusal(RefusalCode.UNREADABLE, why))
    raise NotOpened(
        Refusal(RefusalCode.NOT_A_FILE, f"it is a {what}, not a file; copy its content to a file")
    )


def _refusal(error: OSError) -> Refusal:
    """Say why the kernel did not open it."""
    if error.errno == errno.ELOOP:
        return Refusal(
            RefusalCode.SYMLINK, "it is a link and links are not followed; name the file that it points at"
        )
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return Refusal(
            RefusalCode.UNREADABLE, "there is nothing under this name; it was moved or never existed"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return Refusal(
            RefusalCode.UNREADABLE, "this account may not read it; give it the right to and try again"
        )
    if error.errno in {errno.ENXIO, errno.ENODEV}:
        return Refusal(
            RefusalCode.NOT_A_FILE, "it is a device or socket, not a file; copy its content to a file"
        )
    return Refusal(
        RefusalCode.UNREADABLE, f"it cannot be opened ({error.strerror}); check its carrier and try again"
    )


def walk(paths: Iterable[Path]) -> Iterator[Path]:
    """Iterate over everything that is not a listable folder, below each of ``paths`` in the order given.

    In each folder: files first, then folders, by name, so that a broken import resumes at the same place.
    Links, devices and unreadable folders are given too; ``open.read`` answers them with a refusal, so none
    is lost in silence. No recursion: depth costs nothing.
    """
    for start in paths:
        if start.is_symlink() or not _is_folder(start):
            yield start
            continue
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            listed = _listed(folder)
            if listed is None:
                yield folder
                continue
            files, folders = listed
            yield from (folder / name for name in files)
            waiting.extend(folder / name for name in reversed(folders))


def _is_folder(path: Path) -> bool:
    """Whether a path given by the caller is a folder that is not a link."""
    try:
        os.close(open_at(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW))
    except OSError:
        return False
    return True


def _listed(folder: Path) -> tuple[list[str], list[str]] | None:
    """Return the names of files and of folders, each sorted by bytes; ``None`` when it cannot be listed."""
    files: list[str] = []
    folders: list[str] = []
    try:
        handle = open_at(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        with os.scandir(handle) as entries:
            for entry in entries:
                (folders if entry.is_dir(follow_symlinks=False) else files).append(entry.name)
    except OSError:
        return None
    finally:
        os.close(handle)
    return sorted(files, key=os.fsencode), sorted(folders, key=os.fsencode)
