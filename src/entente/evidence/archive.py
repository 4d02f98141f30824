"""Look into an archive: members one after the other, unpacked in a limited process, every word re-checked.

The limits of ``measure`` hold here a second time, for a decoder that a file has taken over.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

from entente.evidence.identify import HEAD, archive_form
from entente.evidence.measure import FREE, LONGEST_NAME, MOST_BYTES, MOST_MEMBERS, MOST_RATIO, PIECE
from entente.evidence.reach import NotOpened, open_original
from entente.evidence.sandbox import Answer, Sandbox, shared
from entente.evidence.source import Held, source_of
from entente.vocabulary.media import Refusal, RefusalCode

LEAST_S, BYTES_A_SECOND = 14.0, 8 << 20  # of unpacking, for which a decoder is waited


class Member(io.RawIOBase):
    """One member: its number, its name as text that is never a path, its bytes as they come.

    Reading raises ``NotOpened`` with the refusal of a member that cannot be had, at its end at the latest.
    """

    def __init__(self, archive: Archive, number: int, name: str) -> None:
        self.number, self.name = number, name
        self._archive, self._held = archive, memoryview(b"")

    @property
    def folder(self) -> str:
        """The part of the name before its last stroke."""
        return self.name.rpartition("/")[0]

    @property
    def last(self) -> str:
        """The part of the name behind its last stroke, or the number where there is none."""
        return self.name.rpartition("/")[2] or f"member {self.number}"

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fill ``buffer`` with what comes next; 0 at the member's end."""
        if not self._held:
            self._held = memoryview(self._archive.piece_of(self.number))
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count


class Archive:
    """An archive that is being unpacked: iterate over it, and read each member before the next.

    ``refusal`` is set when the iteration has ended before the archive's own end; what came before stands.
    """

    def __init__(self, answers: Iterator[Answer], packed: int, fd: int = -1) -> None:
        self._answers, self._packed, self._fd = answers, packed, fd
        self._member, self._open, self._given = 0, False, 0
        self.refusal: Refusal | None = None

    def __iter__(self) -> Iterator[Member]:
        try:
            yield from self._members()
        finally:
            self.close()

    def _members(self) -> Iterator[Member]:
        while not self._stopped():
            while self._open:
                try:
                    self.piece_of(self._member)
                except NotOpened:
                    break
            if self._stopped():
                return
            answer = self._next()
            if answer is None or answer.data == {"done": True}:
                return
            name = answer.data.get("name")
            begins = answer.data.get("begin") == self._member + 1 <= MOST_MEMBERS and not answer.blob
            if not begins or not isinstance(name, str) or len(name) > LONGEST_NAME:
                self._stop(_nonsense("a member out of order"))
                return
            self._member, self._open = self._member + 1, True
            yield Member(self, self._member, shown(name))

    def _stopped(self) -> bool:
        return self.refusal is not None

    def piece_of(self, number: int) -> bytes:
        """Return the next bytes of the member that is open, nothing at its end; raises ``NotOpened``."""
        if not self._open or number != self._member:
            return b""
        answer = self._next()
        if answer is None:
            assert self.refusal is not None  # noqa: S101 - that is what ``None`` says
            self._open = False
            raise NotOpened(self.refusal)
        if answer.data.get("end") == number and not answer.blob:
            self._open = False
            if "why" in answer.data:
                raise NotOpened(_known(answer.data["why"]))
            return b""
        self._given += len(answer.blob)
        most = min(MOST_BYTES, max(FREE, MOST_RATIO * self._packed))
        if answer.data != {"piece": number} or not 0 < len(answer.blob) <= PIECE or self._given > most:
            self._stop(_nonsense("a piece out of measure"))
            self._open = False
            raise NotOpened(_nonsense("a piece out of measure"))
        return answer.blob

    def _next(self) -> Answer | None:
        """Return what the decoder says next; nothing where the archive is refused."""
        answer = next(self._answers, None) or Answer(refusal=_nonsense("no end"))
        if answer.refusal:
            self._stop(answer.refusal)
            return None
        return answer

    def _stop(self, refusal: Refusal) -> None:
        self.refusal = refusal
        self.close()

    def close(self) -> None:
        """End the decoder; nothing more comes."""
        close = getattr(self._answers, "close", None)
        if close:
            close()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def form_of(file: Path | Held) -> str:
    """Return ``zip``, ``tar`` or ``tar.gz``, ``.bz2``, ``.xz``; nothing for what is not looked into."""
    try:
        fd, key = (open_original(file), None) if isinstance(file, Path) else file.unsealed()
    except NotOpened:
        return ""
    try:
        head = bytearray(HEAD)
        return archive_form(bytes(head[: source_of(fd, key).readinto(head)]))
    except OSError:
        return ""
    finally:
        os.close(fd)


def look_into(file: Path | Held, form: str, *, sandbox: Sandbox | None = None) -> Archive:
    """Unpack an archive of a form that ``form_of`` names; nothing is written anywhere.

    Raises ``NotOpened`` where the file is not given out, and at the first member ``SandboxFailed`` when no
    decoder can be started.
    """
    fd, key = (open_original(file), None) if isinstance(file, Path) else file.unsealed()
    try:
        size = source_of(fd, key).size
    except OSError as error:
        os.close(fd)
        why = "it was changed in the evidence store; run `entente fsck` and restore it"
        raise NotOpened(Refusal(RefusalCode.DAMAGED, why)) from error
    except BaseException:
        os.close(fd)
        raise
    return Archive(_answers(fd, form, key, size, sandbox or shared()), size, fd)


def _answers(fd: int, form: str, key: bytes | None, size: int, sandbox: Sandbox) -> Iterator[Answer]:
    most = min(MOST_BYTES, max(FREE, MOST_RATIO * size))
    arguments = {"form": form, **({"key": key.hex()} if key else {})}
    return sandbox.stream(fd, "unpack", arguments, limit_s=LEAST_S + most / BYTES_A_SECOND)


def shown(name: str) -> str:
    """Return a name with everything that does not print, or turns the line, written as its code."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _known(told: object) -> Refusal:
    """Return a member's refusal if it is one that we know."""
    try:
        return Refusal(RefusalCode(told["code"]), shown(str(told["reason"]))[:500])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return _nonsense("an unknown reason")


def _nonsense(what: str) -> Refusal:
    why = f"the decoder gave an answer without sense ({what}); handle with care, ask for another copy"
    return Refusal(RefusalCode.DECODER_DIED, why)
