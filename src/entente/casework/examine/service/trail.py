"""The search history of a case: each set of filters is a step after another; a trail can be handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from entente.casework.examine.service.cards import device_of
from entente.casework.examine.service.refused import ExamineRefused
from entente.casework.examine.service.reviews import HANDED, NAMED
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.models import Account, Case, Media, Membership, TrailStep
from entente.records.undo import Touched
from entente.safeguards.access import Act, Allow, decide, readable
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import ORIGINATOR_ONLY, HandlingCode, Purpose, union

LONGEST_NAME = 80
KEPT_STEPS = 400  # of one officer in one case; the oldest that nobody named and nothing follows go


@dataclass(slots=True)
class Branch:
    """A step and those that came after it."""

    step: TrailStep
    after: list[Branch] = field(default_factory=list)


def trail(officer: Officer, case: Case) -> list[Branch]:
    """Return the officer's own steps, and those handed to them, each under the one it came after."""
    rows = TrailStep.objects.filter(case=case, holder=officer.id).select_related("made_by__agency")
    branches = {row.pk: Branch(row) for row in rows.order_by("made_at", "pk")}
    roots: list[Branch] = []
    for branch in branches.values():
        above = branches.get(branch.step.parent) if branch.step.parent else None
        (above.after if above else roots).append(branch)
    return roots


def step_of(officer: Officer, case: Case, name: str | None) -> TrailStep | None:
    """Return one's own step by its id, nothing for any other."""
    try:
        return TrailStep.objects.filter(case=case, holder=officer.id, pk=UUID(name or "")).first()
    except ValueError:
        return None


def keep(
    officer: Officer, purpose: Purpose, case: Case, filters: Mapping[str, str], parent: TrailStep | None
) -> TrailStep | None:
    """Keep a set of filters as the step after ``parent``; the same again is the step that is there.

    Who only reads the case keeps no trail: nothing is written, and nothing is denied.
    """
    filters = {name: value for name, value in filters.items() if value}
    if parent is not None and parent.filters == filters:
        return parent
    before = parent.pk if parent else None
    with guard.scope(officer, purpose):
        held = list(TrailStep.objects.filter(case=case, holder=officer.id, parent=before))
    if there := next((step for step in held if step.filters == filters), None):
        return there
    if parent is None and not filters:
        return None  # everything, from the beginning: no search yet
    if not isinstance(decide(officer, case.as_thing(), Act.ALTER, purpose, clock.now()), Allow):
        return None
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="examine", reason="keep a search"):
        step = TrailStep(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=case.audience,
            holder_id=officer.id,
            parent=before,
            filters=filters,
        )
        sources = _bound(case, filters)
        if sources:
            step.handling = union([m.handling for m in sources])
        step.save()
        if sources:
            step.derives_from(*sources)
        _thin(officer, case)
    return step


def _bound(case: Case, filters: Mapping[str, str]) -> list[Media]:
    """Return, for each value that items gave, a withheld item that has it where no open one has it."""
    asked: list[QuerySet[Media]] = []
    if name := filters.get("series"):
        asked.append(Media.objects.filter(case=case, in_series__series__name=name).distinct())
    if device := filters.get("device"):
        rows = Media.objects.filter(case=case).annotate(
            make=KT("metadata__make"), model=KT("metadata__model")
        )
        same = [pk for pk, *parts in rows.values_list("pk", "make", "model") if device_of(*parts) == device]
        asked.append(Media.objects.filter(pk__in=same))
    sources: list[Media] = []
    for having in asked:
        items = list(having.order_by("number"))
        if items and not any(_open(m) for m in items):
            sources.append(items[0])
    return sources


def _open(media: Media) -> bool:
    codes = media.handling.codes - {HandlingCode.H0}
    return not codes and media.audience not in {str(a) for a in ORIGINATOR_ONLY}


def _thin(officer: Officer, case: Case) -> None:
    rows = list(TrailStep.objects.filter(case=case, holder=officer.id).order_by("made_at"))
    followed = {step.parent for step in rows}
    loose = [step.pk for step in rows[:-1] if not step.name and step.pk not in followed]
    TrailStep.objects.filter(pk__in=loose[: max(0, len(rows) - KEPT_STEPS)]).delete()


def name_step(officer: Officer, purpose: Purpose, step: TrailStep, name: str) -> TrailStep:
    """Give one's own step a name, or take it away."""
    if step.holder_id != officer.id:
        raise ExamineRefused("only one's own searches are named")
    if len(name.strip()) > LONGEST_NAME:
        raise ExamineRefused(f"a name has at most {LONGEST_NAME} letters")
    with acting(officer, Act.ALTER, step.as_thing(), purpose, step="examine", reason="name a search"):
        row = TrailStep.objects.get(pk=step.pk)
        touched = Touched()
        touched.keep(row)
        row.name = name.strip()
        row.save(update_fields=["name"])
        touched.record(row.case_id, officer, NAMED, row.handling)
    return row


def colleagues(officer: Officer, case: Case) -> list[Account]:
    """Return who else is in the case now."""
    now = clock.now()
    rows = Membership.objects.filter(case=case, since__lte=now).select_related("account__agency")
    here = [m.account for m in rows if m.until is None or m.until > now]
    return sorted({a for a in here if a.pk != officer.id}, key=lambda a: a.username)


def hand_over(officer: Officer, purpose: Purpose, step: TrailStep, to: Account) -> TrailStep:
    """Give a colleague of the case this step and those before it, as a trail of their own.

    What names something that their agency may not see stays here: nobody learns of it by a search.
    """
    with guard.scope(officer, purpose):
        case = step.case
        if step.holder_id != officer.id or to.pk not in {a.pk for a in colleagues(officer, case)}:
            raise ExamineRefused("a search is handed over by its holder to somebody who is in the case")
        whole = [step]
        while whole[-1].parent and (above := step_of(officer, case, str(whole[-1].parent))):
            whole.append(above)
    reason = f"{HANDED}: {len(whole)} steps"
    thing = step.as_thing()
    with acting(officer, Act.ALTER, thing, purpose, step="examine", reason=reason, recipients=[to.agency_id]):
        touched = Touched()
        copies: list[TrailStep] = []
        for one in reversed(whole):
            copies.append(_copied(officer, one, to, copies[-1] if copies else None))
            touched.made(copies[-1])
            if not readable(to.as_officer(), copies[-1].as_thing(), purpose, clock.now()):
                raise ExamineRefused(
                    "this search names something that their agency may not see; "
                    "hand over another, or ask the originator for a release"
                )
        touched.record(case.pk, officer, HANDED, step.handling)
    return copies[-1]


def _copied(officer: Officer, step: TrailStep, to: Account, parent: TrailStep | None) -> TrailStep:
    copy = TrailStep(
        case_id=step.case_id,
        owner_id=officer.agency,
        made_by_id=officer.id,
        codes=step.codes,
        handling_text=step.handling_text,
        audience=step.audience,
        holder=to,
        parent=parent.pk if parent else None,
        filters=step.filters,
        name=step.name,
    )
    copy.save()
    copy.derives_from(step)
    return copy
