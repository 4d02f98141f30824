"""Look once: what others found of an item stands before the look, and the look is asked about once.

Read is what the guard shows this officer, in every case that the officer is in: an item of the same bytes, or
a copy of the same picture in this case. What is hidden is not asked for here, so nothing tells that it is
there. That another agency holds the same is told where this agency's own cross-check was told so: a hit, its
owner and the route to it, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from entente.casework.examine.findings import By, Held, latest_by, same_picture
from entente.casework.examine.service.refused import ExamineRefused
from entente.records.act import acting
from entente.records.models import CheckHit, Clue, Media, Note, Opinion, Spared, Viewing
from entente.safeguards.access import Act
from entente.safeguards.shelter import IN_FULL
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


class FindingsFirst(ExamineRefused):
    """Others have looked: their findings are read before a further look; the text says where."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What others found of an item, and which agencies; ``hits`` are holders known by a cross-check."""

    by: tuple[By, ...]
    clues: tuple[Clue, ...]
    notes: tuple[Note, ...]
    categories: tuple[Opinion, ...]
    hits: tuple[tuple[str, str], ...]


def assessed(officer: Officer, media: Media) -> Assessed | None:
    """Return what others found of this item or its copies, as far as this officer may know; or nothing."""
    same = _same(media)
    clues = list(
        Clue.objects.filter(media__in=same, state="confirmed")
        .exclude(decided_by=officer.id)
        .exclude(decided_by=None)
        .select_related("owner")
    )
    notes = list(Note.objects.filter(media__in=same).exclude(made_by=officer.id).select_related("owner"))
    stands = Opinion.objects.filter(media__in=same, clue=None, state="stands")
    categories = list(stands.select_related("owner").order_by("-ended_at"))
    found = [By(row.owner.short, row.made_at) for row in (*clues, *notes)]
    found += [By(o.owner.short, o.decided_at or o.ended_at or o.made_at) for o in categories]
    hits = CheckHit.objects.filter(media=media).select_related("holder")
    told = tuple(sorted({(h.holder.short, h.contact) for h in hits}))
    if not found and not told:
        return None
    return Assessed(tuple(latest_by(found)), tuple(clues), tuple(notes), tuple(categories), told)


def _same(media: Media) -> list[UUID]:
    """Return this item, those with its bytes in any case, and copies of its picture in this case."""
    found: set[UUID] = {media.pk}
    if media.sha256:
        found |= set(Media.objects.filter(sha256=media.sha256).values_list("pk", flat=True))
    if media.pdq and media.kind == "picture":
        rows = Media.objects.filter(case=media.case_id, kind="picture").exclude(pdq="")
        others = [Held(*row) for row in rows.values_list("pk", "pdq", "pdq_quality")]
        found |= set(same_picture(Held(media.pk, media.pdq, media.pdq_quality), others))
    return list(found)


def to_answer(officer: Officer, media: Media, known: Assessed | None) -> bool:
    """Whether this officer has yet to say if a look is needed: asked once, and not of who looked already."""
    if known is None or not known.by or media.origin == "crop":  # a crop is what spares the whole
        return False
    if Spared.objects.filter(account=officer.id, media=media, needed=True).exists():
        return False
    return not Viewing.objects.filter(media=media, account=officer.id, view__in=sorted(IN_FULL)).exists()


def demand_read(officer: Officer, media: Media) -> None:
    """Raise ``FindingsFirst`` where others' findings stand and no need to look was said; inside the look."""
    if to_answer(officer, media, assessed(officer, media)):
        raise FindingsFirst(
            "others have assessed this; read their findings first, and say if you need to look"
        )


def answer(officer: Officer, purpose: Purpose, media: Media, *, needed: bool) -> None:
    """Say, the findings being read, whether a look is needed; one that was not counts as avoided."""
    reason = "findings read before a look"  # the same for both answers: the answer is the officer's own
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason=reason):
        known = assessed(officer, media)
        if known is None or not known.by:
            raise ExamineRefused("nobody else has assessed this item; there is nothing to answer")
        Spared.objects.update_or_create(account_id=officer.id, media=media, defaults={"needed": needed})
