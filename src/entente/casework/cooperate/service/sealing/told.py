"""What partners were told before, and the withdrawal of what was called back since."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import QuerySet

from entente.casework.cooperate.service.sealing.line import Line
from entente.records import clock, guard
from entente.records.models import Agency, Case, Clue, Media, PartnerThing, Release, SentThing
from entente.safeguards import statement as words
from entente.safeguards.statement import Statement
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import H2


def told_before(owner: UUID, to: Agency, case: Case) -> dict[UUID, SentThing]:
    """Return what ``to`` was told of a case, by thing."""
    with guard.system("what was this partner told of a case before?"):
        return {
            s.thing: s
            for s in SentThing.objects.filter(owner=owner, to=to, case=case.pk, kind__in=words.KINDS)
        }


def versions(owner: UUID) -> dict[UUID, tuple[int, str]]:
    """Return the highest version of each thing that anybody was told, and its content."""
    with guard.system("which version of a thing is the last?"):
        rows = SentThing.objects.filter(owner=owner, origin=owner, kind__in=words.KINDS).order_by("version")
        return {
            thing: (version, content)
            for thing, version, content in rows.values_list("thing", "version", "content")
        }


def withdrawals(officer: Officer, to: Agency, case: Case, told: Mapping[UUID, SentThing]) -> tuple[Line, ...]:
    """Return the withdrawal of all that ``to`` was told and that is withdrawn, called back or erased."""
    with guard.system("what was told to a partner and holds no longer?"):
        held = [s for s in told.values() if not s.withdrawn]
        cases = set(Case.objects.values_list("pk", flat=True))
        standing = SentThing.objects.filter(
            owner=officer.agency, to=to, withdrawn=False, kind__in=words.KINDS
        )
        held += [s for s in standing.exclude(case=case.pk) if s.case not in cases]  # its case was erased
        ids = [s.thing for s in held]
        media = set(Media.objects.filter(pk__in=ids).values_list("pk", flat=True))
        clues = dict(Clue.objects.filter(pk__in=ids).values_list("pk", "state"))
        called = called_from(officer.agency, to, ids)
        partners = {p.thing: p for p in PartnerThing.objects.filter(holder=officer.agency, thing__in=ids)}
        tops = versions(officer.agency)
    lines = []
    for each in held:
        if each.origin != officer.agency:
            theirs = partners.get(each.thing)
            if theirs is not None and theirs.withdrawn:
                lines.append(Line(words.read(theirs.statement), theirs.signature))
        elif each.thing in called or (
            each.thing not in media and clues.get(each.thing, "withdrawn") == "withdrawn"
        ):
            stands = Statement(officer.agency, each.thing, 1, each.kind, each.case, H2)
            lines.append(Line(stands.taken_back(tops.get(each.thing, (each.version, ""))[0] + 1), ""))
    return tuple(lines)


def called_from(owner: UUID, to: Agency, ids: list[UUID]) -> set[UUID]:
    """Return what the agency let ``to`` have and then did not any more."""
    rows = Release.objects.filter(by=owner, to=to, thing__in=ids)
    now = clock.now()
    holds = {r.thing for r in rows if r.as_permission().holds(now)}
    return {r.thing for r in rows if r.withdrawn is not None} - holds


def told_things(owner: UUID, case: Case) -> QuerySet[SentThing]:
    """Return what partners were told of a case and may still have, for a page of those who are in it."""
    rows = SentThing.objects.filter(owner=owner, case=case.pk, withdrawn=False, kind__in=words.KINDS)
    return rows.select_related("to").order_by("to__short", "kind", "thing")


def called_back(owner: UUID, case: Case, to: Agency) -> list[SentThing]:
    """Return what was called back from ``to`` and still stands, for a page of those who are in the case."""
    mine = SentThing.objects.filter(owner=owner, case=case.pk, to=to, kind__in=words.KINDS)
    rows = list(mine.order_by("kind", "thing"))
    called = called_from(owner, to, [r.thing for r in rows])
    media = Media.objects.filter(case=case, pk__in=called).values_list("pk", flat=True)
    clues = Clue.objects.filter(case=case, pk__in=called, state="confirmed").values_list("pk", flat=True)
    there = {*media, *clues}
    return [r for r in rows if r.thing in there]
