"""Seal packages for a partner's desk: what of a case may go there, what was called back since, receipts.

Each package holds what its recipient was not told yet: things of this agency, each signed by it, things of
others that it may pass on, with their originators' own signatures, and the withdrawal of what was told before
and is withdrawn or erased now. Nothing goes without a legal basis in force; a withdrawal always goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from django.conf import settings

from entente.formats import sealed_package as package
from entente.records import checkpoint, circle, clock, emergency, exchange_key, guard
from entente.records.act import acting
from entente.records.leaving import UNHASHED, judge, originators_of, things_of
from entente.records.models import (
    Agency,
    Case,
    CaseBound,
    Clue,
    Disclosure,
    Media,
    Package,
    PartnerKey,
    PartnerThing,
    Release,
    SentThing,
)
from entente.safeguards import statement as words
from entente.safeguards.access import Act, Deny, Shape, Thing, decide
from entente.safeguards.commitment import canonical
from entente.safeguards.partners import RULES, NoBasis, demand_transfer
from entente.safeguards.release import LeftOut, left_out
from entente.safeguards.retention import review_due
from entente.safeguards.statement import Statement
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose, narrowest, union

STEP = "cooperate"
LASTS = timedelta(days=30)  # a package that was not opened by then is sealed again
ELSEWHERE = "it is of another agency, which sends it itself"
CALLED_BACK = "it was called back from that agency; release it anew to send it"
NEXT_TIME = f"a package holds {package.MOST_THINGS:,} things; seal another for the rest"


class NotSealed(ValueError):
    """No package was made; the text says the mend."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of a package: what its originator signed, and what is added to its handling on the way."""

    statement: Statement
    signature: str  # empty: this agency signs it when the package is written
    also: words.Marking = field(default_factory=words.Marking)

    @property
    def known(self) -> words.Known:
        """What the recipient will know of it."""
        return words.known(self.statement, self.also)

    def content(self) -> str:
        """Return a digest of what the recipient would be told, versions apart."""
        return self.statement.content() + canonical(written_marking(self.also))

    def as_bytes(self, sign: Callable[[bytes], bytes]) -> bytes:
        """Return the line as it stands in the body."""
        signature = self.signature or sign(self.statement.signed_bytes()).hex()
        told = {
            "statement": self.statement.told(),
            "signature": signature,
            "also": written_marking(self.also),
        }
        return canonical(told).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a package would hold: new or changed things, withdrawals, and what stays behind and why."""

    goes: tuple[Line, ...]
    withdrawals: tuple[Line, ...]
    stays: tuple[LeftOut, ...]
    unchanged: int  # told before, and as they were
    things: tuple[Thing, ...]
    no_basis: str = ""  # why nothing but withdrawals may go

    @property
    def lines(self) -> tuple[Line, ...]:
        """All that would be written."""
        return (*self.goes, *self.withdrawals)

    @property
    def handling(self) -> Handling:
        """What the whole carries."""
        return union(line.known.handling for line in self.lines)

    @property
    def told_sender(self) -> list[str]:
        """What was left out and why, for the sender's record."""
        return left_out(self.stays, for_recipient=False)

    @property
    def told_recipient(self) -> list[str]:
        """What the recipient may know of what was left out."""
        return left_out(self.stays, for_recipient=True)


def written_marking(also: words.Marking) -> dict[str, Any]:
    """Return a marking as it is written."""
    return {
        "codes": " ".join(sorted(also.codes)),
        "texts": sorted(also.texts),
        "audience": str(also.audience or ""),
    }


# --- what would go --------------------------------------------------------------------------------------


