"""Find this object: what an officer's box shows, looked for in the other items of the case.

The box is cut out and enlarged in a limited decoder; nothing of it is shown or kept. The answer is a list of
items with where they show it, for the agency that asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np

from entente.casework.intake.service import evidence_store
from entente.casework.link.scene.agreement import Agreement
from entente.casework.link.scene.points import AROUND, Points
from entente.casework.link.scene.seen import TO_FIND, points_of
from entente.casework.link.scene.site import MatcherRefused, SiteMatcher
from entente.casework.link.service.indexed import held, in_sight
from entente.casework.link.service.points import find_points
from entente.casework.link.service.scenes import where_of
from entente.casework.link.service.site import Asked, asked_of, usable
from entente.evidence.memory import in_memory
from entente.evidence.open import read, render
from entente.records.act import acting
from entente.records.jobs import Progress, asked_by, enqueue, task
from entente.records.models import Case, Job, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import HandlingCode, Purpose
from entente.vocabulary.media import Refusal, Region

MOST_FOUND = 24
LATEST = 8  # searches listed
CUT_SIDE = 2048  # longest side in pixels to which the box is cut out


class FindRefused(ValueError):
    """What was asked to be found cannot be; the sentence says the mend."""


def ask_to_find(
    officer: Officer,
    purpose: Purpose,
    media: Media,
    region: Region | None,
    t: float | None,
    *,
    read_h3: bool = False,
) -> Job:
    """Put the search for what a box shows in the queue."""
    with acting(officer, Act.READ, media.as_thing(), purpose, step="link", reason="find an object again"):
        if region is None:
            raise FindRefused("mark a box around the thing first; what lies inside it is looked for")
        if media.refusal or not media.key or media.kind not in {"picture", "video"}:
            raise FindRefused("this item could not be opened, so nothing in it can be looked for")
        if HandlingCode.H3 in media.handling.codes and not read_h3:
            raise FindRefused("read the restriction in words (H3) on the item's page first")
        if media.kind == "video" and not (t is not None and 0 <= t <= (media.duration or 0) + 1):
            raise FindRefused("say at which second of the video the box lies")
        box = [region.x, region.y, region.w, region.h]
        told: dict[str, Any] = {
            "item": media.number,
            "region": box,
            "t": t if media.kind == "video" else None,
        }
        return enqueue("link.find", officer, purpose, case=media.case_id, **told)


@task("link.find")
def find_object(progress: Progress, item: int, region: list[float], t: float | None) -> dict[str, Any]:
    """Look for what a box of an item shows in the other items; those without points get them first."""
    officer, purpose = progress.officer, progress.purpose
    case = UUID(str(progress.job.case))
    site, refused = usable()
    find_points(progress, site)
    thing = Case.thing_of(case, officer.agency)
    with acting(officer, Act.READ, thing, purpose, step="link", reason="which items are looked through"):
        media = Media.objects.filter(case_id=case, number=item).first()
        rows = in_sight(officer.agency, case)
    asked_for = {"item": item, "region": region, "t": t}
    try:
        asked, frame, unread = _cut(media, Region(*region), t, site)
    except FindRefused as fault:  # a result, with its mend, and no fault of the job
        return {**asked_for, "refused": str(fault), "found": []}
    best: dict[int, dict[str, Any]] = {}
    without = [refused, unread]  # why the site's matcher had no part in the answer, or not its whole
    for points, by in asked:
        answer = held(officer.agency, case, rows, by).ask([points])
        without.append(answer.unpaired)
        for _, met in answer.met:
            if met.row.media.number != item:
                whole = _in_whole(met.found, frame)
                said = f"{whole.because.text}; {by.reason(met.paired)}" if by else whole.because.text
                told = {"item": met.row.media.number, "because": said}
                best.setdefault(met.row.media.number, {**told, **where_of(t or 0.0, met.t, whole)})
    found = sorted(best.values(), key=lambda f: -f["score"])[:MOST_FOUND]
    others = sum(row.media.number != item for row in rows)
    counted = {"points": sum(len(p) for p, _ in asked), "through": others}
    return {**asked_for, **counted, "found": found, "without": next(filter(None, without), "")}


def _cut(
    media: Media | None, region: Region, t: float | None, site: SiteMatcher | None
) -> tuple[list[tuple[Points, SiteMatcher | None]], Region, str]:
    """Return a box's points with what is around it, ours before the site's, and where it lies in the item.

    Then why the site's network, where it has one, could not read it.
    """
    if media is None:
        raise FindRefused("the item is no more in sight; look for the thing from another item that shows it")
    frame = _around(region)
    original = evidence_store().original(media.key)
    cut = render(original, "crop", region=frame, t=t, side=CUT_SIDE)
    if isinstance(cut, Refusal):
        raise FindRefused(cut.reason)
    with in_memory(cut) as fd:
        ours = points_of(read(fd, extract=[TO_FIND]).extracted.get(TO_FIND, {}))
        try:
            theirs = asked_of(site, fd) if site else Asked([])
        except MatcherRefused as refused:
            theirs = Asked([], str(refused))
    shown = ((ours, None), (theirs.shots, site))
    found = [(shots[0][1], by) for shots, by in shown if shots and len(shots[0][1])]
    if not found:
        raise FindRefused(
            "nothing in this box can be found again: draw it larger, or around something with a pattern"
        )
    return found, frame, theirs.because


def _around(region: Region) -> Region:
    """Return a box with a tenth of it around, inside the picture."""
    left, top = max(0.0, region.x - AROUND * region.w), max(0.0, region.y - AROUND * region.h)
    right = min(1.0, region.x + (1 + AROUND) * region.w)
    low = min(1.0, region.y + (1 + AROUND) * region.h)
    return Region(left, top, right - left, low - top)


def _in_whole(found: Agreement, frame: Region) -> Agreement:
    """Return what agrees with the asked places in the whole item."""
    pairs = found.pairs.copy()
    pairs[:, :2] = np.array([frame.x, frame.y]) + pairs[:, :2] * np.array([frame.w, frame.h])
    return replace(found, pairs=pairs)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that shows what was looked for, the second in it, and where."""

    media: Media
    t: float
    score: int
    because: str
    pairs: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Search:
    """A search of one's own agency: its job, the item that was asked, and what it found that is in sight."""

    job: Job
    media: Media
    region: tuple[float, float, float, float]
    candidates: tuple[Candidate, ...]


def search(officer: Officer, case: Case, job: UUID) -> Search | None:
    """Return a search that the officer's agency asked for; ``None`` where there is none, or not for them."""
    row = asked_by(officer.agency, case.pk, "link.find").filter(pk=job).first()
    media = Media.objects.filter(case=case, number=row.payload["item"]).first() if row else None
    if row is None or media is None:
        return None
    told = (row.result or {}).get("found", [])
    items = {m.number: m for m in Media.objects.filter(case=case, number__in=[f["item"] for f in told])}
    candidates = tuple(
        Candidate(items[f["item"]], f["t"][1], f["score"], f["because"], f["pairs"])
        for f in told
        if f["item"] in items
    )
    x, y, w, h = row.payload["region"]
    return Search(row, media, (x, y, w, h), candidates)


def searches(officer: Officer, case: Case) -> list[Job]:
    """Return the latest searches of one's own agency in a case, of items that are in sight."""
    rows = list(asked_by(officer.agency, case.pk, "link.find")[:LATEST])
    asked = [row.payload["item"] for row in rows]
    there = set(Media.objects.filter(case=case, number__in=asked).values_list("number", flat=True))
    return [row for row in rows if row.payload["item"] in there]
