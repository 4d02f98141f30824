"""What a product stands on: what is confirmed and in sight, and the sentences it proposes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entente.casework.inform.compose import StatementType
from entente.casework.inform.draft import Asked, Detail, Draft, Source, placed, weighed_ids
from entente.casework.inform.kinds import TEMPLATES, Kind
from entente.casework.inform.sentences import clue_says, fact_of, region_of, says
from entente.records import clock, guard
from entente.records.models import (
    Account,
    Agency,
    Answer,
    Case,
    CaseBound,
    Clue,
    Dispatch,
    HomeProposal,
    Media,
    Originator,
    Request,
)
from entente.vocabulary.agency import Officer
from entente.vocabulary.clue import Clue as ClueWord
from entente.vocabulary.handling import Audience, Purpose, narrowest

NEAR_S = 1.0  # a crop and a clue of a video are of one moment within this


@dataclass(frozen=True, slots=True)
class Proposed:
    """A sentence that an officer may edit, keep or drop; ``clues`` are ids of rows."""

    text: str
    type: StatementType
    clues: tuple[str, ...]
    evaluation: str = "X4"


def gather(
    case: Case,
    purpose: Purpose,
    issuer: Agency,
    language: str,
    now: datetime,
    kind: Kind = Kind.VICTIM,
    about: str = "",
) -> Draft:
    """Return the draft of all that is confirmed and in sight, its region computed, nothing said yet."""
    template = TEMPLATES[kind]
    clues = list(
        Clue.objects.filter(case=case, state="confirmed")
        .select_related("media", "owner", "made_by__agency", "decided_by__agency")
        .order_by("made_at", "pk")
    )
    homes = list(
        HomeProposal.objects.filter(case=case, withdrawn_at=None)
        .exclude(confirmed_at=None)
        .select_related("made_by__agency", "owner")
    )
    sources = [_source(f"C{n}", c, case, language) for n, c in enumerate(clues, 1)]
    sources += [_home_source(f"C{n}", h, case) for n, h in enumerate(homes, len(sources) + 1)]
    crops = _crops_of(case, clues) if template.pictures else []
    asked = _open_requests(case) if template.requests else []
    reached = sorted(case.reached().items(), key=lambda pair: pair[1]) if template.stages else []
    inputs = [*clues, *homes, *(crop for crop, _ in crops), *(r for r, _ in asked)]
    waiting = Clue.objects.filter(case=case, state="proposed").count()
    told = [says("unconfirmed", language, n=waiting)] if waiting else []
    return placed(
        Draft(
            case_number=case.number,
            victim_number=case.victim_number,
            issued_at=now,
            issuer=issuer.name,
            purpose=purpose,
            audience=narrowest([Audience(a) for a in (case.audience, *(i.audience for i in inputs))]),
            language=language,
            handling=case.handling,
            sources=tuple(sources),
            pictures=tuple(_detail(n, crop, of, sources, language) for n, (crop, of) in enumerate(crops, 1)),
            requests=tuple(Asked(str(r.pk), r.question, r.due, n, r.handling) for r, n in asked),
            left_out=(*told, says("originals", language)),
            kind=kind,
            about=about,
            stages=tuple((str(stage), at.date().isoformat()) for stage, at in reached),
        )
    )


def _item(case: Case, media: Media | None) -> str:
    return f"{case.victim_number}/{media.number}" if media else case.victim_number


def _source(number: str, clue: Clue, case: Case, language: str) -> Source:
    """Return a clue with its person."""
    word = replace(clue.as_word(), id=number)
    person = who_answers_for(clue)
    line = clue_says(word, language)
    return Source(
        id=number,
        row=str(clue.pk),
        text=f"{line} — {clue.because}" if clue.because else line,
        item=_item(case, clue.media),
        by=person.service_number if person else "",
        agency=_agency_behind(clue, person),
        agencies=_agencies(clue),
        handling=clue.handling,
        evaluation=clue.evaluation,
        at=clue.start,
        word=word.as_json(),
    )


def _agency_behind(clue: Clue, person: Account | None) -> str:
    """Return whose statement a clue is: of the person behind it, of the partner that answered, or our own."""
    if person is not None:
        return person.agency.name
    answer = answer_behind(clue)
    return answer.addressed.name if answer else clue.owner.name


def who_answers_for(clue: Clue) -> Account | None:
    """Return the person behind a clue: who answered for a partner, else who confirmed or recorded it.

    Nobody for an answer that came by package: its partner names no officer.
    """
    answer = answer_behind(clue)
    return answer.made_by if answer else clue.decided_by or clue.made_by


def answer_behind(clue: Clue) -> Answer | None:
    """Return the answer that a clue was taken from."""
    return Answer.objects.filter(taken_as=clue).select_related("made_by__agency", "addressed").first()


def _home_source(number: str, home: HomeProposal, case: Case) -> Source:
    return Source(
        id=number,
        row=str(home.pk),
        text=f"{home.place} — {home.because}",
        item=case.victim_number,
        by=home.made_by.service_number if home.made_by else "",
        agency=home.made_by.agency.name if home.made_by else home.owner.name,
        agencies=_agencies(home),
        handling=home.handling,
    )


def _agencies(row: CaseBound) -> tuple[str, ...]:
    others = Originator.objects.filter(thing=row.pk).values_list("agency__name", flat=True)
    return tuple(sorted({Agency.objects.get(pk=row.owner_id).name, *others}))


def _crops_of(case: Case, clues: Sequence[Clue]) -> list[tuple[Media, Clue]]:
    """Return each crop that shows a clue, with the first that it shows; an original is never among them."""
    crops = Media.objects.filter(case=case, origin="crop", refusal="", kind="picture").exclude(key="")
    crops = crops.exclude(parent=None).select_related("parent").order_by("number")
    shown = ((crop, next((c for c in clues if _shows(crop, c)), None)) for crop in crops)
    return [(crop, clue) for crop, clue in shown if clue is not None]


def _shows(crop: Media, clue: Clue) -> bool:
    """Whether a crop is a clue's own item, or overlaps its region at its moment."""
    if clue.media_id == crop.pk:
        return True
    if clue.media_id != crop.parent_id or not clue.region or not crop.region:
        return False
    if crop.t is not None and clue.start is not None:
        last = clue.end if clue.end is not None else clue.start
        if not clue.start - NEAR_S <= crop.t <= last + NEAR_S:
            return False
    (ax, ay, aw, ah), (bx, by, bw, bh) = crop.region, clue.region
    return bool(ax < bx + bw and bx < ax + aw and ay < by + bh and by < ay + ah)