def plan(officer: Officer, purpose: Purpose, case: Case, to: Agency, pass_on: Iterable[Agency] = ()) -> Plan:
    """Return what a package of ``case`` for ``to`` would hold now, as the law judges each thing of it.

    ``pass_on`` are agencies to whom the recipient may pass the agency's own things on; each needs its
    release. Raises ``circle.NotPinned`` where the partner, or one of those, has no card in force.
    """
    circle.card_of(officer.agency, to.pk)
    further = {a.pk: circle.card_of(officer.agency, a.pk).known_as for a in pass_on}
    with guard.scope(officer, purpose):
        media = Media.objects.filter(case=case).exclude(origin="crop").order_by("number")
        clues = Clue.objects.filter(case=case, state="confirmed").order_by("made_at", "pk")
        passed = PartnerThing.objects.filter(case=case, holder=officer.agency).order_by("made_at", "pk")
        rows: list[CaseBound] = [*media, *clues, *passed.filter(withdrawn=False).exclude(owner=to)]
        things = things_of(rows)
        called = _called_back(officer.agency, to, [r.pk for r in rows])
    no = judge(officer, purpose, {str(r.pk): (_label(r), things[str(r.pk)]) for r in rows}, to, Act.EXPORT)
    stays = [*no.values()]
    for row in rows:
        why = _not_ours(row, officer.agency) or _not_for(row, to) or (CALLED_BACK if row.pk in called else "")
        if why and str(row.pk) not in no:
            no[str(row.pk)] = LeftOut(_label(row), str(row.handling), why, stated=False)
            stays.append(no[str(row.pk)])
    told, said = _told_before(officer.agency, to, case), _versions(officer.agency)
    withdrawn = _withdrawals(officer, to, case, told)[: package.MOST_THINGS]
    room = package.MOST_THINGS - len(withdrawn)
    lines: list[Line] = []
    kept, unchanged = [], 0
    for row in rows:
        if str(row.pk) in no:
            continue
        line = _line_of(row, officer.agency, case, things[str(row.pk)], further)
        before = told.get(_number(row))
        if before and not before.withdrawn and before.content == _content(line):
            unchanged += 1
            continue
        if len(lines) == room:
            stays.append(LeftOut(_label(row), str(row.handling), NEXT_TIME, stated=False))
            continue
        lines.append(_with_version(line, before, said))
        kept.append(things[str(row.pk)])
    basis = _why_no_basis(officer.agency, to, lines)
    goes = () if basis else tuple(lines)
    return Plan(goes, withdrawn, tuple(stays), unchanged, tuple(kept) if goes else (), basis)


def _why_no_basis(owner: UUID, to: Agency, lines: list[Line]) -> str:
    try:
        basis = circle.basis_for(owner, to)
        demand_transfer(AgencyKind(to.kind), basis, {n.statement.kind for n in lines}, len(lines))
    except NoBasis as fault:
        return str(fault)
    return ""


def _label(row: CaseBound) -> str:
    return str(row) if isinstance(row, Media) else f"{row._meta.model_name} {row.pk}"


def _number(row: CaseBound) -> UUID:
    return row.thing if isinstance(row, PartnerThing) else row.pk


def _not_ours(row: CaseBound, agency: UUID) -> str:
    """Return why this agency cannot speak for a row, though it may see it."""
    if isinstance(row, PartnerThing):
        return ""
    if row.owner_id != agency:
        return ELSEWHERE
    return UNHASHED if isinstance(row, Media) and not row.md5 else ""


def _not_for(row: CaseBound, to: Agency) -> str:
    """Return why a partner of that kind is not sent such a thing, whatever the basis."""
    rule, kind = RULES[AgencyKind(to.kind)], _kind(row)
    return "" if kind in rule.sends else f"a {to.kind} is not sent a {kind} ({rule.articles})"


def _kind(row: CaseBound) -> str:
    if isinstance(row, PartnerThing):
        return row.kind
    return "media" if isinstance(row, Media) else "clue"


def _told_before(owner: UUID, to: Agency, case: Case) -> dict[UUID, SentThing]:
    with guard.system("what was this partner told of a case before?"):
        return {s.thing: s for s in SentThing.objects.filter(owner=owner, to=to, case=case.pk)}


def _versions(owner: UUID) -> dict[UUID, tuple[int, str]]:
    """Return the highest version of each thing that anybody was told, and its content."""
    with guard.system("which version of a thing is the last?"):
        rows = SentThing.objects.filter(owner=owner, origin=owner).order_by("version")
        return {
            thing: (version, content)
            for thing, version, content in rows.values_list("thing", "version", "content")
        }


def _content(line: Line) -> str:
    return sha256(line.content().encode()).hexdigest()


