"""One decision of a person on a case's series, which can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import QuerySet

from entente.casework.link.service.names import CHANGES, last_number
from entente.records.act import acting
from entente.records.models import Case, Change
from entente.records.undo import Touched, take_back
from entente.safeguards.access import Act, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


class SeriesRefused(ValueError):
    """What was asked of a series does not fit how things stand; the sentence says the mend."""


@contextmanager
def by_hand(
    officer: Officer, purpose: Purpose, thing: Thing, what: str, act: Act = Act.ALTER
) -> Iterator[Touched]:
    """One decision of a person on a case's series: law, log, a change that can be undone."""
    with acting(officer, act, thing, purpose, step="link", reason=what):
        if thing.case is None:
            raise SeriesRefused("a series belongs to a case; open the case first")
        touched, last = Touched(), last_number(thing.case)
        yield touched
        last = max(last, last_number(thing.case))
        touched.record(thing.case, officer, what, thing.handling, last=last)


def undo(officer: Officer, purpose: Purpose, change: Change) -> None:
    """Take a change of this step back exactly; raises ``Overtaken`` where somebody went on from it."""
    with acting(officer, Act.ALTER, change.as_thing(), purpose, step="link", reason=f"undo: {change.what}"):
        take_back(Change.objects.select_for_update().get(pk=change.pk))


def changes(case: Case) -> QuerySet[Change]:
    """Return the decisions of this step, newest first."""
    return (
        Change.objects.filter(case=case, what__in=CHANGES)
        .select_related("made_by")
        .order_by("-made_at", "pk")
    )
