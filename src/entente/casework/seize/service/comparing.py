"""Set what was seen against what was found; each meeting has its reason, and a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entente.casework.seize import elements as words
from entente.casework.seize.service.found import ORIGINS
from entente.casework.seize.service.listing import STEP
from entente.casework.seize.service.looking import in_sight
from entente.casework.seize.service.meeting import Proposal, device, equal, near, stills_of
from entente.records import guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import Case, Element, ElementMatch, Frame, Job, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose, union


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison did: pairs newly proposed, pairs there already, pictures looked at, refusals."""

    proposed: int
    held: int
    looked_at: int
    refused: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return an object for a job's result."""
        return {
            "proposed": self.proposed,
            "held": self.held,
            "looked_at": self.looked_at,
            "refused": list(self.refused),
        }


def ask_to_compare(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Put the comparison in the queue."""
    with acting(
        officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason="ask to compare what was found"
    ):
        return enqueue("seize.compare", officer, purpose, case=case.pk)


@task("seize.compare")
def compare_case(progress: Progress) -> dict[str, Any]:
    """Compare elements and found files of the job's case."""
    with guard.scope(progress.officer, progress.purpose):
        case = Case.objects.get(pk=UUID(str(progress.job.case)))
    return compare(progress.officer, progress.purpose, case, progress).as_json()


def compare(officer: Officer, purpose: Purpose, case: Case, progress: Progress | None = None) -> Compared:
    """Propose where each element was met in what the search brought; run again, it adds only what is new.

    Equal files and near copies of the item in which the element is seen; a device by its serial; and, in
    photographs and videos of the search, the crop's own details on one plane. Nothing is ever confirmed here.
    """
    with guard.scope(officer, purpose):
        listed = list(Element.objects.filter(case=case).select_related("crop__parent", "clue__media"))
        files = list(Media.objects.filter(case=case, origin__in=ORIGINS, refusal="").exclude(kind=""))
        held = set(ElementMatch.objects.filter(case=case).values_list("element", "media"))
        frames = list(Frame.objects.filter(media__in=files).values_list("media", "pdq", "quality", "t"))
        stills = stills_of(listed)
    found: dict[tuple[UUID, UUID], Proposal] = {}
    for each in (*equal(listed, files), *near(listed, files, frames, stills), *device(listed, files)):
        found.setdefault((each.element.pk, each.media.pk), each)
    photos = [f for f in files if f.origin == "search"]
    refused: list[str] = []
    for each in in_sight(listed, photos, held | set(found), refused, progress):
        found.setdefault((each.element.pk, each.media.pk), each)
    fresh = [p for key, p in found.items() if key not in held]
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP) as deed:
        for each in fresh:
            _write(officer, case, each)
        deed.reason = f"{len(listed)} elements compared with {len(files)} files: {len(fresh)} proposed"
        if fresh:
            announce("elements met", officer, purpose, case.pk, proposed=len(fresh))
    return Compared(len(fresh), len(held), len(photos), tuple(refused))


def _write(officer: Officer, case: Case, found: Proposal) -> None:
    row = ElementMatch(
        element=found.element,
        media=found.media,
        because=found.because,
        method=found.method,
        distance=found.distance,
        t=found.t,
        place=found.place,
        **carried(officer, case, union([found.element.handling, found.media.handling])),
    )
    row.save()
    row.derives_from(found.element, found.media)


def decide(officer: Officer, purpose: Purpose, match: ElementMatch, *, same: bool) -> ElementMatch:
    """A named person says whether the element was met here; deciding again is allowed and logged again."""
    said = "confirm" if same else "refuse"
    with acting(officer, Act.ALTER, match.as_thing(), purpose, step=STEP, reason=f"{said} an element met"):
        row = ElementMatch.objects.select_for_update().get(pk=match.pk)
        row.state = str(words.MatchState.CONFIRMED if same else words.MatchState.REFUSED)
        row.decided_by_id = officer.id
        row.save(update_fields=["state", "decided_by"])
    return row
