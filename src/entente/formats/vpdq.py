"""vPDQ files: a video as the hashes of its frames, as the C++ tool and the Python packages write them.

Text: a line ``frame,quality,hash,second`` for each frame (``vpdq-hash-video``), or ``hash,quality,second``
(the ``vpdq`` command). JSON: a list of texts ``hash,quality,second`` (the signal of ``threatexchange``), or
its older object of frames. Source: ``vpdq/cpp/io/vpdqio.cpp`` and ``extensions/vpdq/vpdq_util.py`` of
ThreatExchange (2026-07). A file may hold several videos: one JSON a line, or texts put one after the other.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.values import hex_of
from entente.safeguards import strict_json
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import BLANK_HASHES, PDQ_MIN_QUALITY, HashEntry, RecordRefusal

MOST_FRAMES = 500_000  # of one video, as a decoder may tell
LARGEST = 64 << 20  # bytes of one JSON signal
LONGEST_LINE = 400  # bytes of a line of text
LATEST_S = 1e8
_NUMBER = re.compile(r"[0-9]{1,12}")
_SECOND = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9]{1,2})?")
_NAMES = ("hash", "quality", "timestamp")
_SAYS = "a frame is frame,quality,hash,second with 64 hex digits, quality 0-100"

Numbered = tuple[int | None, FrameHash]


class _Refused(ValueError):
    """A frame, or a whole video, that cannot be read: its code and the mend."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def _frame_of(cells: Sequence[str]) -> Numbered:
    """Return a frame from the cells of a line in either order, with its number where the line has one."""
    if len(cells) < 3:
        raise _Refused("bad-frame", f"{_SAYS}; this one has {len(cells)} parts and was left out")
    if len(cells[0].strip()) == 64:
        pdq, quality, second, number = cells[0], cells[1], cells[2], ""
    else:
        number, quality, pdq, second = (*cells, "")[:4]
    return (int(number) if _NUMBER.fullmatch(number.strip()) else None), _frame(pdq, quality, second)


def _frame(pdq: Any, quality: Any, second: Any) -> FrameHash:
    """Return a frame whose three values are what they must be."""
    value, good, at = hex_of(pdq, "pdq"), str(quality).strip(), str(second).strip()
    if not value:
        raise _Refused("bad-pdq", f"{str(pdq)[:12]!r}… is no PDQ of 64 hex digits; the frame was left out")
    if not _NUMBER.fullmatch(good) or int(good) > 100:
        raise _Refused("bad-frame", f"{good[:12]!r} is no quality from 0 to 100; the frame was left out")
    if not _SECOND.fullmatch(at) or not math.isfinite(float(at)) or float(at) > LATEST_S:
        raise _Refused("bad-frame", f"{at[:16]!r} is no second of a video; the frame was left out")
    return FrameHash(float(at), value, int(good))


def _entry(line: int, frames: list[FrameHash]) -> Iterator[Record]:
    """Yield a video as an entry without its blank frames, or its refusal.

    A black frame has a blank hash and no quality; one that claims quality is told of.
    """
    if len(frames) > MOST_FRAMES:
        what = f"this video has over {MOST_FRAMES} frames; ask for one hash a second"
        yield RecordRefusal(line, "too-long", what)
        return
    says = sorted((f for f in frames if f.pdq not in BLANK_HASHES), key=lambda f: f.t)
    if claimed := sum(f.pdq in BLANK_HASHES and f.quality >= PDQ_MIN_QUALITY for f in frames):
        what = f"{claimed} frames are all zeros or all ones, which stands for no value; they were left out"
        yield RecordRefusal(line, "blank-pdq", what)
    if says:
        yield HashEntry(line, frames=tuple(says))
    else:
        yield RecordRefusal(line, "no-hash", "this video has no frame that says anything; ask for it again")


