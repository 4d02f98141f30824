"""What waits for a decision, and the series in sight."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from entente.records.models import Case, Link, Series, SeriesItem


def in_sight(case: Case) -> QuerySet[Series]:
    """Return the series of which the scope shows an item: one of withheld items alone is as none."""
    return Series.objects.filter(Exists(SeriesItem.objects.filter(series=OuterRef("pk"))), case=case)


def waiting(case: Case, among: Collection[UUID] | None = None) -> list[Link]:
    """Return the proposals that still ask for a decision: not those inside one series already.

    ``among`` asks for these alone, by their ids.
    """
    rows = Link.objects.filter(case=case, state="proposed").select_related("a", "b")
    held = SeriesItem.objects.filter(case=case)
    if among is not None:
        rows = rows.filter(pk__in=among)
        held = held.filter(media__in={m for k in rows for m in (k.a_id, k.b_id)})
    of = dict(held.values_list("media", "series"))
    return [k for k in rows if not (k.a_id in of and of[k.a_id] == of.get(k.b_id))]
