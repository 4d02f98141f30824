"""The only door from bytes to frames, hashes, tags and derived copies. What cannot be opened is a value."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from entente.evidence import reply
from entente.evidence.digests import Digests
from entente.evidence.faults import Damaged
from entente.evidence.holding import Holding
from entente.evidence.identify import HEAD, Identified, identify
from entente.evidence.reach import NotOpened, open_original, walk
from entente.evidence.sandbox import Answer, Need, Sandbox, shared
from entente.evidence.source import Held, Source, source_of
from entente.vocabulary.media import FrameHash, MediaKind, Refusal, RefusalCode, Region, Sampling
from entente.vocabulary.media_hash import Profile, Turns

__all__ = ["Known", "Opened", "Through", "asked", "read", "render", "told", "walk"]

PICTURE_S = 14.0  # wall-clock seconds before a decoder is stopped
VIDEO_S, VIDEO_S_EACH_MB, VIDEO_S_MOST = 14.0, 5.0, 3600.0
THREADED = {"heif"}  # libde265 decodes nothing where it cannot start a thread
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Known:
    """Size and digests that the caller has from keeping the file; they are not computed again."""

    size: int
    md5: str
    sha1: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Through:
    """A function ``package.module:function`` that works in the decoder, and what it is told.

    To change a copy it gets the pixels (rows, columns, 3), ``told`` and the longest side in pixels, and gives
    pixels; to tell of a file it gets the open file and ``told``, and gives what JSON can say.
    """

    function: str
    told: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file turned out to be. With a ``refusal``, whatever was learned before it stays.

    ``pdq_turns`` are in the order of ``vocabulary.media_hash.Transform`` for each profile, ``pdq`` the first
    of FULL: of the picture as displayed. ``pdq_raw`` is FULL of the stored pixels where they are displayed
    otherwise (turned, by a palette, from inks), else empty. ``pdq_rough``: of a JPEG decoded smaller, FULL
    alone and up to 4 bits off. ``hashes`` holds every installed type: name to
    ``{turns, quality, profiles, raw}``. ``decoded`` and ``expected`` count the frames that were looked at;
    ``errors`` the damaged packets. ``extracted`` maps an extractor's dotted name to ``{value}`` or
    ``{error}``.
    """

    bytes: int | None = None
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    kind: MediaKind | None = None
    mime: str = ""
    container: str = ""
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    pdq: str | None = None
    pdq_turns: dict[Profile, Turns] = field(default_factory=dict)
    pdq_raw: str = ""
    pdq_rough: bool = False
    pdq_quality: int | None = None
    hashes: dict[str, dict[str, Any]] = field(default_factory=dict)
    frames: tuple[FrameHash, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    decoded: int = 0
    expected: int = 0
    errors: int = 0
    partial: bool = False
    extracted: dict[str, dict[str, Any]] = field(default_factory=dict)
    refusal: Refusal | None = None

    def as_json(self) -> dict[str, Any]:
        """Return an object ready for ``json.dumps``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Given:
    """An open file on its way to a decoder, with the key to it where it is sealed."""

    fd: int
    source: Source
    key: bytes | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """What a decoder is told besides what to do."""
        return {"key": self.key.hex()} if self.key else {}


@contextmanager
def _given(file: Path | int | Held) -> Iterator[_Given]:
    """Open a path or a sealed original, and close it; a descriptor stays open. Raises ``NotOpened``."""
    if isinstance(file, int):
        yield _Given(file, Source(file))
        return
    fd, key = (open_original(file), None) if isinstance(file, Path) else file.unsealed()
    try:
        try:
            source = source_of(fd, key)
        except OSError as error:  # a sealed file whose end was changed
            raise NotOpened(_unreadable(error)) from error
        yield _Given(fd, source, key)
    finally:
        os.close(fd)


def read(
    file: Path | int | Held,
    *,
    known: Known | None = None,
    extract: Sequence[str] = (),
    limit_s: float | None = None,
    sampling: Sampling = Sampling.SPARSE,
    seen: int | None = None,
    holding: Holding | None = None,
    sandbox: Sandbox | None = None,
) -> Opened:
    """Open a file by path, descriptor or from a store: digests, kind, hashes, frames, tags.

    ``sampling`` says how closely a video is looked at: key frames for a first pass, sparse to ask with, dense
    to be held, or every frame. In a first pass large JPEGs are decoded smaller (``pdq_rough``). ``seen`` is
    how many frames of a video extractors get, where not the usual few. ``holding`` is a file of the site's
    own that they need.

    No file makes it raise. ``extract`` names functions ``package.module:function`` that get a
    ``decode.Decoded`` inside the decoder and return something ready for JSON. A decoder that dies or hangs in
    an extractor costs that extractor, not the hashes. A descriptor stays open. A sealed original is opened in
    the decoder; no plain byte of it is written anywhere. Raises ``SandboxFailed`` when no decoder can be
    started.
    """
    try:
        with _given(file) as given:
            how = {"sampling": str(sampling), **({"seen": seen} if seen else {})}
            needs: tuple[Need, ...] = (*extract, holding) if holding else tuple(extract)
            return _read(given, known, tuple(extract), needs, limit_s, how, sandbox or shared())
    except NotOpened as error:
        return Opened(refusal=error.refusal)


def is_video(file: Path | int | Held) -> bool:
    """Say whether a file begins as a video does; nothing of it is decoded."""
    try:
        with _given(file) as given:
            return _identified(given.source).kind is MediaKind.VIDEO
    except NotOpened:
        return False


def render(
    file: Path | int | Held,
    view: str,
    *,
    region: Region | None = None,
    t: float | None = None,
    side: int | None = None,
    through: Through | None = None,
    sandbox: Sandbox | None = None,
) -> bytes | Refusal:
    """Return a derived copy made in a decoder: ``grey``, ``edges``, ``clear`` or ``crop``; else the refusal.

    ``t`` are the seconds into a video, of which the frame shown then is taken; ``side`` the longest side in
    pixels (``grey`` never over 160); ``through`` changes the copy. JPEG, for ``edges`` PNG. Never the
    original's bytes, never its metadata.
    """
    try:
        with _given(file) as given:
            return _render(given, view, region, t, side, through, sandbox or shared())
    except NotOpened as error:
        return error.refusal


def _render(
    given: _Given,
    view: str,
    region: Region | None,
    t: float | None,
    side: int | None,
    through: Through | None,
    sandbox: Sandbox,
) -> bytes | Refusal:
    arguments = {
        "view": view,
        "region": [region.x, region.y, region.w, region.h] if region else None,
        "t": t,
        "side": side,
        "through": [through.function, through.told] if through else None,
    }
    answer = _ask(given, "derive", arguments, sandbox, needs=(through.function,) if through else ())
    try:
        return answer.refusal or reply.picture(answer.blob, view, side)
    except reply.Nonsense as error:
        return nonsense(error)


def asked(
    file: Path | int | Held, job: str, arguments: dict[str, Any], *, sandbox: Sandbox | None = None
) -> Answer:
    """Have a decoder do one ``job`` on a file; the answer is a stranger's, and its reader checks it."""
    try:
        with _given(file) as given:
            return _ask(given, job, arguments, sandbox or shared())
    except NotOpened as error:
        return Answer(refusal=error.refusal)


def told(
    file: Path | int | Held,
    through: Through,
    *,
    limit_s: float,
    holding: Holding | None = None,
    sandbox: Sandbox | None = None,
) -> Answer:
    """Have a function read a file that is no media in a decoder; the answer's ``told`` is a stranger's.

    ``holding`` is a file of the site's own that the function needs.
    """
    try:
        with _given(file) as given:
            arguments = {"through": [through.function, through.told], **given.arguments}
            needs: tuple[Need, ...] = (through.function, *([holding] if holding else []))
            return (sandbox or shared()).ask(given.fd, "tell", arguments, limit_s=limit_s, needs=needs)
    except NotOpened as error:
        return Answer(refusal=error.refusal)


def _ask(
    given: _Given, job: str, arguments: dict[str, Any], sandbox: Sandbox, needs: tuple[str, ...] = ()
) -> Answer:
    what = _identified(given.source)
    if what.refusal:
        return Answer(refusal=what.refusal)
    return sandbox.ask(
        given.fd,
        job,
        {"kind": what.kind, "container": what.container, **arguments, **given.arguments},
        limit_s=_limit(what, given.source.size),
        needs=needs,
        threads=what.container in THREADED,
    )


def _identified(source: Source) -> Identified:
    head = bytearray(HEAD)
    source.seek(0)
    try:
        return identify(bytes(head[: source.readinto(head)]))
    except OSError as error:
        return Identified(refusal=_unreadable(error))


def _unreadable(error: OSError) -> Refusal:
    if isinstance(error, Damaged):
        why = f"it was changed in the evidence store: {error}; run `entente fsck` and restore it"
        return Refusal(RefusalCode.DAMAGED, why)
    why = f"its bytes cannot be read ({error.strerror}); copy it again from its carrier"
    return Refusal(RefusalCode.UNREADABLE, why)


def _limit(what: Identified, size: int) -> float:
    if what.kind is MediaKind.PICTURE:
        return PICTURE_S
    return min(VIDEO_S_MOST, VIDEO_S + VIDEO_S_EACH_MB * size / 1e6)


class _Reading:
    """Digests of an open file, read by position beside the decoder."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.known: Known | None = None
        self.refusal: Refusal | None = None

    def run(self) -> None:
        """Read everything once."""
        digests, buffer = Digests(), memoryview(bytearray(_PIECE))
        try:
            self._source.seek(0)
            while count := self._source.readinto(buffer):
                digests.update(buffer[:count])
        except OSError as error:
            self.refusal = _unreadable(error)
            return
        self.known = Known(digests.size, *digests.hex)


def _read(
    given: _Given,
    known: Known | None,
    extract: tuple[str, ...],
    needs: tuple[Need, ...],
    limit_s: float | None,
    how: dict[str, Any],
    sandbox: Sandbox,
) -> Opened:
    what, reading = _identified(given.source), _Reading(given.source)
    answer = Answer(refusal=what.refusal)
    if what.refusal is None:
        limit = limit_s or _limit(what, given.source.size)
        arguments = {
            "kind": what.kind,
            "container": what.container,
            "extract": list(extract),
            "limit_s": limit,
            **how,
            **given.arguments,
        }
        meanwhile = reading.run if known is None else _nothing
        answer = sandbox.ask(
            given.fd,
            "describe",
            arguments,
            limit_s=limit,
            needs=needs,
            threads=what.container in THREADED,
            meanwhile=meanwhile,
        )
        if (
            extract
            and answer.refusal
            and answer.refusal.code in {RefusalCode.TIMEOUT, RefusalCode.DECODER_DIED}
        ):
            answer = _without(given.fd, arguments, answer.refusal, limit, sandbox)
    elif known is None:
        reading.run()
    digests = known or reading.known
    opened = Opened(kind=what.kind, mime=what.mime, container=what.container, refusal=reading.refusal)
    if digests:
        opened = replace(
            opened, bytes=digests.size, md5=digests.md5, sha1=digests.sha1, sha256=digests.sha256
        )
    return _with_answer(opened, answer, extract)


def _nothing() -> None:
    """Do nothing: the digests are known."""


def _without(fd: int, arguments: dict[str, Any], died: Refusal, limit: float, sandbox: Sandbox) -> Answer:
    """Ask again without extractors, after a decoder died or hung with them; each is marked with the error."""
    threads = arguments["container"] in THREADED
    if arguments["kind"] == MediaKind.PICTURE:
        limit /= 3  # both together stay below 20 s; a picture alone takes a second
    answer = sandbox.ask(fd, "describe", {**arguments, "extract": []}, limit_s=limit, threads=threads)
    if answer.refusal is None:
        answer.data["extracted"] = {name: {"error": died.reason} for name in arguments["extract"]}
    return answer


def _with_answer(opened: Opened, answer: Answer, asked: Sequence[str]) -> Opened:
    """Add what the decoder said, each value checked: the decoder is not trusted."""
    try:
        if answer.refusal:
            return replace(opened, tags=reply.tags(answer.data), refusal=opened.refusal or answer.refusal)
        assert opened.kind is not None  # noqa: S101 - only what was identified is decoded
        return replace(opened, **reply.description(answer.data, opened.kind, asked))
    except reply.Nonsense as error:
        return replace(opened, refusal=nonsense(error))


def nonsense(error: reply.Nonsense) -> Refusal:
    """Return the refusal of an answer that no decoder of ours gives."""
    why = f"the decoder gave an answer without sense ({error}); handle with care, ask for another copy"
    return Refusal(RefusalCode.DECODER_DIED, why)
