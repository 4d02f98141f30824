"""A package between desks: signed by its sender, then encrypted to its recipient (age), read in a stream.

Inside the encryption: a line with the format, the header as one line of canonical JSON, the sender's Ed25519
signature over it, then the body. The header says from whom and to whom, under which cards, number and digest
of the one before, when it expires, its handling, how long the body is and its SHA-256, and the signed head of
the sender's log. So nothing of it can be exchanged, and age alone, which anybody can write, is believed by
nobody.

A reader meets the header first and refuses before it has taken a byte of the body; the body counts only when
its end was reached and its digest is the one that was signed. ``docs/decisions`` says why it is built so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, BinaryIO
from uuid import UUID

from pyrage import encrypt_io, x25519

from entente.safeguards.commitment import canonical
from entente.safeguards.strict_json import NotStrict, loads

FORMAT = b"entente package 1\n"
CONTEXT = b"entente package header v1\n"
ALGORITHM = "ed25519, age x25519"
LONGEST_HEADER = 64 << 10  # bytes
LONGEST_LINE = 1 << 20  # of a body that is read in lines
LARGEST = 512 << 20  # bytes of a body
MOST_THINGS = 50_000  # pieces of a body: things of a package
PIECE = 64 << 10
losses = (
    "Originals are not carried; a crop goes with the request that shows it, or the product that prints it.",
    "File names, folders and officers' names are not written; its originator's number stands for each thing.",
    "A clue's links to observations, votes and notes are not carried.",
)


class Kind(StrEnum):
    """What a package carries."""

    THINGS = "things"  # statements, a line each
    RECEIPT = "receipt"  # what became of packages that the other side sent
    QUESTION = "private question"  # of a private cross-check
    ANSWER = "private answer"
    REQUESTS = "requests"  # to the recipient alone, with crops; and answers to its own
    PRODUCTS = "products"  # to the recipient alone, with crops; and receipts of its own


class Code(StrEnum):
    """Why a package, or a part of it, is refused."""

    DAMAGED = "damaged"  # changed, cut off, or no package at all
    NOT_FOR_US = "not for us"  # encrypted to another key
    FORWARDED = "forwarded"  # sealed to somebody else and encrypted anew to us
    UNKNOWN_SENDER = "unknown sender"
    FORGED = "forged"  # not signed by the card that it names
    REVOKED = "revoked card"
    DOWNGRADED = "another version"  # of the format, or other algorithms
    SWAPPED = "swapped body"
    EXPIRED = "expired"
    EARLY = "from the future"
    REPLAY = "replay"
    GAP = "gap"
    FORK = "fork"
    LOG_FORK = "fork of the log"
    LOG_OTHER = "another log"  # of its sender than the one that it had until now
    LOOSENED = "loosened"  # handling below what a signature in it says
    NOT_RELEASED = "not released"  # passed on without its originator's permission
    TOO_LARGE = "too large"
    NONSENSE = "without sense"


class PackageRefused(ValueError):
    """The package, or a thing in it, is not taken: a code and the mend in one sentence."""

    def __init__(self, code: Code, mend: str, digest: str = "") -> None:
        super().__init__(mend)
        self.code, self.digest = code, digest  # the digest where the package is known and waits


@dataclass(frozen=True, slots=True)
class Head:
    """What the sender signs. Times are ISO 8601 with their offset; agencies are what they call themselves."""

    id: str
    sender: str
    recipient: str
    sender_key: str  # Ed25519, in hex
    recipient_key: str  # the age recipient to whom it is encrypted
    number: int
    before: str
    issued: str
    expires: str
    kind: str
    purpose: str
    basis: str
    codes: str
    text: str
    audience: str
    count: int
    size: int
    sha256: str
    log: str  # the signed head of the sender's log
    absent: tuple[str, ...] = ()  # what was left out, as far as the recipient may know

    def text_line(self) -> str:
        """Return the header's one line."""
        told = asdict(self) | {"v": 1, "algorithm": ALGORITHM, "absent": list(self.absent)}
        return canonical(told)

    def signed_bytes(self) -> bytes:
        """Return what is signed."""
        return CONTEXT + self.text_line().encode()

    def digest(self) -> str:
        """Return the package's digest, by which the next one and its receipt name it."""
        return sha256(self.signed_bytes()).hexdigest()


