"""What first, and who is on it: a score made of named factors, and people added to the case."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from entente.casework.prioritise.urgency import VERSION, CaseFacts, score
from entente.records import clock
from entente.records.act import acting, demand
from entente.records.announce import announce
from entente.records.jobs import Progress, task
from entente.records.models import (
    Account,
    Answer,
    Case,
    Clue,
    Estimate,
    Match,
    Media,
    Membership,
    Milestone,
    Notice,
    Priority,
    Stub,
)
from entente.safeguards.access import Act, Deny, may_join
from entente.vocabulary.agency import Officer, Part
from entente.vocabulary.case import Stage
from entente.vocabulary.handling import HandlingCode, Purpose


class NotAssigned(ValueError):
    """A person could not be put on the case; the text says why."""


def facts_of(case: Case, agency: UUID) -> CaseFacts:
    """Read what the order of work depends on, as the scope shows it to an officer of ``agency``."""
    reached = case.reached()
    estimate = Estimate.objects.filter(case=case).first()
    countries = estimate.posterior["countries"] if estimate and estimate.clues else []
    return CaseFacts(
        now=clock.now(),
        discovered=reached.get(Stage.DISCOVERED, case.opened_at),
        new_items=Media.objects.filter(case=case, known="new").count(),
        taken=_latest_taken(case),
        clues=Clue.objects.filter(case=case).exclude(state="withdrawn").count(),
        country_share=countries[0]["p"] if countries else 0.0,
        child_at_risk=case.child_at_risk,
        partners_waiting=Answer.objects.filter(case=case, taken_as=None, dispatch__owner=agency)
        .exclude(kind__in=("not ours", "cannot say"))
        .count(),
        identified=Match.objects.filter(
            case=case, state="confirmed", category__icontains="identified"
        ).exists(),
    )


def _tells_of_withheld(case: Case, facts: CaseFacts) -> bool:
    """Whether the score counts what others of the case may not know of: then it is its own agency's (H2)."""
    if facts.partners_waiting or facts.identified:
        return True  # who was asked, and what stands on the agency's hash lists
    counted = (Media.objects, Clue.objects, Estimate.objects)
    return any(rows.filter(case=case, codes__regex="H[23]").exists() for rows in counted)


def _latest_taken(case: Case) -> datetime | None:
    """Return the latest time that a device wrote with its offset; a time without one is not compared."""
    times = []
    for metadata in Media.objects.filter(case=case, origin="found").values_list("metadata", flat=True):
        moment = parse_datetime(str(metadata.get("taken_at") or ""))
        if moment and moment.tzinfo:
            times.append(moment)
    return max(times, default=None)


def rank(officer: Officer, purpose: Purpose, case: Case) -> Priority:
    """Score the case as its facts stand; kept only when the score or a reason changed."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="prioritise", reason="score the case"):
        facts = facts_of(case, officer.agency)
        scored = score(facts)
        factors = [asdict(f) for f in scored.factors]
        last = Priority.objects.filter(case=case, owner_id=officer.agency).first()
        if last and last.factors == factors:
            return last
        return Priority.objects.create(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            codes=str(HandlingCode.H2 if _tells_of_withheld(case, facts) else HandlingCode.H0),
            total=scored.total,
            factors=factors,
            version=VERSION,
        )


@task("prioritise.rank")
def rank_case(progress: Progress) -> dict[str, Any]:
    """Score the job's case."""
    case_id = UUID(str(progress.job.case))
    thing = Case.thing_of(case_id, progress.officer.agency)
    with acting(
        progress.officer, Act.READ, thing, progress.purpose, step="prioritise", reason="find the case"
    ):
        case = Case.objects.get(pk=case_id)
    return {"total": rank(progress.officer, progress.purpose, case).total}


def set_risk(officer: Officer, purpose: Purpose, case: Case, *, at_risk: bool, because: str) -> Case:
    """Say that a child is at risk now, or no longer; a person says it, with the reason."""
    if at_risk and not because.strip():
        raise NotAssigned("say why a child is at risk; the reason goes with the case")
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="prioritise", reason="child at risk"):
        case.child_at_risk, case.child_at_risk_because = at_risk, because.strip()
        case.save(update_fields=["child_at_risk", "child_at_risk_because"])
        Stub.renew(case)
    rank(officer, purpose, case)
    return case


def demand_lead(officer: Officer, purpose: Purpose, case: Case) -> None:
    """Raise ``Denied``, with its log entry, for one who may put nobody on the case.

    Asked before a service number is looked up: who may not assign must not learn which numbers there are.
    """
    demand(officer, Act.GRANT, case.as_thing(), purpose, step="prioritise", reason="assign")


def assign(
    officer: Officer, purpose: Purpose, case: Case, account: Account, *, part: Part, task: str = ""
) -> Membership:
    """Put a person on the case; the target's rights are checked as well as the officer's."""
    demand_lead(officer, purpose, case)
    if isinstance(refused := may_join(account.as_officer(), part, purpose), Deny):
        raise NotAssigned(f"{account.service_number}: {refused.reason}")
    with acting(
        officer,
        Act.GRANT,
        case.as_thing().going_to(account.agency_id),
        purpose,
        step="prioritise",
        reason=f"assign as {part}",
        recipients=[account.agency_id],
    ):
        standing = Membership.objects.filter(case=case, account=account, until=None).first()
        if standing:
            if part is not Part.LEAD:
                _keeps_a_lead(standing)
            standing.part, standing.task = part, task
            standing.save(update_fields=["part", "task"])
            membership = standing
        else:
            membership = Membership.objects.create(
                case=case, account=account, part=part, task=task, added_by_id=officer.id
            )
        Milestone.reach(
            case, Stage.PRIORITISED, "the case was put first and people were assigned", by=officer.id
        )
        if part is not Part.READER:
            announce("joined", account.as_officer(), purpose, case.pk)
    return membership


def take_off(officer: Officer, purpose: Purpose, membership: Membership) -> Membership:
    """End a membership now; everything ends with it at once."""
    with acting(
        officer, Act.GRANT, membership.as_thing(), purpose, step="prioritise", reason="end a membership"
    ):
        _keeps_a_lead(membership)
        membership.until = clock.now()
        membership.save(update_fields=["until"])
        if membership.account.agency_id != officer.agency:
            Notice.objects.create(
                owner_id=officer.agency,
                addressed_id=membership.account.agency_id,
                kind="recall",
                made_by_id=officer.id,
            )
    return membership


def _keeps_a_lead(membership: Membership) -> None:
    """Raise where the case's last lead would go."""
    others = Membership.objects.filter(case_id=membership.case_id, part=Part.LEAD, until=None)
    if membership.part == Part.LEAD and not others.exclude(pk=membership.pk).exists():
        raise NotAssigned("a case needs a lead: make another one first")
