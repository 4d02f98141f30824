"""Editions: a form carries the mark of what it was opened with; nobody's change is overwritten unseen.

The mark is a digest of the content. Whoever undoes a change brings the old content back, and its old mark
with it: what a form was opened with stands again, so nothing is lost by saving it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from entente.casework.examine.service.refused import ExamineRefused
from entente.records.models import Change, Clue, Note, Observation, Opinion
from entente.records.undo import Touched
from entente.vocabulary.agency import Officer

Marked = Clue | Note | Observation

# What a person reads of a row and may decide on.
CONTENT: dict[type, tuple[str, ...]] = {
    Clue: (
        *("kind", "value", "negated", "because", "evaluation", "group"),
        *("region", "polygon", "start", "end", "state"),
    ),
    Note: ("text", "t"),
    Observation: ("text", "region", "polygon", "start", "end", "state"),
}


class Stale(ExamineRefused):
    """Somebody changed it since the form was opened; ``row`` is how it stands now."""

    def __init__(self, row: Marked) -> None:
        self.row = row
        told = f" and is {row.state} already" if isinstance(row, Clue) else ""
        super().__init__(f"this was changed by another decision{told}; look at it again")


def edition_of(row: Marked) -> str:
    """Return the mark of a row's content: the same for the same content, another for any other."""
    held = {name: getattr(row, name) for name in CONTENT[type(row)]}
    return sha256(json.dumps(held, sort_keys=True, default=str).encode()).hexdigest()[:20]


def demand_edition(row: Marked, edition: str) -> None:
    """Raise ``Stale`` unless ``row`` stands as it did in ``edition``; an empty one asks nothing."""
    if edition and edition != edition_of(row):
        raise Stale(row)


def demand_unasked(clue: Clue) -> None:
    """Raise ``ExamineRefused`` while others vote on a clue: a vote stands for what it was cast on."""
    if Opinion.objects.filter(clue=clue, state__in=["open", "divided"]).exists():
        raise ExamineRefused(
            "others are giving their opinion on this clue as it stands; wait for the outcome"
        )


def remember(touched: Touched, row: Marked, officer: Officer, what: str) -> Change:
    """Write what an act changed in ``row``, for its history and its undo; kept as far as the row itself."""
    name = row._meta.model_name or ""
    item = str(row.media_id or getattr(row, "about", None) or "")
    done = touched.record(row.case_id, officer, what, row.handling, **{name: str(row.pk), "item": item})
    done.derives_from(row)
    return done


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a row: who, when, what, and each field before and after."""

    at: datetime
    by: str
    what: str
    undone: bool
    before: dict[str, Any]
    after: dict[str, Any]


def history(row: Marked) -> list[Step]:
    """Return what was changed in a row, the newest first; call it inside a scope."""
    return list(_steps(row, _changes(row).select_related("made_by")))


def last_change(row: Marked) -> Change | None:
    """Return the newest change of a row that still stands."""
    return _changes(row).filter(undone_at=None).first()


def changed(rows: Iterable[Marked]) -> set[str]:
    """Return the ids of those rows of one case that have a change to take back, in one query."""
    held = list(rows)
    if not held:
        return set()
    name = held[0]._meta.model_name or ""
    ids = {str(r.pk) for r in held}
    standing = Change.objects.filter(case=held[0].case_id, undone_at=None, **{f"before__{name}__in": ids})
    return set(standing.values_list(f"before__{name}", flat=True))


def _changes(row: Marked) -> Any:
    return Change.objects.filter(case=row.case_id, **{f"before__{row._meta.model_name}": str(row.pk)})


def _steps(row: Marked, changes: Iterable[Change]) -> Iterator[Step]:
    wanted = CONTENT[type(row)]
    for change in changes:
        for each in change.before["rows"]:
            if each["id"] == str(row.pk):
                before, after = ({n: v for n, v in (each[k] or {}).items() if n in wanted} for k in _SIDES)
                by = change.made_by.service_number if change.made_by else ""
                yield Step(change.made_at, by, change.what, change.undone_at is not None, before, after)


_SIDES = ("before", "after")
