"""What a product stands on, whole or cut for one recipient: kept as JSON, composed into the document.

A cut leaves no trace of what was cut: statements that stood on it go, clues and pictures are numbered anew,
and the region is computed again from what remains.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from entente.casework.inform.compose import Ask, ClueLine, Crop, ProductFacts, Statement, StatementType
from entente.casework.inform.kinds import TEMPLATES, Kind
from entente.casework.inform.sentences import region_of, says
from entente.casework.locate import engine
from entente.casework.locate.map import draw
from entente.casework.locate.world import world
from entente.vocabulary.clue import Clue, clue_from_json
from entente.vocabulary.handling import Audience, Evaluation, Handling, HandlingCode, Purpose, union
from entente.vocabulary.place import ClueWeight, CountryShare, Posterior, RegionShare, Without


@dataclass(frozen=True, slots=True)
class Source:
    """A clue or a confirmed home as the product stands on it. ``row`` is its id at the desk."""

    id: str  # C1, C2 …
    row: str
    text: str
    item: str
    by: str
    agency: str
    agencies: tuple[str, ...]  # names of all its originators
    handling: Handling
    evaluation: str = "X4"
    at: float | None = None
    word: dict[str, Any] | None = None  # the clue as it was weighed; nothing for a home


@dataclass(frozen=True, slots=True)
class Detail:
    """A crop that shows a clue."""

    ref: str  # P1, P2 …
    row: str
    clue: str
    alt: str
    handling: Handling


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was open when the product was issued."""

    row: str
    question: str
    due: datetime
    recipients: int
    handling: Handling


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything of one product before it is composed."""

    case_number: str
    victim_number: str
    issued_at: datetime
    issuer: str
    purpose: Purpose
    audience: Audience
    language: str
    handling: Handling  # of the case
    sources: tuple[Source, ...]
    statements: tuple[Statement, ...] = ()
    pictures: tuple[Detail, ...] = ()
    requests: tuple[Asked, ...] = ()
    left_out: tuple[str, ...] = ()
    posterior: Posterior | None = None
    map_svg: str = ""
    kind: Kind = Kind.VICTIM
    about: str = ""  # a country, or the reference of a suspect
    stages: tuple[tuple[str, str], ...] = ()  # of the clock: which, and the day it was reached
    people: tuple[str, ...] = ()  # who wrote and who approved it, by service number
    corrects: int = 0  # the number of the product that it corrects
    because: str = ""  # what was wrong with that

    def total_handling(self) -> Handling:
        """Return the union of all inputs: what the product carries."""
        parts: list[Source | Detail | Asked] = [*self.sources, *self.pictures, *self.requests]
        return union([self.handling, *(p.handling for p in parts)])

    def rows(self) -> list[str]:
        """Return the ids at the desk of everything it stands on."""
        parts: list[Source | Detail | Asked] = [*self.sources, *self.pictures, *self.requests]
        return [p.row for p in parts]


def placed(draft: Draft) -> Draft:
    """Return the draft with region and map computed from its own clues, where its template has them."""
    usable, told = _sifted(draft)
    if not usable:
        return replace(draft, posterior=None, map_svg="")
    posterior = replace(engine.locate(usable, draft.issued_at), next_questions=())
    drawn = draw(posterior, engine.cells90(usable, draft.issued_at), says("map", draft.language))
    return replace(draft, posterior=posterior, map_svg=drawn, left_out=(*draft.left_out, *told))


def _sifted(draft: Draft) -> tuple[list[Clue], list[str]]:
    """Return the clues that are weighed for the region, and what is said of those that are not."""
    if not TEMPLATES[draft.kind].region:
        return [], []
    words = [clue_from_json(s.word) for s in draft.sources if s.word is not None]
    usable, refused = engine.sift(words, draft.issued_at)
    if not usable:
        return [], []
    usable, beyond = engine.most_trusted(usable)
    told = [says("unweighed", draft.language, n=len(refused))] if refused else []
    if beyond:
        told.append(says("beyond", draft.language, n=beyond, most=engine.MOST_CLUES))
    return list(usable), told


def without(draft: Draft, rows: Iterable[str], left_out: Iterable[str]) -> Draft:
    """Return the draft without the things of ``rows``, as if they had never been known.

    A statement goes with any clue that it stood on; the proposed sentence on the region is said anew.
    """
    gone = set(rows)
    kept = [s for s in draft.sources if s.row not in gone]
    anew = {s.id: f"C{n}" for n, s in enumerate(kept, 1)}
    cut = replace(
        draft,
        sources=tuple(_weighed_as(replace(s, id=anew[s.id])) for s in kept),
        statements=tuple(
            replace(s, clues=tuple(anew[c] for c in s.clues))
            for s in draft.statements
            if set(s.clues) <= set(anew)
        ),
        pictures=tuple(
            replace(p, ref=f"P{n}", clue=anew[p.clue])
            for n, p in enumerate((p for p in draft.pictures if p.row not in gone and p.clue in anew), 1)
        ),
        requests=tuple(r for r in draft.requests if r.row not in gone),
        left_out=(*left_out, says("originals", draft.language)),
    )
    if len(kept) == len(draft.sources):
        return cut
    return _region_said_anew(draft, placed(cut))


def narrowed(draft: Draft) -> Draft:
    """Return the draft without the clues that no statement stands on, where its template has only those."""
    used = {c for s in draft.statements for c in s.clues}
    kept = [s for s in draft.sources if s.id in used]
    if TEMPLATES[draft.kind].all_clues or len(kept) == len(draft.sources):
        return draft
    anew = {s.id: f"C{n}" for n, s in enumerate(kept, 1)}
    said_of_all = _sifted(draft)[1]
    cut = replace(
        draft,
        sources=tuple(_weighed_as(replace(s, id=anew[s.id])) for s in kept),
        statements=tuple(replace(s, clues=tuple(anew[c] for c in s.clues)) for s in draft.statements),
        left_out=tuple(line for line in draft.left_out if line not in said_of_all),
    )
    return placed(cut)


def _weighed_as(source: Source) -> Source:
    """Return the source with its new number on the clue that the engine reads."""
    return replace(source, word={**source.word, "id": source.id}) if source.word else source


def _region_said_anew(whole: Draft, cut: Draft) -> Draft:
    """Replace the proposed sentence on the region, if it was said and went, by that of the cut's region."""
    said = region_of(whole.posterior, whole.language)
    weighed = cut.posterior is not None and any(s.text == said for s in whole.statements)
    if not weighed or any(s.text == said for s in cut.statements):
        return cut
    again = Statement(
        region_of(cut.posterior, cut.language), StatementType.ASSESSMENT, weighed_ids(cut.posterior)
    )
    return replace(cut, statements=(*cut.statements, again))


