"""What was taken in is compared by itself, once the first answers are there; and how far that is.

After the match of an import one job waits for the case and account, however many batches came, and asks only
what was not asked. It is less urgent than everything that says whether an item is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from entente.casework.link.scene.agreement import VERSION
from entente.casework.link.service.cameras.comparing import uncompared
from entente.casework.link.service.points import compared
from entente.records import guard
from entente.records.announce import News, on
from entente.records.jobs import asked_by, enqueue_once
from entente.records.models import Camera, Case, Job, Media, ScenePoints
from entente.vocabulary.agency import Officer

LATER = -5  # less urgent than intake, match and proposals; more than a closer look at videos
UNDER_WAY = ("ready", "running")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one comparison of the case stands: its latest job, when one ended well, and what was not asked."""

    task: str
    job: Job | None
    last: datetime | None
    left: int


@on("usable")
@on("matched")
def _compare(news: News) -> None:
    """Queue what compares items with items, and with cameras where the agency knows any."""
    if not_compared(news.officer.agency, news.case).exists():
        enqueue_once("link.scenes", news.officer, news.purpose, case=news.case, priority=LATER)
    if Camera.objects.filter(owner_id=news.officer.agency, case_id=news.case).exists():
        enqueue_once("link.cameras", news.officer, news.purpose, case=news.case, priority=LATER)


@on("looked closer")
def _look_again(news: News) -> None:
    """A video in which nothing was found the first time is looked at again; what follows asks it."""
    with guard.system("a video that was looked at more closely is looked through again"):
        rows = ScenePoints.objects.filter(media_id=news.facts["media"], key="")
        rows.update(version="")


def not_compared(agency: UUID, case: UUID) -> QuerySet[Media]:
    """Return the items in sight whose things and places were not compared yet for an agency."""
    ours = Q(version=VERSION) | Q(version__startswith=f"{VERSION}+")  # with or without a site's own network
    rows = ScenePoints.objects.filter(ours, owner_id=agency, case_id=case)
    return compared(case).exclude(pk__in=rows.filter(Q(asked=True) | Q(key="")).values("media"))


def standings(officer: Officer, case: Case) -> list[Standing]:
    """Return how the comparisons of one's own agency stand: links, what is seen, and cameras."""
    scenes = not_compared(officer.agency, case.pk).count()
    return [
        _standing(officer, case, task, left)
        for task, left in (
            ("link.propose", 0),
            ("link.scenes", scenes),
            ("link.cameras", _left(officer, case)),
        )
    ]


def _left(officer: Officer, case: Case) -> int:
    known = list(Camera.objects.filter(owner_id=officer.agency, case=case))
    return len(set().union(*(uncompared(camera) for camera in known)))


def _standing(officer: Officer, case: Case, task: str, left: int) -> Standing:
    jobs = asked_by(officer.agency, case.pk, task)
    ended = jobs.filter(status="done").order_by("-ended_at").first()
    return Standing(task, _shown(jobs), ended.ended_at if ended else None, left)


def _shown(jobs: QuerySet[Job]) -> Job | None:
    """Return the job that a page shows: one under way, else the latest."""
    latest = list(jobs[:20])
    return next((j for j in latest if j.status in UNDER_WAY), latest[0] if latest else None)
