"""A person's own word on two items: they belong together, or they do not, with the reason in words."""

from __future__ import annotations

from entente.casework.link.series import LinkKind
from entente.casework.link.service.deciding import accept_in
from entente.casework.link.service.decision import SeriesRefused, by_hand
from entente.casework.link.service.members import series_of
from entente.records import clock
from entente.records.models import Case, Link, Media, Series
from entente.records.undo import Touched
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union

METHOD, LONGEST = "person", 300


def tie(officer: Officer, purpose: Purpose, case: Case, a: Media, b: Media, because: str) -> Series:
    """Say that two items belong together; they become or join a series, and no machine parts them."""
    with by_hand(officer, purpose, case.as_thing(), "tie two items") as touched:
        link = _said(officer, case, a, b, because, touched)
        return accept_in(officer, [link], touched)[0]


def keep_apart(officer: Officer, purpose: Purpose, case: Case, a: Media, b: Media, because: str) -> Link:
    """Say that two items do not belong together; no link is proposed between them, no group holds both."""
    with by_hand(officer, purpose, case.as_thing(), "keep two apart") as touched:
        of = series_of([a.pk, b.pk])
        if a.pk in of and of[a.pk] is of.get(b.pk):
            raise SeriesRefused(f"both are in {of[a.pk].name}; take one of them out first")
        link = _said(officer, case, a, b, because, touched)
        link.state, link.decided_by_id, link.decided_at = "refused", officer.id, clock.now()
        link.save(update_fields=["state", "decided_by", "decided_at"])
    return link


def _said(officer: Officer, case: Case, a: Media, b: Media, because: str, touched: Touched) -> Link:
    """Write what a person says as a link with its reason, still undecided."""
    words = " ".join(because.split())
    if not words or len(words) > LONGEST:
        raise SeriesRefused(f"say why in at most {LONGEST} characters")
    if a.pk == b.pk or {a.case_id, b.case_id} != {case.pk}:
        raise SeriesRefused("choose two different items of this case")
    first, second = sorted((a, b), key=lambda m: m.number)
    pair = {"a": first, "b": second, "kind": str(LinkKind.BY_HAND)}
    if Link.objects.filter(case=case, owner_id=officer.agency, **pair).exists():
        raise SeriesRefused("your agency has said its word on these two already; undo that first")
    link = Link(
        case=case,
        owner_id=officer.agency,
        made_by_id=officer.id,
        audience=first.audience,
        weight=1.0,
        because=words,
        method=METHOD,
        version="",
        **pair,
    )
    link.handling = union([first.handling, second.handling])
    link.save()
    link.derives_from(first, second)
    if not Link.objects.filter(pk=link.pk).exists():
        raise SeriesRefused("an originator of one of these items must first let your agency have it; ask it")
    touched.made(link)
    return link