def weighed_ids(posterior: Posterior | None) -> tuple[str, ...]:
    """Return the clues that carried weight on the place; where none did, all that were read."""
    if posterior is None:
        return ()
    heavy = tuple(w.id for w in posterior.clues if abs(w.log10_bf) > 0)
    return heavy or tuple(w.id for w in posterior.clues)


def as_facts(draft: Draft, number: int) -> ProductFacts:
    """Return what ``compose`` reads."""
    by_id = {s.id: s for s in draft.sources}
    return ProductFacts(
        case_number=draft.case_number,
        victim_number=draft.victim_number,
        number=number,
        issued_at=draft.issued_at,
        issuer=draft.issuer,
        purpose=draft.purpose,
        audience=draft.audience,
        handlings=(draft.total_handling(),),
        statements=draft.statements,
        clues=tuple(
            ClueLine(s.id, s.text, s.item, s.by, s.agency, s.evaluation, s.at, s.handling)
            for s in draft.sources
        ),
        posterior=draft.posterior,
        country_names=_country_names(draft),
        map_svg=draft.map_svg,
        map_alt=says("map", draft.language) if draft.map_svg else "",
        crops=tuple(Crop(p.ref, p.alt, by_id[p.clue].text, p.clue) for p in draft.pictures),
        sources=tuple(a for s in draft.sources for a in s.agencies),
        requests=tuple(Ask(r.question, r.due, r.recipients) for r in draft.requests),
        left_out=draft.left_out,
        kind=draft.kind,
        about=_named(draft),
        stages=draft.stages,
        people=draft.people,
        corrects=draft.corrects,
        because=draft.because,
    )


