"""What waits for a decision, in groups that hang together, and why two items belong together."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from entente.casework.link import series as arithmetic
from entente.records.models import Case, Link, Media, Series, SeriesItem
from entente.vocabulary.reason import Reason


def in_sight(case: Case) -> QuerySet[Series]:
    """Return the series of which the scope shows an item: one of withheld items alone is as none."""
    return Series.objects.filter(Exists(SeriesItem.objects.filter(series=OuterRef("pk"))), case=case)


def waiting(case: Case) -> list[Link]:
    """Return the proposals that still ask for a decision: not those inside one series already."""
    of = dict(SeriesItem.objects.filter(case=case).values_list("media", "series"))
    rows = Link.objects.filter(case=case, state="proposed").select_related("a", "b")
    return [k for k in rows if not (k.a_id in of and of[k.a_id] == of.get(k.b_id))]


def groups(case: Case) -> list[tuple[list[Media], list[Link]]]:
    """Return the groups that the waiting proposals suggest, under people's words: items and their links."""
    links = waiting(case)
    words = {
        state: [
            (str(a), str(b)) for a, b in Link.objects.filter(case=case, state=state).values_list("a", "b")
        ]
        for state in ("accepted", "refused")
    }
    rows = {str(m.pk): m for link in links for m in (link.a, link.b)}
    found = arithmetic.series(
        [_as_arithmetic(link) for link in links], must=words["accepted"], must_not=words["refused"]
    )
    place = {item: n for n, group in enumerate(found.groups) for item in group}
    inside: dict[int, list[Link]] = {}
    for link in links:
        at = place.get(str(link.a_id))
        if at is not None and at == place.get(str(link.b_id)):
            inside.setdefault(at, []).append(link)
    result = [
        (sorted((rows[i] for i in found.groups[at] if i in rows), key=lambda m: m.number), held)
        for at, held in inside.items()
    ]
    return sorted(result, key=lambda g: (-len(g[0]), g[0][0].number))


def why(case: Case, a: Media, b: Media) -> list[Link]:
    """Return the strongest path of links between two items, the weakest link being what it stands on."""
    rows = Link.objects.filter(case=case).exclude(state="refused").select_related("a", "b")
    links = {(str(k.a_id), str(k.b_id), k.kind): k for k in rows}
    path = arithmetic.why(str(a.pk), str(b.pk), [_as_arithmetic(k) for k in links.values()])
    return [
        next(k for (x, y, kind), k in links.items() if {x, y} == {p.a, p.b} and kind == str(p.kind))
        for p in path
    ]


def _as_arithmetic(link: Link) -> arithmetic.Link:
    reason = Reason(link.because, link.method, link.version, link.weight)
    first, second = sorted((str(link.a_id), str(link.b_id)))
    return arithmetic.Link(first, second, arithmetic.LinkKind(link.kind), link.weight, reason)