def _with_version(line: Line, before: SentThing | None, said: Mapping[UUID, tuple[int, str]]) -> Line:
    """Give a thing of ours its version: that of the same content told to others, or the next."""
    if line.signature:
        return line
    top, content = said.get(line.statement.thing, (0, ""))
    fresh = before is None or before.version < top
    version = top if top and content == _content(line) and fresh else top + 1
    return replace(line, statement=replace(line.statement, version=version))


def _line_of(row: CaseBound, agency: UUID, case: Case, thing: Thing, further: Mapping[UUID, UUID]) -> Line:
    if isinstance(row, PartnerThing):
        return Line(words.read(row.statement), row.signature, read_marking(row.markings))
    now = clock.now()
    let = {r.to for r in thing.releases if r.by == agency and r.holds(now)}
    strict = [case.handling] if case.handling.restricted else []
    told = Statement(
        origin=agency,
        thing=row.pk,
        version=1,
        kind=_kind(row),
        case=case.pk,
        handling=union([row.handling, *strict]),
        audience=narrowest([Audience(row.audience), Audience(case.audience)]),
        releases=frozenset(known for pk, known in further.items() if pk in let),
        body=_body(row),
    )
    return Line(told, "")


def read_marking(told: Mapping[str, Any]) -> words.Marking:
    """Return a marking as it was written; raise ``ValueError`` or ``TypeError`` for what is none."""
    if not told:
        return words.Marking()
    audience = Audience(told["audience"]) if told["audience"] else None
    texts = frozenset(told["texts"])
    if not all(isinstance(t, str) and len(t) <= words.LONGEST_TEXT for t in texts) or len(texts) > 100:
        raise ValueError("texts of a marking are texts")
    codes = frozenset(HandlingCode(c) for c in told["codes"].split())
    if HandlingCode.H3 in codes and not texts:
        raise ValueError("H3 needs its restriction in words")
    return words.Marking(codes, texts, audience)


def _body(row: CaseBound) -> dict[str, Any]:
    """Return what is said of a row: hashes and facts, an observation, and no name of a file or a person."""
    if isinstance(row, Media):
        told = {
            "md5": row.md5,
            "sha1": row.sha1,
            "sha256": row.sha256,
            "pdq": row.pdq,
            "pdq_quality": row.pdq_quality,
            "size": row.size,
            "mime": row.mime,
            "width": row.width,
            "height": row.height,
            "duration": row.duration,
        }
    else:
        assert isinstance(row, Clue)  # noqa: S101 - the plan takes nothing else
        told = {
            "kind": row.kind,
            "value": row.value,
            "group": row.group,
            "evaluation": row.evaluation,
            "negated": row.negated,
            "region": row.region,
            "start": row.start,
            "end": row.end,
            "because": row.because,
            "method": row.method,
            "version": row.version,
            "medium": str(row.media_id or ""),
        }
    return {name: value for name, value in told.items() if value not in (None, "")}


# --- what was called back since -------------------------------------------------------------------------


def _withdrawals(
    officer: Officer, to: Agency, case: Case, told: Mapping[UUID, SentThing]
) -> tuple[Line, ...]:
    """Return the withdrawal of all that ``to`` was told and that is withdrawn, called back or erased."""
    with guard.system("what was told to a partner and holds no longer?"):
        held = [s for s in told.values() if not s.withdrawn]
        cases = set(Case.objects.values_list("pk", flat=True))
        standing = SentThing.objects.filter(owner=officer.agency, to=to, withdrawn=False)
        held += [s for s in standing.exclude(case=case.pk) if s.case not in cases]  # its case was erased
        ids = [s.thing for s in held]
        media = set(Media.objects.filter(pk__in=ids).values_list("pk", flat=True))
        clues = dict(Clue.objects.filter(pk__in=ids).values_list("pk", "state"))
        called = _called_back(officer.agency, to, ids)
        partners = {p.thing: p for p in PartnerThing.objects.filter(holder=officer.agency, thing__in=ids)}
        tops = _versions(officer.agency)
    lines = []
    for each in held:
        if each.origin != officer.agency:
            theirs = partners.get(each.thing)
            if theirs is not None and theirs.withdrawn:
                lines.append(Line(words.read(theirs.statement), theirs.signature))
        elif each.thing in called or (
            each.thing not in media and clues.get(each.thing, "withdrawn") == "withdrawn"
        ):
            stands = Statement(
                officer.agency, each.thing, 1, each.kind, each.case, Handling(frozenset({HandlingCode.H2}))
            )
            lines.append(Line(stands.taken_back(tops.get(each.thing, (each.version, ""))[0] + 1), ""))
    return tuple(lines)


