"""Search day: list what was seen, carry it to the door, take in what was found, set one against the other.

A machine proposes that an element was met, with its reason; only a named person confirms it. Files of the
search are taken in by intake, sealed like any other evidence.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Max

from entente.casework.examine.service import ExamineRefused, crop
from entente.casework.examine.values import as_text
from entente.casework.intake.service import WITHHELD_FROM, Intake, evidence_store, is_withheld, receive
from entente.casework.match.compare import TURNED
from entente.casework.match.hashes import TURNS
from entente.casework.match.index import NearIndex, packed
from entente.casework.seize import elements as words
from entente.casework.seize import sight
from entente.evidence.open import Known, read, render, walk
from entente.formats.checklist import Paper
from entente.formats.checklist import write as set_checklist
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.jobs import Progress, enqueue, task
from entente.records.models import (
    Agency,
    Case,
    CaseBound,
    Clue,
    Element,
    ElementMatch,
    Frame,
    Job,
    Media,
    Milestone,
    SeriesItem,
)
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.case import Stage
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Evaluation, Handling, Purpose, union
from entente.vocabulary.media import Refusal, Region
from entente.vocabulary.media_hash import PDQ_MIN_QUALITY, PDQ_NEAR
from entente.workers.local import LocalEngine

STEP = "seize"
ORIGINS = ("search", "seized")
CROP_SIDE = 900  # pixels of a crop on the checklist
PHOTOS_AT_ONCE = 16
# What would be recognised in a room; a language or a mains frequency would not.
THINGS = (
    ClueKind.OBJECT,
    ClueKind.SOCKET,
    ClueKind.TEXT,
    ClueKind.BARCODE,
    ClueKind.CURRENCY,
    ClueKind.PHONE_NUMBER,
    ClueKind.DEVICE,
    ClueKind.PLATE,
    ClueKind.TOPONYM,
)


class NotListed(ValueError):
    """An element, an exhibit or a delivery does not stand as given; the text says the mend."""


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
class SeizedSummary:
    """What the seized files are to the case. ``series`` counts by series name."""

    files: int
    refused: int
    equal: int
    near: int
    new: int
    same_camera: int
    known: int  # to the agency's hash lists
    series: dict[str, int] = field(default_factory=dict)


# --- the list -------------------------------------------------------------------------------------------


def list_element(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    *,
    name: str,
    room: str = "",
    clue: Clue | None = None,
    crop: Media | None = None,
    seen_at: float | None = None,
    evaluation: str = "X4",
) -> Element:
    """List a thing seen in the media that would be recognised in the home; it carries its sources' handling.

    Raises ``NotListed`` without a name, for a whole file in place of a crop, or for a withdrawn clue.
    """
    if not name.strip():
        raise NotListed("an element needs a name; write what to look for")
    if crop is not None and (crop.origin != "crop" or crop.case_id != case.pk):
        raise NotListed("an element shows a crop of this case, never a whole file; cut one on its page")
    if clue is not None and (clue.state == "withdrawn" or clue.case_id != case.pk):
        raise NotListed("that clue was withdrawn; choose one that stands")
    if seen_at is not None and seen_at < 0:
        raise NotListed("the second at which it is seen counts from the beginning of the video")
    sources: list[CaseBound] = [s for s in (clue, crop) if s is not None]
    handling = union([s.handling for s in sources] or [case.handling])
    thing = replace(case.as_thing(), owner=officer.agency, handling=handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason="list an element"):
        Case.objects.select_for_update().get(pk=case.pk)
        element = Element(
            number=_next_number(case, officer.agency, handling),
            name=name.strip()[:120],
            room=room.strip()[:60],
            clue=clue,
            crop=crop,
            seen_at=seen_at,
            evaluation=str(Evaluation.parse(evaluation)),
            **made(officer, case, handling),
        )
        element.save()
        element.derives_from(*sources)
    return element


def _next_number(case: Case, agency: UUID, handling: Handling) -> int:
    """Return the next number of the list; the caller locks ``case``.

    A withheld element gets one at random, as a withheld item does: no gap in what others see tells of it.
    """
    with guard.system("numbers of the list, the withheld ones included"):
        listed = Element.objects.filter(case=case)
        if not is_withheld(case, agency, handling):
            return (listed.filter(number__lt=WITHHELD_FROM).aggregate(n=Max("number"))["n"] or 0) + 1
        while True:
            number = WITHHELD_FROM + secrets.randbelow(WITHHELD_FROM * 9)
            if not listed.filter(number=number).exists():
                return number


def elements_from_clues(officer: Officer, purpose: Purpose, case: Case) -> list[Element]:
    """List an element for each confirmed clue of a thing with a box in an item; cut its crop where needed.

    Run again, it lists only what is new. A crop that cannot be cut leaves the element without one.
    """
    with guard.scope(officer, purpose):
        listed = set(Element.objects.filter(case=case).values_list("clue", flat=True))
        clues = Clue.objects.filter(case=case, state="confirmed", negated=False, kind__in=THINGS)
        todo = [c for c in clues.select_related("media") if c.region and c.media and c.pk not in listed]
    return [
        list_element(
            officer,
            purpose,
            case,
            name=in_words(clue.kind, clue.value),
            clue=clue,
            crop=_crop_of(officer, purpose, clue),
            seen_at=clue.start,
            evaluation=clue.evaluation,
        )
        for clue in todo
    ]


def _crop_of(officer: Officer, purpose: Purpose, clue: Clue) -> Media | None:
    """Return the crop of a clue's box, an existing one of the same box before a new one."""
    if clue.media is None or not clue.region:
        return None
    with guard.scope(officer, purpose):
        held = Media.objects.filter(parent=clue.media, origin="crop", region=clue.region, t=clue.start)
        same = held.first()
    if same is not None:
        return same
    try:
        return crop(officer, purpose, clue.media, Region(*clue.region), t=clue.start)
    except (ExamineRefused, ValueError):
        return None


