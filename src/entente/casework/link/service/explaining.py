"""Why two items belong together: the strongest path, what breaks without its weakest link, who said so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from entente.casework.link import series as arithmetic
from entente.casework.link.service.names import APART
from entente.casework.link.service.suggesting import as_arithmetic
from entente.records.models import Case, Link, Media, SeriesItem


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for two items, in rows: ``path``, its ``weakest``; ``instead`` or ``falls`` without it.

    ``apart`` are the links by which people keep the two apart; ``placed`` who put each of them into the
    series that holds both, and when.
    """

    path: list[Link]
    weakest: Link | None = None
    instead: list[Link] = field(default_factory=list)
    falls: list[Media] = field(default_factory=list)
    apart: list[Link] = field(default_factory=list)
    placed: list[SeriesItem] = field(default_factory=list)


def why(case: Case, a: Media, b: Media) -> list[Link]:
    """Return the strongest path of links between two items, the weakest link being what it stands on."""
    return explained(case, a, b).path


def explained(case: Case, a: Media, b: Media) -> Why:
    """Return why two items belong together, as far as the scope shows the links."""
    held = Link.objects.filter(case=case)
    standing = held.exclude(state__in=["refused", APART]).defer("where")
    ids = {as_arithmetic(k): k.pk for k in standing.iterator()}
    found = arithmetic.explain(str(a.pk), str(b.pk), list(ids))
    told = [k for k in (*found.path, *found.instead, found.weakest) if k is not None]
    named = held.select_related("a", "b", "made_by", "decided_by")
    rows = named.in_bulk({ids[k] for k in told})
    return Why(
        [rows[ids[k]] for k in found.path],
        rows[ids[found.weakest]] if found.weakest else None,
        [rows[ids[k]] for k in found.instead],
        _items(case, found.falls),
        list(named.filter(state="refused", a__in=[a.pk, b.pk], b__in=[a.pk, b.pk])),
        _placed(a, b),
    )


def _items(case: Case, names: Iterable[str]) -> list[Media]:
    return list(Media.objects.filter(case=case, pk__in=list(names)).order_by("number"))


def _placed(a: Media, b: Media) -> list[SeriesItem]:
    """Return the two rows of the series that holds both, or nothing."""
    rows = list(SeriesItem.objects.filter(media__in=[a, b]).select_related("media", "made_by", "series"))
    both = {r.series_id for r in rows if r.media_id == a.pk} & {
        r.series_id for r in rows if r.media_id == b.pk
    }
    return sorted((r for r in rows if r.series_id in both), key=lambda r: r.media.number)
