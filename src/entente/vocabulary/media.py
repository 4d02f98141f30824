"""Media as evidence knows it: a picture or a video, its frames, a region of it, and a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MediaKind(StrEnum):
    """What a file turned out to be, whatever its name says."""

    PICTURE = "picture"
    VIDEO = "video"


class Sampling(StrEnum):
    """How closely a video is looked at. All but the last start with every key frame."""

    KEYS = "key-frames"  # key frames only: the first pass over a large seizure
    SPARSE = "sparse"  # two a second: enough to ask with, whatever the phase of what is held
    DENSE = "dense"  # six a second: to be held
    EVERY = "every-frame"


class RefusalCode(StrEnum):
    """Why a file could not be opened. A refusal is a recorded result, never a lost file."""

    EMPTY = "empty"
    NOT_MEDIA = "not-media"
    UNSUPPORTED = "unsupported"
    DAMAGED = "damaged"
    TOO_LARGE = "too-large"  # more pixels than the limit
    TIMEOUT = "timeout"
    DECODER_DIED = "decoder-died"
    UNREADABLE = "unreadable"  # no permission, or it vanished
    NOT_A_FILE = "not-a-file"  # device, socket, pipe
    SYMLINK = "symlink"  # links are not followed
    PLAYLIST = "playlist"  # a text that points at other files
    NO_SPACE = "no-space"
    ARCHIVE = "archive"  # no picture itself; what it holds was received, each member as a file of its own
    ERASED = "erased"  # the key of its case was destroyed


@dataclass(frozen=True, slots=True)
class Refusal:
    """What went wrong and the mend, in one sentence an officer can act on."""

    code: RefusalCode
    reason: str


@dataclass(frozen=True, slots=True)
class Region:
    """A box in fractions of the displayed picture, 0-1, from the top left corner."""

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        inside = 0 <= self.x < 1 and 0 <= self.y < 1 and 0 < self.w <= 1 and 0 < self.h <= 1
        if not inside or self.x + self.w > 1 + 1e-6 or self.y + self.h > 1 + 1e-6:
            raise ValueError("a region lies inside the picture: x, y, w, h as fractions of it")


@dataclass(frozen=True, slots=True)
class Segment:
    """Where an asked video and a held one show the same, in seconds of each.

    Held second = ``slope`` x asked second + a constant. A picture stands at 0 for as long as it is shown.
    """

    query_start: float
    query_end: float
    match_start: float
    match_end: float
    frames: int  # of the asked video that say so
    slope: float = 1.0


@dataclass(frozen=True, slots=True)
class FrameHash:
    """One frame of a video: presentation time in seconds, PDQ in hex, quality 0-100."""

    t: float
    pdq: str
    quality: int
