"""What may leave for whom: the law asked of each of many rows, and what stays behind said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from entente.records import clock, guard
from entente.records.act import demand
from entente.records.models import Agency, Case, CaseBound, Originator, Release, Restriction
from entente.safeguards.access import Act, Deny, Shape, Thing, decide
from entente.safeguards.release import Destination, Leaving, LeftOut, sort_out
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, HandlingCode, Purpose, narrowest, union

UNHASHED = "it could not be read, so it has no hash"  # why a file stays behind that nobody forbids


def things_of(rows: Iterable[CaseBound]) -> dict[str, Thing]:
    """Return the law's view of many rows by id, with three queries a batch; to be called in a scope."""
    found = {}
    held = list(rows)
    for start in range(0, len(held), 400):
        batch = held[start : start + 400]
        ids = [r.pk for r in batch]
        others: dict[UUID, set[UUID]] = {}
        releases: dict[UUID, list[Any]] = {}
        for thing, agency in Originator.objects.filter(thing__in=ids).values_list("thing", "agency_id"):
            others.setdefault(thing, set()).add(agency)
        for release in Release.objects.filter(thing__in=ids):
            releases.setdefault(release.thing, []).append(release.as_permission())
        kept = {r.case_id for r in batch}.union(ids)
        restricted = set(
            Restriction.objects.filter(thing__in=kept, lifted_at=None).values_list("thing", flat=True)
        )
        for r in batch:
            found[str(r.pk)] = Thing(
                Shape.CASE,
                owner=r.owner_id,
                case=r.case_id,
                id=r.pk,
                handling=r.handling,
                originators=frozenset(others.get(r.pk, ())),
                releases=tuple(releases.get(r.pk, ())),
                audience=Audience(r.audience),
                restricted=bool(restricted & {r.pk, r.case_id}),
            )
    return found


def demand_lead(
    officer: Officer, act: Act, case: Case, to: Agency, purpose: Purpose, *, step: str, reason: str
) -> None:
    """Raise ``guard.Denied``, with its entry, where the officer's part in a case lets nothing leave it."""
    thing = replace(case.as_thing(), owner=officer.agency).going_to(to.pk)
    demand(officer, act, thing, purpose, step=step, reason=reason)


def whole_of(agency: UUID, case: Case, kept: Sequence[Thing]) -> Thing:
    """Return what ``agency`` sends of a case as the law sees it: its union, and the case's own handling.

    Each thing that is ``kept`` was judged by itself; of the whole the law is asked when it leaves.
    """
    originators = {o for t in kept for o in originators_of(t)}
    releases = [r for t in kept for r in t.releases]
    if case.handling.restricted:  # binds what leaves the case, whoever made it
        originators.add(case.owner_id)
        with guard.system("the releases of a case that something leaves"):
            releases += [r.as_permission() for r in Release.objects.filter(thing=case.pk)]
    return replace(
        case.as_thing(),
        owner=agency,
        handling=union([case.handling, *(t.handling for t in kept)]),
        originators=frozenset(originators - {agency}),
        releases=tuple(releases),
        audience=narrowest([Audience(case.audience), *(t.audience for t in kept)]),
    )


def judge(
    officer: Officer, purpose: Purpose, things: dict[str, tuple[str, Thing]], to: Agency, act: Act
) -> dict[str, LeftOut]:
    """Return what may not go and why: by handling first, then by the law for this officer and act.

    Only the absence of H1 in a court's version is for the recipient to know.
    """
    now, court = clock.now(), purpose is Purpose.PROSECUTION
    destination = Destination.COURT if court else Destination.AGENCY
    stays: dict[str, LeftOut] = {}
    for row, (label, thing) in things.items():
        leaving = Leaving(label, thing.handling, originators_of(thing), thing.releases)
        _, no = sort_out([leaving], officer.agency, to.pk, destination, now)
        if no:
            stays[row] = no[0]
            continue
        decision = decide(officer, thing.going_to(to.pk), act, purpose, now)
        if isinstance(decision, Deny):
            stated = court and HandlingCode.H1 in thing.handling.codes and not thing.handling.restricted
            stays[row] = LeftOut(label, str(thing.handling), decision.reason, stated)
    return stays


def originators_of(thing: Thing) -> frozenset[UUID]:
    """Return every agency whose information is in a thing: its owner and further originators."""
    return frozenset(o for o in {thing.owner, *thing.originators} if o is not None)
