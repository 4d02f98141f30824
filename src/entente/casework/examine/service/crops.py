"""A region kept as an item of its own; what others may work on without the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from entente.casework.examine.adjust import Recipe, shown_part
from entente.casework.examine.crop import background
from entente.casework.examine.service.look import demand_viewable, through_of
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.examine.service.written import at_least
from entente.casework.intake.service import evidence_store, hashed, next_number
from entente.evidence import tools
from entente.evidence.open import Known, read, render
from entente.evidence.store import Erased, NotKept
from entente.records import derivation
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.derivation import Made
from entente.records.models import Case, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media import Refusal, Region


def crop(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    region: Region | None,
    t: float | None = None,
    *,
    recipe: Recipe | None = None,
    codes: Iterable[str] = (),
    handling_text: str = "",
) -> Media:
    """Keep a region as an item of its own, sealed and hashed, that others may work on without the whole.

    With a ``recipe`` it is kept as adjusted, and without a region it is what the recipe shows. It carries the
    originators of the item it was cut from and its handling, with the ``codes`` that are added at its making;
    a reader of the case sees it, and not what it was cut from.
    """
    handling = at_least([media.handling], codes, handling_text)
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason="make a crop"):
        demand_viewable(media, t, read_restriction=True)
    cut = render(evidence_store().original(media.key), "crop", region=region, t=t, through=through_of(recipe))
    if isinstance(cut, Refusal):
        raise ExamineRefused(cut.reason)
    try:
        kept = evidence_store().keep_bytes(cut, media.case_id)
    except (NotKept, Erased) as fault:
        raise ExamineRefused(str(fault)) from None
    opened = read(
        evidence_store().original(kept.key), known=Known(kept.size, kept.md5, kept.sha1, kept.sha256)
    )
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason="keep a crop") as deed:
        case = Case.objects.select_for_update().get(pk=media.case_id)
        row = Media(
            case_id=media.case_id,
            number=next_number(case, officer.agency, handling),
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=media.audience,
            origin="crop",
            source=f"crop of {media}",
            size=kept.size,
            md5=kept.md5,
            sha1=kept.sha1,
            sha256=kept.sha256,
            key=kept.key,
            kind=str(opened.kind or "picture"),
            mime=opened.mime,
            width=opened.width,
            height=opened.height,
            pdq=opened.pdq or "",
            pdq_turns={str(profile): list(turns) for profile, turns in opened.pdq_turns.items()},
            pdq_raw=opened.pdq_raw,
            pdq_quality=opened.pdq_quality,
            parent=media,
            region=_kept_of(media, region, recipe),
            t=t,
        )
        row.handling = handling
        case.save(update_fields=["items_given"])
        row.save()
        row.derives_from(media)
        announce("crop made", officer, purpose, media.case_id, crop=str(row.pk))
        derivation.record(deed, officer, [_cut(media, row, region, recipe), hashed(row, opened)])
    return row


def _kept_of(media: Media, region: Region | None, recipe: Recipe | None) -> list[float]:
    """Return the box of the whole item around what is kept."""
    if region is None:
        region = shown_part(recipe or Recipe(), media.width or 1, media.height or 1)
    return [region.x, region.y, region.w, region.h]


def _cut(media: Media, row: Media, region: Region | None, recipe: Recipe | None) -> Made:
    """Return how a crop was derived, to be recorded."""
    told: dict[str, Any] = {
        "view": "crop",
        "region": row.region if region else None,
        "t": row.t,
        "side": None,
    }
    if recipe:
        told["recipe"] = recipe.as_json()
    return Made(
        what="crop",
        sources=[media],
        inputs=[media.sha256],
        tool=tools.RENDER,
        version=tools.versions(),
        parameters=told,
        output=row.sha256,
        media=media,
        made=row,
        key=row.key,
    )


def crop_background(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    hidden: Sequence[Region],
    t: float | None = None,
    *,
    codes: Iterable[str] = (),
    handling_text: str = "",
) -> Media:
    """Keep the largest part of an item that meets none of the ``hidden`` boxes: the room, not the person."""
    rest = background(hidden)
    if not hidden or rest is None:
        raise ExamineRefused("no part worth keeping is left beside the box; mark a smaller one")
    return crop(officer, purpose, media, rest, t, codes=codes, handling_text=handling_text)
