"""From facts to the document of an intelligence product: every statement leads to a clue, an item, a person.

The document is plain JSON-able data in a fixed order, so that the same facts give the same bytes. Sources:
Directive (EU) 2016/680 art. 7(1) (facts apart from personal assessments) and art. 7(2) (reliability goes with
them); Regulation (EU) 2016/794 arts 19 and 29 (handling and evaluation travel with the information).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from entente.casework.inform.kinds import TEMPLATES, Kind
from entente.vocabulary.handling import EVALUATIONS, Audience, Evaluation, Handling, Purpose, union
from entente.vocabulary.place import Posterior

FORMAT = "entente.product/1"
VICTIM_NUMBER = re.compile(r"V-?\d[\dA-Za-z./-]*")
SHARES_SHOWN = 8  # rows of the country and region tables; the rest is summed into one line


class NotComposed(ValueError):
    """The facts do not make a product; the sentence says which fact to mend."""


class StatementType(StrEnum):
    """Facts are kept apart from assessments (Directive (EU) 2016/680 art. 7(1))."""

    FACT = "fact"
    ASSESSMENT = "assessment"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the summary and the clues it stands on."""

    text: str
    type: StatementType
    clues: tuple[str, ...]
    evaluation: Evaluation = Evaluation()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class ClueLine:
    """A clue as the product shows it. ``by`` is a service number; ``at`` is seconds into the item."""

    id: str
    text: str
    item: str  # V-number and item number, such as V-0042/7
    by: str
    agency: str
    evaluation: str = "X4"
    at: float | None = None
    handling: Handling = Handling()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Crop:
    """A picture of a thing, never of a person. ``ref`` names the bytes that are given beside the document."""

    ref: str
    alt: str
    caption: str
    clue: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that is still open. Recipients are counted, not named: who is asked is itself protected."""

    question: str
    due: datetime
    recipients: int


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """Everything a product stands on. ``issued_at`` is fixed, so that it can be made again."""

    case_number: str
    victim_number: str
    number: int
    issued_at: datetime
    issuer: str
    purpose: Purpose
    audience: Audience
    handlings: tuple[Handling, ...]
    statements: tuple[Statement, ...]
    clues: tuple[ClueLine, ...]
    posterior: Posterior | None = None
    country_names: Mapping[str, str] | None = None
    map_svg: str = ""
    map_alt: str = ""
    crops: tuple[Crop, ...] = ()
    sources: tuple[str, ...] = ()
    requests: tuple[Ask, ...] = ()
    left_out: tuple[str, ...] = ()
    kind: Kind = Kind.VICTIM
    about: str = ""
    stages: tuple[tuple[str, str], ...] = ()
    people: tuple[str, ...] = ()
    corrects: int = 0
    because: str = ""


def compose(facts: ProductFacts) -> dict[str, Any]:
    """Return the document that ``formats.product.write`` prints.

    Raises
    ------
    NotComposed
        A statement stands on nothing, a clue is unknown or told twice, the moment has no time zone, or the
        victim is not given by number.
    """
    _check(facts)
    clues = {c.id: c for c in facts.clues}
    handling = union([*facts.handlings, *(c.handling for c in facts.clues)])
    return {
        "format": FORMAT,
        "case": facts.case_number,
        "victim": facts.victim_number,
        **_of_kind(facts),
        "number": facts.number,
        "issued_at": facts.issued_at.astimezone(UTC).isoformat(timespec="seconds"),
        "issuer": facts.issuer,
        "purpose": str(facts.purpose),
        "handling": {"codes": str(handling), "text": handling.text, "audience": str(facts.audience)},
        "statements": [_statement(n, s, clues) for n, s in enumerate(facts.statements, 1)],
        "region": _region(facts),
        "clues": _clue_rows(facts),
        "pictures": [asdict(c) for c in facts.crops],
        "sources": sorted(set(facts.sources)),
        "requests": [
            {
                "question": r.question,
                "due": r.due.astimezone(UTC).date().isoformat(),
                "recipients": r.recipients,
            }
            for r in sorted(facts.requests, key=lambda r: (r.due, r.question))
        ],
        "left_out": list(facts.left_out),
    }


def _of_kind(facts: ProductFacts) -> dict[str, Any]:
    """Return what the template adds: its kind, what it is about, the stages, the people, what it corrects.

    A suspect is one whom an officer calls so: the category is that of Annex II.B of Regulation (EU) 2016/794.
    """
    told: dict[str, Any] = {"kind": str(facts.kind)}
    if facts.about:
        told["about"] = facts.about
    if facts.kind is Kind.SUSPECT:
        told["data_subject"] = "suspect"
    if TEMPLATES[facts.kind].stages:
        told["stages"] = [{"stage": stage, "day": day} for stage, day in facts.stages]
    if facts.people:
        told["people"] = list(facts.people)
    if facts.corrects:
        told["corrects"] = {"number": facts.corrects, "because": facts.because}
    return told


def _check(facts: ProductFacts) -> None:
    ids = [c.id for c in facts.clues]
    if not VICTIM_NUMBER.fullmatch(facts.victim_number):
        raise NotComposed("a product names the victim by V-number only, such as V-0042")
    if facts.issued_at.tzinfo is None:
        raise NotComposed("the moment of issue needs its time zone")
    if len(ids) != len(set(ids)):
        raise NotComposed("two clues have one id; give each clue once")
    if not facts.statements:
        raise NotComposed("a product says at least one thing; write a statement")
    for statement in facts.statements:
        if not statement.clues:
            raise NotComposed(f"nothing stands behind “{statement.text}”; name the clue it comes from")
        if unknown := set(statement.clues) - set(ids):
            raise NotComposed(f"the clue {min(unknown)} of “{statement.text}” is not in the product; add it")
    for clue in facts.clues:
        if clue.evaluation not in EVALUATIONS:
            raise NotComposed(f"clue {clue.id} is graded {clue.evaluation}; a grade is A1 to X4")
    if missing := {c.clue for c in facts.crops if c.clue} - set(ids):
        raise NotComposed(f"a picture shows the clue {min(missing)}, which is not in the product; add it")
    if any(not c.alt.strip() for c in facts.crops) or (facts.map_svg and not facts.map_alt.strip()):
        raise NotComposed(
            "every picture and the map need a description in words for those who cannot see them"
        )


def _statement(number: int, statement: Statement, clues: Mapping[str, ClueLine]) -> dict[str, Any]:
    """Write a statement with its trace: clue → item → person, in the order of the clue ids."""
    trace = [clues[i] for i in sorted(set(statement.clues))]
    return {
        "id": f"S{number}",
        "type": str(statement.type),
        "text": statement.text,
        "evaluation": str(statement.evaluation),
        "trace": [{"clue": c.id, "item": c.item, "by": c.by, "agency": c.agency} for c in trace],
    }


def _clue_rows(facts: ProductFacts) -> list[dict[str, Any]]:
    """The clue table, the heaviest first; a clue that carried no weight on the place stands last."""
    weights = {w.id: w for w in facts.posterior.clues} if facts.posterior else {}

    def heavy(clue: ClueLine) -> tuple[float, str]:
        weight = weights.get(clue.id)
        return (-abs(weight.log10_bf) if weight else 1.0, clue.id)

    return [
        {
            "id": c.id,
            "text": c.text,
            "item": c.item,
            "at": c.at,
            "by": c.by,
            "agency": c.agency,
            "evaluation": c.evaluation,
            "handling": str(c.handling),
            "log10_bf": round(weights[c.id].log10_bf, 2) if c.id in weights else None,
            "p_misleading": round(weights[c.id].p_misleading, 2) if c.id in weights else None,
        }
        for c in sorted(facts.clues, key=heavy)
    ]


def _region(facts: ProductFacts) -> dict[str, Any] | None:
    """Where the clues point, as tables that say what the map says."""
    where = facts.posterior
    if where is None:
        return None
    names = facts.country_names or {}
    countries = [(names.get(c.code, c.code), c.p) for c in where.countries]
    regions = [(f"{r.name}, {names.get(r.country, r.country)}", r.p) for r in where.regions]
    return {
        "countries": _shares(countries),
        "regions": _shares(regions),
        "area50_km2": round(where.area50_km2),
        "area90_km2": round(where.area90_km2),
        "contradictions": list(where.contradictions),
        "map": {"svg": facts.map_svg, "alt": facts.map_alt} if facts.map_svg else None,
        "engine": f"{where.engine_version}, tables {where.tables_version}",
    }


def _shares(rows: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Return the largest shares in per cent, largest first, and one unnamed row for all the others."""
    ranked = sorted(rows, key=lambda r: (-r[1], r[0]))
    shown = [{"name": n, "percent": round(100 * p, 1)} for n, p in ranked[:SHARES_SHOWN]]
    rest = sum(p for _, p in ranked[SHARES_SHOWN:])
    return [*shown, {"name": None, "percent": round(100 * rest, 1)}] if rest > 0 else shown
