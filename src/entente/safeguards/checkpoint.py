"""The text of a log's head: checkpoints, their signature lines, and what a witness is asked.

Source: C2SP signed-note, tlog-checkpoint, tlog-cosignature (cosignature/v1) and tlog-witness. Here is only
text; keys and signatures are made and checked in ``records.log_key``. Whatever could be written in two ways
is refused, so that a text is valid in one form of bytes only.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

LOG_KEY, COSIGNER_KEY = 1, 4  # the signature types of an Ed25519 note and of cosignature/v1
ROOT_BYTES = KEY_BYTES = 32
ID_BYTES, TIME_BYTES, SIGNATURE_BYTES = 4, 8, 64
PROOF_LINES = 63  # tlog-witness: at most
_DASH = "— "
_TOP = 1 << 63


class NotANote(ValueError):
    """The text is no checkpoint, no key and no request as the standard writes them; it says what is wrong."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of one log: who keeps it, how many entries, and their root (32 raw bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note: the signer's name, the key's id and the signature's own bytes."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        """Return the line with its end."""
        return f"{_DASH}{self.name} {_b64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Key:
    """A log's public key (32 raw bytes of Ed25519) under the log's name."""

    name: str
    public: bytes

    def id_as(self, kind: int) -> bytes:
        """Return the four bytes by which a line names this key."""
        return sha256(self.name.encode() + b"\n" + bytes([kind]) + self.public).digest()[:ID_BYTES]

    def written(self) -> str:
        """Return the key as partners exchange it: name, id and key, joined by ``+``."""
        return f"{self.name}+{self.id_as(LOG_KEY).hex()}+{_b64(bytes([LOG_KEY]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A signed checkpoint: its head and the lines under it, in their order."""

    head: Checkpoint
    signatures: tuple[Signature, ...] = field(default=())

    def text(self) -> str:
        """Return the whole note."""
        return self.head.text() + "\n" + "".join(s.line() for s in self.signatures)

    def by(self, key: Key, kind: int) -> list[Signature]:
        """Return the lines that claim to be of ``key``."""
        return [s for s in self.signatures if s.name == key.name and s.key_id == key.id_as(kind)]


def cosigned_text(head: Checkpoint, seconds: int) -> bytes:
    """Return what a witness signs at ``seconds`` since 1970 (UTC)."""
    return f"cosignature/v1\ntime {seconds}\n{head.text()}".encode()


def read_key(text: str) -> Key:
    """Read a written key; raise ``NotANote`` where its parts do not belong together."""
    name, _, rest = text.strip().partition("+")
    given, _, blob = rest.partition("+")
    raw = _bytes(blob, 1 + KEY_BYTES)
    key = Key(named(name), raw[1:])
    if raw[0] != LOG_KEY or given != key.id_as(LOG_KEY).hex():
        raise NotANote(
            "the key's name, id and bytes do not belong together; ask the partner to send it again"
        )
    return key


def read_note(text: str) -> Note:
    """Read a signed checkpoint; raise ``NotANote`` for anything that has another writing."""
    body, gap, below = text.partition("\n\n")
    lines = body.split("\n")
    if not gap or len(lines) != 3 or not below.endswith("\n"):
        raise NotANote("a checkpoint is three lines, an empty one, and signatures")
    head = Checkpoint(named(lines[0]), whole(lines[1]), _bytes(lines[2], ROOT_BYTES))
    return Note(head, tuple(read_signature(each) for each in below[:-1].split("\n")))


def read_signature(line: str) -> Signature:
    """Read one signature line without its end."""
    if not line.startswith(_DASH):
        raise NotANote("a signature line begins with a dash and a space")
    name, _, blob = line.removeprefix(_DASH).partition(" ")
    raw = _bytes(blob)
    if len(raw) not in {ID_BYTES + SIGNATURE_BYTES, ID_BYTES + TIME_BYTES + SIGNATURE_BYTES}:
        raise NotANote("a signature line has a key id and an Ed25519 signature")
    return Signature(named(name), raw[:ID_BYTES], raw[ID_BYTES:])


def written_request(old: int, proof: Sequence[bytes], note: Note) -> str:
    """Return what a witness is asked: to co-sign ``note``, which grew from ``old`` entries."""
    return f"old {old}\n" + "".join(f"{_b64(h)}\n" for h in proof) + "\n" + note.text()


def read_request(text: str) -> tuple[int, list[bytes], Note]:
    """Read the old size, the consistency proof and the note of such a request."""
    above, gap, note = text.partition("\n\n")
    first, *proof = above.split("\n")
    if not gap or not first.startswith("old ") or len(proof) > PROOF_LINES:
        raise NotANote(
            "a request is a line `old SIZE`, a proof of at most 63 lines, an empty line and a note"
        )
    return whole(first.removeprefix("old ")), [_bytes(h, ROOT_BYTES) for h in proof], read_note(note)


def named(name: str) -> str:
    """Return a name that can stand in a note; raise ``NotANote`` for any other."""
    plain = name.isascii() and name.isprintable() and not set(name) & {" ", "+"}
    if not plain or not 0 < len(name) <= 255:
        raise NotANote("a log's name is up to 255 plain letters without spaces and plus signs")
    return name


def whole(text: str) -> int:
    """Return a size written in decimal digits without leading zeroes."""
    if not (text.isascii() and text.isdigit()) or (text != "0" and text.startswith("0")) or len(text) > 19:
        raise NotANote("a size is a decimal number without leading zeroes")
    size = int(text)
    if size >= _TOP:
        raise NotANote("a size is smaller than 2 to the 63rd")
    return size


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str, length: int | None = None) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotANote("this is not base64") from None
    if _b64(raw) != text or length not in {None, len(raw)}:
        raise NotANote("base64 of another length, or not in its one form")
    return raw
