"""What waits for a decision, and the series in sight."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from entente.records.models import Case, Link, Media, Series, SeriesItem

UNSHOWN = ("tags", "metadata", "decoded", "pdq_turns")  # of an item: long, and no page of links shows them


def in_sight(case: Case) -> QuerySet[Series]:
    """Return the series of which the scope shows an item: one of withheld items alone is as none."""
    return Series.objects.filter(Exists(SeriesItem.objects.filter(series=OuterRef("pk"))), case=case)


def waiting(case: Case, among: Collection[UUID] | None = None) -> list[Link]:
    """Return the proposals that still ask for a decision: not those inside one series already.

    ``among`` asks for these alone, by their ids. Where the same lies in both, ``where``, is read when it is
    asked for.
    """
    rows = Link.objects.filter(case=case, state="proposed").defer("where")
    held, items = SeriesItem.objects.filter(case=case), Media.objects.filter(case=case).defer(*UNSHOWN)
    if among is not None:
        rows = rows.filter(pk__in=among)
        ends = {m for k in rows for m in (k.a_id, k.b_id)}
        held, items = held.filter(media__in=ends), items.filter(pk__in=ends)
    of = dict(held.values_list("media", "series"))
    there = {m.pk: m for m in items}  # each read once, in however many links it is
    found = []
    for link in rows:
        apart = link.a_id not in of or of[link.a_id] != of.get(link.b_id)
        if apart and link.a_id in there and link.b_id in there:
            link.a, link.b = there[link.a_id], there[link.b_id]
            found.append(link)
    return found
