"""Each one's hours on a case: counted while it is open and worked on, told to nobody else without consent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Sum

from entente.records import clock
from entente.records.act import acting
from entente.records.models import Case, Hours, HoursConsent
from entente.safeguards.access import Act, leads
from entente.safeguards.exposure import supervisor_may_read
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

BEAT_S = 30  # between two words of a page that is open, visible and worked on
GAP = timedelta(seconds=45)  # a longer silence was no work on the case
KEPT = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class AgencyTotal:
    """The hours of an agency's officers together; ``None`` until each of them agrees that it is told."""

    agency: str
    officers: int
    seconds: int | None


def count(officer: Officer, case: Case) -> None:
    """Count the time since the last word of this officer's pages on the case; two windows count once."""
    now = clock.now()
    row, made = Hours.objects.get_or_create(
        account_id=officer.id, case=case, day=now.date(), defaults={"last": now}
    )
    if made or not row.last < now:
        return
    since = now - row.last
    more = int(since.total_seconds()) if since <= GAP else 0
    # who else counted meanwhile has counted this time
    Hours.objects.filter(pk=row.pk, last=row.last).update(last=now, seconds=F("seconds") + more)


def own(officer: Officer, case: Case) -> list[tuple[date, int]]:
    """Return the officer's own seconds on the case by day, the latest first."""
    rows = Hours.objects.filter(account=officer.id, case=case, seconds__gt=0)
    return list(rows.values_list("day", "seconds"))


def agrees(officer: Officer, case: Case) -> bool:
    """Whether the officer lets their hours on the case count in the total of their agency."""
    return HoursConsent.objects.filter(account=officer.id, case=case).exists()


def agree(officer: Officer, purpose: Purpose, case: Case, yes: bool) -> None:
    """Give that consent or take it back; both hold at once."""
    reason = "let one's hours count in the agency's total" if yes else "keep one's hours to oneself"
    with acting(officer, Act.READ, case.as_thing(), purpose, step="examine", reason=reason):
        if yes:
            HoursConsent.objects.get_or_create(account_id=officer.id, case=case)
        else:
            HoursConsent.objects.filter(account=officer.id, case=case).delete()


def totals(officer: Officer, case: Case) -> list[AgencyTotal]:
    """Return what the case's lead may read: a total for each agency all of whose officers agree."""
    if not leads(officer, case.pk, clock.now()):
        return []
    agreed = set(HoursConsent.objects.filter(case=case).values_list("account", flat=True))
    spent: dict[str, list[tuple[bool, int]]] = defaultdict(list)
    rows = Hours.objects.filter(case=case, seconds__gt=0).values("account", "account__agency__short")
    for row in rows.annotate(seconds_in_all=Sum("seconds")).order_by("account__agency__short", "account"):
        who = row["account"]
        may = supervisor_may_read(str(who), str(officer.id), consented=who in agreed)
        spent[row["account__agency__short"]].append((may, row["seconds_in_all"]))
    return [
        AgencyTotal(agency, len(each), sum(s for _, s in each) if all(may for may, _ in each) else None)
        for agency, each in spent.items()
    ]


def forget() -> int:
    """Erase what was counted long ago; return how many days of officers."""
    return Hours.objects.filter(day__lt=(clock.now() - KEPT).date()).delete()[0]
