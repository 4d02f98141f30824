"""What an officer sees in an item becomes a clue; what was proposed is confirmed or withdrawn, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.examine.service.written import written
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Agency, Change, Clue, Media
from entente.records.undo import Touched, take_back
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import ClueGroup, ClueKind, group_of
from entente.vocabulary.handling import Evaluation, Handling, HandlingCode, Purpose, union
from entente.vocabulary.media import Region

METHOD, VERSION = "examiner", "1"


def mark(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    *,
    kind: ClueKind,
    value: Any,
    region: Region | None = None,
    start: float | None = None,
    end: float | None = None,
    group: ClueGroup | None = None,
    evaluation: str = "X4",
    because: str = "",
    codes: Iterable[str] = (),
    handling_text: str = "",
    negated: bool = False,
) -> Clue:
    """Record what an officer sees in an item: confirmed from the start, because a person says it.

    ``codes`` add to the item's handling and never loosen it.
    """
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason=f"clue: {kind}"):
        media = Media.objects.get(pk=media.pk)
        demand_inside(media, start, end)
        word = ClueWord(
            id="",
            kind=ClueKind(kind),
            value=value,
            group=ClueGroup(group) if group else group_of(ClueKind(kind)),
            source=f"examiner, {Agency.objects.get(pk=officer.agency).short}",
            medium=str(media.pk),
            because=because.strip() or "seen by an examiner",
            method=METHOD,
            version=VERSION,
            region=(region.x, region.y, region.w, region.h) if region else None,
            start=start,
            end=end if end is not None else start,
            negated=negated,
            evaluation=str(Evaluation.parse(evaluation)),
        )
        own = [Handling(frozenset(HandlingCode(c) for c in codes), handling_text)] if codes else []
        clue = written(officer, media, word, union([media.handling, *own]), state="confirmed")
        announce("clue changed", officer, purpose, media.case_id, clue=str(clue.pk))
    return clue


def demand_inside(media: Media, start: float | None, end: float | None) -> None:
    """Raise ``ExamineRefused`` for a stretch of seconds that the item does not have."""
    if start is None and end is None:
        return
    if media.kind != "video":
        raise ExamineRefused("a picture has no time; leave the stretch of time empty")
    last = media.duration or 0
    if start is None or not 0 <= start <= last or (end is not None and not start <= end <= last + 1):
        raise ExamineRefused(f"a stretch of time lies between 0 and {last:.3f} s and ends after it starts")


def confirm(officer: Officer, purpose: Purpose, clue: Clue, *, seen: str = "") -> Clue:
    """Confirm a clue. ``seen`` is the state the officer decided on; if it changed since, that is told."""
    return _decided(officer, purpose, clue, "confirmed", "confirm a clue", seen)


def withdraw(officer: Officer, purpose: Purpose, clue: Clue, *, seen: str = "") -> Clue:
    """Withdraw a clue; it stays on record and counts for nothing."""
    return _decided(officer, purpose, clue, "withdrawn", "withdraw a clue", seen)


def _decided(officer: Officer, purpose: Purpose, clue: Clue, state: str, what: str, seen: str) -> Clue:
    with acting(officer, Act.ALTER, clue.as_thing(), purpose, step="examine", reason=what):
        row = Clue.objects.select_for_update().get(pk=clue.pk)
        if row.state == state or (seen and row.state != seen):
            raise ExamineRefused(f"this clue is {row.state} already, by another decision; look at it again")
        touched = Touched()
        touched.keep(row)
        row.state, row.decided_by_id = state, officer.id
        row.save(update_fields=["state", "decided_by"])
        touched.record(row.case_id, officer, what, row.handling, clue=str(row.pk))
        announce("clue changed", officer, purpose, row.case_id, clue=str(row.pk))
    return row


def restore(officer: Officer, purpose: Purpose, clue: Clue) -> Clue:
    """Take the last decision on a clue back."""
    with acting(officer, Act.ALTER, clue.as_thing(), purpose, step="examine", reason="restore a clue"):
        done = Change.objects.filter(case=clue.case_id, before__clue=str(clue.pk), undone_at=None).first()
        if done is None:
            raise ExamineRefused("no decision on this clue is left to take back")
        take_back(done)
        announce("clue changed", officer, purpose, clue.case_id, clue=str(clue.pk))
        return Clue.objects.get(pk=clue.pk)