# --- writing --------------------------------------------------------------------------------------------

Body = Callable[[], Iterable[bytes]]  # asked twice: to be measured, and to be written


def measured(body: Body) -> tuple[int, int, str]:
    """Return how many pieces, how many bytes and the SHA-256 of a body; raise ``PackageRefused`` past it."""
    digest, size, count = sha256(), 0, 0
    for piece in body():
        digest.update(piece)
        size, count = size + len(piece), count + 1
    if size > LARGEST:
        raise PackageRefused(Code.TOO_LARGE, "it is over 512 MiB; send it in several packages")
    return count, size, digest.hexdigest()


def write(stream: BinaryIO, head: Head, sign: Callable[[bytes], bytes], body: Body) -> None:
    """Write the package, encrypted to the header's recipient; a body that changed meanwhile is an error."""
    signature = sign(head.signed_bytes())
    begin = FORMAT + head.text_line().encode() + b"\n" + signature.hex().encode() + b"\n"
    plain = _Plain(begin, body())
    encrypt_io(plain, stream, [x25519.Recipient.from_str(head.recipient_key)])
    if (plain.size, plain.digest.hexdigest()) != (head.size, head.sha256):
        raise PackageRefused(
            Code.SWAPPED, "what goes into the package changed while it was written; seal it again"
        )


class _Plain:
    """A file of the plain text for ``encrypt_io``, measuring the body as it passes."""

    def __init__(self, begin: bytes, pieces: Iterable[bytes]) -> None:
        self._held, self._pieces = begin, iter(pieces)
        self.size, self.digest = 0, sha256()

    def read(self, most: int = -1) -> bytes:
        """Return up to ``most`` bytes; nothing at the end."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self.size += len(piece)
            self.digest.update(piece)
            self._held = piece
        most = len(self._held) if most < 0 else most
        given, self._held = self._held[:most], self._held[most:]
        return given


# --- reading --------------------------------------------------------------------------------------------


class Reader:
    """A package as its plain text comes, piece after piece: first ``head``, then ``lines`` or ``whole``."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held, self._at = pieces, b"", 0
        self.head, self.signature = self._begin()

    def _begin(self) -> tuple[Head, bytes]:
        version = self._line(len(FORMAT))
        if version + b"\n" != FORMAT:
            if version.startswith(b"entente package "):
                raise PackageRefused(
                    Code.DOWNGRADED, "it is a package of another version; ask the sender for one of version 1"
                )
            raise PackageRefused(Code.NONSENSE, "what was encrypted is no package; ask the sender what it is")
        head = read_head(self._line(LONGEST_HEADER))
        signature = self._line(128)
        if not re.fullmatch(rb"[0-9a-f]{128}", signature):
            raise PackageRefused(Code.FORGED, "it has no signature; ask the sender to seal it again")
        return head, bytes.fromhex(signature.decode())

    def lines(self) -> Iterator[bytes]:
        """Iterate over the body's lines without ends; raise at its end if the digest is not the signed."""
        for line in self._body(self._next_line):
            yield line[:-1]

    def whole(self, most: int) -> bytes:
        """Return the whole body of up to ``most`` bytes."""
        if self.head.size > most:
            raise PackageRefused(Code.TOO_LARGE, f"its body is over {most >> 20} MiB; ask for a smaller one")
        return b"".join(self._body(self._piece))

    def verify(self) -> None:
        """Read to the end and raise ``PackageRefused`` unless the body is the signed one; keep none of it."""
        for _ in self._body(self._piece):
            pass

    def _body(self, take: Callable[[], bytes | None]) -> Iterator[bytes]:
        digest, size = sha256(), 0
        while (piece := take()) is not None:
            size += len(piece)
            if size > self.head.size:
                raise _swapped()
            digest.update(piece)
            yield piece
        if size != self.head.size or digest.hexdigest() != self.head.sha256:
            raise _swapped()

    def _piece(self) -> bytes | None:
        given, self._held, self._at = self._held[self._at :], b"", 0
        return given or next(self._pieces, None)

    def _next_line(self) -> bytes | None:
        if self._at == len(self._held) and not self._fill():
            return None
        return self._line(LONGEST_LINE) + b"\n"

    def _line(self, longest: int) -> bytes:
        """Return the next line without its end."""
        while (end := self._held.find(b"\n", self._at)) < 0:
            if len(self._held) - self._at > longest:
                raise _long()
            if not self._fill():
                raise PackageRefused(Code.DAMAGED, "it ends in the middle; have it copied again")
        line, self._at = self._held[self._at : end], end + 1
        if len(line) > longest:
            raise _long()
        return line

    def _fill(self) -> bool:
        piece = next(self._pieces, None)
        self._held, self._at = self._held[self._at :] + (piece or b""), 0
        return piece is not None


