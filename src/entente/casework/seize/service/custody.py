"""Exhibits and who held them: recorded once, handed over by one officer and signed for by the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any
from uuid import UUID

from entente.casework.seize.holders import Gap, Handover, Passing, gaps
from entente.casework.seize.service.listing import STEP, NotListed
from entente.records import clock, guard
from entente.records.act import Deed, acting
from entente.records.models import (
    Account,
    Agency,
    Case,
    Correction,
    Exhibit,
    ExhibitItem,
    Media,
    Membership,
    Receipt,
    Transfer,
)
from entente.records.models.custody import Custody, InChain
from entente.safeguards.access import Act, Deny, decide
from entente.safeguards.commitment import canonical
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.handling import Handling, HandlingCode, Purpose, union

CHAIN: tuple[type[InChain], ...] = (Transfer, Receipt, Correction)
OTHER_HAND: dict[type[InChain], tuple[str, ...]] = {Transfer: ("to",)}
HOLDS = {Part.LEAD, Part.MEMBER}  # a reader signs for nothing


@dataclass(frozen=True, slots=True)
class Chain:
    """An exhibit's chain: its records in order, what became of each handover, and what is weak about it."""

    exhibit: Exhibit
    records: tuple[InChain, ...]
    handovers: tuple[Handover, ...]
    gaps: tuple[Gap, ...]
    holder: str  # the service number of whoever holds it now


def exhibit(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    number: str,
    description: str,
    media: Media | None = None,
    items: Iterable[Media] = (),
    codes: Iterable[str] = (),
    handling_text: str = "",
    **seizure: Any,
) -> Exhibit:
    """Record a seized object or file under the court's number for it, as it was when it was taken.

    ``seizure`` may have place, seized_at, seized_by (a service number), device, warrant, seal, condition.
    ``codes`` add to the handling of the case and of the items, and never loosen it. Raises ``NotListed`` for
    a number that is taken, for a seizure in the future, or without number and description.
    """
    files = list(dict.fromkeys([*([media] if media else []), *items]))
    _demand_exhibit(number, description, seizure)
    own = [Handling(frozenset(HandlingCode(c) for c in codes), handling_text)] if codes else []
    handling = union([*([f.handling for f in files] or [case.handling]), *own])
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="record an exhibit") as deed:
        with guard.system("an agency numbers its own exhibits, those withheld from this purpose too"):
            held = Exhibit.objects.filter(case=case, owner_id=officer.agency)
            taken = held.filter(number=number.strip()).exists()
        if taken:
            raise NotListed(f"the agency already has an exhibit {number.strip()}; choose another number")
        told = {k: v.strip() if isinstance(v, str) else v for k, v in seizure.items()}
        row = Exhibit(
            number=number.strip(),
            description=description.strip()[:200],
            **told,
            **_made(officer, case, handling),
        )
        row.save()
        if files:
            row.derives_from(*files)
        _sealed(deed, row)
        for each in files:
            _join(officer, deed, case, row, each)
    return row


def _demand_exhibit(number: str, description: str, seizure: Mapping[str, Any]) -> None:
    if not number.strip() or not description.strip():
        raise NotListed("an exhibit needs its number and a description")
    if (at := seizure.get("seized_at")) and at > clock.now():
        raise NotListed("the moment of the seizure has not come yet; write it in UTC")


def put_in(officer: Officer, purpose: Purpose, case: Case, row: Exhibit, items: Iterable[Media]) -> int:
    """Say that items of the case came from an exhibit; return how many were new to it."""
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason="items of an exhibit") as deed:
        with guard.system("an agency's own joints, those withheld from this purpose too"):
            own = ExhibitItem.objects.filter(exhibit=row, owner_id=officer.agency)
            held = set(own.values_list("media", flat=True))
        fresh = [m for m in items if m.pk not in held]
        if any(m.case_id != row.case_id or m.origin == "crop" for m in fresh):
            raise NotListed("an exhibit's items are files of its own case, never crops")
        for each in fresh:
            _join(officer, deed, case, row, each)
    return len(fresh)


def _join(officer: Officer, deed: Deed, case: Case, row: Exhibit, media: Media) -> None:
    joint = ExhibitItem(
        exhibit=row, media=media, **_made(officer, case, union([row.handling, media.handling]))
    )
    joint.save()
    joint.derives_from(row, media)
    _sealed(deed, joint)


