"""Take what a package holds: things, a receipt, or what a later step entered itself for."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO
from uuid import UUID

from django.db import DataError, IntegrityError, transaction

from entente.casework.cooperate.service.arrivals.belief import Believed, unsealed
from entente.casework.cooperate.service.arrivals.opened import NeedsCase, Opened
from entente.casework.cooperate.service.arrivals.things import lines_of, take_things
from entente.formats.sealed_package import Code, Kind, PackageRefused, Reader, read_line
from entente.records.models import Case, Package
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

MOST_WHOLE = 128 << 20  # bytes of a body that is no list of things
# Who takes a package that carries no things; a later step enters itself here.
# It returns what it refused of it, a sentence each.
Taker = Callable[[Officer, Purpose, Package, bytes], list[str] | None]
TAKERS: dict[str, Taker] = {}


def take(
    officer: Officer,
    purpose: Purpose,
    believed: Believed,
    row: Package,
    file: BinaryIO,
    case: Case | None,
    done: Opened,
) -> None:
    """Take one package that is believed and whose turn it is; ``done`` gets what became of it."""
    kind, refused = believed.head.kind, list[str]()
    taker = TAKERS.get(kind)
    with unsealed(officer.agency, file) as reader:
        if reader.head != believed.head:
            raise PackageRefused(Code.SWAPPED, "it changed while it was opened; open it again")
        if kind == Kind.THINGS:
            refused = take_things(officer, purpose, believed, reader, case, done)
        elif kind == Kind.RECEIPT:
            _take_receipt(officer, reader)
        elif taker is None:  # it is taken, and its sender reads why: what comes after it is not held up
            refused = [
                f"this desk does not know packages of “{kind}”: bring it up to date, and ask for it anew"
            ]
        else:
            row.state = "taken"
            row.save()
            data = reader.whole(MOST_WHOLE)
            try:
                with transaction.atomic():
                    refused = taker(officer, purpose, row, data) or []
            except (PackageRefused, NeedsCase):
                raise
            except ValueError as fault:  # it is taken and worth nothing: the line goes on
                refused = [str(fault)]
            except (OverflowError, DataError, IntegrityError):
                refused = ["it holds what cannot be kept; ask the partner for another"]
    row.state, row.left_out = "taken", refused
    row.save()
    done.rows.append(row)
    done.refused += refused


def _take_receipt(officer: Officer, reader: Reader) -> None:
    for line in lines_of(reader):
        told = read_line(line)
        sender = UUID(reader.head.sender)
        sent = Package.objects.filter(owner=officer.agency, known_as=sender, outgoing=True)
        receipt = {"state": str(told.get("state"))[:8], "at": str(told.get("at"))[:40]}
        left = told.get("left_out")
        receipt["left_out"] = [str(x)[:300] for x in left][:100] if isinstance(left, list) else []  # type: ignore[assignment]
        sent.filter(digest=str(told.get("digest"))).update(receipt=receipt)
