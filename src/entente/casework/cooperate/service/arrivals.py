"""Open packages of partners' desks: believed as far as their signatures go, taken once and in their order.

The header is judged before any of the body counts. What comes too early waits, sealed as it came, and is
taken when those before it are there; what was taken before changes nothing. Each thing in it stands under its
originator's own signature, and what is held of it is the join of all that was told
(``safeguards.statement``): so two desks that were given the same packages hold the same, in whatever order
they came.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import DataError, IntegrityError, transaction

from entente.casework.cooperate.service.sealing import STEP, read_marking, recorded, written_marking
from entente.evidence.letter import NotUnsealed, pieces
from entente.formats.sealed_package import (
    Code,
    Head,
    Kind,
    PackageRefused,
    Reader,
    moment,
    read_line,
)
from entente.records import checkpoint, circle, clock, exchange_key, guard, log, log_key, release
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.models import (
    Case,
    Clue,
    Package,
    PartnerCase,
    PartnerKey,
    PartnerLog,
    PartnerThing,
    Release,
)
from entente.safeguards import sequence
from entente.safeguards import statement as words
from entente.safeguards.access import Act, Deny, Shape, Thing, decide
from entente.safeguards.checkpoint import NotANote, Note, read_key, read_note
from entente.safeguards.retention import review_due
from entente.safeguards.sequence import Place
from entente.safeguards.statement import Known, Statement
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueGroup
from entente.vocabulary.handling import Purpose

AHEAD = timedelta(minutes=5)  # a partner's clock may be that fast
MOST_WHOLE = 128 << 20  # bytes of a body that is no list of things

# Who takes a package that carries no things; a later step enters itself here.
Taker = Callable[[Officer, Purpose, Package, bytes], None]
TAKERS: dict[Kind, Taker] = {}


class NeedsCase(ValueError):
    """Nobody has said yet into which case of ours an originator's case goes."""


@dataclass(slots=True)
class Opened:
    """What became of a package, and of those that waited for it."""

    rows: list[Package] = field(default_factory=list)
    taken: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: list[str] = field(default_factory=list)  # of things in it, each with its code

    def add(self, other: Opened) -> None:
        """Count in what became of another package."""
        self.rows += other.rows
        self.taken += other.taken
        self.unchanged += other.unchanged
        self.withdrawn += other.withdrawn
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class _Believed:
    """A package whose header, signature and body hold."""

    head: Head
    card: PartnerKey


def open_package(officer: Officer, purpose: Purpose, file: BinaryIO, case: Case | None = None) -> Opened:
    """Open one package; ``case`` is where the things of a case go that this agency was told nothing of yet.

    Raises ``PackageRefused`` with its code (a package that comes too early is kept and waits), ``NeedsCase``,
    ``circle.NotPinned`` where the agency has no card, ``guard.Denied``. Every refusal is in the log.
    """
    _demand_part(officer, purpose)
    try:
        believed = _believed(officer, file)
        return _taken(officer, purpose, believed, file, case)
    except PackageRefused as refused:
        _log_refusal(officer, purpose, refused)
        raise


def _demand_part(officer: Officer, purpose: Purpose) -> None:
    """Raise ``guard.Denied``, with its entry, before a byte is decrypted for who may open no package."""
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    if isinstance(decide(officer, thing, Act.RECEIVE, purpose, clock.now()), Deny):
        with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="open a package"):
            raise AssertionError("the law changed its mind within one act")


def _log_refusal(officer: Officer, purpose: Purpose, refused: PackageRefused) -> None:
    with transaction.atomic():
        log.append(
            officer,
            Act.RECEIVE,
            Thing(Shape.AGENCY, owner=officer.agency),
            purpose,
            step=STEP,
            reason="open a package",
            result=f"refused: {refused.code}",
        )


# --- is it believed? ------------------------------------------------------------------------------------


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
def _reader(agency: UUID, file: BinaryIO) -> Iterator[Reader]:
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


def _believed(officer: Officer, file: BinaryIO) -> _Believed:
    """Return the package once its header, its signature and its whole body were found good."""
    with _reader(officer.agency, file) as reader:
        head = reader.head
        card = _card_of(officer.agency, head)
        if not exchange_key.signed(card.signing, reader.signature, head.signed_bytes()):
            raise PackageRefused(
                Code.FORGED, "it is not signed by the card that it names; tell the partner by telephone"
            )
        _demand_card(card, head)
        _demand_ours(officer.agency, head)
        _demand_time(head, waited=_waits(officer.agency, head))
        reader.verify()
        _demand_log(officer.agency, head)
    return _Believed(head, card)


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


