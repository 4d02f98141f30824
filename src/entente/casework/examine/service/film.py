"""What a video holds over time: the moments of its frames, its shots, how loud it is, its sound apart."""

from __future__ import annotations

from entente.casework.examine.service.look import counted, demand_viewable
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.intake.service import evidence_store
from entente.evidence import film as opened
from entente.evidence.film import Moments, Sheet
from entente.records.act import acting
from entente.records.models import Media, Viewing
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Refusal

LONGEST_SOUND_S = 10.0  # one press plays no longer; the next press is a new entry in the log


def moments(
    officer: Officer, purpose: Purpose, media: Media, t: float, *, read_restriction: bool = False
) -> Moments:
    """Return the real times of the frames around the one shown at ``t``; no picture is made."""
    _opening(officer, purpose, media, t, read_restriction, "list frames")
    found = opened.moments(evidence_store().original(media.key), t)
    if isinstance(found, Refusal):
        raise ExamineRefused(found.reason)
    return found


def loudness(officer: Officer, purpose: Purpose, media: Media, *, read_restriction: bool = False) -> bytes:
    """Return how loud a video is in each twentieth of a second, 0-255; nothing is heard."""
    _opening(officer, purpose, media, 0.0, read_restriction, "draw the sound")
    found = opened.loudness(evidence_store().original(media.key))
    if isinstance(found, Refusal):
        raise ExamineRefused(found.reason)
    return found


def sheet(
    officer: Officer, purpose: Purpose, media: Media, *, read_restriction: bool = False
) -> tuple[Viewing, Sheet]:
    """Return where a video is cut and one small grey picture of its shots; one look, logged and counted."""
    _demand_video(media)
    found: list[Sheet] = []

    def make() -> bytes | Refusal:
        made = opened.sheet(evidence_store().original(media.key))
        if isinstance(made, Refusal):
            return made
        found.append(made)
        return made.picture

    viewing, _ = counted(officer, purpose, media, "sheet", None, make, read_restriction=read_restriction)
    return viewing, found[0]


def hear(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    start: float,
    seconds: float = LONGEST_SOUND_S,
    *,
    read_restriction: bool = False,
) -> tuple[Viewing, bytes]:
    """Return a stretch of a video's sound for one press, without picture; logged and counted before."""
    _demand_video(media)
    if not 0 < seconds <= LONGEST_SOUND_S:
        raise ExamineRefused(f"one press plays at most {LONGEST_SOUND_S:.0f} seconds; ask for fewer")

    def make() -> bytes | Refusal:
        return opened.sound(evidence_store().original(media.key), start, seconds)

    return counted(officer, purpose, media, "sound", start, make, read_restriction=read_restriction)


def _opening(
    officer: Officer, purpose: Purpose, media: Media, t: float, read_restriction: bool, reason: str
) -> None:
    """Ask the law as for a look, and log it: the original is opened, though nothing of it is shown."""
    _demand_video(media)
    with acting(officer, Act.REVEAL, media.as_thing(), purpose, step="examine", reason=reason):
        demand_viewable(Media.objects.get(pk=media.pk), t, read_restriction)


def _demand_video(media: Media) -> None:
    if media.kind != "video":
        raise ExamineRefused("only a video has frames over time and sound; this item is none")