def _named(draft: Draft) -> str:
    return world().name(draft.about, draft.language) if draft.kind is Kind.COUNTRY else draft.about


def _country_names(draft: Draft) -> dict[str, str]:
    if draft.posterior is None:
        return {}
    codes = {c.code for c in draft.posterior.countries} | {r.country for r in draft.posterior.regions}
    return {code: world().name(code, draft.language) for code in sorted(codes)}


# --- kept as JSON ---------------------------------------------------------------------------------------


def to_json(draft: Draft) -> dict[str, Any]:
    """Return the draft as data that ``json`` writes and ``from_json`` reads back equal."""
    return {
        "case_number": draft.case_number,
        "victim_number": draft.victim_number,
        "issued_at": draft.issued_at.isoformat(),
        "issuer": draft.issuer,
        "purpose": str(draft.purpose),
        "audience": str(draft.audience),
        "language": draft.language,
        "handling": _handling_out(draft.handling),
        "sources": [_out(s) for s in draft.sources],
        "statements": [
            {"text": s.text, "type": str(s.type), "clues": list(s.clues), "evaluation": str(s.evaluation)}
            for s in draft.statements
        ],
        "pictures": [_out(p) for p in draft.pictures],
        "requests": [_out(r) | {"due": r.due.isoformat()} for r in draft.requests],
        "left_out": list(draft.left_out),
        "posterior": asdict(draft.posterior) if draft.posterior else None,
        "map_svg": draft.map_svg,
        "kind": str(draft.kind),
        "about": draft.about,
        "stages": [list(s) for s in draft.stages],
        "people": list(draft.people),
        "corrects": draft.corrects,
        "because": draft.because,
    }


def from_json(data: dict[str, Any]) -> Draft:
    """Read what ``to_json`` wrote."""
    plain = ("case_number", "victim_number", "issuer", "language", "map_svg")
    return Draft(
        **{name: data[name] for name in plain},
        issued_at=datetime.fromisoformat(data["issued_at"]),
        purpose=Purpose(data["purpose"]),
        audience=Audience(data["audience"]),
        handling=_handling_in(data["handling"]),
        sources=tuple(Source(**_in(s) | {"agencies": tuple(s["agencies"])}) for s in data["sources"]),
        statements=tuple(
            Statement(
                s["text"], StatementType(s["type"]), tuple(s["clues"]), Evaluation.parse(s["evaluation"])
            )
            for s in data["statements"]
        ),
        pictures=tuple(Detail(**_in(p)) for p in data["pictures"]),
        requests=tuple(Asked(**_in(r) | {"due": datetime.fromisoformat(r["due"])}) for r in data["requests"]),
        left_out=tuple(data["left_out"]),
        posterior=_posterior_in(data["posterior"]),
        # what was issued before there were templates has none of these
        kind=Kind(data.get("kind", Kind.VICTIM)),
        about=data.get("about", ""),
        stages=tuple((stage, day) for stage, day in data.get("stages", ())),
        people=tuple(data.get("people", ())),
        corrects=data.get("corrects", 0),
        because=data.get("because", ""),
    )


def _out(part: Source | Detail | Asked) -> dict[str, Any]:
    return asdict(replace(part, handling=Handling())) | {"handling": _handling_out(part.handling)}


def _in(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"handling": _handling_in(data["handling"])}


def _handling_out(handling: Handling) -> dict[str, str]:
    return {"codes": str(handling), "text": handling.text}


def _handling_in(data: dict[str, str]) -> Handling:
    return Handling(frozenset(HandlingCode(c) for c in data["codes"].split()), data["text"])


def _posterior_in(data: dict[str, Any] | None) -> Posterior | None:
    if data is None:
        return None
    return Posterior(
        **{
            **data,
            "countries": tuple(CountryShare(**c) for c in data["countries"]),
            "regions": tuple(RegionShare(**r) for r in data["regions"]),
            "cells50": tuple(data["cells50"]),
            "clues": tuple(ClueWeight(**c | {"without": Without(**c["without"])}) for c in data["clues"]),
            "contradictions": tuple(data["contradictions"]),
            "next_questions": (),
        }
    )
