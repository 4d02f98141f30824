"""What a limited decoder does with a file: describe it, hash it, let extractors see it, or derive a copy.

Runs inside the sandbox only; nothing but ``child`` imports it in the program.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente.evidence.canvas import Canvas
from entente.evidence.choosing import sampled
from entente.evidence.derive import Change, derived
from entente.evidence.moments import frame_at, listed_of, shown_at, times_of
from entente.evidence.pictures import Picture, Refused, open_picture
from entente.evidence.planes import brightness_of, plane_of, rgb_of
from entente.evidence.shots import sheet_of, shots_of, shown_of
from entente.evidence.sounds import heard_of, peaks_of, sound_of
from entente.evidence.source import Source, source_of
from entente.evidence.tags import tags_of
from entente.evidence.unpack import unpacked
from entente.evidence.videos import Video, boxes_of, open_video
from entente.vocabulary.media import MediaKind, Refusal, RefusalCode, Sampling

LARGEST_PICTURE = 512 << 20  # bytes
SEEN = 8  # frames of a video that extractors get
WATCHED = 150  # frames of which they get the brightness, in videos no larger than this, for a second's work
WATCHED_PIXELS = 1920 * 1088

Job = tuple[dict[str, Any], bytes]

CANVAS = Canvas()  # of this decoder; one job at a time


@dataclass(slots=True)
class Decoded:
    """What an extractor sees. ``frames`` are (seconds, RGB rows x columns x 3 uint8) as displayed.

    A picture has one frame at 0. ``sound`` is mono float32 at ``rate`` hertz, up to a minute, or ``None``.
    ``brightness``: seconds, and mean luma of the first frames of a video and of strips of them, or ``None``.
    """

    kind: str
    width: int
    height: int
    duration: float | None
    tags: dict[str, str]
    frames: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)
    sound: NDArray[np.float32] | None = None
    rate: int = 0
    brightness: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """The picture, or the first of the frames."""
        return self.frames[0][1]


def describe(
    fd: int,
    *,
    kind: str,
    container: str,
    extract: list[str],
    limit_s: float,
    sampling: str = Sampling.SPARSE,
    seen: int = SEEN,
    key: str | None = None,
) -> Job:
    """Return size, hashes, frames, tags and what the extractors found. ``key`` (hex) opens a sealed file.

    ``sampling`` says how closely a video is looked at; with ``KEYS`` a large JPEG is decoded smaller.
    ``seen`` is how many of its frames extractors get.
    """
    source = _source(fd, key)
    try:
        if kind == MediaKind.PICTURE:
            return _picture(source, container, extract, Sampling(sampling)), b""
        return _video(source, container, extract, limit_s, Sampling(sampling), seen), b""
    except Refused as refused:
        facts = (
            {"tags": {"container:boxes": "; ".join(boxes_of(_source(fd, key)))}}
            if container in {"mp4", "mov"}
            else {}
        )
        return {"refusal": _as_json(refused.refusal), **facts}, b""
    finally:
        CANVAS.wipe()


def derive(
    fd: int,
    *,
    kind: str,
    container: str,
    view: str,
    region: list[float] | None,
    t: float | None,
    side: int | None,
    through: list[Any] | None = None,
    key: str | None = None,
) -> Job:
    """Return a derived copy without metadata; see ``derive.derived``.

    ``through`` names a function ``package.module:function`` that changes the copy, and what it is told.
    """
    try:
        if kind == MediaKind.PICTURE:
            rgb = _opened(_source(fd, key), container)[1].rgb()
        else:
            video = open_video(_source(fd, key), container)
            found = frame_at(video, t or 0.0)
            if found is None:
                raise Refused(RefusalCode.DAMAGED, "no frame of it can be decoded; ask for another copy")
            rgb = rgb_of(found[1], video.turned)
        return {}, derived(rgb, view, region, side, _change(through))
    except Refused as refused:
        return {"refusal": _as_json(refused.refusal)}, b""


def _change(through: list[Any] | None) -> Change | None:
    """Return the change that is asked for; the sandbox has its module loaded before."""
    if through is None:
        return None
    name, told = through
    module, _, function = name.partition(":")
    found = getattr(import_module(module), function)
    return lambda rgb, longest: found(rgb, told, longest)


def moments(fd: int, *, kind: str, container: str, t: float, around: int, key: str | None = None) -> Job:
    """Return the presentation times up to ``around`` frames before and after the one shown at ``t``."""
    try:
        times = times_of(listed_of(open_video(_source(fd, key), container)))
    except Refused as refused:
        return {"refusal": _as_json(refused.refusal)}, b""
    here = shown_at(times, t)
    first = max(0, here - around)
    near = [round(s, 6) for s in times[first : here + around + 1]]
    return {"first": first, "here": here - first, "total": len(times), "times": near}, b""


def loudness(fd: int, *, kind: str, container: str, key: str | None = None) -> Job:
    """Return how loud a video is over time; see ``sounds.peaks_of``."""
    try:
        return {}, peaks_of(open_video(_source(fd, key), container))
    except Refused as refused:
        return {"refusal": _as_json(refused.refusal)}, b""


def shots(fd: int, *, kind: str, container: str, limit_s: float, key: str | None = None) -> Job:
    """Return where a video is cut, and one small grey picture of its shots; see ``shots``."""
    try:
        video = open_video(_source(fd, key), container)
        told = shots_of(video, limit_s)
        shown, picture = sheet_of(video, shown_of(told.starts, told.until))
    except Refused as refused:
        return {"refusal": _as_json(refused.refusal)}, b""
    starts = [round(t, 3) for t in told.starts]
    return {"starts": starts, "until": round(told.until, 3), "shown": [round(t, 3) for t in shown]}, picture


def hear(fd: int, *, kind: str, container: str, start: float, seconds: float, key: str | None = None) -> Job:
    """Return the samples of a short stretch of sound; see ``sounds.heard_of``."""
    try:
        return {}, heard_of(open_video(_source(fd, key), container), start, seconds)
    except Refused as refused:
        return {"refusal": _as_json(refused.refusal)}, b""


def tell(fd: int, *, through: list[Any], key: str | None = None) -> Job:
    """Return what a function says of a file that is neither picture nor video, for example a web archive.

    ``through`` names a function ``package.module:function`` that gets the open file, and what it is told.
    """
    name, told = through
    module, _, function = name.partition(":")
    file = io.BufferedReader(_source(fd, key))
    return {"told": getattr(import_module(module), function)(file, told)}, b""


JOBS: dict[str, Callable[..., Job]] = {
    "describe": describe,
    "derive": derive,
    "moments": moments,
    "loudness": loudness,
    "hear": hear,
    "shots": shots,
    "tell": tell,
}


def unpack(fd: int, *, form: str, key: str | None = None) -> Iterator[Job]:
    """Give out an archive's members, one after the other; see ``unpack.unpacked``."""
    try:
        yield from unpacked(_source(fd, key), form)
    except Refused as refused:
        yield {"refusal": _as_json(refused.refusal)}, b""


