"""Remarks on an item stand side by side."""

from __future__ import annotations

from entente.casework.examine.adjust import Recipe
from entente.casework.examine.service.marks import demand_inside
from entente.casework.examine.service.refused import ExamineRefused
from entente.records.act import acting
from entente.records.models import Media, Note
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def note(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    text: str,
    t: float | None = None,
    *,
    recipe: Recipe | None = None,
) -> Note:
    """Add a remark to an item; remarks of several officers stand side by side.

    A ``recipe`` says how the item was adjusted when it was seen, so that a colleague can see it so again.
    """
    if not text.strip():
        raise ExamineRefused("write the note first")
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason="note on an item"):
        demand_inside(media, t, None)
        row = Note(
            case_id=media.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=media.audience,
            media=media,
            text=text.strip(),
            t=t,
            recipe=recipe.as_json() if recipe else {},
        )
        row.handling = media.handling
        row.save()
        row.derives_from(media)
    return row
