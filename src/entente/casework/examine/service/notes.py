"""Remarks on an item stand side by side; on an item that one may only read, in a case of one's own."""

from __future__ import annotations

from collections.abc import Iterable

from entente.casework.examine.adjust import Recipe
from entente.casework.examine.service.editions import demand_edition, last_change, remember
from entente.casework.examine.service.marks import demand_inside
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.examine.service.written import at_least
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Case, Media, Note
from entente.records.undo import Touched, take_back
from entente.safeguards.access import ACTS_OF_PART, Act
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
    codes: Iterable[str] = (),
    handling_text: str = "",
    within: Case | None = None,
) -> Note:
    """Add a remark to an item; remarks of several officers stand side by side.

    A ``recipe`` says how the item was adjusted when it was seen, so that a colleague can see it so again.
    With ``within``, a case of one's own, it is kept there and nothing is written in the item's case: it names
    the item by number and case, and only members of that case of one's own see it.
    """
    if not text.strip():
        raise ExamineRefused("write the note first")
    outside = within is not None and within.pk != media.case_id
    thing = within.as_thing() if within is not None and outside else media.as_thing()
    with acting(officer, Act.ALTER, thing, purpose, step="examine", reason="note on an item"):
        media = Media.objects.select_related("case").get(pk=media.pk)
        demand_inside(media, t, None)
        row = Note(
            case_id=within.pk if within is not None and outside else media.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=media.audience,
            media=None if outside else media,
            about=media.pk if outside else None,
            elsewhere=f"{media} · {media.case}"[:80] if outside else "",
            text=text.strip(),
            t=t,
            recipe=recipe.as_json() if recipe else {},
        )
        row.handling = at_least([media.handling], codes, handling_text)
        touched = Touched()
        touched.made(row)
        row.save()
        row.derives_from(media)
        remember(touched, row, officer, "write a note")
        announce("noted", officer, purpose, row.case_id, item=str(media.pk), note=str(row.pk))
    return row


def edit_note(
    officer: Officer, purpose: Purpose, held: Note, text: str, t: float | None = None, *, edition: str
) -> Note:
    """Change one's own note; what it said stays in its history."""
    if not text.strip():
        raise ExamineRefused("write the note first; to take it away, undo it")
    with acting(officer, Act.ALTER, held.as_thing(), purpose, step="examine", reason="edit a note"):
        row = _own(officer, held)
        demand_edition(row, edition)
        item = row.media_id or row.about
        media = Media.objects.filter(pk=item).first() if item else None
        if media is not None:
            demand_inside(media, t, None)
        if (row.text, row.t) == (text.strip(), t):
            return row
        touched = Touched()
        touched.keep(row)
        row.text, row.t = text.strip(), t
        row.save(update_fields=["text", "t"])
        remember(touched, row, officer, "edit a note")
        _say(officer, purpose, row)
    return row


def undo_note(officer: Officer, purpose: Purpose, held: Note, *, edition: str = "") -> Note | None:
    """Take the last change of one's own note back; back behind its writing, it is gone: ``None``."""
    with acting(officer, Act.ALTER, held.as_thing(), purpose, step="examine", reason="undo a note"):
        row = _own(officer, held)
        demand_edition(row, edition)
        done = last_change(row)
        if done is None:
            raise ExamineRefused("nothing of this note is left to take back")
        take_back(done)
        _say(officer, purpose, row)
        return Note.objects.filter(pk=row.pk).first()


def _say(officer: Officer, purpose: Purpose, row: Note) -> None:
    item = str(row.media_id or row.about)
    announce("noted", officer, purpose, row.case_id, item=item, note=str(row.pk))


def _own(officer: Officer, held: Note) -> Note:
    row = Note.objects.select_for_update().get(pk=held.pk)
    if row.made_by_id != officer.id:
        raise ExamineRefused("only the one who wrote a note changes it; write your own beside it")
    return row


def own_cases(officer: Officer, purpose: Purpose) -> list[Case]:
    """Return the cases in which the officer may write; the law decides again when a note is written."""
    now = clock.now()
    may = {m.case for m in officer.memberships if m.active(now) and Act.ALTER in ACTS_OF_PART[m.part]}
    with guard.scope(officer, purpose):
        return list(Case.objects.filter(pk__in=may, closed_at=None).order_by("number"))
