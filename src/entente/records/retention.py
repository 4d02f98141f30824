"""Clocks at work: a reason keeps, a provider's limit shortens, a named ground restricts, and silence erases.

Source: Regulation (EU) 2016/794 art. 31; Directive (EU) 2016/680 arts 5 and 16(3). The arithmetic is in
``safeguards.retention``.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.erasure import THE_DESK, erase_by_clock
from entente.records.jobs import Progress, task
from entente.records.models import Case, CaseBound, KeepReview, Notice, Restriction, Retention
from entente.safeguards.access import Act
from entente.safeguards.retention import Fate, Ground, Review, fate, next_review, review_due
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

STEP = "retention"


class NotKept(ValueError):
    """A decision on a clock was not taken; the text says the mend."""


def begin(case: Case) -> Retention:
    """Start the clock of a new case, inside the act that opens it."""
    return Retention.objects.create(
        agency_id=case.owner_id,
        case=case.pk,
        what="case",
        started=case.opened_at,
        due=review_due(case.opened_at),
    )


def limit(officer: Officer, purpose: Purpose, row: CaseBound, until: datetime) -> Retention:
    """Set the provider's limit on one thing of a case: it binds whatever is decided about the case."""
    if until <= clock.now():
        raise NotKept("the provider's limit has passed; erase the thing instead")
    with (
        acting(officer, Act.ALTER, row.as_thing(), purpose, step=STEP, reason="a provider's limit"),
        guard.system("a clock is written by those who do not keep it"),
    ):
        held = Retention.objects.filter(case=row.case_id, thing=row.pk).first()
        if held is None:
            held = Retention(
                agency_id=row.case.owner_id,
                case=row.case_id,
                thing=row.pk,
                what=row._meta.model_name or "",
                started=row.made_at,
            )
        held.provider_limit = min(until, held.provider_limit or until)
        held.due = review_due(held.started, held.provider_limit)
        held.save()
    return held


def keep(officer: Officer, purpose: Purpose, case: Case, reason: str) -> Retention:
    """Decide to keep the case for another period, with the reason; only a review made in time counts."""
    if not reason.strip():
        raise NotKept("a review needs its reason: why the case is still necessary")
    with (
        acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason="keep after review"),
        guard.system("a clock is read by those who do not keep it"),
    ):
        held = Retention.objects.select_for_update().get(case=case.pk, thing=None)
        if clock.now() >= held.due:
            raise NotKept("the review date has passed; what is due cannot be brought back")
        KeepReview.objects.create(
            agency_id=held.agency_id,
            case=case.pk,
            what=held.what,
            at=clock.now(),
            by_id=officer.id,
            reason=reason.strip(),
        )
        held.due, held.asked_at = _due(held), None
        held.save(update_fields=["due", "asked_at"])
    return held


def _due(held: Retention) -> datetime:
    rows = KeepReview.objects.filter(case=held.case, thing=held.thing)
    reviews = tuple(Review(r.at, str(r.by_id), r.reason) for r in rows)
    return next_review(held.started, reviews, held.provider_limit)


def restrict(officer: Officer, purpose: Purpose, held: Retention, ground: str, reason: str) -> Restriction:
    """Restrict instead of erasing, for a ground of art. 31(6): from now on it is only read."""
    try:
        word = Ground(ground)
    except ValueError:
        raise NotKept("choose the ground of article 31(6) that holds") from None
    if not reason.strip():
        raise NotKept("a restriction needs its reason in words")
    with (
        acting(officer, Act.AUDIT, held.as_thing(), purpose, step=STEP, reason=f"restrict: {word}"),
        guard.system("a restriction binds rows that the data protection officer does not see"),
    ):
        return Restriction.objects.create(
            thing=held.thing or held.case, ground=str(word), by_id=officer.id, reason=reason.strip()
        )


def lift(officer: Officer, purpose: Purpose, held: Retention) -> int:
    """Lift every restriction of what the clock is about; return how many."""
    with acting(officer, Act.AUDIT, held.as_thing(), purpose, step=STEP, reason="lift a restriction"):
        standing = Restriction.objects.filter(thing=held.thing or held.case, lifted_at=None)
        if lifted := standing.update(lifted_at=clock.now()):
            announce("restriction lifted", officer, purpose, held.case, thing=str(held.thing or held.case))
        return lifted


def fate_of(held: Retention) -> Fate:
    """Return what is to happen to it now."""
    ground = Ground.LEGAL_CLAIM if Restriction.binds(held.thing, held.case) else None
    return fate(held.due, clock.now(), ground)


def sweep() -> dict[str, int]:
    """Ask for reasons where a date is near; erase where it passed in silence; return how many of each."""
    with guard.system("run the clocks"):
        running = list(Retention.objects.filter(erased_at=None).order_by("due"))
    done = {"asked": 0, "erased": 0, "restricted": 0}
    for held in running:
        what = fate_of(held)
        if what is Fate.ASK and held.asked_at is None:
            _ask(held)
            done["asked"] += 1
        elif what is Fate.ERASE:
            erase_by_clock(THE_DESK(held.agency_id), Purpose.DATA_PROTECTION_AUDIT, held, "silence erases")
            done["erased"] += 1
        done["restricted"] += what is Fate.RESTRICT
    return done


def _ask(held: Retention) -> None:
    desk = THE_DESK(held.agency_id)
    audit = Purpose.DATA_PROTECTION_AUDIT
    with (
        acting(desk, Act.AUDIT, held.as_thing(), audit, step=STEP, reason="ask for a reason to keep"),
        guard.system("the desk asks the owner"),
    ):
        Notice.objects.create(
            owner_id=held.agency_id, addressed_id=held.agency_id, kind="retention", about=held.pk
        )
        Retention.objects.filter(pk=held.pk).update(asked_at=clock.now())


@task("retention.sweep")
def sweep_task(progress: Progress) -> dict[str, int]:
    """Run the clocks as a job."""
    return sweep()


def case_of(notice: Notice) -> UUID | None:
    """Return the case that a notice of retention is about."""
    if notice.about is None:
        return None
    with guard.system("the case whose date is near"):
        return Retention.objects.filter(pk=notice.about).values_list("case", flat=True).first()
