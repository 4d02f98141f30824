"""What is looked for on the search day: the elements, and the checklist that goes to the door."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any
from uuid import UUID

from django.db.models import Max

from entente.casework.examine.service import ExamineRefused, crop
from entente.casework.examine.values import as_text
from entente.casework.intake.service import WITHHELD_FROM, evidence_store, is_withheld
from entente.casework.seize import elements as words
from entente.evidence.open import render
from entente.formats.checklist import Paper
from entente.formats.checklist import write as set_checklist
from entente.records import clock, guard
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.models import Agency, Case, CaseBound, Clue, Element, ElementMatch, Media
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Evaluation, Handling, Purpose, union
from entente.vocabulary.media import Refusal, Region

STEP = "seize"
CROP_SIDE = 900  # pixels of a crop on the checklist, where there are few
ALL_CROPS = 32_000_000  # pixels of all crops together: with 200, 9 to 13 MiB that a phone opens
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
    if crop is not None and words.is_whole(crop.region):
        raise NotListed("that crop shows the whole picture; cut the thing alone on its page")
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
            **carried(officer, case, handling),
        )
        element.save()
        element.derives_from(*sources)
        announce("element listed", officer, purpose, case.pk, element=str(element.pk))
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
    had = gathered(officer, purpose, case)
    return set_checklist(
        had.lines,
        had.crops,
        case=case.number,
        victim=case.victim_number,
        issuer=had.issuer,
        handling=had.told_handling(case),
        issued_at=clock.now().isoformat(timespec="seconds"),
        paper=paper,
        language=language,
    )


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a checklist shows: its elements, a line and a fresh crop for each, and how it is handled."""

    elements: tuple[Element, ...]
    lines: tuple[dict[str, Any], ...]
    crops: dict[str, bytes]
    handling: Handling
    issuer: str

    def told_handling(self, case: Case) -> dict[str, str]:
        """Return the handling as documents say it."""
        return {"codes": str(self.handling), "text": self.handling.text, "audience": case.audience}


def gathered(officer: Officer, purpose: Purpose, case: Case) -> Gathered:
    """Read the list and draw its crops afresh, as one logged act: the one way onto a checklist."""
    with acting(officer, Act.READ, case.as_thing(), purpose, step=STEP, reason="print the search checklist"):
        rows = tuple(Element.objects.filter(case=case).select_related("crop__parent", "clue__media"))
        issuer = Agency.objects.get(pk=officer.agency).name
    crops: dict[str, bytes] = {}
    side = crop_side(sum(row.crop is not None for row in rows))
    lines = tuple(_line(case, row, crops, side) for row in rows)
    return Gathered(rows, lines, crops, union([case.handling, *(r.handling for r in rows)]), issuer)


def crop_side(crops: int) -> int:
    """Return the longest side of so many crops in pixels: the more there are, the smaller each."""
    return min(CROP_SIDE, isqrt(ALL_CROPS // max(1, crops)))


def _line(case: Case, row: Element, crops: dict[str, bytes], side: int) -> dict[str, Any]:
    """Return one line of the checklist and put the fresh copy of its crop among ``crops``."""
    name = ""
    shown = row.crop is not None and row.crop.key and not row.crop.refusal
    if row.crop is not None and shown and not words.is_whole(row.crop.region):
        drawn = render(evidence_store().original(row.crop.key), "crop", side=side)
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