def _demand_log(owner: UUID, head: Head) -> None:
    """The sender's log only grows: a head that shrank, or another at the same size, is an alarm."""
    try:
        note = read_note(head.log)
    except NotANote:
        raise PackageRefused(
            Code.NONSENSE, "it carries no head of its sender's log; have it sealed again"
        ) from None
    pinned = PartnerLog.objects.filter(name=note.head.origin).first()
    if pinned is not None and not log_key.signed(note, read_key(pinned.key)):
        _alarm(pinned, note, head, f"{pinned.name}: a package carries a head that its log did not sign")
    with guard.system("which head of this log came last?"):
        came = Package.objects.filter(owner=owner, known_as=head.sender, outgoing=False, key=head.sender_key)
        earlier = came.filter(number__lt=head.number).order_by("number").last()
        later = came.filter(number__gt=head.number).order_by("number").first()
    for other, low in ((earlier, True), (later, False)):
        if other is None or not other.log:
            continue
        theirs = read_note(other.log).head
        if theirs.origin != note.head.origin:
            continue
        shrank = theirs.size > note.head.size if low else theirs.size < note.head.size
        if shrank or (theirs.size == note.head.size and theirs.root != note.head.root):
            _alarm(pinned, note, head, f"{theirs.origin}: the heads in two packages are not of one log")


def _alarm(pinned: PartnerLog | None, note: Note, head: Head, says: str) -> None:
    checkpoint.alarm(says, pinned, note.text())
    raise PackageRefused(
        Code.LOG_FORK, "its sender's log was cut or rewritten; the alarm stays, speak to the partner"
    )


# --- its place in the line ------------------------------------------------------------------------------


def _taken(
    officer: Officer, purpose: Purpose, believed: _Believed, file: BinaryIO, case: Case | None
) -> Opened:
    head, card = believed.head, believed.card
    thing = Thing(Shape.AGENCY, owner=officer.agency)
    done = Opened()
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="open a package") as deed:
        standing = _place(officer.agency, head)
        if standing is Place.GAP:
            _keep(head, file)
            row = Package.objects.create(**recorded(head, officer, card), outgoing=False, state="waits")
            deed.seal(row.digest)
        elif standing in {Place.NEXT, Place.WAITS}:
            row = _row_of(officer, believed)
            if standing is Place.WAITS and row.number != _counted(officer.agency, head) + 1:
                raise _gap(head)
            _take(officer, purpose, believed, row, file, case, done)
            deed.seal(row.digest)
            if standing is Place.WAITS:
                _forget(row.digest)
            _take_waiting(officer, purpose, head, done)
            deed.reason = " ".join(["open a package.", *done.refused])
    if standing is Place.GAP:
        raise _gap(head)
    if standing is Place.REPLAY:
        raise PackageRefused(Code.REPLAY, "it was taken already; nothing was changed")
    if standing is Place.FORK:
        raise PackageRefused(
            Code.FORK, "its sender's line has another package in this place; tell the partner, take neither"
        )
    return done


def _gap(head: Head) -> PackageRefused:
    why = "an earlier package of this sender is missing; this one waits here until you open that"
    return PackageRefused(Code.GAP, why, head.digest())


def _line(owner: UUID, head: Head) -> dict[int, Package]:
    rows = Package.objects.filter(owner=owner, known_as=head.sender, outgoing=False, key=head.sender_key)
    return {r.number: r for r in rows}


def _waits(owner: UUID, head: Head) -> bool:
    with guard.system("does this package wait already?"):
        row = _line(owner, head).get(head.number)
    return row is not None and row.state == "waits" and row.digest == head.digest()


def _counted(owner: UUID, head: Head) -> int:
    taken = [n for n, r in _line(owner, head).items() if r.state == "taken"]
    return max(taken, default=0)


def _place(owner: UUID, head: Head) -> Place:
    known = {n: sequence.Link(r.digest, r.before) for n, r in _line(owner, head).items()}
    link = sequence.Link(head.digest(), head.before)
    return sequence.place(head.number, link, known, _counted(owner, head))


def _row_of(officer: Officer, believed: _Believed) -> Package:
    standing = _line(officer.agency, believed.head).get(believed.head.number)
    return standing or Package(
        **recorded(believed.head, officer, believed.card), outgoing=False, state="taken"
    )


def _waiting_file(digest: str) -> Path:
    return settings.DESK / "packages" / f"{digest}.age"


def _keep(head: Head, file: BinaryIO) -> None:
    """Keep a package that came too early as it came, sealed to the own card."""
    path = _waiting_file(head.digest())
    path.parent.mkdir(mode=0o700, exist_ok=True)
    file.seek(0)
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as out:
        temporary.chmod(0o600)
        shutil.copyfileobj(file, out)
    temporary.rename(path)


def _forget(digest: str) -> None:
    """Destroy what was kept of a package that waited, once it is taken for good."""
    path = _waiting_file(digest)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def _take_waiting(officer: Officer, purpose: Purpose, head: Head, done: Opened) -> None:
    """Take what waited for this one; one that cannot be taken goes on waiting, and the page says so.

    The case that was given for this one is for no other: what comes of a case that nothing came of before
    waits until somebody opens it with its own.
    """
    rows = _line(officer.agency, head)
    known = {n: sequence.Link(r.digest, r.before) for n, r in rows.items()}
    for number in sequence.now_due(known, _counted(officer.agency, head)):
        row, one = rows[number], Opened()
        try:
            with _waiting_file(row.digest).open("rb") as file, transaction.atomic():
                _take(officer, purpose, _again(officer, file, row), row, file, None, one)
        except (PackageRefused, NeedsCase, OSError) as fault:
            done.refused.append(f"package {number} goes on waiting: {fault}")
            return
        done.add(one)
        _forget(row.digest)