class _Text:
    """Gathers the lines of texts; a number or a second that goes back begins the next video."""

    def __init__(self) -> None:
        self._line, self._number, self._frames = 0, -1, list[FrameHash]()

    def _begins(self, number: int | None, frame: FrameHash) -> bool:
        if number is not None:
            return number <= self._number
        return bool(self._frames) and frame.t < self._frames[-1].t

    def read(self, line: int, text: str) -> Iterator[Record]:
        """Yield the video before where the line begins another, and the line's refusal."""
        try:
            number, frame = _frame_of(text.split(","))
        except _Refused as refused:
            yield RecordRefusal(line, refused.code, refused.reason)
            return
        if self._frames and self._begins(number, frame):
            yield from self.end()
        self._line = self._line or line
        self._number = -1 if number is None else number
        if len(self._frames) <= MOST_FRAMES:  # one more than may be, to be refused
            self._frames.append(frame)

    def end(self) -> Iterator[Record]:
        """Yield the last video."""
        if self._frames:
            yield from _entry(self._line, self._frames)
        self._line, self._number, self._frames = 0, -1, []


def _signal(line: int, value: Any) -> Iterator[Record]:
    """Yield the refusals of single frames, then the video that one JSON value says."""
    if isinstance(value, dict):
        rows = [
            tuple(each.get(k) for k in _NAMES) if isinstance(each, dict) else () for each in value.values()
        ]
    elif isinstance(value, list):
        rows = [tuple(each.split(",")) if isinstance(each, str) else () for each in value]
    else:
        yield RecordRefusal(line, "not-vpdq", "a vPDQ signal is a list of texts hash,quality,second")
        return
    frames: list[FrameHash] = []
    for place, row in enumerate(rows[: MOST_FRAMES + 1], 1):
        try:
            if len(row) != 3:
                raise _Refused("bad-frame", "a frame of a signal is hash,quality,second; it was left out")
            frames.append(_frame(*row))
        except _Refused as refused:
            yield RecordRefusal(line, refused.code, f"frame {place}: {refused.reason}")
    yield from _entry(line, frames)


def _whole(first: bytes, stream: BinaryIO) -> Any:
    """Return one JSON value that goes over several lines."""
    rest = stream.read(LARGEST + 1 - len(first))
    if len(first) + len(rest) > LARGEST:
        raise ListRefused("too-large", f"one signal has over {LARGEST >> 20} MiB; ask for one hash a second")
    try:
        return strict_json.loads(first + rest)
    except strict_json.NotStrict as fault:
        raise ListRefused("not-vpdq", f"this is no vPDQ signal: {fault}") from None


def _signals(first: bytes, stream: BinaryIO) -> Iterator[Record]:
    """Yield the videos of JSON: one a line, or one over all lines."""
    line, raw = 1, first
    while raw:
        if len(raw) > LARGEST:
            raise ListRefused(
                "too-large", f"one signal has over {LARGEST >> 20} MiB; ask for one hash a second"
            )
        if raw.strip():
            try:
                value = strict_json.loads(raw)
            except strict_json.NotStrict as fault:
                if line > 1:
                    yield RecordRefusal(line, "not-vpdq", f"this line is no vPDQ signal: {fault}")
                else:
                    yield from _signal(1, _whole(raw, stream))
                    return
            else:
                yield from _signal(line, value)
        line, raw = line + 1, stream.readline(LARGEST + 1)


def _lines(first: bytes, stream: BinaryIO) -> Iterator[Record]:
    """Yield the videos of text."""
    text, line, raw = _Text(), 1, first
    while raw:
        if len(raw) >= LONGEST_LINE and not raw.endswith(b"\n"):
            yield RecordRefusal(line, "bad-frame", f"{_SAYS}; this line is too long and was left out")
            while raw and not raw.endswith(b"\n"):
                raw = stream.readline(LONGEST_LINE)
        elif raw.strip():
            yield from text.read(line, raw.decode("utf-8", "replace").strip())
        line, raw = line + 1, stream.readline(LONGEST_LINE)
    yield from text.end()


