"""The circle beyond this desk: partners' cards pinned by two people, and the legal bases of transfers.

One officer proposes, another of the same agency confirms; the second types the words that the partner reads
out, which no page shows to them. An agency's own card goes the same way, so two people stand behind a key at
each end. What takes away (revoke, end) holds at once. Rows are never deleted: what a key signed is judged by
it for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from entente.records import clock, exchange_key, guard
from entente.records.act import acting
from entente.records.models import Account, Agency, LegalBasis, PartnerKey
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.card import Card, NotACard
from entente.safeguards.card import read as read_card
from entente.safeguards.partners import (
    RULES,
    Basis,
    Ground,
    NoBasis,
    demand_basis,
    demand_dates,
    same_words,
    spoken,
)
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import Purpose

STEP = "partners"
OF_THIS_DESK = "that agency works on this desk itself; nothing needs to be sealed for it"
_Row = TypeVar("_Row", PartnerKey, LegalBasis)


class NotPinned(ValueError):
    """A card or a basis was not taken; the text says the mend."""


# --- cards ----------------------------------------------------------------------------------------------


def propose_own(officer: Officer, purpose: Purpose) -> PartnerKey:
    """Make a new card of the officer's own agency; a second officer confirms it before it is used."""
    agency = Agency.objects.get(pk=officer.agency)
    with _changing(officer, purpose, "propose an own card"):
        pk = uuid4()
        signing, encryption = exchange_key.make(settings.KEY_FOLDER, pk).public
        card = Card(agency.pk, agency.name, agency.short, agency.country, agency.contact, signing, encryption)
        return _proposed(officer, card, agency.kind, pk)


def propose(officer: Officer, purpose: Purpose, text: str, kind: str = "") -> PartnerKey:
    """Propose a partner's card; ``kind`` is what the partner is, where this desk does not know it yet.

    Raises ``NotACard``, and ``NotPinned`` for a card that cannot be that of a partner elsewhere.
    """
    card = read_card(text)
    with _changing(officer, purpose, "propose a partner's card"):
        if _works_here(officer, card.agency):
            raise NotPinned(OF_THIS_DESK)
        known = _agency_of(officer.agency, card)
        if known and _works_here(officer, known.pk):
            raise NotPinned(OF_THIS_DESK)
        try:
            exchange_key.recipient(card.encryption)
            of_kind = AgencyKind(known.kind if known else kind)
        except ValueError as fault:
            raise NotPinned(f"{fault}; choose what kind of partner it is, or ask for another card") from None
        return _proposed(officer, card, of_kind, uuid4())


def _works_here(officer: Officer, agency: UUID) -> bool:
    return agency == officer.agency or Account.objects.filter(agency=agency).exists()


def _proposed(officer: Officer, card: Card, kind: str, pk: UUID) -> PartnerKey:
    waiting = PartnerKey.objects.filter(owner=officer.agency, known_as=card.agency, state="proposed")
    if waiting.exists():
        raise NotPinned("a card of this agency waits already for a second person; have it decided first")
    used = PartnerKey.objects.filter(owner=officer.agency).exclude(state="refused")
    if used.filter(signing=card.signing).exists() or used.filter(encryption=card.encryption).exists():
        raise NotPinned("a key of this card was pinned before; a new card has new keys")
    return PartnerKey.objects.create(
        id=pk,
        owner_id=officer.agency,
        known_as=card.agency,
        kind=str(kind),
        card=card.text(),
        signing=card.signing,
        encryption=card.encryption,
        proposed_by_id=officer.id,
    )


def words_of(row: PartnerKey) -> str:
    """Return the words of a card, for the one who reads them out."""
    return spoken(row.card.encode())


def confirm_card(officer: Officer, purpose: Purpose, row: PartnerKey, words: str) -> PartnerKey:
    """Be the second person: ``words`` are as the partner read them out. The card before ends."""
    with _deciding(officer, purpose, row, "confirm a card") as held:
        if not same_words(words, words_of(held)):
            raise NotPinned("these are not the words of that card; have them read out again, or refuse it")
        held.agency = _made_known(held.owner_id, read_card(held.card), held.kind)
        _before(held, held.agency).update(
            state="replaced",
            ended_at=clock.now(),
            ended_by=officer.id,
            because="another card took its place",
        )
        _decided(held, officer, "confirmed")
    return held


