"""Accept and refuse proposed links."""

from __future__ import annotations

from collections.abc import Sequence

from entente.casework.intake.service import WITHHELD_FROM, is_withheld
from entente.casework.link.service.decision import SeriesRefused, by_hand
from entente.casework.link.service.members import join, new_series, put_in, series_of
from entente.casework.link.service.names import number_of
from entente.records import clock
from entente.records.models import Link, Series
from entente.records.undo import Touched
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def accept(officer: Officer, purpose: Purpose, link: Link) -> Series:
    """Accept a proposed link: its items become or join a series; two series become one."""
    with by_hand(officer, purpose, link.as_thing(), "accept a link") as touched:
        return accept_in(officer, Link.objects.select_related("a", "b").get(pk=link.pk), touched)


def accept_all(officer: Officer, purpose: Purpose, links: Sequence[Link]) -> list[Series]:
    """Accept several links of one case in one act, which is undone as one."""
    if not links:
        raise SeriesRefused("no link was chosen; choose at least one")
    case = links[0].case
    with by_hand(officer, purpose, case.as_thing(), "accept links") as touched:
        rows = list(Link.objects.select_related("a", "b").filter(pk__in=[k.pk for k in links], case=case))
        made = {s.pk: s for s in [accept_in(officer, link, touched) for link in rows]}
        return list(Series.objects.filter(pk__in=made))


def accept_in(officer: Officer, link: Link, touched: Touched) -> Series:
    """Join what a link ties, inside an act; what a withheld link does is as withheld as the link."""
    _decide(officer, link, "accepted", touched)
    one, other = series_of(link.a), series_of(link.b)
    if one and other and one.pk != other.pk:
        first, second = sorted((one, other), key=lambda s: number_of(s.name))
        if is_withheld(link.case, link.owner_id, link.handling) and number_of(second.name) < WITHHELD_FROM:
            raise SeriesRefused(
                f"others see {first.name} and {second.name}, and this link is withheld from them;"
                " merge the two by hand if others may know that they belong together"
            )
        return join(first, second, touched)
    target = one or other or new_series(officer, link.case, touched, [link])
    for media, held in ((link.a, one), (link.b, other)):
        if held is None:
            put_in(officer, target, media, touched, link)
    return target


def refuse(officer: Officer, purpose: Purpose, link: Link) -> Link:
    """Refuse a proposed link; the pair is never proposed again."""
    with by_hand(officer, purpose, link.as_thing(), "refuse a link") as touched:
        row = Link.objects.get(pk=link.pk)
        _decide(officer, row, "refused", touched)
    return row


def refuse_all(officer: Officer, purpose: Purpose, links: Sequence[Link]) -> int:
    """Refuse several links of one case in one act, which is undone as one; return how many."""
    if not links:
        raise SeriesRefused("no link was chosen; choose at least one")
    case = links[0].case
    with by_hand(officer, purpose, case.as_thing(), "refuse links") as touched:
        rows = list(Link.objects.filter(case=case, pk__in=[link.pk for link in links]))
        for row in rows:
            _decide(officer, row, "refused", touched)
    return len(rows)


def _decide(officer: Officer, link: Link, state: str, touched: Touched) -> None:
    if link.state != "proposed":
        raise SeriesRefused(f"this link was {link.state} already; undo that decision first")
    touched.keep(link)
    link.state, link.decided_by_id, link.decided_at = state, officer.id, clock.now()
    link.save(update_fields=["state", "decided_by", "decided_at"])
