"""What a package would hold now, as the law judges each thing of it, and why the rest stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from entente.casework.cooperate.service.sealing.line import Line, digest_of
from entente.casework.cooperate.service.sealing.telling import kind_of, line_of
from entente.casework.cooperate.service.sealing.told import called_from, told_before, versions, withdrawals
from entente.formats import sealed_package as package
from entente.records import circle, guard
from entente.records.leaving import UNHASHED, judge, things_of, whole_of
from entente.records.models import Agency, Case, CaseBound, Clue, Media, PartnerThing, SentThing
from entente.safeguards.access import Act, Thing
from entente.safeguards.partners import RULES, NoBasis, demand_transfer
from entente.safeguards.release import LeftOut, left_out
from entente.vocabulary.agency import AgencyKind, Officer
from entente.vocabulary.handling import Handling, Purpose, union

ELSEWHERE = "it is of another agency, which sends it itself"
CALLED_BACK = "it was called back from that agency; release it anew to send it"
NEXT_TIME = f"a package holds {package.MOST_THINGS:,} things; seal another for the rest"


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

    def whole(self, agency: UUID, case: Case) -> Thing:
        """Return the package as the law sees it; withdrawals alone carry nothing and always go."""
        return whole_of(agency, case, self.things) if self.things else replace(case.as_thing(), owner=agency)

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
        called = called_from(officer.agency, to, [r.pk for r in rows])
    no = judge(officer, purpose, {str(r.pk): (_label(r), things[str(r.pk)]) for r in rows}, to, Act.EXPORT)
    stays = [*no.values()]
    for row in rows:
        why = _not_ours(row, officer.agency) or _not_for(row, to) or (CALLED_BACK if row.pk in called else "")
        if why and str(row.pk) not in no:
            no[str(row.pk)] = LeftOut(_label(row), str(row.handling), why, stated=False)
            stays.append(no[str(row.pk)])
    told, said = told_before(officer.agency, to, case), versions(officer.agency)
    withdrawn = withdrawals(officer, to, case, told)[: package.MOST_THINGS]
    room = package.MOST_THINGS - len(withdrawn)
    lines: list[Line] = []
    kept, unchanged = [], 0
    for row in rows:
        if str(row.pk) in no:
            continue
        line = line_of(row, officer.agency, case, things[str(row.pk)], further)
        before = told.get(_number(row))
        if before and not before.withdrawn and before.content == digest_of(line):
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
    rule, kind = RULES[AgencyKind(to.kind)], kind_of(row)
    return "" if kind in rule.sends else f"a {to.kind} is not sent a {kind} ({rule.articles})"


def _with_version(line: Line, before: SentThing | None, said: Mapping[UUID, tuple[int, str]]) -> Line:
    """Give a thing of ours its version: that of the same content told to others, or the next."""
    if line.signature:
        return line
    top, content = said.get(line.statement.thing, (0, ""))
    fresh = before is None or before.version < top
    version = top if top and content == digest_of(line) and fresh else top + 1
    return replace(line, statement=replace(line.statement, version=version))