def replaces(row: PartnerKey) -> PartnerKey | None:
    """Return the card that ends when a proposed one is confirmed, so that the second person knows."""
    try:
        known = _agency_of(row.owner_id, read_card(row.card))
    except NotPinned:
        return None  # it will not be confirmed
    return _before(row, known).select_related("agency").first()


def _before(row: PartnerKey, agency: Agency | None) -> QuerySet[PartnerKey]:
    """Return what is in force of the same agency, by whichever number: never two cards of one agency."""
    same = Q(known_as=row.known_as) | (Q(agency=agency) if agency else Q())
    return PartnerKey.objects.filter(same, owner=row.owner_id, state="confirmed")


def _made_known(owner: UUID, card: Card, kind: str) -> Agency:
    known = _agency_of(owner, card)
    if known is not None:
        return known
    told = {"name": card.name, "short": card.short, "country": card.country, "contact": card.contact}
    try:
        with transaction.atomic():
            return Agency.objects.create(id=card.agency, kind=kind, **told)
    except IntegrityError:
        raise NotPinned(
            "an agency of that name joined the circle meanwhile; propose the card again"
        ) from None


def _agency_of(owner: UUID, card: Card) -> Agency | None:
    """Return the agency of the circle that a card speaks for: by its number, else by its short name.

    A number alone is no proof of who speaks: raises ``NotPinned`` where the agency of that number has another
    name or country than the card.
    """
    pinned = PartnerKey.objects.filter(owner=owner, known_as=card.agency, agency__isnull=False)
    earlier = pinned.select_related("agency").first()
    by_number = Agency.objects.filter(pk=card.agency).first() or (earlier.agency if earlier else None)
    if by_number is None:
        return Agency.objects.filter(short__iexact=card.short, country=card.country).first()
    if (by_number.short.lower(), by_number.country) != (card.short.lower(), card.country):
        raise NotPinned(
            f"the number of this card is that of {by_number.short} ({by_number.country}), and it names"
            f" {card.short} ({card.country}); refuse it, and ask the partner for a card in its own name"
        )
    return by_number


def revoke(officer: Officer, purpose: Purpose, row: PartnerKey, because: str) -> PartnerKey:
    """Let a card hold no longer, at once; it stays on record with the reason."""
    return _ended(officer, purpose, row, because, "revoke a card")


def own_card(agency: UUID) -> PartnerKey:
    """Return the own card in force; raise ``NotPinned`` where two people have not made one."""
    row = _in_force(agency, known_as=agency)
    if row is None:
        raise NotPinned("your agency has no card yet; two of its officers make one on the page of partners")
    return row


def card_of(owner: UUID, agency: UUID) -> PartnerKey:
    """Return a partner's card in force, as ``owner`` pinned it; raise ``NotPinned``."""
    row = _in_force(owner, agency=agency)
    if row is None:
        raise NotPinned("no card of that partner is in force; two officers pin it on the page of partners")
    return row


def _in_force(owner: UUID, **which: UUID) -> PartnerKey | None:
    with guard.system("which card of a partner is in force?"):
        return PartnerKey.objects.filter(owner=owner, state="confirmed", **which).first()


def cards_as(owner: UUID, known_as: UUID) -> list[PartnerKey]:
    """Return every card ever pinned under the number by which a partner calls itself, the newest first."""
    with guard.system("by which card was this signed?"):
        rows = PartnerKey.objects.filter(
            owner=owner, known_as=known_as, state__in=("confirmed", "replaced", "ended")
        )
        return list(rows.select_related("agency"))


# --- legal bases ----------------------------------------------------------------------------------------


def propose_basis(
    officer: Officer,
    purpose: Purpose,
    agency: Agency,
    *,
    ground: str,
    reference: str,
    since: datetime,
    until: datetime | None = None,
) -> LegalBasis:
    """Propose a legal basis for transfers to a partner; a second officer confirms it before it counts."""
    try:
        basis = Basis(Ground(ground), since, until)
        demand_dates(AgencyKind(agency.kind), basis)
    except NoBasis as fault:
        raise NotPinned(str(fault)) from None
    except ValueError:
        raise NotPinned(f"the grounds are: {', '.join(Ground)}") from None
    if not reference.strip():
        raise NotPinned("name the decision, the agreement or the case that the basis is")
    with _changing(officer, purpose, "propose a legal basis", agency):
        return LegalBasis.objects.create(
            owner_id=officer.agency,
            agency=agency,
            ground=str(basis.ground),
            reference=reference.strip()[:300],
            since=since,
            until=until,
            proposed_by_id=officer.id,
        )


