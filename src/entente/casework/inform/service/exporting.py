"""Give a case to a partner's tool, as far as the law allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from entente.casework.inform.service.leaving import (
    STEP,
    NotDisclosed,
    demand_leave,
    judge,
    originators_of,
    record_left,
    things_of,
)
from entente.formats.vics import VICS
from entente.records import guard
from entente.records.act import acting
from entente.records.models import Agency, Case, Media, Release, SeriesItem
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.release import LeftOut, left_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Purpose, narrowest, union
from entente.vocabulary.media_hash import HashEntry


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds, and what was left out and why (for the sender)."""

    items: int
    left_out: tuple[str, ...]
    disclosure: UUID


def export_case(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    to: Agency,
    stream: BinaryIO,
    format: str = "vics",  # noqa: A002 - the verb's own word
) -> Exported:
    """Write the items that may go to agency ``to`` as VICS 2.0: hashes and metadata, never media or names.

    Only a lead of the case exports. Raises ``guard.Denied``, or ``NotDisclosed`` if the format is unknown or
    nothing may go.
    """
    if format != "vics":
        raise NotDisclosed(f"a case is exported as vics, not {format!r}")
    if to.pk == officer.agency:
        raise NotDisclosed("the case is already at this agency; choose another")
    demand_leave(officer, purpose, case, to, Act.EXPORT)
    goes, things, stays = _items_for(officer, purpose, case, to)
    thing = _whole(officer, case, [things[str(m.pk)] for m in goes])
    with acting(
        officer,
        Act.EXPORT,
        thing.going_to(to.pk),
        purpose,
        step=STEP,
        reason="export a case as vics",
        recipients=[to.pk],
    ):
        series = _series_of(officer, purpose, case, to)
        head = _case_head(case, officer, purpose, thing, left_out(stays, for_recipient=True))
        entries = (_entry(m, things[str(m.pk)], series.get(m.pk, "")) for m in goes)
        count = VICS.write(head, entries, stream)
        told = left_out(stays, for_recipient=False)
        held = [str(m.pk) for m in goes]
        record = record_left(officer, case, to, "case as vics", case.pk, [*told, NAMES_STAY], held)
    return Exported(count, tuple(told), record.pk)


NAMES_STAY = "File names and folders were left out: they may name a person."
UNHASHED = "it could not be read, so it has no hash"


def _items_for(
    officer: Officer, purpose: Purpose, case: Case, to: Agency
) -> tuple[list[Media], dict[str, Thing], list[LeftOut]]:
    """Part the case's items that the officer sees into what goes and what stays; crops are never items."""
    with guard.scope(officer, purpose):
        items = list(Media.objects.filter(case=case).exclude(origin="crop").order_by("number"))
        things = things_of(items)
    judged = {str(m.pk): (str(m), things[str(m.pk)]) for m in items}
    stays = judge(officer, purpose, judged, to, Act.EXPORT)
    bare = [m for m in items if not m.md5 and str(m.pk) not in stays]
    told = [*stays.values(), *(LeftOut(str(m), str(m.handling), UNHASHED, stated=False) for m in bare)]
    goes = [m for m in items if m.md5 and m.size and str(m.pk) not in stays]
    if not goes:
        raise NotDisclosed("no item of this case may go to that agency; ask the originators to release them")
    return goes, things, told


def _whole(officer: Officer, case: Case, kept: Sequence[Thing]) -> Thing:
    """Return the export as the law sees it: the union of the items and of the case's own handling."""
    originators = {o for t in kept for o in originators_of(t)}
    releases = [r for t in kept for r in t.releases]
    if case.handling.restricted:
        originators.add(case.owner_id)
        releases += [r.as_permission() for r in Release.objects.filter(thing=case.pk)]
    return Thing(
        Shape.CASE,
        owner=officer.agency,
        case=case.pk,
        id=case.pk,
        handling=union([case.handling, *(t.handling for t in kept)]),
        originators=frozenset(originators - {officer.agency}),
        releases=tuple(releases),
        audience=narrowest([Audience(case.audience), *(t.audience for t in kept)]),
    )


def _series_of(officer: Officer, purpose: Purpose, case: Case, to: Agency) -> dict[UUID, str]:
    """Return the series of each item, where people's decision on it may go too."""
    rows = list(SeriesItem.objects.filter(case=case).select_related("series"))
    things = things_of(rows)
    stays = judge(officer, purpose, {k: (k, t) for k, t in things.items()}, to, Act.EXPORT)
    return {r.media_id: r.series.name for r in rows if str(r.pk) not in stays}


def _case_head(
    case: Case, officer: Officer, purpose: Purpose, thing: Thing, absent: Sequence[str]
) -> dict[str, Any]:
    agency = Agency.objects.get(pk=officer.agency)
    return {
        "CaseID": f"{{{case.pk}}}",
        "CaseNumber": case.number,
        "ContactOrganization": agency.name,
        "ContactEmail": agency.contact,
        "CaseMetadata": {
            "HandlingCodes": str(thing.handling),
            "HandlingText": thing.handling.text,
            "Audience": case.audience,
            "Purpose": str(purpose),
            **({"LeftOut": " ".join(absent)} if absent else {}),
        },
    }


def _entry(media: Media, thing: Thing, series: str) -> HashEntry:
    """Return an item as a record; its handling goes with it in words."""
    restriction = f" ({thing.handling.text})" if thing.handling.text else ""
    return HashEntry(
        line=media.number,
        md5=media.md5,
        sha1=media.sha1,
        sha256=media.sha256,
        pdq=media.pdq,
        series=series,
        size=media.size,
        mime=media.mime,
        other={
            "MediaID": str(media.number),
            "Comments": f"Handling {thing.handling}{restriction}",
            "DateUpdated": media.made_at.isoformat(),
        },
    )
