"""Give a case to a partner's tool, as far as the law allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from entente import plugins
from entente.casework.inform.service.leaving import (
    STEP,
    NotDisclosed,
    basis_to,
    demand_leave,
    not_sent,
    record_left,
)
from entente.casework.inform.service.packing import items_for, pack
from entente.formats.case_package import CaseFormat
from entente.formats.vics import VICS
from entente.records.act import acting
from entente.records.leaving import judge, things_of, whole_of
from entente.records.models import Agency, Case, Media, SeriesItem
from entente.safeguards.access import Act, Thing
from entente.safeguards.release import left_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import HashEntry


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds, and what was left out and why (for the sender)."""

    items: int
    left_out: tuple[str, ...]
    disclosure: UUID


def export_formats() -> list[str]:
    """Return the names of the formats that a case can be exported in."""
    return sorted({"vics", *(n for n, f in plugins.formats().items() if isinstance(f, CaseFormat))})


def export_case(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    to: Agency,
    stream: BinaryIO,
    format: str = "vics",  # noqa: A002 - the verb's own word
) -> Exported:
    """Write what may go to agency ``to``: hashes and metadata, never media or file names.

    As VICS 2.0 the items alone; in a case format series, exhibits, chain of custody and clues as well. Only a
    lead of the case exports. Raises ``guard.Denied``, or ``NotDisclosed`` if the format is unknown or nothing
    may go.
    """
    if format not in export_formats():
        raise NotDisclosed(f"a case is exported as {', '.join(export_formats())}, not {format!r}")
    if to.pk == officer.agency:
        raise NotDisclosed("the case is already at this agency; choose another")
    demand_leave(officer, purpose, case, to, Act.EXPORT)
    writer = plugins.formats()[format]
    if isinstance(writer, CaseFormat):
        return _export_package(officer, purpose, case, to, stream, writer)
    return _export_items(officer, purpose, case, to, stream)


def _export_items(officer: Officer, purpose: Purpose, case: Case, to: Agency, stream: BinaryIO) -> Exported:
    goes, things, stays = items_for(officer, purpose, case, to)
    thing = whole_of(officer.agency, case, [things[str(m.pk)] for m in goes])
    reason = "export a case as vics"
    with acting(
        officer, Act.EXPORT, thing.going_to(to.pk), purpose, step=STEP, reason=reason, recipients=[to.pk]
    ):
        series = _series_of(officer, purpose, case, to)
        head = _case_head(case, officer, purpose, thing, left_out(stays, for_recipient=True))
        entries = (_entry(m, things[str(m.pk)], series.get(m.pk, "")) for m in goes)
        count = VICS.write(head, entries, stream)
        told = left_out(stays, for_recipient=False)
        held = [str(m.pk) for m in goes]
        row = record_left(officer, case, to, "case as vics", case.pk, [*told, NAMES_STAY], held)
    return Exported(count, tuple(told), row.pk)


def _export_package(
    officer: Officer, purpose: Purpose, case: Case, to: Agency, stream: BinaryIO, writer: CaseFormat
) -> Exported:
    packed = pack(officer, purpose, case, to)
    reason = f"export a case as {writer.name}"
    with acting(
        officer,
        Act.EXPORT,
        packed.thing.going_to(to.pk),
        purpose,
        step=STEP,
        reason=reason,
        recipients=[to.pk],
    ):
        writer.write_case(packed.package, stream)
        told = [*packed.stays, NAMES_STAY, PLACES_STAY]
        row = record_left(officer, case, to, f"case as {writer.name}", case.pk, told, packed.held)
    return Exported(len(packed.package.items), packed.stays, row.pk)


NAMES_STAY = "File names and folders were left out: they may name a person."
PLACES_STAY = "Officers, addresses and serial numbers were left out: agencies stand for their people."


def _series_of(officer: Officer, purpose: Purpose, case: Case, to: Agency) -> dict[UUID, str]:
    """Return the series of each item, where people's decision on it may go too."""
    rows = list(SeriesItem.objects.filter(case=case).select_related("series"))
    things = things_of(rows)
    stays = judge(officer, purpose, {k: (k, t) for k, t in things.items()}, to, Act.EXPORT)
    basis = basis_to(officer, to)
    going = [r for r in rows if str(r.pk) not in stays and not_sent(basis, to, r, "") is None]
    return {r.media_id: r.series.name for r in going}


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
