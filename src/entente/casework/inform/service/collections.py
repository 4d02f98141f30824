"""What an agency's machines may fetch: a case that a lead opened for them, judged anew at every question.

Opening is an export by a named person. It fixes which rows may go; each fetch asks the law again in that
person's name as it stands then, so what was withdrawn, tightened or erased since is absent, and with the last
item the collection is. It ends by itself, and whenever something in it is called back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from entente.casework.inform.service.leaving import STEP, NotDisclosed, demand_lead, demand_leave, record_left
from entente.casework.inform.service.packing import pack
from entente.formats.stix_case import objects_of
from entente.records import clock, guard, limits
from entente.records.act import acting
from entente.records.models import Agency, Case, Disclosure, Notice
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

WHAT = "collection for machines"
LASTS = timedelta(days=90)
VI = Purpose.VICTIM_IDENTIFICATION  # the one purpose that machines fetch for


@dataclass(frozen=True, slots=True)
class Opened:
    """A collection as its agency sees it now."""

    id: UUID
    title: str
    since: datetime
    objects: tuple[dict[str, Any], ...]  # STIX, in the order of their ids


def open_for_machines(officer: Officer, purpose: Purpose, case: Case, to: Agency) -> Disclosure:
    """Let the machines of agency ``to`` fetch what of a case may go to it, for ``LASTS``; only a lead opens.

    Raises ``guard.Denied``, or ``NotDisclosed`` if nothing may go or the case is open for them already.
    """
    if purpose is not VI:
        raise NotDisclosed(f"machines fetch for {VI} alone; choose that purpose")
    if to.pk == officer.agency:
        raise NotDisclosed("the case is already at this agency; choose another")
    demand_leave(officer, purpose, case, to, Act.EXPORT)
    packed = pack(officer, purpose, case, to)
    reason = "open a case for machines"
    going = packed.thing.going_to(to.pk)
    with acting(officer, Act.EXPORT, going, purpose, step=STEP, reason=reason, recipients=[to.pk]):
        with guard.system("one agency has one open collection of a case, whoever opened it"):
            if _standing(to.pk).filter(case=case, owner_id=officer.agency).exists():
                raise NotDisclosed("this case is open for that agency's machines already; close it first")
        return record_left(officer, case, to, WHAT, case.pk, packed.stays, packed.held)


def close_for_machines(officer: Officer, purpose: Purpose, case: Case, to: Agency) -> int:
    """End what is open for ``to`` and call back what was fetched; return how many collections ended."""
    demand_lead(officer, purpose, case, to, Act.EXPORT)
    reason = "close a case for machines"
    with (
        acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason=reason),
        guard.system("whoever leads the case for the agency may close what it opened"),
    ):
        rows = list(_standing(to.pk).filter(case=case, owner_id=officer.agency))
        Disclosure.objects.filter(pk__in=[r.pk for r in rows]).update(recalled_at=clock.now())
        for row in rows:
            Notice.objects.create(
                owner_id=officer.agency,
                addressed=to,
                kind="recall",
                about=row.pk,
                text="",
                made_by_id=officer.id,
            )
    return len(rows)


def titles(reader: Officer) -> list[Opened]:
    """Return the collections that the reader's agency may fetch from now; that it asked stands in the log."""
    with _asking(reader):
        found = [as_it_stands(row, reader) for row in _rows(reader)]
    return [o for o in found if o is not None]


def fetch(reader: Officer, collection: UUID) -> Opened | None:
    """Return one collection with its objects, or nothing: hidden, ended and absent are the same.

    That they leave stands in the log twice: as the reader's question, and as an export of who opened it.
    """
    with _asking(reader):
        row = next((r for r in _rows(reader) if r.pk == collection), None)
        return as_it_stands(row, reader, leaving=True) if row else None


def _standing(agency: UUID) -> Any:
    return Disclosure.objects.filter(
        to_id=agency, what=WHAT, recalled_at=None, made_at__gt=clock.now() - LASTS
    )


def _rows(reader: Officer) -> list[Disclosure]:
    with guard.system("what was opened for an agency is found by its name alone"):
        rows = _standing(reader.agency).select_related("case", "to", "made_by__agency")
        return list(rows.order_by("made_at", "pk"))


@contextmanager
def _asking(reader: Officer) -> Iterator[None]:
    own = Thing(Shape.AGENCY, owner=reader.agency)
    with acting(reader, Act.READ, own, VI, step=STEP, reason="a machine asks what is open for it"):
        yield


def as_it_stands(row: Disclosure, reader: Officer, *, leaving: bool = False) -> Opened | None:
    """Return a collection as the law has it now, or nothing where its opener may let nothing go any more."""
    opener = row.made_by
    if opener is None or not opener.is_active:
        return None
    officer = opener.as_officer()
    try:
        packed = pack(officer, VI, row.case, row.to, only=frozenset(row.held), made_at=row.made_at)
        if leaving:
            going = packed.thing.going_to(reader.agency)
            reason = "a machine fetches what was opened"
            with acting(officer, Act.EXPORT, going, VI, step=STEP, reason=reason, recipients=[reader.agency]):
                pass
    except limits.LimitReached:
        raise  # it is open and goes again later: to say that it is gone would be wrong
    except (NotDisclosed, guard.Denied):
        return None
    made = sorted(objects_of(packed.package), key=lambda o: str(o["id"]))
    return Opened(row.pk, f"{packed.package.sender}: {packed.package.number}", row.made_at, tuple(made))