def _called_back(owner: UUID, to: Agency, ids: list[UUID]) -> set[UUID]:
    """Return what the agency let ``to`` have and then did not any more."""
    rows = Release.objects.filter(by=owner, to=to, thing__in=ids)
    now = clock.now()
    holds = {r.thing for r in rows if r.as_permission().holds(now)}
    return {r.thing for r in rows if r.withdrawn is not None} - holds


def told_things(owner: UUID, case: Case) -> list[SentThing]:
    """Return what partners were told of a case and may still have, for a page of those who are in it."""
    rows = SentThing.objects.filter(owner=owner, case=case.pk, withdrawn=False)
    return list(rows.select_related("to").order_by("to__short", "kind", "thing"))


def called_back(owner: UUID, case: Case, to: Agency) -> list[SentThing]:
    """Return what was called back from ``to`` and still stands, for a page of those who are in the case."""
    rows = list(SentThing.objects.filter(owner=owner, case=case.pk, to=to).order_by("kind", "thing"))
    called = _called_back(owner, to, [r.thing for r in rows])
    media = Media.objects.filter(case=case, pk__in=called).values_list("pk", flat=True)
    clues = Clue.objects.filter(case=case, pk__in=called, state="confirmed").values_list("pk", flat=True)
    there = {*media, *clues}
    return [r for r in rows if r.thing in there]


# --- sealing --------------------------------------------------------------------------------------------


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
    _demand_lead(officer, purpose, case, to)
    made = plan(officer, purpose, case, to, pass_on)
    if made.no_basis and not made.withdrawals:
        raise NoBasis(made.no_basis)
    if not made.lines:
        raise NotSealed("there is nothing to say: the partner was told all that may go, as it stands")
    whole = _whole(officer, case, made).going_to(to.pk)
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


def _demand_lead(officer: Officer, purpose: Purpose, case: Case, to: Agency) -> None:
    """Raise ``guard.Denied``, with its entry, where the officer's part lets no package leave this case."""
    thing = replace(case.as_thing(), owner=officer.agency).going_to(to.pk)
    if isinstance(decide(officer, thing, Act.EXPORT, purpose, clock.now()), Deny):
        with acting(officer, Act.EXPORT, thing, purpose, step=STEP, reason="seal a package"):
            raise AssertionError("the law changed its mind within one act")


def _whole(officer: Officer, case: Case, made: Plan) -> Thing:
    """Return the package as the law sees it: everything in it, and the case's own handling."""
    originators = {o for t in made.things for o in originators_of(t)}
    releases = [r for t in made.things for r in t.releases]
    if made.things and case.handling.restricted:
        originators.add(case.owner_id)
        with guard.system("the releases of a case that a package comes from"):
            releases += [r.as_permission() for r in Release.objects.filter(thing=case.pk)]
    return Thing(
        Shape.CASE,
        owner=officer.agency,
        case=case.pk,
        id=case.pk,
        handling=union([*(t.handling for t in made.things), *([case.handling] if made.things else [])]),
        originators=frozenset(originators - {officer.agency}),
        releases=tuple(releases),
        audience=narrowest(t.audience for t in made.things),
    )


def _remember(officer: Officer, case: Case, to: Agency, made: Plan, row: Package) -> None:
    """Write down what the partner was told: for its withdrawal, and so that the case shows what left it."""
    owner, now = officer.agency, clock.now()
    with guard.system("what a partner was told last is the agency's own book"):
        for line in made.lines:
            told = line.statement
            SentThing.objects.update_or_create(
                owner_id=owner,
                to=to,
                thing=told.thing,
                defaults={
                    "origin": told.origin,
                    "case": case.pk if not told.withdrawn else told.case,
                    "kind": told.kind,
                    "version": told.version,
                    "content": _content(line),
                    "withdrawn": told.withdrawn,
                    "package": row,
                },
            )
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
    left.handling = union([case.handling, Handling(frozenset({HandlingCode.H2}))])
    left.save()
    for line in made.goes:
        emergency.used(line.statement.thing, to.pk)


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