def in_words(kind: str, value: Any) -> str:
    """Return what to look for, from a clue's kind and value."""
    if kind == ClueKind.OBJECT:
        return str(value)
    return f"{kind.replace('_', ' ')}: {as_text(ClueKind(kind), value)}"[:120]


def checklist(
    officer: Officer, purpose: Purpose, case: Case, paper: Paper = "a4", language: str = "en"
) -> bytes:
    """Return the search checklist as PDF: crops only, drawn afresh; it stays with the unit, so it is read.

    Raises ``formats.typesetting.NotSet`` where nothing is listed yet.
    """
    with acting(officer, Act.READ, case.as_thing(), purpose, step=STEP, reason="print the search checklist"):
        rows = list(Element.objects.filter(case=case).select_related("crop__parent", "clue__media"))
        issuer = Agency.objects.get(pk=officer.agency).name
    crops: dict[str, bytes] = {}
    listed = [_line(case, row, crops) for row in rows]
    handling = union([case.handling, *(r.handling for r in rows)])
    return set_checklist(
        listed,
        crops,
        case=case.number,
        victim=case.victim_number,
        issuer=issuer,
        handling={"codes": str(handling), "text": handling.text, "audience": case.audience},
        issued_at=clock.now().isoformat(timespec="seconds"),
        paper=paper,
        language=language,
    )


def _line(case: Case, row: Element, crops: dict[str, bytes]) -> dict[str, Any]:
    """Return one line of the checklist and put the fresh copy of its crop among ``crops``."""
    name = ""
    if row.crop is not None and row.crop.key and not row.crop.refusal:
        drawn = render(evidence_store().original(row.crop.key), "crop", side=CROP_SIDE)
        if not isinstance(drawn, Refusal):
            name = f"element-{row.number}"
            crops[name] = drawn
    seen_in = row.crop.parent if row.crop else row.clue.media if row.clue else None
    return {
        "number": row.number,
        "text": row.name,
        "room": row.room,
        "evaluation": row.evaluation,
        "seen_at": row.seen_at,
        "item": f"{case.victim_number}/{seen_in.number}" if seen_in else "",
        "crop": name,
        "alt": row.name,
    }


# --- what was found -------------------------------------------------------------------------------------


