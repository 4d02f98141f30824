"""Seal what waits for a partner of another desk: what stands for it now and it was not told as it stands.

Nothing is queued. What stands is read from the case, what the partner was told last from the book; the
difference goes. What stood and stands no longer is taken back, and that always goes, without a legal basis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from uuid import UUID

from entente.casework.cooperate.service.sealing.messages import Message
from entente.casework.cooperate.service.sealing.writing import STEP, NotSealed, write
from entente.formats.sealed_package import Kind
from entente.records import circle, guard
from entente.records.act import acting, as_now, demand
from entente.records.models import Agency, Case, Package, SentThing
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.partners import CLUE, NoBasis, demand_transfer
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import Purpose, narrowest, union

MOST, LARGEST = 200, 64 << 20  # messages and bytes of one package: those with crops are large

Told = Mapping[UUID, SentThing]
Gather = Callable[[Officer, Purpose, Agency, Told], Iterable[Message]]
Again = Callable[[Officer, Purpose, Agency, Message], str]


@dataclass(frozen=True, slots=True)
class Post:
    """Who says what stands for a partner; ``lasting`` are kinds of message that nobody takes back.

    ``again`` says, as a message is sealed, why it may not go any more.
    """

    gather: Gather
    kinds: frozenset[str]
    lasting: frozenset[str] = frozenset()
    again: Again = field(default=lambda officer, purpose, to, message: "")


#: What may wait for partners, by kind of package; a later step enters itself here.
POSTS: dict[Kind, Post] = {}


@dataclass(frozen=True, slots=True)
class Due:
    """What would go to a partner now, and why the rest waits."""

    goes: tuple[Message, ...] = ()
    stays: tuple[str, ...] = field(default_factory=tuple)


def due(officer: Officer, purpose: Purpose, to: Agency, kind: Kind) -> Due:
    """Return what of one kind waits for a partner, as the law lets this officer send it."""
    post = POSTS[kind]
    with guard.system("what was this partner told last?"):
        rows = SentThing.objects.filter(owner=officer.agency, to=to, kind__in=post.kinds)
        told = {row.thing: row for row in rows}
    standing = {m.thing: m for m in post.gather(as_now(officer), purpose, to, told)}
    new = [m for m in standing.values() if not m.hidden and _is_news(m, told.get(m.thing))]
    goes = [m for m in new if not m.stays]
    stays = [m.stays for m in new if m.stays]
    back = [s for s in told.values() if not s.withdrawn and s.thing not in standing]
    back = [s for s in back if s.kind not in post.lasting]
    hidden = _hidden(officer, purpose, to, {s.case for s in back})
    taken = [_taken_back(s) for s in back if s.case not in hidden]
    if why := _no_basis(officer.agency, to, goes):
        stays += [why] * sum(not m.free for m in goes)
        goes = [m for m in goes if m.free]
    return Due((*taken, *goes)[:MOST], tuple(f"{stays.count(w)} × {w}" for w in sorted(set(stays))))


def _hidden(officer: Officer, purpose: Purpose, to: Agency, cases: set[UUID]) -> set[UUID]:
    """Return the cases that stand and that this officer may not know of; of a shell every colleague may."""
    with guard.system("which of these cases still stand?"):
        standing = set(Case.objects.filter(pk__in=cases).exclude(owner=to).values_list("pk", flat=True))
    with guard.scope(officer, purpose):
        return standing - set(Case.objects.filter(pk__in=standing).values_list("pk", flat=True))


def _is_news(message: Message, before: SentThing | None) -> bool:
    return before is None or before.withdrawn or before.content != message.content()


def _taken_back(sent: SentThing) -> Message:
    return Message(sent.kind, sent.thing, sent.case, sent.thing, free=True, withdrawn=True)


def _no_basis(owner: UUID, to: Agency, goes: list[Message]) -> str:
    """Return why no more than receipts may go; a request or a product says more than a file's facts."""
    count = sum(not m.free for m in goes)
    if not count:
        return ""
    try:
        demand_transfer(AgencyKind(to.kind), circle.basis_for(owner, to), {CLUE}, count)
    except NoBasis as fault:
        return str(fault)
    return ""


def post(officer: Officer, purpose: Purpose, to: Agency, kind: Kind, stream: BinaryIO) -> tuple[Package, Due]:
    """Write one package of what waits. Raises ``NotSealed``, ``circle.NotPinned``, ``guard.Denied``."""
    circle.card_of(officer.agency, to.pk)
    thing = Thing(Shape.AGENCY, owner=officer.agency, to=to.pk)
    reason = f"seal {kind}"
    demand(officer, Act.EXPORT, thing, purpose, step=STEP, reason=reason)
    try:
        made = _asked_again(officer, purpose, to, kind)
    except OSError as fault:
        raise _unread(fault) from None
    if not made.goes:
        why = f": {made.stays[0]}" if made.stays else ""
        raise NotSealed(f"nothing waits for that partner that you may send{why}")
    says = [m for m in made.goes if not m.free]
    basis = str(circle.basis_for(officer.agency, to).ground) if says else "receipts and withdrawals"
    with acting(officer, Act.EXPORT, thing, purpose, step=STEP, reason=reason, recipients=[to.pk]) as deed:
        try:
            row = write(
                officer,
                purpose,
                to,
                kind,
                lambda: (m.line() for m in made.goes),
                stream,
                handling=union([m.handling for m in made.goes]),
                audience=narrowest(m.audience for m in made.goes),
                basis=basis,
                told=(made.stays, ()),
            )
        except OSError as fault:
            raise _unread(fault) from None
        deed.seal(row.digest)
        _remember(officer.agency, to, made.goes, row)
    return row, made


def _unread(fault: OSError) -> NotSealed:
    return NotSealed(f"a crop cannot be read from the evidence store ({fault}); run entente fsck")


def _asked_again(officer: Officer, purpose: Purpose, to: Agency, kind: Kind) -> Due:
    """Return what is due, the law asked anew for each message that says something."""
    made = due(officer, purpose, to, kind)
    why = {m.thing: POSTS[kind].again(officer, purpose, to, m) for m in made.goes if not m.free}
    goes = _within(m for m in made.goes if not why.get(m.thing))
    return Due(goes, (*made.stays, *filter(None, why.values())))


def _within(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return as many as one package holds; the rest goes in the next."""
    found, size = list[Message](), 0
    for each in messages:
        size += len(each.line()) if each.attached else 0
        if found and size > LARGEST:
            break
        found.append(each)
    return tuple(found)


def _remember(owner: UUID, to: Agency, messages: Iterable[Message], row: Package) -> None:
    with guard.system("what a partner was told last is the agency's own book"):
        for each in messages:
            held, _ = SentThing.objects.get_or_create(
                owner_id=owner,
                to=to,
                thing=each.thing,
                defaults={
                    "origin": owner,
                    "case": each.case,
                    "kind": each.what,
                    "version": 0,
                    "package": row,
                },
            )
            held.version += 1
            held.content, held.withdrawn, held.package = each.content(), each.withdrawn, row
            held.save()
