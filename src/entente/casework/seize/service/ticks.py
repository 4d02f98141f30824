"""What was ticked at the search comes in: whole or not at all, by a named person, and it confirms nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Least

from entente.casework.seize.service.listing import STEP
from entente.formats.search_sheet import read_ticks
from entente.records import clock, guard, log
from entente.records.act import acting, demand
from entente.records.carried import carried
from entente.records.models import Case, Element, SearchSheet, SheetTick
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.search_sheet import AHEAD, SheetFault, SheetRefused, SheetTicks, Tick

REASON = "take in what was ticked at the search"
COUNTS_AT = Least("at", "made_at")  # no later than it was taken in, whatever the phone's clock said


@dataclass(frozen=True, slots=True)
class Taken:
    """How many ticks were new, were held already, and are of elements that are no longer on the list."""

    new: int
    held: int
    gone: int


def take_ticks(officer: Officer, purpose: Purpose, case: Case, data: bytes) -> Taken:
    """Take in a file that a sheet of this case saved; the same ticks again change nothing.

    Raises ``SheetRefused`` for a file that is too large or not of a sheet's making, for a sheet that this
    case does not have or that was withdrawn, for an element that was not on it, and for a moment more than
    a day ahead. Then nothing is taken, and the log says which of these it was.
    """
    thing = replace(case.as_thing(), owner=officer.agency)
    # before a byte is read for who may take nothing in
    demand(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=REASON)
    try:
        return _taken(officer, purpose, case, read_ticks(data))
    except SheetRefused as refused:
        with transaction.atomic():
            result = f"refused: {refused.fault}"
            log.append(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=REASON, result=result)
        raise


def _taken(officer: Officer, purpose: Purpose, case: Case, told: SheetTicks) -> Taken:
    with guard.scope(officer, purpose):
        sheet = SearchSheet.objects.filter(case=case, digest=told.sheet).first()
    if sheet is None:
        raise SheetRefused(
            SheetFault.OTHER_SHEET, "these are ticks of a sheet that this case does not have; open its case"
        )
    thing = replace(case.as_thing(), owner=officer.agency, handling=sheet.handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=REASON) as deed:
        sheet = SearchSheet.objects.select_for_update().get(pk=sheet.pk)
        _demand(sheet, told)
        listed = Element.objects.filter(case=case, pk__in=list(sheet.elements.values()))
        present = {str(e.pk): e for e in listed}
        of = {t.element: present.get(sheet.elements[str(t.element)]) for t in told.ticks}
        held = {_as_said(row) for row in SheetTick.objects.filter(sheet=sheet, taken_back_at=None)}
        new = 0
        for tick in told.ticks:
            element = of[tick.element]
            if element is None or _told(element, told, tick) in held:
                continue
            _keep(officer, case, sheet, element, told.by, tick)
            new += 1
        gone = sum(e is None for e in of.values())
        deed.reason = f"{REASON}: {new} new of {len(told.ticks)}"
    return Taken(new, len(told.ticks) - new - gone, gone)


def _demand(sheet: SearchSheet, told: SheetTicks) -> None:
    if sheet.withdrawn_at is not None:
        raise SheetRefused(SheetFault.WITHDRAWN, "that sheet was withdrawn; tick on the one that stands")
    if strange := [t.element for t in told.ticks if str(t.element) not in sheet.elements]:
        numbers = ", ".join(str(n) for n in strange[:10])
        raise SheetRefused(SheetFault.NOT_ON_SHEET, f"elements that are not on that sheet: {numbers}")
    if ahead := [t.element for t in told.ticks if t.at > clock.now() + AHEAD]:
        numbers = ", ".join(str(n) for n in ahead[:10])
        raise SheetRefused(
            SheetFault.AHEAD,
            f"ticked more than a day from now: elements {numbers}; set that phone's clock, take those ticks "
            "back on the sheet, tick again and save",
        )


def _told(element: Element, told: SheetTicks, tick: Tick) -> tuple[object, ...]:
    return element.pk, str(tick.answer), told.by, tick.at, tick.place, tick.note


def _as_said(row: SheetTick) -> tuple[object, ...]:
    return row.element_id, row.answer, row.by, row.at, row.place, row.note


def _keep(officer: Officer, case: Case, sheet: SearchSheet, element: Element, by: str, tick: Tick) -> None:
    row = SheetTick(
        sheet=sheet,
        element=element,
        answer=str(tick.answer),
        by=by,
        at=tick.at,
        place=tick.place,
        note=tick.note,
        **carried(officer, case, element.handling),
    )
    row.save()
    row.derives_from(element)


def take_tick_back(officer: Officer, purpose: Purpose, tick: SheetTick) -> SheetTick:
    """Take back what was ticked for one element; the row stays, and the log says who."""
    reason = "take back what was ticked at the search"
    with acting(officer, Act.ALTER, tick.as_thing(), purpose, step=STEP, reason=reason):
        row = SheetTick.objects.select_for_update().get(pk=tick.pk)
        if row.taken_back_at is None:
            row.taken_back_at, row.taken_back_by_id = clock.now(), officer.id
            row.save(update_fields=["taken_back_at", "taken_back_by"])
    return row


def ticks_of(case: Case) -> dict[UUID, SheetTick]:
    """Return the newest tick that stands of each element; asks inside the caller's scope."""
    rows = SheetTick.objects.filter(case=case, taken_back_at=None).select_related("made_by")
    return {row.element_id: row for row in rows.order_by(COUNTS_AT, "made_at")}
