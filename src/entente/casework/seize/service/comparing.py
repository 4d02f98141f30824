"""Set what was seen against what was found; each meeting has its reason, and a person decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from entente.casework.intake.service import evidence_store
from entente.casework.match.compare import TURNED
from entente.casework.match.hashes import TURNS
from entente.casework.match.index import NearIndex, packed
from entente.casework.seize import elements as words
from entente.casework.seize import sight
from entente.casework.seize.service.found import ORIGINS
from entente.casework.seize.service.listing import STEP
from entente.evidence.open import Known, read
from entente.records import guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import Case, Element, ElementMatch, Frame, Job, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Purpose, union
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR
from entente.workers.local import LocalEngine

PHOTOS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison did: pairs newly proposed, pairs there already, photographs looked at, refusals."""

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


@dataclass(frozen=True, slots=True)
class _Proposal:
    """An element met in a file, as a method says it."""

    element: Element
    media: Media
    because: str
    method: str
    distance: int | None = None


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
    photographs of the search, the crop's own details on one plane. Nothing is ever confirmed here.
    """
    with guard.scope(officer, purpose):
        listed = list(Element.objects.filter(case=case).select_related("crop__parent", "clue__media"))
        files = list(Media.objects.filter(case=case, origin__in=ORIGINS, refusal="").exclude(kind=""))
        held = set(ElementMatch.objects.filter(case=case).values_list("element", "media"))
        frames = list(Frame.objects.filter(media__in=files).values_list("media", "pdq", "quality"))
    found: dict[tuple[UUID, UUID], _Proposal] = {}
    for each in (*_equal(listed, files), *_near(listed, files, frames), *_device(listed, files)):
        found.setdefault((each.element.pk, each.media.pk), each)
    photos = [f for f in files if f.origin == "search" and f.kind == "picture"]
    refused: list[str] = []
    for each in _in_sight(listed, photos, held | set(found), refused, progress):
        found.setdefault((each.element.pk, each.media.pk), each)
    fresh = [p for key, p in found.items() if key not in held]
    with acting(officer, Act.ALTER, case.as_thing(), purpose, step=STEP) as deed:
        for each in fresh:
            _write(officer, case, each)
        deed.reason = f"{len(listed)} elements compared with {len(files)} files: {len(fresh)} proposed"
        if fresh:
            announce("elements met", officer, purpose, case.pk, proposed=len(fresh))
    return Compared(len(fresh), len(held), len(photos), tuple(refused))


def _seen_in(element: Element) -> Media | None:
    """Return the item in which an element is seen."""
    if element.crop is not None:
        return element.crop.parent
    return element.clue.media if element.clue is not None else None


def _equal(listed: list[Element], files: list[Media]) -> Iterator[_Proposal]:
    by_digest: dict[str, list[Media]] = {}
    for each in files:
        if each.sha256:
            by_digest.setdefault(each.sha256, []).append(each)
    for element in listed:
        item = _seen_in(element)
        for met in by_digest.get(item.sha256, ()) if item and item.sha256 else ():
            yield _Proposal(
                element, met, f"Same SHA-256 as item {item}, in which the element is seen", "SHA-256", 0
            )


def _near(
    listed: list[Element], files: list[Media], frames: list[tuple[UUID, str, int]]
) -> Iterator[_Proposal]:
    """Propose near copies of the item in which an element is seen, or of its crop, at any of eight turns."""
    by_id = {f.pk: f for f in files}
    every = [(f.pk, f.pdq, f.pdq_quality or 0) for f in files] + frames
    hashes = [(pdq, pk) for pk, pdq, quality in every if pdq.strip("0") and quality >= PDQ_MIN_QUALITY]
    index = NearIndex(packed([h for h, _ in hashes]))
    for element in listed:
        best: dict[UUID, tuple[int, str]] = {}
        for item, said in (
            (_seen_in(element), "the item in which the element is seen,"),
            (element.crop, "its crop"),
        ):
            if item is None or not item.full_turns or (item.pdq_quality or 0) < PDQ_MIN_QUALITY:
                continue
            pairs = index.search(packed(item.full_turns), PDQ_NEAR)
            for turn, place, distance in zip(
                pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True
            ):
                text = f"PDQ distance {distance} of 256 to {said} {item}{TURNED[TURNS[turn]]}"
                media = hashes[place][1]
                best[media] = min(best.get(media, (999, "")), (distance, text))
        for media, (distance, text) in best.items():
            yield _Proposal(element, by_id[media], text, "PDQ", distance)


def _device(listed: list[Element], files: list[Media]) -> Iterator[_Proposal]:
    """Propose the first file of the same serial number for an element that is a device; count the others."""
    for element in listed:
        if element.clue is None or element.clue.kind != ClueKind.DEVICE:
            continue
        value = element.clue.value
        serial = str(value.get("serial") or "") if isinstance(value, dict) else ""
        same = [f for f in files if serial and f.metadata.get("serial") == serial]
        for met in sorted(same, key=lambda f: f.number)[:1]:
            more = f", and {len(same) - 1} files more" if len(same) > 1 else ""
            yield _Proposal(element, met, f"Written by a device of the same serial number{more}", "serial")


def _in_sight(
    listed: list[Element],
    photos: list[Media],
    known: set[tuple[UUID, UUID]],
    refused: list[str],
    progress: Progress | None,
) -> Iterator[_Proposal]:
    """Propose photographs where the details of a crop lie on one plane; opened in limited decoders only."""
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
        for batch in (todo[n : n + PHOTOS_AT_ONCE] for n in range(0, len(todo), PHOTOS_AT_ONCE)):
            for photo, views in zip(batch, _points(engine, list(batch), refused), strict=True):
                for element in crops:
                    if (element.pk, photo.pk) in known or not seen[element.pk] or not views:
                        continue
                    met = sight.best_sighting(seen[element.pk][0], views)
                    if met:
                        yield _Proposal(element, photo, met.because.capitalize(), sight.METHOD)
            done += len(batch)
            if progress:
                progress.tell(done, len(todo))
    finally:
        engine.close()


def _points(engine: LocalEngine, items: list[Any], refused: list[str]) -> list[list[sight.Features]]:
    """Return the features of each item, in order; nothing where it could not be opened, and why."""
    store = evidence_store()

    def look(media: Media) -> list[dict[str, Any]]:
        known = Known(media.size, media.md5, media.sha1, media.sha256)
        opened = read(store.original(media.key), known=known, extract=[sight.DOTTED])
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


def _write(officer: Officer, case: Case, found: _Proposal) -> None:
    row = ElementMatch(
        element=found.element,
        media=found.media,
        because=found.because,
        method=found.method,
        distance=found.distance,
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
