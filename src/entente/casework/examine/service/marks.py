"""What an officer sees in an item becomes a clue; what was proposed is confirmed or withdrawn, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from entente.casework.examine.outline import box_about, outline
from entente.casework.examine.service.editions import (
    Stale,
    demand_edition,
    demand_unasked,
    last_change,
    remember,
)
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.examine.service.written import at_least, written
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Agency, Clue, Media, Observation
from entente.records.undo import Touched, take_back
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.clue import ClueGroup, ClueKind, group_of
from entente.vocabulary.handling import Evaluation, Purpose
from entente.vocabulary.media import Region

METHOD, VERSION = "examiner", "1"
Points = Sequence[Sequence[float]]


def mark(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    *,
    kind: ClueKind,
    value: Any,
    region: Region | None = None,
    polygon: Points | None = None,
    start: float | None = None,
    end: float | None = None,
    group: ClueGroup | None = None,
    evaluation: str = "X4",
    because: str = "",
    codes: Iterable[str] = (),
    handling_text: str = "",
    negated: bool = False,
    observation: Observation | None = None,
) -> Clue:
    """Record what an officer sees in an item: confirmed from the start, because a person says it.

    ``codes`` add to the item's handling and never loosen it. Made of an ``observation``, it says so, and
    stands at the same place unless another is given.
    """
    with acting(officer, Act.ALTER, media.as_thing(), purpose, step="examine", reason=f"clue: {kind}"):
        media = Media.objects.get(pk=media.pk)
        region, polygon = placed(region, polygon)
        if observation is not None:
            observation = _taken_up(officer, media, observation)
            if region is None:
                region = Region(*observation.region) if observation.region else None
                polygon = observation.polygon
            if start is None:
                start, end = observation.start, observation.end
            because = because.strip() or observation.text
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
        inputs = [media.handling, *([observation.handling] if observation else [])]
        handling = at_least(inputs, codes, handling_text)
        clue = written(officer, media, word, handling, "confirmed", polygon=polygon, observation=observation)
        announce("clue changed", officer, purpose, media.case_id, clue=str(clue.pk))
    return clue


def placed(region: Region | None, polygon: Points | None) -> tuple[Region | None, Points | None]:
    """Return the box and the outline of a mark: with an outline, the box is the one about it."""
    if not polygon:
        return region, None
    points = outline(polygon)
    return box_about(points), points


def _taken_up(officer: Officer, media: Media, observation: Observation) -> Observation:
    """Return the observation that a clue is being made of, marked so."""
    held = Observation.objects.select_for_update().get(pk=observation.pk, media=media)
    if held.state == "set aside":
        raise ExamineRefused("this observation was set aside; take it back first, then make the clue of it")
    if held.state != "clue":
        held.state, held.decided_by_id = "clue", officer.id
        held.save(update_fields=["state", "decided_by"])
    return held


def demand_inside(media: Media, start: float | None, end: float | None) -> None:
    """Raise ``ExamineRefused`` for a stretch of seconds that the item does not have."""
    if start is None and end is None:
        return
    if media.kind != "video":
        raise ExamineRefused("a picture has no time; leave the stretch of time empty")
    last = media.duration or 0
    if start is None:
        raise ExamineRefused("a stretch of time needs its beginning; fill in from which second")
    if end is not None and end < start:
        raise ExamineRefused(f"the stretch ends at {end:g} s before it starts at {start:g} s; change one")
    if not 0 <= start <= last or (end is not None and end > last + 1):
        raise ExamineRefused(f"a stretch of time lies between 0 and {last:.3f} s and ends after it starts")


def confirm(officer: Officer, purpose: Purpose, clue: Clue, *, seen: str = "", edition: str = "") -> Clue:
    """Confirm a clue. ``seen`` is the state and ``edition`` the content the officer decided on.

    If either changed since, that is told.
    """
    return _decided(officer, purpose, clue, "confirmed", "confirm a clue", seen, edition)


def withdraw(officer: Officer, purpose: Purpose, clue: Clue, *, seen: str = "", edition: str = "") -> Clue:
    """Withdraw a clue; it stays on record and counts for nothing."""
    return _decided(officer, purpose, clue, "withdrawn", "withdraw a clue", seen, edition)


def _decided(
    officer: Officer, purpose: Purpose, clue: Clue, state: str, what: str, seen: str, edition: str
) -> Clue:
    with acting(officer, Act.ALTER, clue.as_thing(), purpose, step="examine", reason=what):
        row = Clue.objects.select_for_update().get(pk=clue.pk)
        if row.state == state or (seen and row.state != seen):
            raise Stale(row)
        demand_edition(row, edition)
        touched = Touched()
        touched.keep(row)
        row.state, row.decided_by_id = state, officer.id
        row.save(update_fields=["state", "decided_by"])
        remember(touched, row, officer, what)
        announce("clue changed", officer, purpose, row.case_id, clue=str(row.pk))
    return row


def restore(officer: Officer, purpose: Purpose, clue: Clue, *, edition: str = "") -> Clue:
    """Take the last change of a clue back: a decision or an edit."""
    with acting(officer, Act.ALTER, clue.as_thing(), purpose, step="examine", reason="restore a clue"):
        row = Clue.objects.select_for_update().get(pk=clue.pk)
        demand_edition(row, edition)
        done = last_change(row)
        if done is None:
            raise ExamineRefused("no decision on this clue is left to take back")
        if done.what == "edit a clue":
            demand_unasked(row)
        take_back(done)
        announce("clue changed", officer, purpose, clue.case_id, clue=str(clue.pk))
        return Clue.objects.get(pk=clue.pk)
