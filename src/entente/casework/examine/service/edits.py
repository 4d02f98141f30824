"""A clue is corrected later: what it was stays on record, and a change by another is shown first."""

from __future__ import annotations

from typing import Any

from entente.casework.examine.service.editions import demand_edition, demand_unasked, edition_of, remember
from entente.casework.examine.service.marks import METHOD, VERSION, Points, demand_inside, placed
from entente.casework.examine.service.refused import ExamineRefused
from entente.records import vocabularies
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import Agency, Clue, Media
from entente.records.undo import Touched
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueGroup, ClueKind, group_of
from entente.vocabulary.handling import Evaluation, Purpose
from entente.vocabulary.media import Region


def edit(
    officer: Officer,
    purpose: Purpose,
    clue: Clue,
    *,
    edition: str,
    kind: ClueKind,
    value: Any,
    region: Region | None = None,
    polygon: Points | None = None,
    start: float | None = None,
    end: float | None = None,
    group: ClueGroup | None = None,
    evaluation: str | None = None,
    because: str = "",
    negated: bool = False,
) -> Clue:
    """Change a clue that stands as in ``edition``; raise ``Stale`` if somebody changed it since.

    Its state stays. Only the agency that provided the clue regrades it. What a person rewrote is no longer
    the machine's.
    """
    with acting(officer, Act.ALTER, clue.as_thing(), purpose, step="examine", reason="edit a clue"):
        row = Clue.objects.select_for_update().get(pk=clue.pk)
        demand_edition(row, edition)
        demand_unasked(row)
        if row.media_id is not None:
            demand_inside(Media.objects.get(pk=row.media_id), start, end)
        region, polygon = placed(region, polygon)
        was = edition_of(row)
        touched = Touched()
        touched.keep(row)
        if (row.kind, row.value) != (str(kind), value) and row.method != METHOD:
            row.method, row.version, row.reliability = METHOD, VERSION, None
            row.source = f"examiner, {Agency.objects.get(pk=officer.agency).short}"
        row.kind, row.value, row.negated = str(kind), value, negated
        row.words = vocabularies.recorded(officer.agency, row.kind, value)
        row.group = str(group or group_of(kind))
        row.evaluation = _graded(officer, row, evaluation)
        row.because = because.strip() or row.because
        row.region = [region.x, region.y, region.w, region.h] if region else None
        row.polygon = [list(point) for point in polygon] if polygon else None
        row.start, row.end = start, end if end is not None else start
        row.as_word()  # what does not make a clue is refused here, before it is written
        if edition_of(row) != was:
            row.save()
            remember(touched, row, officer, "edit a clue")
            announce("clue changed", officer, purpose, row.case_id, clue=str(row.pk))
    return row


def _graded(officer: Officer, row: Clue, evaluation: str | None) -> str:
    """Return the evaluation as it will stand; only its provider changes it (DESIGN section 4)."""
    wanted = str(Evaluation.parse(evaluation)) if evaluation else row.evaluation
    if wanted != row.evaluation and row.owner_id != officer.agency:
        raise ExamineRefused(
            f"only the agency that provided the clue regrades it; leave {row.evaluation}, and ask them"
        )
    return wanted