def confirm_basis(officer: Officer, purpose: Purpose, row: LegalBasis) -> LegalBasis:
    """Be the second person for a legal basis."""
    with _deciding(officer, purpose, row, "confirm a legal basis") as held:
        _decided(held, officer, "confirmed")
    return held


def end_basis(officer: Officer, purpose: Purpose, row: LegalBasis, because: str) -> LegalBasis:
    """End a legal basis now."""
    return _ended(officer, purpose, row, because, "end a legal basis")


def basis_for(owner: UUID, agency: Agency) -> Basis:
    """Return the basis on which ``owner`` may send to a partner now; raise ``NoBasis``."""
    with guard.system("on which basis may this partner be sent something?"):
        rows = list(LegalBasis.objects.filter(owner=owner, agency=agency, state__in=("confirmed", "ended")))
    return demand_basis(AgencyKind(agency.kind), [r.as_basis() for r in rows], clock.now())


def of_another_desk(owner: UUID, agency: UUID) -> bool:
    """Whether an agency is a partner of another desk: ``owner`` pinned a card of it once."""
    with guard.system("is that agency a partner of another desk?"):
        return PartnerKey.objects.filter(
            owner=owner, agency=agency, state__in=("confirmed", "replaced", "ended")
        ).exists()


def grounds_for(agency: Agency) -> list[Ground]:
    """Return what may be a basis for a partner of that kind, in the order of the Regulation."""
    return [g for g in Ground if g in RULES[AgencyKind(agency.kind)].grounds]


# --- two people -----------------------------------------------------------------------------------------


def refuse(officer: Officer, purpose: Purpose, row: _Row, because: str) -> _Row:
    """Refuse what another proposed, or take back what oneself proposed."""
    _demand_reason(because)
    with _changing(officer, purpose, "refuse a proposal about a partner", row.agency):
        held = _still(row, "proposed")
        held.because = because.strip()[:300]
        _decided(held, officer, "refused")
    return held


def _ended(officer: Officer, purpose: Purpose, row: _Row, because: str, reason: str) -> _Row:
    _demand_reason(because)
    with _changing(officer, purpose, reason, row.agency):
        held = _still(row, "confirmed")
        held.state, held.because = "ended", because.strip()[:300]
        held.ended_at, held.ended_by_id = clock.now(), officer.id
        held.save(update_fields=["state", "because", "ended_at", "ended_by"])
    return held


def _demand_reason(because: str) -> None:
    if not because.strip():
        raise NotPinned("say why; the reason stays on record")


@contextmanager
def _changing(officer: Officer, purpose: Purpose, reason: str, about: Agency | None = None) -> Iterator[None]:
    thing = Thing(Shape.AGENCY, owner=officer.agency, id=about.pk if about else None)
    with acting(officer, Act.GRANT, thing, purpose, step=STEP, reason=reason):
        yield


@contextmanager
def _deciding(officer: Officer, purpose: Purpose, row: _Row, reason: str) -> Iterator[_Row]:
    with acting(officer, Act.GRANT, row.as_thing(), purpose, step=STEP, reason=reason):
        held = _still(row, "proposed")
        if held.proposed_by_id == officer.id:
            raise NotPinned("you proposed it yourself; another officer of your agency confirms it")
        yield held


def _still(row: _Row, state: str) -> _Row:
    held = type(row).objects.select_for_update().filter(pk=row.pk, state=state).first()
    if held is None:
        raise NotPinned("this was decided meanwhile; load the page again")
    return held


def _decided(row: PartnerKey | LegalBasis, officer: Officer, state: str) -> None:
    row.state, row.decided_at, row.decided_by_id = state, clock.now(), officer.id
    row.save()


__all__ = [
    "OF_THIS_DESK",
    "STEP",
    "NoBasis",
    "NotACard",
    "NotPinned",
    "basis_for",
    "card_of",
    "cards_as",
    "confirm_basis",
    "confirm_card",
    "end_basis",
    "grounds_for",
    "own_card",
    "propose",
    "propose_basis",
    "propose_own",
    "refuse",
    "replaces",
    "revoke",
    "words_of",
]