def _detail(number: int, crop: Media, clue: Clue, sources: Sequence[Source], language: str) -> Detail:
    of = next(s for s in sources if s.row == str(clue.pk))
    item = crop.parent.number if crop.parent else crop.number
    alt = says("detail", language, item=item, clue=clue_says(clue.as_word(), language))
    return Detail(f"P{number}", str(crop.pk), of.id, alt, crop.handling)


def _open_requests(case: Case) -> list[tuple[Request, int]]:
    """Return the requests that wait, and how many recipients each still waits for; never which."""
    rows = Request.objects.filter(case=case, withdrawn_at=None).order_by("due", "pk")
    waiting = [(r, Dispatch.objects.filter(request=r, state="sent").count()) for r in rows]
    return [(r, n) for r, n in waiting if n]


def proposed(
    officer: Officer, purpose: Purpose, case: Case, language: str = "en", kind: Kind = Kind.VICTIM
) -> tuple[list[Proposed], Draft]:
    """Return the sentences that the confirmed clues allow, and the draft they come from.

    A fact for each observation, however many items say it; an assessment of the region with share and area; a
    confirmed home; of these what the template has. Never a sentence about a suspect: that is for a person.
    """
    with guard.scope(officer, purpose):
        issuer = Agency.objects.get(pk=officer.agency)
        draft = gather(case, purpose, issuer, language, clock.now(), kind)
        words = {str(c.pk): c.as_word() for c in Clue.objects.filter(case=case)}
        homes = {str(h.pk): h for h in HomeProposal.objects.filter(case=case).select_related("made_by")}
    template = TEMPLATES[kind]
    told = _observed(draft, words, language) if template.observations else []
    return [*told, *(_places(draft, homes, language) if template.places else [])], draft


def _observed(draft: Draft, words: Mapping[str, ClueWord], language: str) -> list[Proposed]:
    same: dict[tuple[str, str], list[Source]] = {}
    for s in draft.sources:
        if s.row in words:
            same.setdefault((clue_says(words[s.row], language), s.evaluation), []).append(s)
    return [
        Proposed(
            fact_of(words[told[0].row], list(dict.fromkeys(s.item for s in told)), language),
            StatementType.FACT,
            tuple(s.row for s in told),
            evaluation,
        )
        for (_, evaluation), told in same.items()
    ]


def _places(draft: Draft, homes: Mapping[str, HomeProposal], language: str) -> list[Proposed]:
    rows, said = {s.id: s.row for s in draft.sources}, []
    if region := region_of(draft.posterior, language):
        on = tuple(rows[c] for c in weighed_ids(draft.posterior))
        said.append(Proposed(region, StatementType.ASSESSMENT, on))
    for s in draft.sources:
        if s.row in homes:
            text = says("home", language, by=s.by, place=homes[s.row].place)
            said.append(Proposed(text, StatementType.ASSESSMENT, (s.row,)))
    return said
