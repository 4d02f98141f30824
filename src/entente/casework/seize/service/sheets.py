"""The search sheet that leaves on a phone: made by a named person, and called back."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from entente.casework.seize.service.listing import STEP, gathered
from entente.formats.search_sheet import write
from entente.records import clock
from entente.records.act import acting, demand
from entente.records.carried import carried
from entente.records.models import Account, Case, SearchSheet
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Purpose, narrowest
from entente.vocabulary.search_sheet import SheetFault, SheetRefused

MAKE = "make a search sheet for a phone"


def make_sheet(
    officer: Officer, purpose: Purpose, case: Case, *, no_person: bool, language: str = "en"
) -> tuple[SearchSheet, bytes]:
    """Return a new sheet and its file; the officer says that no person is on any crop of the list.

    Raises ``SheetRefused`` without that statement, or where nothing is listed.
    """
    if not no_person:
        raise SheetRefused(
            SheetFault.NOT_LOOKED_AT,
            "look at each crop of the list, and say that no person is on any of them",
        )
    thing = replace(case.as_thing(), owner=officer.agency)
    demand(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=MAKE)
    had = gathered(officer, purpose, case)
    row = SearchSheet(id=uuid4(), language=language, **carried(officer, case, had.handling))
    row.audience = str(narrowest([Audience(case.audience), *(Audience(e.audience) for e in had.elements)]))
    row.elements = {str(e.number): str(e.pk) for e in had.elements}
    made, row.digest = write(
        had.lines,
        had.crops,
        sheet=str(row.pk),
        case=case.number,
        victim=case.victim_number,
        issuer=had.issuer,
        by=Account.objects.get(pk=officer.id).service_number,
        handling=had.told_handling(case) | {"audience": row.audience},
        issued_at=clock.now().isoformat(timespec="seconds"),
        language=language,
    )
    thing = replace(thing, handling=had.handling)
    reason = f"{MAKE}: {len(had.elements)} elements, {len(had.crops)} crops, looked at: no person on any"
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=reason) as deed:
        row.save()
        row.derives_from(*had.elements)
        deed.seal(row.digest)
    return row, made


def withdraw_sheet(officer: Officer, purpose: Purpose, sheet: SearchSheet) -> SearchSheet:
    """Call a sheet back: no file of ticks of it is taken in any more; what was taken in stays."""
    with acting(officer, Act.ALTER, sheet.as_thing(), purpose, step=STEP, reason="withdraw a search sheet"):
        row = SearchSheet.objects.select_for_update().get(pk=sheet.pk)
        if row.withdrawn_at is None:
            row.withdrawn_at, row.withdrawn_by_id = clock.now(), officer.id
            row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    return row
