"""Which item is in which series, each step of it kept for who takes it back."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from entente.casework.intake.service import WITHHELD_FROM, is_withheld
from entente.casework.link.service.names import next_name, number_of
from entente.records import guard
from entente.records.models import Case, Link, Media, Series, SeriesItem
from entente.records.undo import REASON, Touched
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import union


def new_series(officer: Officer, case: Case, touched: Touched, of: Iterable[Media | Link]) -> Series:
    """Begin a series of items, or of what a link ties. The row tells nothing of them but who may know."""
    made = Series.objects.create(
        case=case,
        owner_id=officer.agency,
        made_by_id=officer.id,
        name=next_name(case.pk, withheld=all(is_withheld(case, each.owner_id, each.handling) for each in of)),
        audience=case.audience,
    )
    touched.made(made)
    return made


def series_of(items: Iterable[UUID]) -> dict[UUID, Series]:
    """Return the series of each item that is in one, by the item's number; one object for each series."""
    rows = SeriesItem.objects.filter(media__in=items).select_related("series").order_by("made_at", "pk")
    series: dict[UUID, Series] = {}
    found: dict[UUID, Series] = {}
    for row in rows:
        found.setdefault(row.media_id, series.setdefault(row.series_id, row.series))
    return found


def put_in(
    officer: Officer, series: Series, media: Media, touched: Touched, link: Link | None = None
) -> None:
    """Put an item in a series, once; the row carries handling and originators of the item and of the link."""
    if SeriesItem.objects.filter(series=series, media=media).exists():
        return
    sources = (link.a, link.b) if link else (media,)
    row = SeriesItem(
        case_id=series.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        series=series,
        media=media,
        audience=media.audience,
    )
    row.handling = union([m.handling for m in sources])
    _count(series, row, touched)
    row.save()
    row.derives_from(*sources)
    touched.made(row)


def _count(series: Series, item: SeriesItem, touched: Touched) -> None:
    """Give a series that had withheld items alone a counted name once it gets ``item``, which others see."""
    if number_of(series.name) >= WITHHELD_FROM and not is_withheld(series.case, item.owner_id, item.handling):
        touched.keep(series)
        series.name = next_name(series.case_id, withheld=False)
        series.save(update_fields=["name"])


def take_out(media: Media, touched: Touched, to: Series | None = None) -> Series | None:
    """Take an item out of its series, unless that is ``to``; a series left without items goes."""
    row = SeriesItem.objects.filter(media=media).exclude(series=to).select_related("series").first()
    if row is None:
        return None
    touched.keep(row)
    left = row.series
    row.delete()
    _drop_if_empty(left, touched)
    return left


def join(first: Series, second: Series, touched: Touched) -> Series:
    """Move every item of ``second``, those withheld from this officer too, so that none is lost."""
    with guard.system(REASON):
        there = set(SeriesItem.objects.filter(series=first).values_list("media", flat=True))
        for row in SeriesItem.objects.filter(series=second):
            touched.keep(row)
            if row.media_id in there:
                row.delete()
            else:
                _count(first, row, touched)
                row.series = first
                row.save(update_fields=["series"])
    _drop_if_empty(second, touched)
    return first


def _drop_if_empty(series: Series, touched: Touched) -> None:
    with guard.system(REASON):
        if not SeriesItem.objects.filter(series=series).exists():
            touched.keep(series)
            series.delete()
