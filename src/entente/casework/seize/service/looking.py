"""Looking for elements' crops in the photographs and videos of the search, opened in limited decoders.

What was looked through stands in the result of the job, so that the next one, or the same one after it made
way, looks only at what is new: at new photographs, or at all of them where an element is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from entente.casework.intake.service import evidence_store
from entente.casework.seize import sight
from entente.casework.seize.service.meeting import Proposal
from entente.evidence.open import Known, read
from entente.records.jobs import Progress, asked_by
from entente.records.models import Element, Media
from entente.workers.local import LocalEngine

FILES_AT_ONCE = 16
TASK = "seize.compare"
METHOD = f"{sight.METHOD} {sight.VERSION}"
MOMENTS = 40  # frames of a video that are looked at, spread over it


@dataclass(slots=True)
class Looked:
    """Photographs that were looked through for each of these elements, by this version of the method."""

    elements: set[str] = field(default_factory=set)
    photos: set[int] = field(default_factory=set)  # their numbers in the case
    now: int = 0  # how many were opened this time

    def left(self, crops: Iterable[Element], photos: Iterable[Media]) -> list[Media]:
        """Return the photographs that are to be looked through; all of them, where an element is new."""
        if not {str(e.pk) for e in crops} <= self.elements:
            self.photos = set()
        return [p for p in photos if p.number not in self.photos]

    def as_json(self) -> dict[str, Any]:
        """Return an object for a job's result."""
        return {"by": METHOD, "elements": sorted(self.elements), "photos": sorted(self.photos)}


def looked_before(agency: UUID, case: UUID) -> Looked:
    """Return what the latest comparison of the agency looked through, also where it is not at its end."""
    jobs = asked_by(agency, case, TASK).filter(result__by=METHOD)
    told = jobs.values_list("result", flat=True).first() or {}
    return Looked(set(told.get("elements", ())), set(told.get("photos", ())))


def in_sight(
    listed: list[Element],
    photos: list[Media],
    known: set[tuple[UUID, UUID]],
    refused: list[str],
    looked: Looked,
    progress: Progress | None,
) -> Iterator[list[Proposal]]:
    """Propose, a few files at a time, where the details of a crop lie on one plane; a video's second with it.

    ``looked`` is left out, and grows by what was looked through once its proposals were taken.
    """
    crops = [e for e in listed if e.crop is not None and e.crop.key and not e.crop.refusal]
    todo = looked.left(crops, photos) if crops else []
    if not todo:
        return
    engine = LocalEngine(threads=True)  # the threads wait for decoders, which are processes
    try:
        seen = {
            e.pk: f for e, f in zip(crops, _points(engine, [e.crop for e in crops], refused), strict=True)
        }
        looked.elements = {str(pk) for pk, points in seen.items() if points}
        for start in range(0, len(todo), FILES_AT_ONCE):
            if progress:
                progress.make_way()
            batch = todo[start : start + FILES_AT_ONCE]
            views = dict(zip(batch, _points(engine, list(batch), refused), strict=True))
            yield [
                _met(element, photo, met)
                for photo in batch
                for element in crops
                if (element.pk, photo.pk) not in known and seen[element.pk] and views[photo]
                if (met := sight.best_sighting(seen[element.pk][0], views[photo]))
            ]
            looked.now += len(batch)
            looked.photos |= {photo.number for photo in batch if views[photo]}
            if progress:
                progress.keep(looked.as_json())
                progress.tell(start + len(batch), len(todo))
    finally:
        engine.close()


def _met(element: Element, photo: Media, met: sight.Sighting) -> Proposal:
    t = met.t if photo.kind == "video" else None
    because = met.because.capitalize() + (f"; at {t:.1f} s of the video" if t is not None else "")
    return Proposal(element, photo, because, sight.METHOD, None, t, met.corners)


def _points(engine: LocalEngine, items: list[Any], refused: list[str]) -> list[list[sight.Features]]:
    """Return the features of each item, in order; nothing where it could not be opened, and why."""
    store = evidence_store()

    def look(media: Media) -> list[dict[str, Any]]:
        known = Known(media.size, media.md5, media.sha1, media.sha256)
        opened = read(store.original(media.key), known=known, extract=[sight.DOTTED], seen=MOMENTS)
        answer = opened.extracted.get(sight.DOTTED, {})
        if "value" not in answer:
            why = answer.get("error") or (opened.refusal.reason if opened.refusal else "nothing was seen")
            raise ValueError(why)
        return list(answer["value"])

    points: list[list[sight.Features]] = [[] for _ in items]
    for outcome in engine.map_batches(look, items, size=1):
        if outcome.value is None:
            refused.append(f"{items[outcome.index]}: {outcome.error}")
        else:
            points[outcome.index] = [sight.features_from_json(f) for f in outcome.value]
    return points
