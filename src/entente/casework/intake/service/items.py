"""Write one file as an item, or what was learned of it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from entente import plugins
from entente.casework.intake import metadata
from entente.casework.intake.service.numbers import next_number
from entente.casework.intake.service.sealing import Sealed
from entente.casework.intake.service.source import Intake
from entente.evidence import tools
from entente.evidence.open import Opened
from entente.records.derivation import Made
from entente.records.models import Case, Frame, Media, Occurrence
from entente.vocabulary.agency import Officer
from entente.vocabulary.media import Refusal, RefusalCode, Sampling


def record_one(case: Case, officer: Officer, intake: Intake, sealed: Sealed, derived: list[Made]) -> str:
    """Write one file and return what it was: new, refused, duplicate (another place) or known.

    What was computed from a new one is added to ``derived``.
    """
    media = _same_file(case, officer, intake, sealed)
    fresh = media is None
    looked_into = sealed.refusal is not None and sealed.refusal.code is RefusalCode.ARCHIVE
    if media is not None and looked_into and media.refusal != RefusalCode.ARCHIVE:
        # it came within another archive before, or to a version that did not look inside
        _refuse(media, sealed.refusal)
        media.save(update_fields=["refusal", "refusal_reason"])
    unread = _unread(case, officer, intake, sealed) if sealed.kept else None
    if media is None:
        media = _item(case, officer, intake, sealed, unread)
        media.save()
        if sealed.opened:
            Frame.objects.bulk_create(frames_of(media, sealed.opened))
            derived.append(hashed(media, sealed.opened, sealed.sampling))
    elif unread:
        unread.delete()  # the path can be read by now, and its bytes are those of another item
    seen = Occurrence.objects.get_or_create(
        media=media,
        folder=sealed.folder,
        name=sealed.name,
        source=intake.source,
        defaults=_carried(case, officer, intake),
    )[1]
    if fresh:
        return _first_time(media)
    return "duplicate" if seen else "known"


def _first_time(media: Media) -> str:
    """Return what a new item counts as; an archive that was looked into is not refused."""
    if media.refusal == RefusalCode.ARCHIVE:
        return "archive"
    return "refused" if media.refusal else "new"


def _same_file(case: Case, officer: Officer, intake: Intake, sealed: Sealed) -> Media | None:
    """Return the item of the same bytes, or of the same unreadable path."""
    if not sealed.kept:
        return _unread(case, officer, intake, sealed)
    found = Media.objects.filter(sha256=sealed.kept.sha256).order_by()
    return _first(found, case, officer, intake)


def _unread(case: Case, officer: Officer, intake: Intake, sealed: Sealed) -> Media | None:
    """Return the record of this path from when it could not be read."""
    found = Media.objects.filter(
        sha256="", occurrences__folder=sealed.folder, occurrences__name=sealed.name
    ).order_by()
    return _first(found, case, officer, intake)


def _first(found: Iterable[Media], case: Case, officer: Officer, intake: Intake) -> Media | None:
    """Return the first of some items that is of this case, owner and origin.

    Not asked of the database: SQLite would go through all items of the case or owner for each file.
    """
    of = case.pk, officer.agency, intake.origin
    own = [m for m in found if (m.case_id, m.owner_id, m.origin) == of]
    return min(own, key=lambda m: m.number, default=None)


def _carried(case: Case, officer: Officer, intake: Intake) -> dict[str, Any]:
    return {
        "case": case,
        "owner_id": officer.agency,
        "made_by_id": officer.id,
        "codes": str(intake.handling),
        "handling_text": intake.handling_text,
        "audience": case.audience,
    }


def _item(case: Case, officer: Officer, intake: Intake, sealed: Sealed, unread: Media | None = None) -> Media:
    """Return the unsaved row of one file, with everything that could be learned of it.

    A path that could not be read before keeps its row and number.
    """
    media = unread or Media(
        number=next_number(case, officer.agency, intake.handling),
        origin=intake.origin,
        source=intake.source,
        **_carried(case, officer, intake),
    )
    if sealed.kept:
        media.size, media.key = sealed.kept.size, sealed.kept.key
        media.md5, media.sha1, media.sha256 = sealed.kept.md5, sealed.kept.sha1, sealed.kept.sha256
    if sealed.opened:
        describe(media, sealed.opened, sealed.sampling)
    media.refusal = media.refusal_reason = ""
    _refuse(media, sealed.refusal)
    return media


def _refuse(media: Media, refusal: Refusal | None) -> None:
    """Write why a file is no item to look at, if so."""
    if refusal:
        media.refusal, media.refusal_reason = str(refusal.code), refusal.reason


def describe(media: Media, opened: Opened, sampling: Sampling = Sampling.SPARSE) -> None:
    """Copy what opening learned into the row; a refused file may still have told its container's facts."""
    media.kind = str(opened.kind or "")
    media.mime, media.partial = opened.mime, opened.partial
    media.width, media.height, media.duration = opened.width, opened.height, opened.duration
    media.pdq, media.pdq_raw, media.pdq_quality = opened.pdq or "", opened.pdq_raw, opened.pdq_quality
    media.pdq_turns = {str(profile): list(turns) for profile, turns in opened.pdq_turns.items()}
    media.tags = dict(opened.tags)
    media.metadata = metadata.normalise(opened.tags).as_json()
    if opened.kind == "video":
        media.decoded = {"decoded": opened.decoded, "expected": opened.expected, "errors": opened.errors}
        media.decoded["pass"] = str(sampling)


def frames_of(media: Media, opened: Opened) -> list[Frame]:
    """Return the unsaved rows of a video's hashed frames, handled as the item is."""
    return [
        Frame(
            media=media,
            t=f.t,
            pdq=f.pdq,
            quality=f.quality,
            case=media.case,
            owner_id=media.owner_id,
            made_by_id=media.made_by_id,
            codes=media.codes,
            handling_text=media.handling_text,
            audience=media.audience,
        )
        for f in opened.frames
    ]


def hashed(media: Media, opened: Opened, sampling: Sampling = Sampling.SPARSE) -> Made:
    """Return how an item's digests, hashes, frames and tags were derived from it, to be recorded."""
    closely = {} if sampling is Sampling.SPARSE else {"sampling": str(sampling)}
    return Made(
        what="hashes",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.READ,
        version=tools.versions(**hash_versions()),
        parameters={"extract": [], **closely},
        output=tools.output_of(tools.described(opened)),
        media=media,
    )


def hash_versions() -> dict[str, str]:
    """Return the version of each hash type under the name that a derivation gives it."""
    return {f"hash {name}": str(each.version) for name, each in plugins.hashes().items()}
