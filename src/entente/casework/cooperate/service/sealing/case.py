"""Seal a case's package, and remember what the partner was told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from entente.casework.cooperate.service.sealing.line import Line, digest_of
from entente.casework.cooperate.service.sealing.planning import Plan, plan
from entente.casework.cooperate.service.sealing.writing import STEP, NotSealed, write
from entente.formats import sealed_package as package
from entente.records import circle, clock, emergency, exchange_key, guard
from entente.records.act import acting
from entente.records.leaving import demand_lead
from entente.records.models import Agency, Case, Disclosure, Package, Release, SentThing
from entente.safeguards.access import Act
from entente.safeguards.partners import NoBasis
from entente.safeguards.retention import review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import H2, Purpose, narrowest, union

PORTION = 400  # things noted in one statement


def seal(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    to: Agency,
    stream: BinaryIO,
    pass_on: Iterable[Agency] = (),
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Package, Plan]:
    """Write a package of ``case`` for ``to`` to ``stream``: all that it was not told yet, and withdrawals.

    Only a lead of the case seals. Raises ``NoBasis`` where something would go without a legal basis,
    ``NotSealed`` where there is nothing to say, ``circle.NotPinned``, ``guard.Denied``.
    """
    demand_lead(officer, Act.EXPORT, case, to, purpose, step=STEP, reason="seal a package")
    made = plan(officer, purpose, case, to, pass_on)
    if made.no_basis and not made.withdrawals:
        raise NoBasis(made.no_basis)
    if not made.lines:
        raise NotSealed("there is nothing to say: the partner was told all that may go, as it stands")
    whole = made.whole(officer.agency, case).going_to(to.pk)
    basis = str(circle.basis_for(officer.agency, to).ground) if made.goes else "withdrawal"
    with acting(
        officer, Act.EXPORT, whole, purpose, step=STEP, reason="seal a package", recipients=[to.pk]
    ) as deed:
        own = circle.own_card(officer.agency)
        secret = exchange_key.read(settings.KEY_FOLDER, own.pk)
        total = len(made.lines)

        def body() -> Iterable[bytes]:
            for done, line in enumerate(made.lines, 1):
                yield line.as_bytes(secret.signing.sign)
                tell(done, total)

        row = write(
            officer,
            purpose,
            to,
            package.Kind.THINGS,
            body,
            stream,
            case=case,
            handling=made.handling,
            audience=narrowest(line.known.audience for line in made.lines),
            basis=basis,
            told=(made.told_sender, made.told_recipient),
        )
        deed.seal(row.digest)
        deed.reason = " ".join(["seal a package.", *made.told_sender])
        _remember(officer, case, to, made, row)
    return row, made


def _remember(officer: Officer, case: Case, to: Agency, made: Plan, row: Package) -> None:
    """Write down what the partner was told: for its withdrawal, and so that the case shows what left it."""
    owner, now = officer.agency, clock.now()
    with guard.system("what a partner was told last is the agency's own book"):
        for start in range(0, len(made.lines), PORTION):
            _note(owner, case, to, made.lines[start : start + PORTION], row)
        own = [n.statement.thing for n in made.goes if n.statement.origin == owner]
        let = Release.objects.filter(by=owner, to=to, thing__in=own, withdrawn=None, expires__gt=now)
        standing = set(let.values_list("thing", flat=True))
        permits = {"by_id": owner, "to": to, "granted": now, "expires": review_due(now)}
        Release.objects.bulk_create(
            Release(thing=t, account_id=officer.id, reason=f"package {row.number}", **permits)
            for t in own
            if t not in standing
        )
    left = Disclosure(
        case=case,
        owner_id=owner,
        made_by_id=officer.id,
        audience=case.audience,
        to=to,
        what=f"package {row.number}",
        thing=row.pk,
        left_out=made.told_sender,
        held=[str(n.statement.thing) for n in made.goes],
    )
    left.handling = union([case.handling, H2])
    left.save()
    emergency.used([line.statement.thing for line in made.goes], to.pk)


def _note(owner: UUID, case: Case, to: Agency, lines: tuple[Line, ...], row: Package) -> None:
    """Write what the partner was told last of each thing of a portion."""
    rows = SentThing.objects.filter(owner=owner, to=to, thing__in=[n.statement.thing for n in lines])
    standing = {sent.thing: sent for sent in rows}
    fresh = []
    for line in lines:
        told = line.statement
        sent = standing.get(told.thing) or SentThing(owner_id=owner, to=to, thing=told.thing)
        sent.origin, sent.kind, sent.version = told.origin, told.kind, told.version
        sent.case = told.case if told.withdrawn else case.pk
        sent.content, sent.withdrawn, sent.package = digest_of(line), told.withdrawn, row
        if told.thing in standing:
            sent.save()
        else:
            fresh.append(sent)
    SentThing.objects.bulk_create(fresh)
