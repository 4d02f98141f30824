"""What an officer is shown before asking to see, a neutral line; and what was seen, counted.

Looking harms the one who looks, and seeing is processing: it must be necessary (Directive (EU) 2016/680
art. 4(1)(c)) and, as a consultation, logged with its reason (art. 25). These rules lessen the need to look;
they do not claim that harm is prevented.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from entente.vocabulary.media import MediaKind

WORDS = {
    "en": {"picture": "Picture", "video": "Video", "item": "item {at} of {of}", "unknown": "size not known"},
    "fr": {"picture": "Image", "video": "Vidéo", "item": "pièce {at} sur {of}", "unknown": "taille inconnue"},
    "it": {
        "picture": "Immagine",
        "video": "Video",
        "item": "elemento {at} di {of}",
        "unknown": "dimensioni sconosciute",
    },
}


def neutral_label(
    kind: MediaKind,
    width: int | None,
    height: int | None,
    duration: float | None = None,
    at: int | None = None,
    of: int | None = None,
    *,
    language: str = "en",
) -> str:
    """Return the one line shown first, such as ``Video · 1280 × 720 · 0:42 · item 3 of 12``.

    It is made of measures alone: there is no parameter for a name, a path or a description, because a file's
    name may itself be abusive. ``duration`` is in seconds; ``at`` and ``of`` are the place in the series.
    An unknown language reads as English.
    """
    words = WORDS.get(language, WORDS["en"])
    parts = [words[MediaKind(kind).value]]
    parts.append(f"{width} × {height}" if width and height else words["unknown"])
    if duration is not None and duration >= 0:
        parts.append(clock_time(duration))
    if at is not None and of is not None:
        parts.append(words["item"].format(at=at, of=of))
    return " · ".join(parts)


def clock_time(seconds: float) -> str:
    """Write a stretch of time as ``0:42`` or ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@dataclass(frozen=True, slots=True)
class Seen:
    """One row of the ledger: who had which item in clear, for how long (seconds)."""

    officer: str
    item: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Exposure:
    """The totals of a ledger. ``avoided`` counts handlings that no clear view was needed for."""

    reveals: int
    items_seen: int
    seconds: float
    avoided: int


def exposure(
    handled: Iterable[tuple[str, str]], seen: Iterable[Seen], officer: str | None = None
) -> Exposure:
    """Count what was seen and what did not have to be, for one ``officer`` or for all.

    ``handled`` holds (officer, item) for every item that an officer decided on or worked with. A view is
    avoided when that officer never had that item in clear; the same item handled by two officers counts
    twice, because both might have had to look.
    """
    rows = [s for s in seen if officer is None or s.officer == officer]
    looked = {(s.officer, s.item) for s in rows}
    worked = {(who, item) for who, item in handled if officer is None or who == officer}
    seconds = round(sum(max(0.0, s.seconds) for s in rows), 3)
    return Exposure(len(rows), len({i for _, i in looked}), seconds, len(worked - looked))


def supervisor_may_read(officer: str, reader: str, *, consented: bool) -> bool:
    """Whether ``reader`` may see an officer's totals: the officer always, anybody else only by consent."""
    return reader == officer or consented
