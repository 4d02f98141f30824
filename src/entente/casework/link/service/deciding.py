"""Accept and refuse proposed links."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from entente.casework.intake.service import WITHHELD_FROM, is_withheld
from entente.casework.link.service.decision import SeriesRefused, by_hand
from entente.casework.link.service.members import join, new_series, put_in, series_of
from entente.casework.link.service.names import number_of
from entente.records import clock
from entente.records.models import Link, Series
from entente.records.undo import Touched
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

AT_ONCE = 500  # links that are written at once


def accept(officer: Officer, purpose: Purpose, link: Link) -> Series:
    """Accept a proposed link: its items become or join a series; two series become one."""
    with by_hand(officer, purpose, link.as_thing(), "accept a link") as touched:
        row = Link.objects.select_related("a", "b").get(pk=link.pk)
        return accept_in(officer, [row], touched)[0]


def accept_all(officer: Officer, purpose: Purpose, links: Sequence[Link]) -> list[Series]:
    """Accept several links of one case in one act, which is undone as one."""
    if not links:
        raise SeriesRefused("no link was chosen; choose at least one")
    case = links[0].case
    with by_hand(officer, purpose, case.as_thing(), "accept links") as touched:
        rows = list(Link.objects.select_related("a", "b").filter(pk__in=[k.pk for k in links], case=case))
        made = accept_in(officer, rows, touched)
        return list(Series.objects.filter(pk__in={s.pk for s in made}))


def accept_in(officer: Officer, links: Sequence[Link], touched: Touched) -> list[Series]:
    """Join what links tie, inside an act; what a withheld link does is as withheld as the link.

    Return for each link the series that its items are in after it.
    """
    _decide(officer, links, "accepted", touched)
    of = series_of({end for link in links for end in (link.a_id, link.b_id)})
    return [_joined(officer, link, of, touched) for link in links]


def _joined(officer: Officer, link: Link, of: dict[UUID, Series], touched: Touched) -> Series:
    """Join what a link ties; ``of`` says in which series each item is, and says so afterwards."""
    one, other = of.get(link.a_id), of.get(link.b_id)
    if one and other and one.pk != other.pk:
        first, second = sorted((one, other), key=lambda s: number_of(s.name))
        if is_withheld(link.case, link.owner_id, link.handling) and number_of(second.name) < WITHHELD_FROM:
            raise SeriesRefused(
                f"others see {first.name} and {second.name}, and this link is withheld from them;"
                " merge the two by hand if others may know that they belong together"
            )
        join(first, second, touched)
        of.update({item: first for item, held in of.items() if held.pk == second.pk})
        return first
    target = one or other or new_series(officer, link.case, touched, [link])
    for media, held in ((link.a, one), (link.b, other)):
        if held is None:
            put_in(officer, target, media, touched, link)
            of[media.pk] = target
    return target


def refuse(officer: Officer, purpose: Purpose, link: Link) -> Link:
    """Refuse a proposed link; the pair is never proposed again."""
    with by_hand(officer, purpose, link.as_thing(), "refuse a link") as touched:
        row = Link.objects.get(pk=link.pk)
        _decide(officer, [row], "refused", touched)
    return row


def refuse_all(officer: Officer, purpose: Purpose, links: Sequence[Link]) -> int:
    """Refuse several links of one case in one act, which is undone as one; return how many."""
    if not links:
        raise SeriesRefused("no link was chosen; choose at least one")
    case = links[0].case
    with by_hand(officer, purpose, case.as_thing(), "refuse links") as touched:
        rows = list(Link.objects.filter(case=case, pk__in=[link.pk for link in links]))
        _decide(officer, rows, "refused", touched)
    return len(rows)


def _decide(officer: Officer, links: Sequence[Link], state: str, touched: Touched) -> None:
    now = clock.now()
    for link in links:
        if link.state != "proposed":
            raise SeriesRefused(f"this link was {link.state} already; undo that decision first")
        touched.keep(link)
        link.state, link.decided_by_id, link.decided_at = state, officer.id, now
    for start in range(0, len(links), AT_ONCE):
        some = Link.objects.filter(pk__in=[link.pk for link in links[start : start + AT_ONCE]])
        some.update(state=state, decided_by=officer.id, decided_at=now)
