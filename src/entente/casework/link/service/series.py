"""Make, merge and split series by hand."""

from __future__ import annotations

from collections.abc import Sequence

from entente.casework.link.service.decision import SeriesRefused, by_hand
from entente.casework.link.service.members import join, new_series, put_in, take_out
from entente.records.models import Case, Media, Series, SeriesItem
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def gather(officer: Officer, purpose: Purpose, case: Case, items: Sequence[Media]) -> Series:
    """Make a series of items by hand; each leaves the series it was in."""
    if not items:
        raise SeriesRefused("no item was chosen; choose at least one")
    with by_hand(officer, purpose, case.as_thing(), "make a series") as touched:
        chosen = list(Media.objects.filter(case=case, pk__in=[m.pk for m in items]))
        made = new_series(officer, case, touched, chosen)
        for media in chosen:
            take_out(media, touched)
            put_in(officer, made, media, touched)
    return made


def merge(officer: Officer, purpose: Purpose, first: Series, second: Series) -> Series:
    """Make one series of two: ``first`` stays and takes every item of ``second``."""
    if first.pk == second.pk or first.case_id != second.case_id:
        raise SeriesRefused("choose two different series of one case")
    with by_hand(officer, purpose, first.as_thing(), "merge series", Act.MERGE) as touched:
        return join(Series.objects.get(pk=first.pk), Series.objects.get(pk=second.pk), touched)


def split(officer: Officer, purpose: Purpose, series: Series, items: Sequence[Media]) -> Series:
    """Take some items out of a series into a new one of their own."""
    with by_hand(officer, purpose, series.as_thing(), "split a series") as touched:
        members = SeriesItem.objects.filter(series=series).select_related("media")
        chosen = [m.media for m in members if m.media_id in {i.pk for i in items}]
        if not chosen or len(chosen) == len(members):
            raise SeriesRefused("choose some of the series' items, not none and not all")
        made = new_series(officer, series.case, touched, chosen)
        for media in chosen:
            take_out(media, touched)
            put_in(officer, made, media, touched)
    return made


def move(officer: Officer, purpose: Purpose, media: Media, to: Series | None) -> Series | None:
    """Move an item to another series of its case; ``None`` takes it out of every series."""
    if to is not None and to.case_id != media.case_id:
        raise SeriesRefused("an item moves only within its case; choose a series of this case")
    with by_hand(officer, purpose, media.as_thing(), "move an item") as touched:
        left = take_out(media, touched, to)
        if to is not None:
            put_in(officer, to, media, touched)
        elif left is None:
            raise SeriesRefused("the item is in no series; there is nothing to take it out of")
    return to
