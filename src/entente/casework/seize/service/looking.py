"""Looking for elements' crops in the photographs and videos of the search, opened in limited decoders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from entente.casework.intake.service import evidence_store
from entente.casework.seize import sight
from entente.casework.seize.service.meeting import Proposal
from entente.evidence.open import Known, read
from entente.records.jobs import Progress
from entente.records.models import Element, Media
from entente.workers.local import LocalEngine

FILES_AT_ONCE = 16
MOMENTS = 40  # frames of a video that are looked at, spread over it


def in_sight(
    listed: list[Element],
    photos: list[Media],
    known: set[tuple[UUID, UUID]],
    refused: list[str],
    progress: Progress | None,
) -> Iterator[Proposal]:
    """Propose pictures, and videos with their second, where the details of a crop lie on one plane."""
    crops = [e for e in listed if e.crop is not None and e.crop.key and not e.crop.refusal]
    todo = [p for p in photos if any((e.pk, p.pk) not in known for e in crops)]
    if not crops or not todo:
        return
    engine = LocalEngine(threads=True)  # the threads wait for decoders, which are processes
    try:
        seen = {
            e.pk: f for e, f in zip(crops, _points(engine, [e.crop for e in crops], refused), strict=True)
        }
        done = 0
        for batch in (todo[n : n + FILES_AT_ONCE] for n in range(0, len(todo), FILES_AT_ONCE)):
            for photo, views in zip(batch, _points(engine, list(batch), refused), strict=True):
                for element in crops:
                    if (element.pk, photo.pk) in known or not seen[element.pk] or not views:
                        continue
                    met = sight.best_sighting(seen[element.pk][0], views)
                    if met:
                        yield _met(element, photo, met)
            done += len(batch)
            if progress:
                progress.tell(done, len(todo))
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
