"""Originals for a court: asked for by a lead, confirmed by a second officer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from entente.casework.seize.service.custody import chain_of
from entente.casework.seize.service.listing import STEP, NotListed
from entente.casework.seize.service.reproduce import derivations_of
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.leaving import judge, things_of, whole_of
from entente.records.models import Agency, Case, CourtExport, Derivation, Exhibit, ExhibitItem, Media
from entente.records.models.custody import InChain
from entente.safeguards.access import Act, Thing
from entente.safeguards.release import LeftOut, left_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import H2, Purpose, union

COURT = Purpose.PROSECUTION
LASTING = timedelta(hours=24)  # a second officer confirms within a day, and the bundle is written in it
UNKEPT = "it could not be read when it was received, so there is no original"


class NotForCourt(NotListed):
    """No bundle can be asked for, confirmed or written as it was wanted; the text says the mend."""


@dataclass(slots=True)
class Plan:
    """What a bundle would hold and what stays, judged for one court at one moment."""

    exhibits: list[tuple[Exhibit, Sequence[InChain]]]
    joints: list[ExhibitItem]
    items: list[Media]
    derivations: list[Derivation]
    stays: list[LeftOut]
    things: list[Thing]

    @property
    def told_sender(self) -> list[str]:
        """Everything that stays behind, for the one who sends."""
        return left_out(self.stays, for_recipient=False)

    @property
    def told_court(self) -> list[str]:
        """What the court reads of it: the absence of H1, and of nothing else."""
        return left_out(self.stays, for_recipient=True)


def plan(officer: Officer, case: Case, things: Iterable[str], to: Agency, act: Act = Act.EXPORT) -> Plan:
    """Return what a bundle of these exhibits and items may hold for a court; nothing leaves yet.

    An exhibit goes with its whole chain or not at all. Raises ``NotForCourt`` without that purpose.
    """
    if COURT not in officer.purposes:
        raise NotForCourt("a bundle for a court is made for the purpose of prosecution, which is not yours")
    with guard.scope(officer, reading(officer)):
        wanted = list(things)
        rows = list(Exhibit.objects.filter(case=case, pk__in=wanted).select_related("owner", "made_by"))
        chains = {row.pk: chain_of(row).records for row in rows}
        joints = list(
            ExhibitItem.objects.filter(exhibit__in=rows).select_related("media", "owner", "made_by")
        )
        ids = {str(j.media_id) for j in joints} | set(wanted)
        media = list(Media.objects.filter(case=case, pk__in=ids).exclude(origin="crop").order_by("number"))
        # what a third agency derived, to ask its own lists, is its own and says nothing of this exhibit
        derived = [d for m in media for d in derivations_of(m) if d.owner_id in {officer.agency, m.owner_id}]
        crops = [d.made for d in derived if d.made is not None]
        every = [*rows, *joints, *media, *derived, *crops, *(r for c in chains.values() for r in c)]
        law = things_of(every)
    labels = {str(r.pk): (_label(r), law[str(r.pk)]) for r in every}
    no = judge(officer, COURT, labels, to, act)
    no |= {
        str(m.pk): LeftOut(str(m), str(m.handling), UNKEPT, stated=False)
        for m in media
        if not m.key and str(m.pk) not in no
    }
    gone = no.keys()
    goes = [r for r in rows if not gone & {str(r.pk), *(str(s.pk) for s in chains[r.pk])}]
    items = [m for m in media if str(m.pk) not in gone]
    kept = {r.pk for r in [*goes, *items]}
    stays = [no[str(r.pk)] for r in [*rows, *media] if str(r.pk) in no]
    made = Plan(
        exhibits=[(r, chains[r.pk]) for r in goes],
        joints=[j for j in joints if str(j.pk) not in gone and j.exhibit_id in kept and j.media_id in kept],
        items=items,
        derivations=_with_inputs([d for d in derived if not gone & {str(d.pk), str(d.made_id)}], items),
        stays=stays,
        things=[],
    )
    held = [*goes, *made.joints, *items, *made.derivations, *(s for r in goes for s in chains[r.pk])]
    made.things = [law[str(r.pk)] for r in held]
    return made


def reading(officer: Officer) -> Purpose:
    """Return the purpose under which things for a court are chosen.

    H1 is hidden under prosecution: that it stays is told by one who may have it for the work.
    """
    work = Purpose.VICTIM_IDENTIFICATION
    return work if work in officer.purposes else COURT


def _label(row: Any) -> str:
    return f"exhibit {row.number}" if isinstance(row, Exhibit) else str(row)


def _with_inputs(derived: Sequence[Derivation], items: Sequence[Media]) -> list[Derivation]:
    """Return the derivations whose inputs are all in the bundle; one from what stays would tell of it."""
    have = {m.sha256 for m in items}
    kept: list[Derivation] = []
    for row in sorted(derived, key=lambda d: (d.made_at, d.leaf)):
        if set(row.inputs) <= have and row.pk not in {k.pk for k in kept}:
            kept.append(row)
            have.add(row.output)
    return kept


def ask(
    officer: Officer,
    case: Case,
    *,
    to: Agency,
    exhibits: Iterable[Exhibit] = (),
    items: Iterable[Media] = (),
) -> CourtExport:
    """Ask, as a lead of the case, that originals go to a court; a second officer of the agency confirms.

    Raises ``NotForCourt`` where nothing may go, ``guard.Denied`` for whoever may export nothing here.
    """
    if to.pk == officer.agency:
        raise NotForCourt("the originals are at this agency already; name the court's")
    things = [str(row.pk) for row in (*exhibits, *items)]
    _demand_lead(officer, case, to)
    held = plan(officer, case, things, to)
    if not held.items:
        raise NotForCourt(
            "no original of that choice may go to this court; ask the originators to release it"
        )
    with acting(
        officer,
        Act.EXPORT,
        whole_of(officer.agency, case, held.things).going_to(to.pk),
        COURT,
        step=STEP,
        reason=f"ask for {len(held.items)} originals for a court",
        recipients=[to.pk],
    ):
        row = CourtExport(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=case.audience,
            to=to,
            things=things,
            items=len(held.items),
            expires=clock.now() + LASTING,
        )
        # to whom something goes is the agency's own information: nobody else in the case learns it
        row.handling = union([case.handling, H2])
        row.save()
    return row


def _demand_lead(officer: Officer, case: Case, to: Agency) -> None:
    """Only a lead exports: a no stands in the log before anything of the choice is told."""
    thing = whole_of(officer.agency, case, []).going_to(to.pk)
    with acting(officer, Act.EXPORT, thing, COURT, step=STEP, reason="choose originals for a court"):
        pass


def confirm(officer: Officer, row: CourtExport, *, count: int) -> CourtExport:
    """Confirm, as a second officer of the same agency, that ``count`` originals go to that court.

    The count is read by the one who confirms: where it is another now, nothing is confirmed.
    """
    held = plan(officer, row.case, row.things, row.to, Act.DISCLOSE)
    reason = f"confirm {count} originals for a court"
    thing = whole_of(officer.agency, row.case, held.things).going_to(row.to_id)
    with acting(officer, Act.DISCLOSE, thing, COURT, step=STEP, reason=reason, recipients=[row.to_id]):
        fresh = CourtExport.objects.select_for_update().get(pk=row.pk)
        _demand_second(officer, fresh)
        if not count == len(held.items) == fresh.items:
            raise NotForCourt(
                f"{fresh.items} originals were asked for, {len(held.items)} may go now, you confirm {count}; "
                "ask for it again"
            )
        fresh.confirmed_by_id, fresh.confirmed_at = officer.id, clock.now()
        fresh.save(update_fields=["confirmed_by", "confirmed_at"])
    return fresh


def _demand_second(officer: Officer, row: CourtExport) -> None:
    if row.owner_id != officer.agency:
        raise NotForCourt("a second officer of the agency that asked confirms it")
    if row.made_by_id == officer.id:
        raise NotForCourt("an export of originals takes two people; another officer confirms it")
    if row.state() != "asked":
        raise NotForCourt(f"this request is {row.state()}; ask for it again")


def asked_of(case: Case) -> list[CourtExport]:
    """Return what was asked for courts in a case, the last first; asks inside the caller's scope."""
    rows = CourtExport.objects.filter(case=case).select_related("to", "made_by", "confirmed_by")
    return list(rows[:50])


def find_asked(officer: Officer, case: Case, given: str = "", to: Agency | None = None) -> CourtExport:
    """Return a request by its id, or the last of the case for a court; raise ``LookupError`` if none."""
    with guard.scope(officer, COURT):
        rows = CourtExport.objects.filter(case=case).select_related("to", "case")
        if given:
            rows = rows.filter(pk=_uuid(given))
        if to is not None:
            rows = rows.filter(to=to)
        row = rows.first()
    if row is None:
        raise LookupError("no such request for a court that this officer can see; ask for one first")
    return row


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LookupError(f"{text} is no number of a request; it is printed when it is asked for") from None
