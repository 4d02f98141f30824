"""What a decoder may answer. A file may have taken it over, so its answer is a stranger's words.

Known names only, of the right type, finite, within measure; a derived copy is a plain picture and nothing
else: no metadata, nothing behind its end, no larger than was asked for.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from typing import Any

from entente.vocabulary.media import FrameHash, MediaKind
from entente.vocabulary.media_hash import Profile

MOST_PIXELS = 80_000_000
MOST_TAGS, LONGEST_NAME, LONGEST_TAG = 600, 200, 4000
MOST_FRAMES = 500_000  # a day and a half of key frames each quarter of a second
LONGEST_S = 1e8
TURNS = 8
MOST_PEAKS = 20 * 3600 * 12  # as ``sounds.MOST_STEPS``
GREY_SIDE, SIDE = 160, 1600  # as ``derive.SIDES``, which would bring OpenCV along
_HEX = re.compile(r"(?:[0-9a-f]{2}){4,512}\Z")
_PDQ = re.compile(r"[0-9a-f]{64}\Z")
_DESCRIPTION = {
    *("tags", "width", "height", "duration", "hashes", "frames"),
    *("decoded", "expected", "errors", "partial", "extracted"),
}
_HASH = {"turns", "quality", "profiles", "raw", "rough"}
_OTHERS = {str(profile) for profile in Profile if profile is not Profile.FULL}
_JPEG_PARTS = {0xE0, 0xDB, 0xC0, 0xC4, 0xDD}  # JFIF, tables, baseline frame, restart interval


class Nonsense(ValueError):
    """An answer that no decoder of ours gives."""


def description(data: dict[str, Any], kind: MediaKind, asked: Sequence[str]) -> dict[str, Any]:
    """Return the fields of ``open.Opened`` in an answer to ``describe``; raises ``Nonsense``."""
    _demand(set(data) <= _DESCRIPTION, "names that are not asked for")
    hashes = {_text(name, 40): _hash(value) for name, value in _object(data.get("hashes", {}), 50).items()}
    width, height = _count(data.get("width")), _count(data.get("height"))
    _demand(0 < width * height <= MOST_PIXELS, "a size out of measure")
    frames = tuple(_frame(frame) for frame in _array(data.get("frames", []), MOST_FRAMES))
    _demand(bool(hashes) != (kind is MediaKind.VIDEO) and not (hashes and frames), "hashes of another kind")
    pdq = hashes.get("pdq")
    return {
        "tags": tags(data),
        "width": width,
        "height": height,
        "duration": None if data.get("duration") is None else _number(data["duration"], LONGEST_S),
        "hashes": hashes,
        "pdq": pdq["turns"][0] if pdq else None,
        "pdq_turns": {Profile.FULL: pdq["turns"], **pdq["profiles"]} if pdq else {},
        "pdq_raw": pdq["raw"] if pdq else "",
        "pdq_rough": pdq["rough"] if pdq else False,
        "pdq_quality": pdq["quality"] if pdq else None,
        "frames": tuple(frame for frame in frames if frame),
        "decoded": _count(data.get("decoded")),
        "expected": _count(data.get("expected")),
        "errors": _count(data.get("errors")),
        "partial": _flag(data.get("partial")),
        "extracted": _extracted(data.get("extracted", {}), asked),
    }


def tags(data: dict[str, Any]) -> dict[str, str]:
    """Return the tags of an answer, also of a refusal; raises ``Nonsense``."""
    told = _object(data.get("tags", {}), MOST_TAGS)
    return {_text(name, LONGEST_NAME): _text(value, LONGEST_TAG) for name, value in told.items()}


def picture(blob: bytes, view: str, side: int | None) -> bytes:
    """Return a derived copy that is a plain JPEG (for ``edges`` PNG) of the size asked for, and only that."""
    width, height = _png_size(blob) if view == "edges" else _jpeg_size(blob)
    most = min(side or GREY_SIDE, GREY_SIDE) if view == "grey" else side or SIDE
    _demand(0 < width <= max(1, most) and 0 < height <= max(1, most), "a picture out of measure")
    return blob


def moments(data: dict[str, Any], around: int) -> tuple[int, int, int, tuple[float, ...]]:
    """Return (frames before the first told, place of the one asked for, all frames, their seconds)."""
    _demand(set(data) == {"first", "here", "total", "times"}, "names that are not asked for")
    first, here, total = (_count(data[name]) for name in ("first", "here", "total"))
    times = tuple(_number(t, LONGEST_S) for t in _array(data["times"], 2 * around + 1))
    _demand(list(times) == sorted(set(times)), "frames out of order")
    _demand(first + len(times) <= total and here < max(1, len(times)), "a frame that is not there")
    return first, here, total, times


def shots(data: dict[str, Any], most: int) -> tuple[tuple[float, ...], float, tuple[float, ...]]:
    """Return (seconds at which shots begin, second up to which it was looked at, seconds that are shown)."""
    _demand(set(data) == {"starts", "until", "shown"}, "names that are not asked for")
    starts = tuple(_number(t, LONGEST_S) for t in _array(data["starts"], MOST_FRAMES))
    shown = tuple(_number(t, LONGEST_S) for t in _array(data["shown"], most))
    _demand(bool(starts and shown) and list(starts) == sorted(set(starts)), "shots out of order")
    return starts, _number(data["until"], LONGEST_S), shown


def sheet(blob: bytes, most: int) -> bytes:
    """Return a plain JPEG that is no larger than the little pictures need."""
    _demand(max(_jpeg_size(blob)) <= most, "a picture out of measure")
    return blob


def peaks(blob: bytes) -> bytes:
    """Return how loud it is, a byte for each step."""
    _demand(0 < len(blob) <= MOST_PEAKS, "a loudness out of measure")
    return blob


def samples(blob: bytes, most: int) -> bytes:
    """Return samples of 16 bits, at most so many."""
    _demand(0 < len(blob) <= 2 * most and len(blob) % 2 == 0, "a sound out of measure")
    return blob


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Nonsense(otherwise)


def _object(value: Any, most: int) -> dict[str, Any]:
    _demand(isinstance(value, dict) and len(value) <= most, "no object")
    return dict(value)


def _array(value: Any, most: int) -> list[Any]:
    _demand(isinstance(value, list) and len(value) <= most, "no list")
    return list(value)


def _text(value: Any, longest: int) -> str:
    _demand(isinstance(value, str) and len(value) <= longest, "no text")
    return str(value)


def _flag(value: Any) -> bool:
    _demand(isinstance(value, bool), "no yes or no")
    return bool(value)


def _count(value: Any) -> int:
    _demand(type(value) is int and 0 <= value < 1 << 48, "no count")
    return int(value)


def _number(value: Any, most: float) -> float:
    _demand(type(value) in {int, float} and math.isfinite(value) and 0 <= value <= most, "no number")
    return float(value)


def _quality(value: Any) -> int:
    _demand(type(value) is int and 0 <= value <= 100, "no quality")
    return int(value)


def _hash(value: Any) -> dict[str, Any]:
    told = _object(value, len(_HASH))
    _demand({"turns", "quality"} <= set(told) <= _HASH, "no hash")
    turns, raw = _turns(told["turns"]), told.get("raw", "")
    profiles = {}
    for name, others in _object(told.get("profiles", {}), len(_OTHERS)).items():
        _demand(name in _OTHERS, "no profile")
        profiles[Profile(name)] = _turns(others)
    _demand(raw == "" or (isinstance(raw, str) and bool(_HEX.match(raw))), "no hash")
    lengths = {len(turn) for each in (turns, *profiles.values(), *([[raw]] if raw else [])) for turn in each}
    _demand(len(lengths) == 1, "hashes of several lengths")
    rough, quality = _flag(told.get("rough", False)), _quality(told["quality"])
    return {"turns": turns, "quality": quality, "profiles": profiles, "raw": raw, "rough": rough}


def _turns(value: Any) -> tuple[str, ...]:
    turns = _array(value, TURNS)
    _demand(len(turns) == TURNS, "not eight turns")
    _demand(all(isinstance(turn, str) and _HEX.match(turn) for turn in turns), "no hash")
    return tuple(turns)


def _frame(value: Any) -> FrameHash | None:
    """Return one frame; ``None`` where PDQ is not installed."""
    told = _object(value, 2)
    moment, hashes = _number(told.get("t"), LONGEST_S), _object(told.get("hashes"), 50)
    if "pdq" not in hashes:
        return None
    pair = _array(hashes["pdq"], 2)
    _demand(len(pair) == 2 and isinstance(pair[0], str) and bool(_PDQ.match(pair[0])), "no hash")
    return FrameHash(moment, pair[0], _quality(pair[1]))


def _extracted(value: Any, asked: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what extractors found; what is in a ``value`` is checked by who asked for it."""
    told = _object(value, len(asked))
    _demand(set(told) <= set(asked), "an extractor that was not asked")
    for each in told.values():
        _demand(isinstance(each, dict) and set(each) in ({"value"}, {"error"}), "no result")
        _text(each.get("error", ""), 600)
    return told


