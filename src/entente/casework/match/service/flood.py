"""Records of lists that meet too many items are found and set aside; their matches stay on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from entente.casework.match import standing
from entente.casework.match.service.asking import Labels
from entente.casework.match.service.marks import remark
from entente.records import guard
from entente.records.models import ListedHash, Match, Media, Quarantine


def limit() -> tuple[int, int]:
    """Return how many distinct items a record may meet, and how many are held; in the system's scope."""
    items = Media.objects.filter(refusal="").exclude(origin="crop").count()
    return standing.most_of(items, settings.FLOOD_LEAST, settings.FLOOD_SHARE), items


def set_floods_aside(listed: Iterable[UUID]) -> set[UUID]:
    """Set aside those of the records that met more distinct items than the limit, and return them."""
    with guard.system("how many items a record met, in whatever case they are"):
        most, items = limit()
        counting = Match.objects.filter(listed__in=set(listed)).exclude(state__in=("refused", "withdrawn"))
        met = counting.order_by().values_list("listed").annotate(n=Count("media", distinct=True))
        return set_aside({pk: n for pk, n in met.filter(n__gt=most) if pk}, most, items)


def set_aside(met: Mapping[UUID, int], most: int, items: int) -> set[UUID]:
    """Set records aside that met so many items; one that a person released stays in the work.

    In the system's scope and inside a transaction.
    """
    rows = ListedHash.objects.filter(pk__in=list(met), aside="").select_related("list")
    labels: dict[UUID, Labels] = {}
    done = set()
    for row in rows:
        names = labels.setdefault(row.owner_id, Labels(row.owner_id))
        Quarantine.objects.create(
            list=row.list,
            owner_id=row.owner_id,
            listed=row.pk,
            entry=names.of(row),
            cause="flood",
            met=met[row.pk],
            most=most,
            reason=standing.flood_reason(met[row.pk], most, items),
        )
        done.add(row.pk)
    ListedHash.objects.filter(pk__in=done).update(aside="held")
    waiting = Match.objects.filter(listed__in=done, state="proposed")  # what a person decided stays decided
    touched = set(waiting.values_list("media_id", flat=True))
    waiting.update(state="set aside")
    remark(touched)
    return done
