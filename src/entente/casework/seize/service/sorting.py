"""The seized files, sorted unattended: of a series, proposed for one, known, in the case already, or new.

Each is counted once, under the first that fits. Nothing joins a series here: a person says what belongs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass
from uuid import UUID

from entente.casework.link import service as link
from entente.records.models import Case, Link, Media, Series, SeriesItem
from entente.vocabulary.media_hash import Verdict


@dataclass(frozen=True, slots=True)
class Belongs:
    """A seized file that waiting links tie to items of a series: the proposals, the strongest first."""

    media: Media
    series: Series
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Sorting:
    """How many of the opened seized files are what, and which are proposed for a series and why."""

    in_series: int
    proposed: int
    known: int  # to the agency's lists or among what it holds
    held: int  # copies of what the case has already
    new: int
    unasked: int  # of the lists, so far
    belongs: tuple[Belongs, ...]


def sort(case: Case, opened: list[Media], copies: Set[UUID]) -> Sorting:
    """Sort the opened seized files, in the caller's scope; ``copies`` are those that meet other items."""
    of = {row.media_id: row.series for row in SeriesItem.objects.filter(case=case).select_related("series")}
    found = _belongs(case, {m.pk for m in opened}, of)
    proposed = {each.media.pk for each in found}
    counts: dict[str, int] = defaultdict(int)
    for media in opened:
        counts[_sorted(media, of.keys(), proposed, copies)] += 1
    fields = ("in_series", "proposed", "known", "held", "new", "unasked")
    return Sorting(**{name: counts[name] for name in fields}, belongs=found)


def _sorted(media: Media, inside: Set[UUID], proposed: Set[UUID], copies: Set[UUID]) -> str:
    if media.pk in inside:
        return "in_series"
    if media.pk in proposed:
        return "proposed"
    if media.known not in {"", str(Verdict.NEW)}:
        return "known"
    if media.pk in copies:
        return "held"
    return "new" if media.known else "unasked"


def _belongs(case: Case, seized: Set[UUID], of: dict[UUID, Series]) -> tuple[Belongs, ...]:
    """Return each seized file of no series with each series that a waiting link ties it to."""
    tied: dict[tuple[UUID, UUID], list[Link]] = defaultdict(list)
    rows: dict[UUID, Media] = {}
    for each in link.waiting(case):
        for one, other in ((each.a, each.b), (each.b, each.a)):
            if one.pk in seized and one.pk not in of and other.pk in of:
                tied[one.pk, of[other.pk].pk].append(each)
                rows[one.pk] = one
    series = {s.pk: s for s in of.values()}
    found = [
        Belongs(rows[media], series[held], tuple(sorted(links, key=lambda k: -k.weight)))
        for (media, held), links in tied.items()
    ]
    return tuple(sorted(found, key=lambda b: (-b.links[0].weight, b.media.number, b.series.name)))
