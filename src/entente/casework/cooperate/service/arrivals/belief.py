"""Is a package believed? Its header, its signature, its body, and the log of its sender."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from entente.casework.cooperate.service.arrivals.line import waits
from entente.casework.cooperate.service.arrivals.log import AHEAD, demand_log
from entente.evidence.letter import NotUnsealed, pieces
from entente.formats.sealed_package import Code, Head, PackageRefused, Reader, moment
from entente.records import circle, clock, exchange_key
from entente.records.models import Package, PartnerKey
from entente.vocabulary.agency import Officer


@dataclass(frozen=True, slots=True)
class Believed:
    """A package whose header, signature and body hold."""

    head: Head
    card: PartnerKey


def _own_cards(agency: UUID) -> dict[str, PartnerKey]:
    """Return the own cards that partners may still write to, by their age recipient."""
    held = circle.cards_as(agency, agency)
    good = {row.encryption: row for row in held if row.state in {"confirmed", "replaced"}}
    if not good:
        raise circle.NotPinned(
            "your agency has no card; two of its officers make one on the page of partners"
        )
    return good


@contextmanager
def unsealed(agency: UUID, file: BinaryIO) -> Iterator[Reader]:
    """Give a reader of the plain text, its limited process ended afterwards; faults are refusals."""
    secrets = [
        str(exchange_key.read(settings.KEY_FOLDER, row.pk).identity) for row in _own_cards(agency).values()
    ]
    plain = pieces(file, secrets)
    try:
        yield Reader(plain)
    except NotUnsealed as fault:
        raise PackageRefused(Code.DAMAGED if fault.ours else Code.NOT_FOR_US, str(fault)) from None
    finally:
        plain.close()


def believe(officer: Officer, file: BinaryIO) -> Believed:
    """Return the package once its header, its signature and its whole body were found good."""
    with unsealed(officer.agency, file) as reader:
        head = reader.head
        card = _card_of(officer.agency, head)
        if not exchange_key.signed(card.signing, reader.signature, head.signed_bytes()):
            raise PackageRefused(
                Code.FORGED, "it is not signed by the card that it names; tell the partner by telephone"
            )
        _demand_card(card, head)
        _demand_ours(officer.agency, head)
        _demand_time(head, waited=waits(officer.agency, head))
        reader.verify()
        demand_log(officer.agency, head, card)
    return Believed(head, card)


def _card_of(owner: UUID, head: Head) -> PartnerKey:
    cards = circle.cards_as(owner, UUID(head.sender))
    if not cards:
        raise PackageRefused(
            Code.UNKNOWN_SENDER, "its sender is not pinned here; have two officers pin the partner's card"
        )
    found = next((c for c in cards if c.signing == head.sender_key), None)
    if found is None:
        raise PackageRefused(
            Code.FORGED, "it is signed by a key that is on no pinned card of its sender; ask by telephone"
        )
    return found


def _demand_card(card: PartnerKey, head: Head) -> None:
    """A card that was replaced still speaks for what it signed before; a revoked one for nothing."""
    late = card.ended_at is not None and moment(head.issued) >= card.ended_at
    if card.state == "ended" or (card.state == "replaced" and late):
        raise PackageRefused(
            Code.REVOKED, "it is signed by a card that holds no longer; have it sealed again under a new card"
        )


def _demand_ours(owner: UUID, head: Head) -> None:
    ours = head.recipient == str(owner) and head.recipient_key in _own_cards(owner)
    if not ours:
        raise PackageRefused(
            Code.FORWARDED,
            "it was sealed to somebody else and encrypted anew; tell its sender, who did not send it here",
        )


def _demand_time(head: Head, waited: bool) -> None:
    now = clock.now()
    if moment(head.issued) > now + AHEAD:
        raise PackageRefused(Code.EARLY, "it says that it was sealed in the future; compare the clocks")
    if moment(head.expires) <= now and not waited:  # what waits came in time
        raise PackageRefused(Code.EXPIRED, "it has expired; have the sender seal it again")


def believe_again(officer: Officer, file: BinaryIO, row: Package) -> Believed:
    """Believe a waiting package a second time; it came in time, so its expiry is no matter any more."""
    with unsealed(officer.agency, file) as reader:
        head, signature = reader.head, reader.signature
    card = _card_of(officer.agency, head)
    _demand_card(card, head)
    good = exchange_key.signed(card.signing, signature, head.signed_bytes())
    if not good or head.digest() != row.digest:
        raise PackageRefused(Code.DAMAGED, "it was changed while it waited; have it sent again")
    demand_log(officer.agency, head, card)  # what came meanwhile may speak against its log
    return Believed(head, card)
