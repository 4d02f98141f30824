"""Pack what one agency may have of a case: each row judged, ids made for that recipient alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from entente.casework.inform.service.leaving import NotDisclosed, basis_to, demand_rows, not_sent
from entente.casework.inform.service.standing import who_answers_for
from entente.formats.case_package import (
    CasePackage,
    Marking,
    PackedClue,
    PackedExhibit,
    PackedItem,
    PackedSeries,
    PackedStep,
    sound,
)
from entente.records import clock, guard
from entente.records.leaving import UNHASHED, judge, things_of, whole_of
from entente.records.models import (
    Agency,
    Case,
    CaseBound,
    Clue,
    Exhibit,
    ExhibitItem,
    Media,
    Receipt,
    Series,
    SeriesItem,
    Transfer,
)
from entente.safeguards.access import Act, Thing
from entente.safeguards.release import LeftOut, left_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, narrowest, union


@dataclass(frozen=True, slots=True)
class Packed:
    """A case as one agency may have it now: the package, how the law sees it, what goes, what stays."""

    package: CasePackage
    thing: Thing
    held: tuple[str, ...]
    stays: tuple[str, ...]  # for the sender


def pack(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    to: Agency,
    *,
    only: frozenset[str] | None = None,
    made_at: datetime | None = None,
) -> Packed:
    """Return everything of a case that may go to ``to`` for this officer and purpose; nothing leaves yet.

    Ids are made for this recipient: two agencies cannot tell by them that they hold parts of one thing,
    and the same agency meets the same ids again. Of ``only`` these rows, where somebody chose them before.
    Raises ``NotDisclosed`` if no item may go.
    """
    basis = basis_to(officer, to)
    goes, things, stays = items_for(officer, purpose, case, to, only)
    with guard.scope(officer, purpose):
        series = list(SeriesItem.objects.filter(case=case).select_related("series"))
        exhibits = list(Exhibit.objects.filter(case=case))
        inside = list(ExhibitItem.objects.filter(case=case))
        steps = list(
            Transfer.objects.filter(case=case).select_related("made_by__agency", "to__agency", "owner")
        )
        receipts = list(Receipt.objects.filter(case=case))
        clues = list(
            Clue.objects.filter(case=case, state="confirmed").select_related(
                "owner", "made_by__agency", "decided_by__agency"
            )
        )
        # a series none of whose items the officer sees is not told of, not even as left out
        named = list(Series.objects.filter(case=case, pk__in={s.series_id for s in series}))
        told: list[CaseBound] = [*named, *exhibits, *inside, *steps, *receipts, *clues, *series]
        told = [r for r in told if only is None or str(r.pk) in only]
        things |= things_of(told)
        judged = {str(r.pk): (type(r).__name__.lower(), things[str(r.pk)]) for r in told}
        stop = judge(officer, purpose, judged, to, Act.EXPORT)
        for row in told:
            no = not_sent(basis, to, row, judged[str(row.pk)][0])
            if no is not None:
                stop.setdefault(str(row.pk), no)
        sender = Agency.objects.get(pk=officer.agency)
        answers = {c.pk: who_answers_for(c) for c in clues}

    def kept(rows: Iterable[Any]) -> list[Any]:
        return [r for r in rows if str(r.pk) in judged and str(r.pk) not in stop]

    received = {r.transfer_id: r for r in kept(receipts)}
    make = _Parts(to.pk, things, {m.pk for m in goes})
    going = [*goes, *kept(told)]
    demand_rows(basis, to, clues=len(going) > len(goes), count=len(going))
    thing = whole_of(officer.agency, case, [things[str(r.pk)] for r in going])
    stays = [*stays, *stop.values()]
    package = CasePackage(
        id=make.id(case.pk),
        number=case.number,
        victim=case.victim_number,
        made_at=made_at or clock.now(),
        sender=sender.name,
        contact=sender.contact,
        recipient=to.name,
        purpose=purpose,
        marking=_marking(thing),
        items=tuple(make.item(m) for m in goes),
        series=make.series(kept(named), kept(series)),
        exhibits=tuple(make.exhibit(e, kept(inside)) for e in kept(exhibits)),
        steps=tuple(make.step(t, received.get(t.pk)) for t in kept(steps)),
        clues=tuple(make.clue(c, answers[c.pk]) for c in kept(clues)),
        left_out=tuple(left_out(stays, for_recipient=True)),
    )
    read = sound(package, {})
    for_sender = [*left_out(stays, for_recipient=False), *(f"{r.reason}." for r in read.refusals)]
    held = tuple(str(r.pk) for r in going)
    return Packed(read.package, thing, held, tuple(for_sender))


def _marking(thing: Thing) -> Marking:
    return Marking(thing.handling, thing.audience)


class _Parts:
    """Makes the parts of one recipient's package."""

    def __init__(self, to: UUID, things: dict[str, Thing], items: set[UUID]) -> None:
        self.to, self.things, self.items = to, things, items

    def id(self, row: UUID) -> UUID:
        """Return what this recipient knows a row by; without the row's own id nobody can link two of them."""
        return uuid5(row, str(self.to))

    def marking(self, row: CaseBound) -> Marking:
        """Return how a row is handled."""
        return _marking(self.things[str(row.pk)])

    def item(self, media: Media) -> PackedItem:
        """Return an item without its names."""
        return PackedItem(
            id=self.id(media.pk),
            number=media.number,
            marking=self.marking(media),
            md5=media.md5,
            sha1=media.sha1,
            sha256=media.sha256,
            pdq=media.pdq,
            size=media.size,
            mime=media.mime,
            kind=media.kind,
            width=media.width,
            height=media.height,
            seconds=media.duration,
        )

    def series(self, named: Sequence[Series], rows: Sequence[SeriesItem]) -> tuple[PackedSeries, ...]:
        """Return each series with its items that go; marked as tightly as it and all who put them in."""
        found = []
        for held in named:
            mine = [r for r in rows if r.series_id == held.pk and r.media_id in self.items]
            marks = [self.marking(r) for r in (held, *mine)]
            marking = Marking(union([m.handling for m in marks]), narrowest([m.audience for m in marks]))
            items = tuple(self.id(r.media_id) for r in mine)
            if items:
                found.append(PackedSeries(self.id(held.pk), held.name, items, marking))
        return tuple(found)

    def exhibit(self, row: Exhibit, inside: Sequence[ExhibitItem]) -> PackedExhibit:
        """Return an exhibit with those of its items that go; no address, no officer, no serial number."""
        items = tuple(
            self.id(i.media_id) for i in inside if i.exhibit_id == row.pk and i.media_id in self.items
        )
        return PackedExhibit(
            self.id(row.pk), row.number, self.marking(row), row.description, row.seized_at, items
        )

    def step(self, row: Transfer, receipt: Receipt | None) -> PackedStep:
        """Return a step of the chain of custody, by agencies."""
        giver = row.made_by.agency.name if row.made_by else row.owner.name
        got = receipt.when if receipt and receipt.outcome == "received" else None
        return PackedStep(
            self.id(row.pk),
            self.id(row.exhibit_id),
            row.place,
            row.when,
            giver,
            row.to.agency.name,
            row.why,
            self.marking(row),
            got,
            receipt.outcome if receipt else "",
        )

    def clue(self, row: Clue, person: Any) -> PackedClue:
        """Return a clue as its agency says it; without its item where that stays."""
        medium = str(self.id(row.media_id)) if row.media_id and row.media_id in self.items else ""
        word = replace(row.as_word(), id=str(self.id(row.pk)), medium=medium, source="")
        by = person.agency.name if person else row.owner.name
        return PackedClue(self.id(row.pk), word, by, row.made_at, self.marking(row))


def items_for(
    officer: Officer, purpose: Purpose, case: Case, to: Agency, only: frozenset[str] | None = None
) -> tuple[list[Media], dict[str, Thing], list[LeftOut]]:
    """Part the case's items that the officer sees into what goes and what stays; crops are never items.

    Raises ``NotDisclosed`` if none may go, or not on the legal basis for a partner of another desk.
    """
    basis = basis_to(officer, to)
    with guard.scope(officer, purpose):
        items = list(Media.objects.filter(case=case).exclude(origin="crop").order_by("number"))
        items = [m for m in items if only is None or str(m.pk) in only]
        things = things_of(items)
    judged = {str(m.pk): (str(m), things[str(m.pk)]) for m in items}
    stays = judge(officer, purpose, judged, to, Act.EXPORT)
    bare = [m for m in items if not m.md5 and str(m.pk) not in stays]
    told = [*stays.values(), *(LeftOut(str(m), str(m.handling), UNHASHED, stated=False) for m in bare)]
    goes = [m for m in items if m.md5 and m.size and str(m.pk) not in stays]
    if not goes:
        raise NotDisclosed("no item of this case may go to that agency; ask the originators to release them")
    demand_rows(basis, to, clues=False, count=len(goes))
    return goes, things, told
