"""Write a package into the line of the own card to a partner, and what the book keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import uuid4

from django.conf import settings

from entente.formats import sealed_package as package
from entente.records import checkpoint, circle, clock, exchange_key, guard
from entente.records.act import acting
from entente.records.models import Agency, Case, Package, PartnerKey
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.commitment import canonical
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Handling, Purpose

STEP = "cooperate"
LASTS = timedelta(days=30)  # a package that was not opened by then is sealed again


class NotSealed(ValueError):
    """No package was made; the text says the mend."""


def write(
    officer: Officer,
    purpose: Purpose,
    to: Agency,
    kind: package.Kind,
    body: package.Body,
    stream: BinaryIO,
    *,
    case: Case | None = None,
    handling: Handling | None = None,
    audience: Audience = Audience.AMBER,
    basis: str = "",
    told: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> Package:
    """Write one package into the line of the own card to a partner; must run inside the act that sends it."""
    handling = handling or Handling()
    own, theirs = circle.own_card(officer.agency), circle.card_of(officer.agency, to.pk)
    secret = exchange_key.read(settings.KEY_FOLDER, own.pk)
    if secret.public != (own.signing, own.encryption):
        raise exchange_key.ExchangeKeyRefused("the key file is not that of the agency's card; restore it")
    with guard.system("the line of packages to a partner"):
        line = Package.objects.filter(
            owner=officer.agency, known_as=theirs.known_as, outgoing=True, key=own.signing
        )
        last = line.order_by("number").last()
    count, size, digest = package.measured(body)
    issued = clock.now().replace(microsecond=0)
    head = package.Head(
        id=str(uuid4()),
        sender=str(own.known_as),
        recipient=str(theirs.known_as),
        sender_key=own.signing,
        recipient_key=theirs.encryption,
        number=last.number + 1 if last else 1,
        before=last.digest if last else "",
        issued=issued.isoformat(),
        expires=(issued + LASTS).isoformat(),
        kind=str(kind),
        purpose=str(purpose),
        basis=basis,
        codes=str(handling),
        text=handling.text,
        audience=str(audience),
        count=count,
        size=size,
        sha256=digest,
        log=checkpoint.note_of(checkpoint.make()).text(),
        absent=tuple(told[1]),
    )
    package.write(stream, head, secret.signing.sign, body)
    return Package.objects.create(
        **recorded(head, officer, theirs),
        outgoing=True,
        state="sent",
        case=case.pk if case else None,
        left_out=list(told[0]),
    )


def recorded(head: package.Head, officer: Officer, partner: PartnerKey) -> dict[str, Any]:
    """Return what the book keeps of a header."""
    return {
        "owner_id": officer.agency,
        "partner_id": partner.agency_id,
        "known_as": partner.known_as,
        "key": head.sender_key,
        "number": head.number,
        "digest": head.digest(),
        "before": head.before,
        "kind": head.kind,
        "purpose": head.purpose,
        "basis": head.basis,
        "codes": head.codes,
        "count": head.count,
        "size": head.size,
        "issued": package.moment(head.issued),
        "expires": package.moment(head.expires),
        "log": head.log,
        "by_id": officer.id,
    }


def receipt(officer: Officer, purpose: Purpose, row: Package, stream: BinaryIO) -> Package:
    """Write the receipt of a package that came: a package of its own, signed and sealed to its sender."""
    if row.outgoing or row.kind == package.Kind.RECEIPT:
        raise NotSealed("a receipt is given for a package that came, and for no receipt")
    line = canonical(
        {
            "digest": row.digest,
            "number": row.number,
            "state": row.state,
            "left_out": list(row.left_out),
            "at": row.at.isoformat(),
        }
    ).encode()
    thing = Thing(Shape.AGENCY, owner=officer.agency, id=row.pk, to=row.partner_id)
    with acting(
        officer,
        Act.DISCLOSE,
        thing,
        purpose,
        step=STEP,
        reason="a receipt of a package",
        recipients=[row.partner_id],
    ) as deed:
        made = write(officer, purpose, row.partner, package.Kind.RECEIPT, lambda: [line + b"\n"], stream)
        deed.seal(made.digest)
    return made
