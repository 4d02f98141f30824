"""Which items an agency's lists are asked of: those of cases that its officers work on, as they may see them.

One rule for both directions, a list that comes and an item that comes. A list is of its agency (H2), and what
it says of an item is no answer to a question that nobody asked: for what lies in the cases of others there is
the cross-check, which a named person asks for, and which says hit, owner and contact, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from entente.casework.match.service.marks import case_purpose
from entente.records import clock, guard
from entente.records.models import Compared, Media, Membership
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.handling import Purpose

WHY = "whose officers work on a case"


def _working() -> QuerySet[Membership]:
    """Return who leads a case or is a member now; readers ask nothing, an emergency is one officer's."""
    now = clock.now()
    rows = Membership.objects.filter(part__in=(str(Part.LEAD), str(Part.MEMBER)), emergency=None)
    rows = rows.filter(since__lte=now, account__is_active=True).filter(Q(until=None) | Q(until__gt=now))
    return rows.select_related("account__agency").order_by("since")


def cases_of(agency: UUID) -> set[UUID]:
    """Return the cases that officers of an agency work on."""
    with guard.system(WHY):
        return set(_working().filter(account__agency_id=agency).values_list("case_id", flat=True))


def seen_by(agency: UUID, items: Iterable[UUID]) -> set[UUID]:
    """Return those of the items that an officer of the agency who works on their case may see."""
    wanted = list(items)
    with guard.system(WHY):
        cases = set(Media.objects.filter(pk__in=wanted).values_list("case_id", flat=True))
        rows = list(_working().filter(account__agency_id=agency, case_id__in=cases))
    seen: set[UUID] = set()
    for row in rows:
        with guard.scope(row.account.as_officer(), Purpose(case_purpose(row))):
            theirs = Media.objects.filter(pk__in=wanted, case_id=row.case_id)
            seen.update(theirs.values_list("pk", flat=True))
    return seen


def at_work(case: UUID) -> list[tuple[Officer, Purpose]]:
    """Return who leads a case or is a member now, each with a purpose; who is longest on it comes first."""
    with guard.system(WHY):
        rows = list(_working().filter(case_id=case))
    return [(row.account.as_officer(), Purpose(case_purpose(row))) for row in rows]


def others_to_ask(case: UUID, but: UUID) -> list[tuple[Officer, Purpose]]:
    """Return for each other agency of a case an officer in whose name its lists are asked.

    Only where that officer sees an item that these were not asked of: what is withheld from an agency leaves
    it no job to wonder at.
    """
    found: dict[UUID, tuple[Officer, Purpose]] = {}
    for officer, purpose in at_work(case):
        if officer.agency not in {but, *found} and unasked(officer, purpose, case):
            found[officer.agency] = officer, purpose
    return list(found.values())


def unasked(officer: Officer, purpose: Purpose, case: UUID) -> bool:
    """Whether an officer sees an item in a case that the agency's lists were not asked of."""
    with guard.scope(officer, purpose):
        asked = Compared.objects.filter(owner_id=officer.agency, case_id=case).values("media")
        items = Media.objects.filter(case_id=case, refusal="").exclude(origin="crop")
        return bool(items.exclude(pk__in=asked).exists())
