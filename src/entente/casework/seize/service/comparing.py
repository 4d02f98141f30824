"""Set what was seen against what was found; each meeting has its reason, and a person decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from entente.casework.link.service import LATER
from entente.casework.seize import elements as words
from entente.casework.seize.service.found import ORIGINS
from entente.casework.seize.service.listing import STEP
from entente.casework.seize.service.looking import TASK, Looked, in_sight, looked_before
from entente.casework.seize.service.meeting import Proposal, device, equal, near, stills_of
from entente.records import guard
from entente.records.act import acting
from entente.records.announce import News, announce, on
from entente.records.carried import carried
from entente.records.jobs import Progress, enqueue_once, task
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
    looked: Looked = field(default_factory=Looked)  # what the next comparison need not look through

    def as_json(self) -> dict[str, Any]:
        """Return an object for a job's result."""
        return {
            "proposed": self.proposed,
            "held": self.held,
            "looked_at": self.looked_at,
            "refused": list(self.refused),
            **self.looked.as_json(),
        }


def ask_to_compare(officer: Officer, purpose: Purpose, case: Case) -> Job:
    """Put the comparison in the queue, once, or before what waits there to follow by itself."""
    with acting(
        officer, Act.ALTER, case.as_thing(), purpose, step=STEP, reason="ask to compare what was found"
    ):
        return enqueue_once(TASK, officer, purpose, case=case.pk)


@on("received")
def _follow_found(news: News) -> None:
    if news.facts["origin"] in ORIGINS:
        _follow(news)


@on("looked closer")
@on("element listed")
@on("usable")
def _follow(news: News) -> None:
    """Queue the comparison, as late as those of link, where there is something on both sides."""
    found = Media.objects.filter(case_id=news.case, origin__in=ORIGINS, refusal="").exclude(kind="")
    if Element.objects.filter(case_id=news.case).exists() and found.exists():
        enqueue_once(TASK, news.officer, news.purpose, case=news.case, priority=LATER)


@task(TASK)
def compare_case(progress: Progress) -> dict[str, Any]:
    """Compare elements and found files of the job's case."""
    with guard.scope(progress.officer, progress.purpose):
        case = Case.objects.get(pk=UUID(str(progress.job.case)))
    return compare(progress.officer, progress.purpose, case, progress).as_json()


def compare(officer: Officer, purpose: Purpose, case: Case, progress: Progress | None = None) -> Compared:
    """Propose where each element was met in what the search brought; run again, it adds only what is new.

    Equal files and near copies of the item in which the element is seen; a device by its serial; and, in
    photographs and videos of the search, the crop's own details on one plane. Nothing is ever confirmed here.
    As a job it leaves out what was looked through already, and makes way.
    """
    with guard.scope(officer, purpose):
        listed = list(Element.objects.filter(case=case).select_related("crop__parent", "clue__media"))
        files = list(Media.objects.filter(case=case, origin__in=ORIGINS, refusal="").exclude(kind=""))
        held = _held(case)
        frames = list(Frame.objects.filter(media__in=files).values_list("media", "pdq", "quality", "t"))
        stills = stills_of(listed)
        looked = looked_before(officer.agency, case.pk) if progress else Looked()
    found: dict[tuple[UUID, UUID], Proposal] = {}
    for each in (*equal(listed, files), *near(listed, files, frames, stills), *device(listed, files)):
        found.setdefault((each.element.pk, each.media.pk), each)
    proposed = _proposed(
        officer, purpose, case, found.values(), f"{len(listed)} elements, {len(files)} files"
    )
    photos = [f for f in files if f.origin == "search"]
    refused: list[str] = []
    for met in in_sight(listed, photos, held | set(found), refused, looked, progress):
        if met:
            proposed += _proposed(officer, purpose, case, met, "elements in sight in photographs")
    return Compared(proposed, len(held), looked.now, tuple(refused), looked)


def _held(case: Case) -> set[tuple[UUID, UUID]]:
    return set(ElementMatch.objects.filter(case=case).values_list("element", "media"))


def _proposed(
    officer: Officer, purpose: Purpose, case: Case, found: Iterable[Proposal], compared: str
) -> int:
    """Write the pairs that are not held, also not by a comparison that ran meanwhile; return how many."""
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP) as deed:
        held = _held(case)
        fresh = [p for p in found if (p.element.pk, p.media.pk) not in held]
        for each in fresh:
            _write(officer, case, each)
        deed.reason = f"{compared}: {len(fresh)} proposed"
        if fresh:
            announce("elements met", officer, purpose, case.pk, proposed=len(fresh))
    return len(fresh)


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
