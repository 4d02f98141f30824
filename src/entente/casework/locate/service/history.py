"""The region since day one: what one's own agency kept of it, without what says the same again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from entente.casework.locate.history import Kept, read
from entente.records.models import Case, Clue, Estimate
from entente.vocabulary.agency import Officer

SAID = ("clues", "posterior__area50_km2", "posterior__area90_km2", "posterior__countries__0__code")


def kept_states(officer: Officer, case: Case) -> list[UUID]:
    """Return the ids of the states that differ from the one before, oldest first.

    Of the officer's own agency alone: an estimate stands on all that its maker saw, so that one of another
    agency which is not there would tell that the other withholds something.
    """
    rows = Estimate.objects.filter(case=case, owner=officer.agency).order_by("made_at", "pk")
    found: list[UUID] = []
    before: object = None
    for pk, *said in rows.values_list("pk", *SAID):
        if said != before:
            found.append(pk)
            before = said
    return found


def states(officer: Officer, case: Case, ids: Sequence[UUID]) -> dict[UUID, Kept]:
    """Return kept states by id; one that the officer may not see, or of another agency, is left out."""
    rows = Estimate.objects.filter(case=case, owner=officer.agency, pk__in=ids).select_related("made_by")
    return {
        row.pk: read(
            str(row.pk),
            row.made_at,
            row.made_by.service_number if row.made_by else "",
            row.clues,
            row.posterior,
        )
        for row in rows
    }


def clues_named(case: Case, ids: Iterable[str]) -> dict[str, Clue]:
    """Return those clues of kept states that the officer still sees, withdrawn ones included."""
    return {str(row.pk): row for row in Clue.objects.filter(case=case, pk__in=set(ids))}
