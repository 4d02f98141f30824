"""Seal and open files side by side, and then what archives hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from entente.casework.intake.service.store import evidence_store
from entente.evidence import archive
from entente.evidence.open import Known, Opened, is_video, read
from entente.evidence.reach import NotOpened
from entente.evidence.store import EvidenceStore, Kept, NotKept
from entente.vocabulary.media import Refusal, RefusalCode, Sampling
from entente.workers.local import LocalEngine

TOGETHER = 64  # members of an archive that are opened side by side
LARGE = 2_000  # files from which on videos are looked at by their key frames first, and closely afterwards
WITHIN = "it is an archive within an archive, and one level is opened; unpack it and add the folder"


class IntakeStopped(RuntimeError):
    """The store or the decoders failed, not a file; what was recorded stands, and a second run goes on."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One path after sealing and opening; ``opened`` is ``None`` where the file was already recorded."""

    path: Path
    kept: Kept | None
    opened: Opened | None
    refusal: Refusal | None
    inside: tuple[str, str] | None = None  # folder and name of an archive's member; text, never a path
    sampling: Sampling = Sampling.SPARSE  # how closely a video was looked at

    @property
    def folder(self) -> str:
        """Where it was found; for a member the archive's path and its own folder."""
        return self.inside[0] if self.inside else _text(self.path.parent)

    @property
    def name(self) -> str:
        """The name it had there."""
        return self.inside[1] if self.inside else _text(Path(self.path.name))


def seal_all(files: Iterable[Path], total: int, known: frozenset[str], case: UUID) -> Iterator[Sealed]:
    """Seal and open files side by side, as they are done; a fault of one file is its refusal.

    What archives hold comes after the files, one archive at a time, and each archive after what it held.
    """
    store = evidence_store()

    first_pass = total >= LARGE

    def seal(path: Path) -> Sealed:
        return _opened(store, _kept(path, lambda: store.keep(path, case)), known, first_pass=first_pass)

    archives: list[tuple[Sealed, str]] = []
    engine = LocalEngine(threads=True)  # the threads wait for disks and decoders; the decoders are processes
    try:
        for sealed in _each(engine, seal, files, total):
            if form := _form(store, sealed):
                archives.append((sealed, form))
            else:
                yield sealed
        for sealed, form in archives:
            yield from _look_into(engine, store, sealed, form, known, case)
    finally:
        engine.close()


def _each(
    engine: LocalEngine, do: Callable[[Any], Sealed], given: Iterable[Any], total: int
) -> Iterator[Sealed]:
    """Do it with each, side by side; what goes wrong here is no fault of a file."""
    for outcome in engine.map_batches(do, given, size=1):
        if outcome.value is None:
            raise IntakeStopped(f"file {outcome.index + 1} of {total}: {outcome.error}")
        yield outcome.value


def _kept(path: Path, keep: Callable[[], Kept], inside: tuple[str, str] | None = None) -> Sealed:
    """Keep one file; what is not kept has its refusal."""
    try:
        return Sealed(path, keep(), None, None, inside)
    except NotKept as fault:
        if fault.refusal.code is RefusalCode.NO_SPACE:
            raise IntakeStopped(fault.refusal.reason) from fault  # the disk's fault, not the file's
        return Sealed(path, None, None, fault.refusal, inside)


def _opened(
    store: EvidenceStore, sealed: Sealed, known: frozenset[str], *, first_pass: bool = False
) -> Sealed:
    """Open what was kept, unless its bytes are recorded already; in a first pass videos by key frames."""
    kept = sealed.kept
    if kept is None or kept.sha256 in known:
        return sealed
    original = store.original(kept.key)
    sampling = Sampling.KEYS if first_pass and is_video(original) else Sampling.SPARSE
    known_of = Known(kept.size, kept.md5, kept.sha1, kept.sha256)
    opened = read(original, known=known_of, sampling=sampling)
    return replace(sealed, opened=opened, refusal=opened.refusal, sampling=sampling)


def _form(store: EvidenceStore, sealed: Sealed) -> str:
    """Return the form of an archive that can be looked into, or nothing."""
    if sealed.kept and sealed.refusal and sealed.refusal.code is RefusalCode.UNSUPPORTED:
        return archive.form_of(store.original(sealed.kept.key))
    return ""


def _look_into(
    engine: LocalEngine,
    store: EvidenceStore,
    sealed: Sealed,
    form: str,
    known: frozenset[str],
    case: UUID,
) -> Iterator[Sealed]:
    """Seal and open what an archive holds, then say of the archive what came of it."""
    assert sealed.kept is not None  # noqa: S101 - ``_form`` has read it
    count = 0
    try:
        held = archive.look_into(store.original(sealed.kept.key), form)
    except NotOpened as fault:
        yield replace(sealed, refusal=fault.refusal)
        return

    def open_one(member: Sealed) -> Sealed:
        return _one_level(store, _opened(store, member, known))

    try:
        for group in _grouped(_members(store, sealed.path, held, case)):
            count += len(group)
            yield from _each(engine, open_one, group, len(group))
    finally:
        held.close()
    yield replace(sealed, refusal=_of_archive(form, count, held.refusal))


def _members(store: EvidenceStore, path: Path, held: archive.Archive, case: UUID) -> Iterator[Sealed]:
    """Seal the members of an archive one after the other; two of one name are told apart by number."""
    names: set[tuple[str, str]] = set()
    for member in held:
        within = f"{_text(path)}/{member.folder}" if member.folder else _text(path)
        inside = (within, member.last)
        if inside in names:
            inside = (within, f"{member.last} (member {member.number})")
        names.add(inside)
        yield _kept(path, lambda m=member: store.keep_stream(m, case), inside)  # type: ignore[misc]


def _grouped(members: Iterator[Sealed]) -> Iterator[list[Sealed]]:
    """Group members, so that those of one group are opened side by side."""
    while group := list(islice(members, TOGETHER)):
        yield group


def _one_level(store: EvidenceStore, member: Sealed) -> Sealed:
    """Refuse an archive within an archive as what it is."""
    if not _form(store, member):
        return member
    return replace(member, refusal=Refusal(RefusalCode.UNSUPPORTED, WITHIN))


def _of_archive(form: str, count: int, refusal: Refusal | None) -> Refusal:
    """Say of an archive what came of it: how much was received, and why not more."""
    if refusal is None:
        why = f"it is an archive ({form}) of {count} files; each was received as an item of its own"
        return Refusal(RefusalCode.ARCHIVE, why)
    received = f"; {count} of its files were received" if count else ""
    return Refusal(refusal.code, f"it is an archive ({form}): {refusal.reason}{received}")


def _text(path: Path) -> str:
    """Return a path as text that a database holds: bytes that are no UTF-8 are written in hex."""
    text = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text.replace("\x00", "\\x00")
