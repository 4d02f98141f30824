"""What waits for a decision, and the series in sight."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from entente.records.models import Case, Link, Series, SeriesItem


def in_sight(case: Case) -> QuerySet[Series]:
    """Return the series of which the scope shows an item: one of withheld items alone is as none."""
    return Series.objects.filter(Exists(SeriesItem.objects.filter(series=OuterRef("pk"))), case=case)


def waiting(case: Case) -> list[Link]:
    """Return the proposals that still ask for a decision: not those inside one series already."""
    of = dict(SeriesItem.objects.filter(case=case).values_list("media", "series"))
    rows = Link.objects.filter(case=case, state="proposed").select_related("a", "b")
    return [k for k in rows if not (k.a_id in of and of[k.a_id] == of.get(k.b_id))]