def _jpeg_size(blob: bytes) -> tuple[int, int]:
    """Return width and height of a baseline JPEG that holds its picture and nothing else (ITU-T T.81, B)."""
    _demand(blob[:2] == b"\xff\xd8", "no JPEG")
    at, size = 2, (0, 0)
    while blob[at : at + 1] == b"\xff" and blob[at + 1 : at + 2] != b"\xda":
        _demand(len(blob) > at + 4, "a JPEG that breaks off")
        mark, length = blob[at + 1], int.from_bytes(blob[at + 2 : at + 4], "big")
        _demand(mark in _JPEG_PARTS and length >= 2, "a JPEG with more in it than a picture")
        _demand(mark != 0xE0 or (blob[at + 4 : at + 9] == b"JFIF\0" and length == 16), "no JFIF header")
        if mark == 0xC0:
            size = int.from_bytes(blob[at + 7 : at + 9], "big"), int.from_bytes(blob[at + 5 : at + 7], "big")
        at += 2 + length
    _demand(blob[at : at + 2] == b"\xff\xda", "a JPEG without picture")
    marks = set(re.findall(rb"\xff([^\x00\xd0-\xd7])", blob[at + 2 :], re.DOTALL))
    ended = marks == {b"\xd9"} and blob.find(b"\xff\xd9", at) == len(blob) - 2
    _demand(ended, "a JPEG with something behind it")
    return size


def _png_size(blob: bytes) -> tuple[int, int]:
    """Return width and height of a PNG with its three necessary kinds of chunk and no other."""
    _demand(blob[:8] == b"\x89PNG\r\n\x1a\n", "no PNG")
    at, names = 8, []
    while at < len(blob):
        length, name = int.from_bytes(blob[at : at + 4], "big"), blob[at + 4 : at + 8]
        check = blob[at + 8 + length : at + 12 + length]
        _demand(len(check) == 4, "a PNG that breaks off")
        _demand(zlib.crc32(blob[at + 4 : at + 8 + length]) == int.from_bytes(check, "big"), "a changed PNG")
        names.append(name)
        at += 12 + length
    _demand(names[:1] == [b"IHDR"] and names[-1:] == [b"IEND"], "no PNG")
    _demand(set(names[1:-1]) == {b"IDAT"}, "a PNG with more in it than a picture")
    return int.from_bytes(blob[16:20], "big"), int.from_bytes(blob[20:24], "big")