def receive_search(
    officer: Officer,
    purpose: Purpose,
    case: Case,
    paths: Iterable[Path],
    *,
    origin: str,
    source: str,
    codes: Iterable[str] = ("H0",),
    handling_text: str = "",
    laid_down: str = "",
) -> Job:
    """Take in photographs of the search (``search``) or seized files (``seized``); the clock says "search".

    Raises ``NotListed`` for another origin or where there is no file below ``paths``.
    """
    if origin not in ORIGINS:
        raise NotListed("what a search brings is of origin search (photographs) or seized (files)")
    given = [Path(p) for p in paths]
    if not any(p.is_file() for p in walk(given)):
        raise NotListed("there is no file below that folder; choose the folder that holds them")
    intake = Intake(source, origin, tuple(codes), handling_text)
    thing = replace(case.as_thing(), owner=officer.agency, handling=intake.handling)
    with acting(officer, Act.RECEIVE, thing, purpose, step=STEP, reason=f"files of the search: {origin}"):
        Milestone.reach(case, Stage.SEARCH, "files of the search were received", by=officer.id)
        return receive(officer, purpose, case, given, intake, laid_down=laid_down)


# --- one against the other ------------------------------------------------------------------------------


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
        **made(officer, case, union([found.element.handling, found.media.handling])),
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


# --- for pages ------------------------------------------------------------------------------------------


def coverage_of(case: Case, language: str = "en") -> tuple[words.Coverage, str]:
    """Return how many elements were met, in figures and in a sentence; asks inside the caller's scope."""
    seen = [words.Seen(e.number, e.name) for e in Element.objects.filter(case=case)]
    rows = ElementMatch.objects.filter(case=case).select_related("element", "decided_by")
    found = [
        words.Found(
            m.element.number,
            str(m.media_id),
            m.because,
            m.method,
            m.distance,
            words.MatchState(m.state),
            m.decided_by.username if m.decided_by else "",
        )
        for m in rows
    ]
    told = words.coverage(seen, found)
    return told, words.coverage_sentence(told, language)


def seized_summary(case: Case) -> SeizedSummary:
    """Return what the seized files are to the case's items; asks inside the caller's scope."""
    every = Media.objects.filter(case=case)
    seized = every.filter(origin="seized")
    opened = list(seized.filter(refusal=""))
    items = list(every.filter(refusal="").exclude(origin__in=[*ORIGINS, "crop"]))
    met = _met_items(opened, items)
    serials = {s for m in items if (s := m.metadata.get("serial"))}
    names: dict[UUID, set[str]] = {}
    for media, name in SeriesItem.objects.filter(case=case).values_list("media", "series__name"):
        names.setdefault(media, set()).add(name)
    series: dict[str, int] = {}
    for _, others in met.values():
        for name in {n for other in others for n in names.get(other, ())}:
            series[name] = series.get(name, 0) + 1
    equal = sum(exact for exact, _ in met.values())
    return SeizedSummary(
        files=seized.exclude(refusal="archive").count(),  # what one holds is counted, not itself
        refused=seized.exclude(refusal__in=("", "archive")).count(),
        equal=equal,
        near=len(met) - equal,
        new=len(opened) - len(met),
        same_camera=sum(m.metadata.get("serial") in serials for m in opened if m.metadata.get("serial")),
        known=sum(m.known in {"exact", "near"} for m in opened),
        series=dict(sorted(series.items())),
    )


def _met_items(opened: list[Media], items: list[Media]) -> dict[UUID, tuple[bool, set[UUID]]]:
    """Return for each seized file that meets items of the case whether one is equal, and which they are."""
    by_digest: dict[str, set[UUID]] = {}
    for item in items:
        by_digest.setdefault(item.sha256, set()).add(item.pk)
    met = {m.pk: (True, set(by_digest[m.sha256])) for m in opened if m.sha256 in by_digest}
    held = [i for i in items if i.pdq.strip("0") and (i.pdq_quality or 0) >= PDQ_MIN_QUALITY]
    asked = [m for m in opened if m.full_turns and (m.pdq_quality or 0) >= PDQ_MIN_QUALITY]
    index = NearIndex(packed([i.pdq for i in held]))
    pairs = index.search(packed([turn for m in asked for turn in m.full_turns]), PDQ_NEAR)
    for query, place in zip(pairs.query.tolist(), pairs.held.tolist(), strict=True):
        met.setdefault(asked[query // len(TURNS)].pk, (False, set()))[1].add(held[place].pk)
    return met


def made(officer: Officer, case: Case, handling: Handling) -> dict[str, Any]:
    """Return what every row of a case carries when it is made."""
    return {
        "case_id": case.pk,
        "owner_id": officer.agency,
        "made_by_id": officer.id,
        "audience": case.audience,
        "codes": str(handling),
        "handling_text": handling.text,
    }
