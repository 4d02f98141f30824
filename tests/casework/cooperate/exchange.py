"""Three agencies that pinned each other's cards, each with a case of its own, as on three desks."""

from __future__ import annotations

import io
import tempfile
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from django.conf import settings
from pyrage import decrypt, encrypt, x25519

from entente.casework.cooperate.service import arrivals, sealing
from entente.casework.intake.service import open_case
from entente.formats import sealed_package as package
from entente.records import clock, exchange_key, guard
from entente.records.models import Agency, Clue, LegalBasis, Media, PartnerKey, PartnerThing
from entente.safeguards.card import Card
from entente.vocabulary.handling import Purpose

VI = Purpose.VICTIM_IDENTIFICATION
UNION = "union law"


def carded(agency: Agency) -> tuple[Card, Any]:
    """Return a card of an agency and the number of its key file."""
    pk = uuid4()
    signing, encryption = exchange_key.make(settings.KEY_FOLDER, pk).public
    told = (agency.pk, agency.name, agency.short, agency.country, agency.contact)
    return Card(*told, signing=signing, encryption=encryption), pk


def pin(owner: Agency, account: Any, agency: Agency, card: Card, pk: Any = None, **more: Any) -> PartnerKey:
    """Pin a card as two people would have; agencies of one desk stand for those of several here."""
    return PartnerKey.objects.create(
        id=pk or uuid4(),
        owner=owner,
        agency=agency,
        known_as=card.agency,
        kind=agency.kind,
        card=card.text(),
        signing=card.signing,
        encryption=card.encryption,
        proposed_by=account,
        **{"state": "confirmed", **more},
    )


def three_desks(circle: Any) -> SimpleNamespace:
    """Return Italy, France and Denmark with their cards, a legal basis for each other, and a case each."""
    shorts = ("it", "fr", "dk")
    found = SimpleNamespace(cards={}, cases={}, circle=circle)
    with guard.system("three desks for a test"):
        for short in shorts:
            found.cards[short], pk = carded(getattr(circle.agencies, short))
            for owner in shorts:
                theirs = pk if owner == short else None
                pin(of(found, owner), getattr(circle, owner), of(found, short), found.cards[short], theirs)
            for owner in shorts:
                if owner != short:
                    LegalBasis.objects.create(
                        owner=of(found, owner),
                        agency=of(found, short),
                        ground=UNION,
                        reference="a test",
                        since=clock.now() - timedelta(days=1),
                        proposed_by=getattr(circle, owner),
                        state="confirmed",
                    )
    for short in shorts:
        found.cases[short] = open_case(
            who(found, short),
            VI,
            number=f"{short.upper()}-1",
            title="Operation Elm",
            victim_number="V-001",
            discovered_at=clock.now() - timedelta(days=1),
        )
    return found


def of(desks: SimpleNamespace, short: str) -> Agency:
    return getattr(desks.circle.agencies, short)


def who(desks: SimpleNamespace, short: str) -> Any:
    return desks.circle.officer(getattr(desks.circle, short))


def filled(desks: SimpleNamespace, short: str = "it", media: int = 2, codes: str = "H0") -> list[Any]:
    """Put items and a confirmed clue into a case."""
    case, agency, account = desks.cases[short], of(desks, short), getattr(desks.circle, short)
    told = {"case": case, "owner": agency, "made_by": account, "codes": codes}
    told["handling_text"] = "only after a call" if "H3" in codes else ""
    first = case.items_given
    with guard.system("fill a case for a test"):
        made: list[Any] = [
            Media.objects.create(
                number=first + n,
                md5=f"{first + n:032x}",
                sha256=f"{first + n:064x}",
                size=5,
                kind="picture",
                **told,
            )
            for n in range(1, media + 1)
        ]
        case.items_given = first + media
        case.save()
        made.append(
            Clue.objects.create(
                media=made[0] if made else None,
                kind="country",
                value="PT",
                group="objects",
                source="seen",
                because="a plate",
                method="by hand",
                version="1",
                state="confirmed",
                **told,
            )
        )
    return made


def seal(desks: SimpleNamespace, by: str, to: str, pass_on: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    further = [of(desks, a) for a in pass_on]
    sealing.seal(who(desks, by), VI, desks.cases[by], of(desks, to), out, further)
    return out.getvalue()


def secret(desks, short):
    with guard.system("the keys of a test"):
        row = PartnerKey.objects.get(owner=of(desks, short), known_as=of(desks, short).pk, state="confirmed")
    return exchange_key.read(settings.KEY_FOLDER, row.pk)


def parts(desks, to, data):
    """Return header, signature and body of a package, as whoever holds the recipient's key sees them."""
    plain = decrypt(data, [secret(desks, to).identity])
    _, head, signature, body = plain.split(b"\n", 3)
    return package.read_head(head), bytes.fromhex(signature.decode()), body


def packed(to: str, head, signature: bytes, body: bytes) -> bytes:
    plain = package.FORMAT + head.text_line().encode() + b"\n" + signature.hex().encode() + b"\n" + body
    return encrypt(plain, [x25519.Recipient.from_str(to)])


def remade(desks, by, to, data, body=None, **changes) -> bytes:
    """Return a package that its own sender signed with other words, as a dishonest partner could."""
    head, _, was = parts(desks, to, data)
    body = was if body is None else body
    if body is not was:
        changes |= dict(
            zip(("count", "size", "sha256"), package.measured(lambda: body.splitlines(True)), strict=True)
        )
    head = replace(head, **changes)
    return packed(head.recipient_key, head, secret(desks, by).signing.sign(head.signed_bytes()), body)


def opened(desks: SimpleNamespace, at: str, data: bytes, case: bool = True) -> arrivals.Opened:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        return arrivals.open_package(who(desks, at), VI, file, desks.cases[at] if case else None)


def state(desks: SimpleNamespace, at: str) -> list[Any]:
    """Return all that a desk holds of what partners told it."""
    with guard.system("compare stores in a test"):
        rows = PartnerThing.objects.filter(holder=of(desks, at)).order_by("origin", "thing")
        fields = (
            "origin",
            "thing",
            "kind",
            "version",
            "withdrawn",
            "statement",
            "codes",
            "handling_text",
            "audience",
        )
        return list(rows.values_list(*fields, "markings", "owner__short"))