def _again(officer: Officer, file: BinaryIO, row: Package) -> _Believed:
    """Believe a waiting package a second time; it came in time, so its expiry is no matter any more."""
    with _reader(officer.agency, file) as reader:
        head, signature = reader.head, reader.signature
    card = _card_of(officer.agency, head)
    _demand_card(card, head)
    good = exchange_key.signed(card.signing, signature, head.signed_bytes())
    if not good or head.digest() != row.digest:
        raise PackageRefused(Code.DAMAGED, "it was changed while it waited; have it sent again")
    return _Believed(head, card)


# --- what is in it --------------------------------------------------------------------------------------


def _take(
    officer: Officer,
    purpose: Purpose,
    believed: _Believed,
    row: Package,
    file: BinaryIO,
    case: Case | None,
    done: Opened,
) -> None:
    kind = Kind(believed.head.kind)
    refused: list[str] = []
    with _reader(officer.agency, file) as reader:
        if reader.head != believed.head:
            raise PackageRefused(Code.SWAPPED, "it changed while it was opened; open it again")
        if kind is Kind.THINGS:
            refused = _take_things(officer, purpose, believed, reader, case, done)
        elif kind is Kind.RECEIPT:
            _take_receipt(officer, reader)
        else:
            row.state = "taken"
            row.save()
            taker = TAKERS.get(kind)
            if taker is None:
                raise PackageRefused(Code.NONSENSE, f"nobody here takes a {kind}; install what does")
            data = reader.whole(MOST_WHOLE)
            try:
                with transaction.atomic():
                    taker(officer, purpose, row, data)
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


def _lines(reader: Reader) -> Iterator[bytes]:
    """Iterate over as many lines as the header says and no further; raise ``PackageRefused``."""
    count = 0
    for count, line in enumerate(reader.lines(), 1):
        if count > reader.head.count:
            break
        yield line
    if count != reader.head.count:
        raise PackageRefused(Code.NONSENSE, "it holds another number of things than it says; ask for it anew")


def _take_receipt(officer: Officer, reader: Reader) -> None:
    for line in _lines(reader):
        told = read_line(line)
        sender = UUID(reader.head.sender)
        sent = Package.objects.filter(owner=officer.agency, known_as=sender, outgoing=True)
        receipt = {"state": str(told.get("state"))[:8], "at": str(told.get("at"))[:40]}
        left = told.get("left_out")
        receipt["left_out"] = [str(x)[:300] for x in left][:100] if isinstance(left, list) else []  # type: ignore[assignment]
        sent.filter(digest=str(told.get("digest"))).update(receipt=receipt)


def _take_things(
    officer: Officer, purpose: Purpose, believed: _Believed, reader: Reader, case: Case | None, done: Opened
) -> list[str]:
    head = believed.head
    refused: dict[str, int] = {}
    codes = frozenset[str]()
    with guard.system("what a partner says of its things is held under its own handling"):
        cards: dict[UUID, list[PartnerKey]] = {}
        for line in _lines(reader):
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
    owner: UUID, believed: _Believed, line: dict[str, Any], cards: dict[UUID, list[PartnerKey]]
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


def take_clue(officer: Officer, purpose: Purpose, row: PartnerThing) -> Clue:
    """Take a partner's clue into the case as a proposed one, with its grade, handling and originator."""
    with acting(officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason="take a partner's clue"):
        held = PartnerThing.objects.select_for_update().get(pk=row.pk)
        if held.kind != "clue" or held.withdrawn:
            raise ValueError("only a clue that its originator has not withdrawn can be taken")
        if held.taken_as_id is not None:
            return Clue.objects.get(pk=held.taken_as_id)
        told = held.body
        if told.get("value") is None:
            raise ValueError("it says nothing: it has no value; ask its originator for it anew")
        clue = Clue(
            case_id=held.case_id,
            owner_id=officer.agency,
            made_by_id=officer.id,
            kind=str(told.get("kind", ""))[:20],
            value=told.get("value"),
            group=str(ClueGroup.PARTNER),
            source=f"package of {held.owner.short}",
            negated=told.get("negated") is True,
            evaluation=str(told.get("evaluation", "X4"))[:2],
            because=str(told.get("because", ""))[:2000],
            method="partner package",
            version="1",
            codes=held.codes,
            handling_text=held.handling_text,
            audience=held.audience,
        )
        clue.as_word()  # what does not make a clue is refused here, before it is written
        clue.save()
        clue.derives_from(held)
        held.taken_as = clue
        held.save(update_fields=["taken_as"])
        announce("clue changed", officer, purpose, held.case_id, clue=str(clue.pk))
    return clue