STREAMS: dict[str, Callable[..., Iterator[Job]]] = {"unpack": unpack}


def unseal(fd: int, say: Callable[[dict[str, Any], bytes], None], *, identities: list[str]) -> Job:
    """Decrypt a partner's package piece by piece; see ``letter.unsealed``."""
    return import_module("entente.evidence.letter").unsealed(fd, say, identities)  # loaded before the limits


# Jobs that answer while somebody else's code runs, so that they cannot iterate.
TELLING: dict[str, Callable[..., Job]] = {"unseal": unseal}


def _as_json(refusal: Refusal) -> dict[str, str]:
    return {"code": str(refusal.code), "reason": refusal.reason}


def _source(fd: int, key: str | None) -> Source:
    return source_of(fd, bytes.fromhex(key) if key else None)


def _opened(source: Source, container: str, canvas: Canvas | None = None) -> tuple[bytes, Picture]:
    """Read a picture's bytes and open it."""
    if source.size > LARGEST_PICTURE:
        raise Refused(
            RefusalCode.TOO_LARGE, f"a picture of {source.size >> 20} MiB is not opened; add a smaller copy"
        )
    data = source.whole()
    return data, open_picture(data, container, canvas)


def _picture(source: Source, container: str, extract: list[str], sampling: Sampling) -> dict[str, Any]:
    # here, not above: it brings numba, 60 MB that stills do not need; the sandbox has it loaded before
    from entente.evidence.hashing import pictured

    data, picture = _opened(source, container, CANVAS)
    hashes = pictured(picture, rough=sampling is Sampling.KEYS)
    tags = tags_of(data, container, picture.image)
    answer = {
        "width": picture.width,
        "height": picture.height,
        "hashes": hashes,
        "tags": tags,
        "decoded": 1,
        "expected": 1,
        "errors": int(picture.partial),
        "partial": picture.partial,
    }
    if extract:
        seen = Decoded("picture", picture.width, picture.height, None, tags, [(0.0, picture.rgb())])
        answer["extracted"] = _extracted(extract, seen)
    return answer