# --- handing over ---------------------------------------------------------------------------------------


def hand_over(
    officer: Officer,
    purpose: Purpose,
    row: Exhibit,
    *,
    to: Account,
    when: datetime,
    from_place: str,
    to_place: str,
    why: str,
    seal: str = "",
    seal_state: str = "none",
) -> Transfer:
    """Sign that the exhibit left one's hands for a named officer, who then signs for it.

    Raises ``NotListed`` for a moment in the future or before the last record, while a handover still waits,
    without places and a reason, and for an officer who cannot sign in this case.
    """
    if not (from_place.strip() and to_place.strip() and why.strip()):
        raise NotListed("a handover needs both places and its reason")
    if to.pk == officer.id:
        raise NotListed("a handover is signed by two; name the officer who receives it")
    _demand_holder(purpose, row, to)
    with _adding(officer, purpose, row, "hand an exhibit over", when) as (deed, place):
        if any(h.passing is Passing.WAITING for h in handovers_of(row)):
            raise NotListed("the last handover still waits for its receiver; it is signed for or taken back")
        step = Transfer(
            to=to,
            when=when,
            from_place=from_place.strip()[:200],
            to_place=to_place.strip()[:200],
            why=why.strip()[:300],
            seal=seal.strip()[:60],
            seal_state=_state(seal_state),
            **place,
        )
        _add(deed, step)
    return step


def sign(
    officer: Officer,
    purpose: Purpose,
    step: Transfer,
    *,
    outcome: str = "received",
    when: datetime,
    seal_state: str = "none",
    condition: str = "",
) -> Receipt:
    """Sign for an exhibit as the named receiver, or refuse it; the giver may take it back until then.

    Raises ``NotListed`` for anybody else, a second signature, or a moment before the handover.
    """
    if outcome not in Receipt.OUTCOMES:
        raise NotListed(f"a handover is {', '.join(Receipt.OUTCOMES)}, nothing else")
    who = step.made_by_id if outcome == "taken back" else step.to_id
    if officer.id != who:
        raise NotListed(
            "only the officer who gave it takes it back"
            if outcome == "taken back"
            else "only the officer named as its receiver signs for it"
        )
    if when < step.when:
        raise NotListed("it cannot be received before it was handed over; see the moment of the handover")
    with _adding(officer, purpose, step.exhibit, f"an exhibit is {outcome}", when) as (deed, place):
        if any(isinstance(r, Receipt) and r.transfer_id == step.pk for r in records_of(step.exhibit)):
            raise NotListed("this handover was signed already; a correction may stand beside it")
        receipt = Receipt(
            transfer=step,
            outcome=outcome,
            when=when,
            seal_state=_state(seal_state),
            condition=condition.strip()[:200],
            **place,
        )
        _add(deed, receipt)
    return receipt


def correct(officer: Officer, purpose: Purpose, row: Exhibit, of: UUID, text: str) -> Correction:
    """Write beside a record what it should have said; the record itself stays as it is."""
    if not text.strip():
        raise NotListed("write what the record should have said")
    with _adding(officer, purpose, row, "correct a record of an exhibit") as (deed, place):
        if of not in {row.pk, *(r.pk for r in records_of(row))}:
            raise NotListed("a correction is of one record of this exhibit; choose it in the chain")
        note = Correction(of=of, text=text.strip(), **place)
        _add(deed, note)
    return note


def _demand_holder(purpose: Purpose, row: Exhibit, to: Account) -> None:
    """The receiver must be able to open the exhibit and to sign: the right of the one it goes to."""
    verdict = decide(to.as_officer(), row.as_thing(), Act.ALTER, purpose, clock.now())
    if isinstance(verdict, Deny):
        raise NotListed(
            f"{to.service_number} cannot sign for it: {verdict.reason}; let them into the case first"
        )


@contextmanager
def _adding(
    officer: Officer, purpose: Purpose, row: Exhibit, reason: str, when: datetime | None = None
) -> Iterator[tuple[Deed, dict[str, Any]]]:
    """Open the act of adding to a chain: what a new record carries, its place and the hash of the last."""
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason=reason) as deed:
        held = Exhibit.objects.select_for_update().get(pk=row.pk)
        records = records_of(held)
        _demand_moment(when, held, records)
        last: Custody = records[-1] if records else held
        place = {"exhibit": held, "place": len(records) + 1, "before": digest_of(last)}
        yield deed, {**place, **_made(officer, held.case, held.handling)}


