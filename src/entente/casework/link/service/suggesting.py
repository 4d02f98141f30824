"""What the waiting proposals make of the case: groups that hang together, and what joins nothing and why.

Nothing of it is kept: it is worked out anew from the rows that the scope shows, so it follows each new item
and each word of a person at once, and tells nobody of what is withheld. Only components that changed since
are split again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from entente.casework.link import series as arithmetic
from entente.casework.link.service.queue import waiting
from entente.records.models import Case, Link, Media, SeriesItem
from entente.vocabulary.reason import Reason


@dataclass(frozen=True, slots=True)
class Bridge:
    """Links on which alone two groups would become one: a person looks first."""

    links: list[Link]
    left: list[Media]
    right: list[Media]


@dataclass(frozen=True, slots=True)
class Suggested:
    """What waits; groups with their links; bridges; hubs; pairs on which people disagree."""

    waiting: list[Link]
    groups: list[tuple[list[Media], list[Link]]]
    bridges: list[Bridge]
    hubs: list[tuple[Media, int]]  # an item, and how many it ties
    disagreed: list[tuple[Media, Media]]


def groups(case: Case) -> list[tuple[list[Media], list[Link]]]:
    """Return the groups that the waiting proposals suggest, under people's words: items and their links."""
    return suggested(case).groups


def suggested(case: Case) -> Suggested:
    """Return what the waiting proposals suggest, under people's words."""
    links = waiting(case)
    must, must_not = _words(case)
    found = arithmetic.series([as_arithmetic(k) for k in links], must=must, must_not=must_not)
    rows = {str(m.pk): m for link in links for m in (link.a, link.b)}
    by_pair: dict[frozenset[str], list[Link]] = defaultdict(list)
    for link in links:
        by_pair[frozenset((str(link.a_id), str(link.b_id)))].append(link)
    return Suggested(
        links,
        _groups(found, links, rows),
        [
            Bridge(
                [row for pair in _pairs(each.links) for row in by_pair[pair]],
                _named(each.left, rows),
                _named(each.right, rows),
            )
            for each in found.bridges
        ],
        [(rows[each.items[0]], len(each.items) - 1) for each in found.hubs],
        _disagreed(case, must, must_not),
    )


def _words(case: Case) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the pairs that people joined, by a link or in one series, and those that they keep apart.

    An accepted link between two series is no word any more: who split them spoke after it.
    """
    inside: dict[str, list[str]] = defaultdict(list)
    for held, media in SeriesItem.objects.filter(case=case).order_by("pk").values_list("series", "media"):
        inside[str(held)].append(str(media))
    of = {media: held for held, some in inside.items() for media in some}
    accepted = [p for p in _said(case, "accepted") if of.get(p[0], "") == of.get(p[1], "")]
    return accepted + [p for some in inside.values() for p in pairwise(some)], _said(case, "refused")


def _said(case: Case, state: str) -> list[tuple[str, str]]:
    rows = Link.objects.filter(case=case, state=state).values_list("a", "b")
    return [(str(a), str(b)) for a, b in rows]


def _groups(
    found: arithmetic.Series, links: Iterable[Link], rows: dict[str, Media]
) -> list[tuple[list[Media], list[Link]]]:
    place = {item: n for n, group in enumerate(found.groups) for item in group}
    inside: dict[int, list[Link]] = {}
    for link in links:
        at = place.get(str(link.a_id))
        if at is not None and at == place.get(str(link.b_id)):
            inside.setdefault(at, []).append(link)
    result = [(_named(found.groups[at], rows), held) for at, held in inside.items()]
    return sorted(result, key=lambda g: (-len(g[0]), g[0][0].number))


def _named(items: Iterable[str], rows: dict[str, Media]) -> list[Media]:
    return sorted((rows[i] for i in items if i in rows), key=lambda m: m.number)


def _pairs(links: Iterable[arithmetic.Link]) -> list[frozenset[str]]:
    return list(dict.fromkeys(frozenset((k.a, k.b)) for k in links))


def _disagreed(
    case: Case, must: Iterable[tuple[str, str]], must_not: Iterable[tuple[str, str]]
) -> list[tuple[Media, Media]]:
    """Return the pairs that somebody keeps apart and that others' words hold together."""
    of = {item: n for n, group in enumerate(arithmetic.series((), must).groups) for item in group}
    pairs = dict.fromkeys((a, b) for a, b in must_not if a in of and of[a] == of.get(b))
    rows = {str(m.pk): m for m in Media.objects.filter(case=case, pk__in={i for p in pairs for i in p})}
    return [(rows[a], rows[b]) for a, b in pairs if a in rows and b in rows]


def as_arithmetic(link: Link) -> arithmetic.Link:
    """Return a row as the arithmetic knows it."""
    reason = Reason(link.because, link.method, link.version, link.weight)
    first, second = sorted((str(link.a_id), str(link.b_id)))
    return arithmetic.Link(first, second, arithmetic.LinkKind(link.kind), link.weight, reason, link.grade)