def looks_like_vpdq(head: str) -> bool:
    """Whether a list's first characters are those of a vPDQ file."""
    first = head.lstrip("\ufeff \t\r\n").split("\n", 1)[0]
    if first.startswith("["):
        rest = head.lstrip("\ufeff \t\r\n[")
        return bool(re.match(r'"[0-9a-fA-F]{64},[0-9]{1,3},', rest))
    if first.startswith("{"):
        return bool(re.match(r'\{\s*"[0-9]+"\s*:\s*\{', head.lstrip("\ufeff \t\r\n")))
    return bool(re.match(r"[0-9]+,[0-9]{1,3},[0-9a-fA-F]{64},|[0-9a-fA-F]{64},[0-9]{1,3},[0-9.]+\s*$", first))


def write_text(frames: Iterable[FrameHash], stream: BinaryIO) -> int:
    """Write a video as the C++ tool does, frames numbered from 0, and return how many frames."""
    count = 0
    for count, frame in enumerate(frames, 1):
        stream.write(f"{count - 1},{frame.quality},{frame.pdq},{frame.t:.3f}\n".encode())
    return count


def write_signals(videos: Iterable[Sequence[FrameHash]], stream: BinaryIO) -> int:
    """Write one JSON signal a line, as ``threatexchange`` exchanges them; return how many videos."""
    count = 0
    for frames in videos:
        text = json.dumps([f"{f.pdq},{f.quality},{f.t:.3f}" for f in frames])
        stream.write(text.encode() + b"\n")
        count += 1
    return count


class VPDQFormat:
    """The format as plug-in. A video becomes one entry with ``frames``."""

    name = "vpdq"
    losses = (
        "A frame's number is not kept: its second is.",
        "Frames whose hash is all zeros or all ones (black, blank) are left out.",
        "The file has no exact hash, no name and no category of the video.",
        "Seconds are the writer's: number by mean rate, wrong where the rate varies.",
    )

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield one entry for each video, after the refusals of its frames that cannot be read.

        Raises ``ListRefused`` where the file as a whole is no vPDQ.
        """
        first = stream.readline(LARGEST + 1)
        while first and not first.strip(b"\xef\xbb\xbf \t\r\n"):
            first = stream.readline(LARGEST + 1)
        first = first.removeprefix(b"\xef\xbb\xbf")
        if first.lstrip()[:1] in (b"[", b"{"):
            yield from _signals(first, stream)
            return
        if len(first) > LONGEST_LINE or not looks_like_vpdq(first.decode("utf-8", "replace")):
            raise ListRefused("not-vpdq", f"this is no vPDQ file: {_SAYS}; name another format")
        yield from _lines(first, stream)

    def examples(self) -> Sequence[ListExample]:
        """Return one file of each shape."""
        one, two = "f8f8f0cce0f4e84d0e370a22028f67f0" * 2, "0123456789abcdef" * 4
        frames = (FrameHash(0.0, one, 100), FrameHash(0.033, two, 49))
        text = f"0,100,{one},0.000\n1,49,{two.upper()},0.033\n"
        signal = f'["{one},100,0.000", "{two},49,0.033"]\n'
        old = (
            f'{{"0": {{"quality": 100, "hash": "{one}", "timestamp": 0.0}},\n'
            f' "1": {{"quality": 49, "hash": "{two}", "timestamp": 0.033}}}}'
        )
        return [
            ListExample(text.encode(), (HashEntry(1, frames=frames),)),
            ListExample((text * 2).encode(), (HashEntry(1, frames=frames), HashEntry(3, frames=frames))),
            ListExample(
                f"{one},100,0.000\n{two},49,0.033\n{two},149,1\n".encode(),
                (HashEntry(1, frames=frames),),
                ("bad-frame",),
            ),
            ListExample(
                (signal + signal + "[]\n").encode(),
                (HashEntry(1, frames=frames), HashEntry(2, frames=frames)),
                ("no-hash",),
            ),
            ListExample(old.encode(), (HashEntry(1, frames=frames),)),
        ]


VPDQ = VPDQFormat()