def _demand_moment(when: datetime | None, row: Exhibit, records: list[InChain]) -> None:
    if when is None:
        return
    if when > clock.now():
        raise NotListed("that moment has not come yet; write it in UTC")
    said = [r.when for r in records if isinstance(r, Transfer | Receipt)]
    last = max([*said, *([row.seized_at] if row.seized_at else [])], default=when)
    if when < last:
        raise NotListed(
            f"the chain has a record of {last:%Y-%m-%d %H:%M} UTC already, and it only grows; "
            "if that one is wrong, correct it beside it"
        )


def _add(deed: Deed, step: InChain) -> None:
    step.save(force_insert=True)
    step.derives_from(step.exhibit)
    _sealed(deed, step)


def _sealed(deed: Deed, row: Custody) -> None:
    deed.seal(digest_of(row))


def digest_of(row: Custody) -> str:
    """Return the SHA-256 of a record's canonical JSON: what the log seals, and the next record names."""
    return sha256(canonical(row.as_record()).encode()).hexdigest()


def _state(given: str) -> str:
    if given not in Transfer.STATES:
        raise NotListed(f"a seal is {', '.join(Transfer.STATES)}")
    return given


def _made(officer: Officer, case: Case, handling: Handling) -> dict[str, Any]:
    return {
        "case": case,
        "owner": Agency.objects.get(pk=officer.agency),
        "made_by": Account.objects.get(pk=officer.id),
        "audience": case.audience,
        "codes": str(handling),
        "handling_text": handling.text,
    }


# --- for pages and papers -------------------------------------------------------------------------------


def records_of(row: Exhibit) -> list[InChain]:
    """Return the records of a chain in order.

    The chain is part of the exhibit: who may read the one reads the other whole, whichever agency wrote it.
    """
    with guard.system("an exhibit's chain is part of it; the exhibit was read through the guard"):
        each = (
            model.objects.filter(exhibit=row).select_related("owner", "made_by", *OTHER_HAND.get(model, ()))
            for model in CHAIN
        )
        return sorted(chain.from_iterable(each), key=lambda r: r.place)


def handovers_of(row: Exhibit) -> list[Handover]:
    """Return each handover of an exhibit with what its receiver said."""
    records = records_of(row)
    signed = {r.transfer_id: r for r in records if isinstance(r, Receipt)}
    steps = [r for r in records if isinstance(r, Transfer)]
    return [_handover(n, s, signed.get(s.pk)) for n, s in enumerate(steps, 1)]


def _handover(number: int, step: Transfer, receipt: Receipt | None) -> Handover:
    return Handover(
        number=number,
        giver=step.made_by.service_number if step.made_by else "",
        receiver=step.to.service_number,
        given=step.when,
        received=receipt.when if receipt and receipt.outcome == "received" else None,
        passing=Passing(receipt.outcome) if receipt else Passing.WAITING,
        seal=step.seal,
        seal_given=step.seal_state,
        seal_received=receipt.seal_state if receipt else "",
    )


def chain_of(row: Exhibit) -> Chain:
    """Return the chain of an exhibit that the caller read through the guard, with its gaps named."""
    handovers = tuple(handovers_of(row))
    got = [h.receiver for h in handovers if h.passing is Passing.RECEIVED]
    return Chain(
        exhibit=row,
        records=tuple(records_of(row)),
        handovers=handovers,
        gaps=tuple(gaps(row.seized_by, row.seized_at, handovers)),
        holder=got[-1] if got else row.seized_by,
    )


def who_may_receive(officer: Officer, row: Exhibit) -> list[Account]:
    """Return the accounts that may sign for an exhibit of the case, besides the officer's own."""
    now = clock.now()
    members = Membership.objects.filter(case=row.case_id, part__in=[str(p) for p in HOLDS], since__lte=now)
    held = members.exclude(until__lte=now).exclude(account=officer.id).values_list("account", flat=True)
    return list(Account.objects.filter(pk__in=held, is_active=True).order_by("username"))
