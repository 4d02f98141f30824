"""A log in a file: every byte of it is sealed, so that it proves itself anywhere.

First line: the format and the log's key. Then each entry's body as sealed, an empty line, the signed heads
(the last one, and before it the last one that partners co-signed) with an empty line after each, and a seal:
the log's signature over the SHA-256 of all bytes before it. Nothing here needs a desk.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from entente.records import log_key
from entente.safeguards import strict_json, tree
from entente.safeguards.checkpoint import Key, NotANote, Note, read_key, read_note

FIRST = b"entente log 1 "
SEAL = b"seal "
_CONTEXT = b"entente log file 1\n"
SHOWN = 50

Sign = Callable[[bytes], bytes]


class NotALog(ValueError):
    """The file is not one that ``entente log write`` made."""


@dataclass(slots=True)
class Told:
    """What a written log says about itself."""

    key: Key
    size: int = 0
    root: bytes = b""
    notes: list[Note] = field(default_factory=list)
    witnessed: int = 0
    faults: list[str] = field(default_factory=list)


def write(out: BinaryIO, bodies: Iterable[str], notes: Iterable[Note], key: Key, sign: Sign) -> None:
    """Write a log: the bodies in their order, the heads by size, and the seal."""
    digest = sha256()

    def put(line: bytes) -> None:
        digest.update(line)
        out.write(line)

    put(FIRST + key.written().encode() + b"\n")
    for body in bodies:
        put(body.encode() + b"\n")
    put(b"\n")
    for note in notes:
        put(note.text().encode() + b"\n")
    out.write(SEAL + base64.b64encode(sign(_CONTEXT + digest.digest())) + b"\n")


def verify(path: Path, *, pinned: Key | None = None, witnesses: Iterable[Key] = ()) -> Told:
    """Read a written log and say everything that is wrong with it.

    ``pinned`` is the key that the reader got from elsewhere: without it a whole forged file proves itself.
    Co-signatures count where the witness's key is given. Raises ``NotALog`` for another kind of file.
    """
    with path.open("rb") as held:
        lines = iter(held)
        first = next(lines, b"")
        if not first.startswith(FIRST) or not first.endswith(b"\n"):
            raise NotALog("its first line does not name a log's key; make one with `entente log write`")
        try:
            told = Told(read_key(first[len(FIRST) : -1].decode()))
        except ValueError as fault:
            raise NotALog(f"its first line names no key: {fault}") from None
        if told.key.written().encode() != first[len(FIRST) : -1]:
            told.faults.append("the first line is not in its one form")
        if pinned and pinned != told.key:
            told.faults.append("the file is of another log, or signed by another key, than the one given")
        digest = sha256(first)
        leaves = _bodies(told, lines, digest.update)
        seal = _notes(told, lines, digest.update)
        _seal(told, seal, _CONTEXT + digest.digest())
    _heads(told, leaves, list(witnesses))
    return told


def _bodies(told: Told, lines: Iterator[bytes], digest: Callable[[bytes], None]) -> list[bytes]:
    leaves: list[bytes] = []
    for line in lines:
        digest(line)
        if line == b"\n":
            break
        body = line.removesuffix(b"\n")
        leaves.append(tree.leaf_hash(body))
        try:
            right = strict_json.loads(body)["seq"] == len(leaves) - 1
        except (ValueError, LookupError, TypeError):
            right = False
        if not right and len(told.faults) < SHOWN:
            told.faults.append(f"line {len(leaves) + 1} is not entry {len(leaves) - 1}")
    told.size, told.root = len(leaves), tree.root(leaves)
    return leaves


def _notes(told: Told, lines: Iterator[bytes], digest: Callable[[bytes], None]) -> bytes:
    """Read the heads; return the seal's line, the last of the file."""
    text, gaps, seal = b"", 0, b""
    for line in lines:
        if seal:
            told.faults.append("something stands behind the seal")
            break
        if line.startswith(SEAL):
            seal = line
            continue
        digest(line)
        text, gaps = text + line, gaps + (line == b"\n")
        if gaps == 2:
            try:
                told.notes.append(read_note(text[:-1].decode()))
            except (NotANote, UnicodeDecodeError) as fault:
                told.faults.append(f"a signed head cannot be read: {fault}")
            text, gaps = b"", 0
    if text:
        told.faults.append("a signed head is cut off")
    return seal


def _seal(told: Told, seal: bytes, sealed: bytes) -> None:
    try:
        signature = base64.b64decode(seal[len(SEAL) : -1], validate=True)
    except ValueError:
        signature = b""
    if seal != SEAL + base64.b64encode(signature) + b"\n" or not log_key.checked(told.key, signature, sealed):
        told.faults.append("the seal does not fit: the file was changed, or cut off")


def _heads(told: Told, leaves: list[bytes], witnesses: list[Key]) -> None:
    if not told.notes or told.notes[-1].head.size != told.size:
        told.faults.append("the last signed head is not that of all its entries")
    for note in told.notes:
        size = note.head.size
        if not log_key.signed(note, told.key):
            told.faults.append(f"the head of {size} entries is not signed by the log's key")
        root = told.root if size == told.size else tree.root(leaves[:size]) if size < told.size else b""
        if note.head.root != root:
            told.faults.append(f"the root of the first {size} entries is not the signed one")
        for each in witnesses:
            lines = [s for s in note.signatures if s.name == each.name]
            if any(log_key.cosigned(note.head, s, each) is None for s in lines):
                told.faults.append(f"the co-signature of {each.name} does not hold")
            elif lines:
                told.witnessed = max(told.witnessed, size)
