"""The things of a package, each under its originator's signature, joined to what is held of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from entente.casework.cooperate.service.arrivals.belief import Believed
from entente.casework.cooperate.service.arrivals.holding import Holding
from entente.casework.cooperate.service.arrivals.opened import Opened
from entente.casework.cooperate.service.sealing import read_marking
from entente.formats.sealed_package import Code, PackageRefused, Reader, read_line
from entente.records import circle, exchange_key, guard
from entente.records.models import Case, PartnerKey
from entente.safeguards import statement as words
from entente.safeguards.statement import Known
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


def lines_of(reader: Reader) -> Iterator[bytes]:
    """Iterate over as many lines as the header says and no further; raise ``PackageRefused``."""
    count = 0
    for count, line in enumerate(reader.lines(), 1):
        if count > reader.head.count:
            break
        yield line
    if count != reader.head.count:
        raise PackageRefused(Code.NONSENSE, "it holds another number of things than it says; ask for it anew")


def take_things(
    officer: Officer, purpose: Purpose, believed: Believed, reader: Reader, case: Case | None, done: Opened
) -> list[str]:
    """Take the things of a package and return what was refused of them, each sentence with its count."""
    head = believed.head
    refused: dict[str, int] = {}
    codes = frozenset[str]()
    with guard.system("what a partner says of its things is held under its own handling"):
        cards: dict[UUID, list[PartnerKey]] = {}
        holding = Holding(officer, purpose, case, cards, done)
        for line in lines_of(reader):
            try:
                told, signature = _statement(officer.agency, believed, read_line(line), cards)
            except PackageRefused as fault:
                sentence = f"{fault.code}: {fault}"
                refused[sentence] = refused.get(sentence, 0) + 1
                continue
            codes |= {str(c) for c in told.handling.codes}
            holding.take(told, signature)
        holding.write()
    if not codes <= set(head.codes.split()):
        raise PackageRefused(
            Code.LOOSENED, "its header is looser than what is in it; have the sender seal it again"
        )
    return [f"{n} × {sentence}" for sentence, n in sorted(refused.items())]


def _statement(
    owner: UUID, believed: Believed, line: dict[str, Any], cards: dict[UUID, list[PartnerKey]]
) -> tuple[Known, str]:
    """Return what one line makes known, under its originator's signature; raise ``PackageRefused``."""
    try:
        told = words.read(line["statement"])
        signature = bytes.fromhex(line["signature"])
        known = words.known(told, read_marking(line["also"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise PackageRefused(Code.NONSENSE, "a thing of it cannot be read; ask for it anew") from None
    origin = told.origin
    if origin not in cards:
        cards[origin] = circle.cards_as(owner, origin)
    if not cards[origin] or origin == owner:
        raise PackageRefused(
            Code.UNKNOWN_SENDER, "a thing's originator is not pinned here; pin its card and ask for it anew"
        )
    by = [believed.card] if origin == believed.card.known_as else cards[origin]
    signers = [c for c in by if exchange_key.signed(c.signing, signature, told.signed_bytes())]
    if not signers:
        raise PackageRefused(
            Code.LOOSENED, "a thing is not as its originator signed it: content or handling was changed"
        )
    if all(c.state == "ended" for c in signers):
        raise PackageRefused(
            Code.REVOKED, "a thing is signed by a card that holds no longer; ask for it anew"
        )
    if origin != believed.card.known_as and not told.withdrawn and owner not in told.releases:
        raise PackageRefused(
            Code.NOT_RELEASED,
            "a thing was passed on without its originator's permission; tell the originator",
        )
    return known, line["signature"]
