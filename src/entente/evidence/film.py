"""What a video has over time: its frames' moments, its shots, how loud it is, a short stretch of sound."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from entente.evidence import reply
from entente.evidence.open import asked, nonsense
from entente.evidence.sandbox import Sandbox
from entente.evidence.source import Held
from entente.vocabulary.media import Refusal

AROUND = 60  # frames told before and after the one asked for
RATE, STEPS_EACH_S = 24_000, 20  # as ``sounds``, which would bring the decoders along
SHOTS_S = 20.0  # seconds of work that looking for cuts may take: the page waits for it
MOST_SHOWN, LARGEST_SHEET = 16, 800  # as ``shots``: little pictures, and pixels of the longest side


@dataclass(frozen=True, slots=True)
class Moments:
    """Frames near a second: the seconds of each, which of them is shown then, and their place among all."""

    first: int  # frames before the first of ``times``
    here: int  # place in ``times``
    total: int
    times: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Seconds at which shots begin, as far as ``until``; and a JPEG of those of ``shown``, small and grey."""

    starts: tuple[float, ...]
    until: float
    shown: tuple[float, ...]
    picture: bytes


def moments(
    file: Path | Held, t: float, *, around: int = AROUND, sandbox: Sandbox | None = None
) -> Moments | Refusal:
    """Return the real presentation times of the frames around the one that is shown at ``t``."""
    answer = asked(file, "moments", {"t": t, "around": around}, sandbox=sandbox)
    try:
        return answer.refusal or Moments(*reply.moments(answer.data, around))
    except reply.Nonsense as error:
        return nonsense(error)


def loudness(file: Path | Held, *, sandbox: Sandbox | None = None) -> bytes | Refusal:
    """Return the largest deviation in each twentieth of a second, 0-255, from the video's start."""
    answer = asked(file, "loudness", {}, sandbox=sandbox)
    try:
        return answer.refusal or reply.peaks(answer.blob)
    except reply.Nonsense as error:
        return nonsense(error)


def sheet(file: Path | Held, *, limit_s: float = SHOTS_S, sandbox: Sandbox | None = None) -> Sheet | Refusal:
    """Return where a video is cut, with one small grey picture of its shots."""
    answer = asked(file, "shots", {"limit_s": limit_s}, sandbox=sandbox)
    if answer.refusal:
        return answer.refusal
    try:
        told = reply.shots(answer.data, MOST_SHOWN)
        return Sheet(*told, reply.sheet(answer.blob, LARGEST_SHEET))
    except reply.Nonsense as error:
        return nonsense(error)


def sound(
    file: Path | Held, start: float, seconds: float, *, sandbox: Sandbox | None = None
) -> bytes | Refusal:
    """Return a stretch of sound as a WAV file: mono, 16 bits, no metadata; the header is written here."""
    answer = asked(file, "hear", {"start": start, "seconds": seconds}, sandbox=sandbox)
    try:
        return answer.refusal or _wav(reply.samples(answer.blob, round(seconds * RATE)))
    except reply.Nonsense as error:
        return nonsense(error)


def _wav(samples: bytes) -> bytes:
    """Return samples with the header of a WAVE file (IBM and Microsoft, 1991): PCM, one channel."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    data = struct.pack("<4sI", b"data", len(samples)) + samples
    return struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(data), b"WAVE") + form + data
