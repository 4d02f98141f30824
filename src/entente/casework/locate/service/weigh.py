"""Weigh the clues of a case into a region."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from entente.casework.locate import engine
from entente.casework.locate.refusal import ClueRefused
from entente.records import clock
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.jobs import Progress, task
from entente.records.models import Case, Clue, Estimate, Milestone
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.handling import Purpose, union
from entente.vocabulary.place import Posterior

LIKELY = 0.9  # share of belief in one country at which the clock says "region"


def clues_at_hand(case: Case) -> list[Clue]:
    """Return the case's standing clues that the scope shows, oldest first."""
    return list(Clue.objects.filter(case=case).exclude(state="withdrawn").order_by("made_at", "pk"))


def sifted(rows: list[Clue]) -> tuple[list[ClueWord], dict[str, ClueRefused]]:
    """Part what the engine can read from what it refuses, by clue id."""
    words, refused = engine.sift([row.as_word() for row in rows], clock.now())
    return words, {fault.clue_id: fault for fault in refused}


def weigh(officer: Officer, purpose: Purpose, case: Case) -> Estimate:
    """Weigh what is at hand now and keep the result with the clues it stood on.

    Of more observations than are weighed at once the most trusted are; ``left_out`` says how many are not.
    """
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step="locate", reason="weigh the clues"):
        rows = clues_at_hand(case)
        words, left_out = engine.most_trusted(sifted(rows)[0])
        posterior = engine.locate(words, clock.now())
        used = {w.id for w in words}
        inputs = [r for r in rows if str(r.pk) in used]
        handling = union([r.handling for r in inputs] or [case.handling])
        estimate = Estimate(
            case=case,
            owner_id=officer.agency,
            made_by_id=officer.id,
            audience=case.audience,
            posterior=posterior.as_json() | ({"left_out": left_out} if left_out else {}),
            clues=sorted(used),
        )
        estimate.handling = handling
        estimate.save()
        estimate.derives_from(*inputs)
        _reach_region(case, officer, posterior)
        announce("located", officer, purpose, case.pk)
    return estimate


def _reach_region(case: Case, officer: Officer, posterior: Posterior) -> None:
    top = posterior.countries[0]
    if posterior.clues and top.p >= LIKELY:
        # every member reads a milestone, whatever the handling of the clues: no place and no count in it
        Milestone.reach(case, Stage.REGION, "the clues point to one country", by=officer.id)


@task("locate.weigh")
def weigh_case(progress: Progress) -> dict[str, Any]:
    """Weigh the job's case."""
    officer, case_id = progress.officer, UUID(str(progress.job.case))
    thing, reason = Case.thing_of(case_id, officer.agency), "find the case to weigh"
    with acting(officer, Act.READ, thing, progress.purpose, step="locate", reason=reason):
        case = Case.objects.get(pk=case_id)
    estimate = weigh(officer, progress.purpose, case)
    return {"clues": len(estimate.clues)}
