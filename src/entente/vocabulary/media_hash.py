"""Hashes of media, what a hash list says, and the verdict of a comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from entente.vocabulary.media import FrameHash, Region, Segment
from entente.vocabulary.reason import Reason

PDQ_NEAR = 31  # bits of 256; the distance that the PDQ authors call a match
PDQ_MIN_QUALITY = 50  # below it a hash is kept but not searched
PDQ_HEX = 64  # digits


class Digest(StrEnum):
    """Exact hashes, by the length of their hex text."""

    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"


DIGEST_HEX = {Digest.MD5: 32, Digest.SHA1: 40, Digest.SHA256: 64}

# Every list in use carries these by mistake; they would match every empty file.
EMPTY_FILE_HASHES = frozenset(
    {
        "d41d8cd98f00b204e9800998ecf8427e",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)


class Profile(StrEnum):
    """How a picture was made small before its PDQ was taken.

    Three ways are in use and give hashes that differ by 6-10 bits in the middle and up to 54; no list says
    which one it holds, so a query asks under all.
    """

    FULL = "full"  # not at all: pdqhash, threatexchange, Hasher-Matcher-Actioner, the Java reference
    THUMB512 = "thumb512"  # Pillow's thumbnail of at most 512 a side: the Python reference
    NEAREST512 = "nearest512"  # nearest pixel, 512 by 512: the C++ command line and the browser's module


Turns = tuple[str, ...]  # eight hashes in hex, in the order of Transform

_HEX = frozenset("0123456789abcdefABCDEF")

# Stand-ins of databases for "no value": as an entry they would match what means nothing.
BLANK_HASHES = frozenset(sign * length for sign in "0f" for length in (32, 40, 64))


class NoHash(StrEnum):
    """Why a value is not searched by likeness."""

    WRONG_LENGTH = "wrong-length"
    NOT_HEX = "not-hex"
    BLANK = "blank"
    LOW_QUALITY = "low-quality"


class HashRefused(ValueError):
    """A value that cannot stand for a picture: a code, and a sentence with the mend."""

    def __init__(self, code: NoHash, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def demand_pdq(value: str, quality: int | None = None) -> None:
    """Raise ``HashRefused`` unless ``value`` is a PDQ that may be searched; an unknown quality is taken."""
    if len(value) != PDQ_HEX:
        raise HashRefused(
            NoHash.WRONG_LENGTH,
            f"a PDQ hash has {PDQ_HEX} hex digits and this has {len(value)}; copy it whole",
        )
    if not set(value) <= _HEX:
        raise HashRefused(NoHash.NOT_HEX, "a PDQ hash has only the digits 0-9 and a-f; copy it again")
    if value.lower() in BLANK_HASHES:
        raise HashRefused(NoHash.BLANK, "it is all zeros or all ones, a stand-in for no hash; leave it out")
    if quality is not None and quality < PDQ_MIN_QUALITY:
        raise HashRefused(
            NoHash.LOW_QUALITY,
            f"its quality {quality} is below {PDQ_MIN_QUALITY}: it meets every flat picture; ask by SHA-256",
        )


class Verdict(StrEnum):
    """Is it known?"""

    EXACT = "exact"
    NEAR = "near"
    SCENE = "scene"
    NEW = "new"


class Transform(StrEnum):
    """How the query had to be turned to meet the held hash (the eight of the square)."""

    ORIGINAL = "original"
    ROTATE_90 = "rotate-90"
    ROTATE_180 = "rotate-180"
    ROTATE_270 = "rotate-270"
    MIRROR_X = "mirror-x"  # upside down: rows reversed
    MIRROR_Y = "mirror-y"  # left to right: columns reversed
    TRANSPOSE = "transpose"
    ANTITRANSPOSE = "antitranspose"


@dataclass(frozen=True, slots=True)
class HashEntry:
    """One record of a hash list, as its provider wrote it.

    ``category`` is opaque text that means something only under the list's own ``profile``.
    ``photodna`` is stored and passed on, never compared. An unknown PDQ profile stays empty.
    """

    line: int
    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    pdq: str = ""
    photodna: str = ""
    category: str = ""
    series: str = ""
    victim_identified: bool | None = None
    offender_identified: bool | None = None
    distributed: bool | None = None
    size: int | None = None
    mime: str = ""
    tags: str = ""
    paths: tuple[str, ...] = ()
    deleted: bool = False
    other: dict[str, str] = field(default_factory=dict)
    pdq_quality: int | None = None  # 0-100 where the provider told it
    pdq_profile: str = ""  # a ``Profile`` where the provider told it
    positive: int = 0  # votes of those who share the list: it is what the list says
    negative: int = 0  # it is not
    disputed: int = 0  # votes on both sides, where the provider counts no sides
    frames: tuple[FrameHash, ...] = ()  # of a held video


@dataclass(frozen=True, slots=True)
class RecordRefusal:
    """A record of a list that could not be read: its place, a code and the mend."""

    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hit:
    """The verdict on one item, with everything needed to check it."""

    verdict: Verdict
    list_name: str
    entry: str
    distance: int | None
    transform: Transform
    because: Reason  # its method and version are those that met it
    list_version: str = ""
    profile: str = ""  # a ``Profile``: under which PDQ came nearest
    category: str = ""
    harmless: bool = False  # a list of the harmless says so: it hides, it never alerts
    segments: tuple[Segment, ...] = ()
    regions: tuple[Region, Region] | None = None  # the same part, of the asked and of the held picture