def _video(
    source: Source, container: str, extract: list[str], limit_s: float, sampling: Sampling, seen: int
) -> dict[str, Any]:
    # here, not above: it brings numba, 60 MB that stills do not need; the sandbox has it loaded before
    from entente.evidence.hashing import framed

    video = open_video(source, container)
    frames = []
    for moment, frame in sampled(video, limit_s, sampling):
        frames.append({"t": round(moment, 3), "hashes": framed(*plane_of(frame, video.turned))})
    frames.sort(key=lambda f: f["t"])  # type: ignore[arg-type,return-value]
    count = video.count
    # A file cut off in the middle has fewer packets than its index announces, and no other sign of it.
    lost = max(0, video.declared - count.packets)
    errors = count.errors + video.mends
    lost += count.concealed
    video.tags |= {"video:packets": str(count.packets), "video:declared": str(video.declared)}
    if count.concealed:
        video.tags["video:concealed"] = str(count.concealed)
    answer = {
        "width": video.width,
        "height": video.height,
        "duration": round(video.duration, 3) if math.isfinite(video.duration) else 0.0,
        "frames": frames,
        "tags": video.tags,
        "decoded": count.decoded,
        "expected": max(count.expected, count.decoded),
        "errors": errors,
        "partial": bool(errors or lost or not count.filled or count.decoded < count.expected),
    }
    if extract:
        shown = looked_at(video, [f["t"] for f in frames], seen)  # type: ignore[misc]
        answer["extracted"] = _extracted(extract, shown)
    return answer


def looked_at(video: Video, times: list[float], most: int = SEEN) -> Decoded:
    """Return what extractors see of a video: frames spread over it, and its sound."""
    steps = np.linspace(0, len(times) - 1, min(most, len(times))).round().astype(int)
    listed = listed_of(video)
    found = [frame_at(video, times[i], listed) for i in steps]
    frames = [(moment, rgb_of(frame, video.turned)) for moment, frame in (f for f in found if f)]
    decoded = Decoded("video", video.width, video.height, video.duration, video.tags, frames)
    if sound := sound_of(video):
        decoded.sound, decoded.rate = sound
    if video.width * video.height <= WATCHED_PIXELS:
        decoded.brightness = brightness_of(video, WATCHED)
    return decoded


def _extracted(names: list[str], seen: Decoded) -> dict[str, dict[str, Any]]:
    """Return each extractor's result or its error; one that fails takes nothing else with it."""
    results: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            module, _, function = name.partition(":")
            results[name] = {"value": getattr(import_module(module), function)(seen)}
        except Exception as error:  # an extractor may raise anything, MemoryError too
            results[name] = {"error": f"{type(error).__name__}: {error}"[:500]}
    return results