def _long() -> PackageRefused:
    return PackageRefused(Code.NONSENSE, "a line of it is longer than lines are; ask for it anew")


def _swapped() -> PackageRefused:
    return PackageRefused(
        Code.SWAPPED, "its body is not the one that was signed; have the sender seal it again"
    )


_TEXTS = {
    "id": 36, "sender": 36, "recipient": 36, "sender_key": 64, "recipient_key": 80, "before": 64,
    "issued": 40, "expires": 40, "kind": 20, "purpose": 40, "basis": 60, "codes": 20, "text": 20_000,
    "audience": 20, "sha256": 64, "log": 8_000,
}  # fmt: skip


def read_head(line: bytes) -> Head:
    """Return the header of a package; raise ``PackageRefused`` for any other writing of it."""
    try:
        told = loads(line)
        version, algorithm = told.pop("v"), told.pop("algorithm")
        if (version, algorithm) != (1, ALGORITHM):
            raise PackageRefused(
                Code.DOWNGRADED, "it is sealed in another way than packages are; ask for one sealed anew"
            )
        head = Head(**(told | {"absent": tuple(told["absent"])}))
    except (NotStrict, KeyError, TypeError, AttributeError):
        raise _unread() from None
    _demand_sound(head)
    if head.text_line().encode() != line:
        raise _unread()
    return head


def _demand_sound(head: Head) -> None:
    texts = all(isinstance(getattr(head, n), str) and len(getattr(head, n)) <= m for n, m in _TEXTS.items())
    whole = all(type(n) is int and 0 <= n < 1 << 53 for n in (head.number, head.count, head.size))
    absent = len(head.absent) <= 100 and all(isinstance(a, str) and len(a) <= 500 for a in head.absent)
    # a kind that is not known here is refused by its name, and the line goes on: a later version may have it
    if not (texts and whole and absent and re.fullmatch(r"[a-z][a-z ]*", head.kind)):
        raise _unread()
    try:
        for each in (head.id, head.sender, head.recipient):
            if str(UUID(each)) != each:
                raise _unread()
        moment(head.issued), moment(head.expires)
    except ValueError as fault:
        raise (fault if isinstance(fault, PackageRefused) else _unread()) from None
    if head.size > LARGEST:
        raise PackageRefused(Code.TOO_LARGE, "it says that it is over 512 MiB; ask for several packages")
    if head.count > MOST_THINGS:
        raise PackageRefused(
            Code.TOO_LARGE, f"it says that it holds over {MOST_THINGS:,} things; ask for several packages"
        )


def moment(text: str) -> datetime:
    """Return a moment of a header; raise ``ValueError`` for one without its offset."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment needs its offset")
    return at


def _unread() -> PackageRefused:
    return PackageRefused(Code.NONSENSE, "its header cannot be read; have the sender seal it again")


def read_line(line: bytes) -> dict[str, Any]:
    """Return one line of a body as an object; raise ``PackageRefused``."""
    try:
        told = loads(line)
    except NotStrict as fault:
        raise PackageRefused(Code.NONSENSE, f"a line of it has no single sense: {fault}") from None
    if not isinstance(told, dict):
        raise PackageRefused(Code.NONSENSE, "a line of it is no object; have the sender seal it again")
    return told
