"""The things of a package, each under its originator's signature, joined to what is held of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from entente.casework.cooperate.service.arrivals.belief import Believed
from entente.casework.cooperate.service.arrivals.opened import NeedsCase, Opened
from entente.casework.cooperate.service.sealing import read_marking, written_marking
from entente.formats.sealed_package import Code, PackageRefused, Reader, read_line
from entente.records import circle, clock, exchange_key, guard, release
from entente.records.announce import announce
from entente.records.models import Case, Clue, PartnerCase, PartnerKey, PartnerThing, Release
from entente.safeguards import statement as words
from entente.safeguards.access import Act, Deny, decide
from entente.safeguards.retention import review_due
from entente.safeguards.statement import Known, Statement
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
        for line in lines_of(reader):
            try:
                told, signature = _statement(officer.agency, believed, read_line(line), cards)
            except PackageRefused as fault:
                sentence = f"{fault.code}: {fault}"
                refused[sentence] = refused.get(sentence, 0) + 1
                continue
            codes |= {str(c) for c in told.handling.codes}
            into = _case_for(officer, purpose, told.statement, case)
            _hold(officer, purpose, told, signature, into, cards, done)
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


def _case_for(officer: Officer, purpose: Purpose, told: Statement, case: Case | None) -> Case:
    """Return the case of ours where things of an originator's case go; raise ``NeedsCase``."""
    owner = officer.agency
    held = PartnerThing.objects.filter(holder=owner, origin=told.origin, thing=told.thing)
    standing = held.select_related("case").first()
    pair = PartnerCase.objects.filter(owner=owner, known_as=told.origin, theirs=told.case).first()
    paired = Case.objects.filter(pk=pair.case).first() if pair else None
    into = standing.case if standing else paired or case
    if into is None:
        raise NeedsCase("say into which case of yours it goes: nothing of the partner's case came before")
    mine = replace(into.as_thing(), owner=owner)
    if isinstance(decide(officer, mine, Act.RECEIVE, purpose, clock.now()), Deny):
        raise NeedsCase("it goes into a case that you may add nothing to; have a member of that case open it")
    if standing is None and paired is None:
        PartnerCase.objects.update_or_create(
            owner_id=owner, known_as=told.origin, theirs=told.case, defaults={"case": into.pk}
        )
    return into


def _hold(
    officer: Officer,
    purpose: Purpose,
    told: Known,
    signature: str,
    case: Case,
    cards: dict[UUID, list[PartnerKey]],
    done: Opened,
) -> None:
    """Join what is told to what is held of the thing, and let that bind here."""
    origin, owner = told.statement.origin, officer.agency
    agency = cards[origin][0].agency
    assert agency is not None  # noqa: S101 - a pinned card has one
    row = PartnerThing.objects.filter(holder=owner, origin=origin, thing=told.statement.thing).first()
    before = _known(row) if row is not None else None
    after = words.join(before, told) if before else told
    if row is not None and before == after:
        done.unchanged += 1
        return
    was_withdrawn = row is not None and row.withdrawn
    row = row or PartnerThing(holder_id=owner, origin=origin, thing=told.statement.thing, case=case)
    held = after.statement
    if before is None or held != before.statement:
        row.statement, row.signature = held.told(), signature
    row.owner, row.kind, row.version, row.withdrawn = agency, held.kind, held.version, held.withdrawn
    row.markings = {
        **written_marking(after.added),
        "same": written_marking(after.same),
        "releases": sorted(str(r) for r in after.releases),
    }
    row.handling, row.audience = after.handling, str(after.audience)
    row.made_by_id = row.made_by_id or officer.id
    row.save()
    _release(row, after, cards)
    if held.withdrawn and not was_withdrawn:
        _taken_back(officer, purpose, row)
        done.withdrawn += 1
    elif not held.withdrawn:
        done.taken += 1


def _known(row: PartnerThing) -> Known:
    told = row.markings
    return Known(
        words.read(row.statement),
        read_marking(told.get("same", {})),
        frozenset(UUID(r) for r in told.get("releases", ())),
        read_marking({k: told[k] for k in ("codes", "texts", "audience")} if told else {}),
    )


def _release(row: PartnerThing, known: Known, cards: dict[UUID, list[PartnerKey]]) -> None:
    """Write the originator's permissions as they stand now: for this agency, and whom it may pass it to."""
    now = clock.now()
    if known.statement.withdrawn:
        Release.objects.filter(thing=row.pk, withdrawn=None).update(withdrawn=now)
        return
    let = {row.holder_id}
    for number in known.releases:
        if number not in cards:
            cards[number] = circle.cards_as(row.holder_id, number)
        let |= {c.agency_id for c in cards[number] if c.agency_id}
    standing = Release.objects.filter(thing=row.pk, by=row.owner_id, withdrawn=None)
    standing.exclude(to__in=let).update(withdrawn=now)
    has = set(standing.values_list("to_id", flat=True))
    Release.objects.bulk_create(
        Release(
            thing=row.pk,
            by_id=row.owner_id,
            to_id=to,
            granted=now,
            expires=review_due(now),
            reason="its package",
        )
        for to in let - has
        if to is not None
    )


def _taken_back(officer: Officer, purpose: Purpose, row: PartnerThing) -> None:
    """A withdrawal holds for what was made of the thing, and calls back what left with it."""
    gone = {row.pk}
    if row.taken_as_id is not None:
        Clue.objects.filter(pk=row.taken_as_id).update(state="withdrawn")
        Release.objects.filter(thing=row.taken_as_id, withdrawn=None).update(withdrawn=clock.now())
        gone.add(row.taken_as_id)
        announce("clue changed", officer, purpose, row.case_id, clue=str(row.taken_as_id))
    release.recall(officer, gone, case=row.case_id)
