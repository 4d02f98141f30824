"""What is told of a row of a case: hashes and facts, an observation, and no name of a file or a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from entente.casework.cooperate.service.sealing.line import Line, read_marking
from entente.records import clock
from entente.records.models import Case, CaseBound, Clue, Media, PartnerThing
from entente.safeguards import statement as words
from entente.safeguards.access import Thing
from entente.safeguards.statement import Statement
from entente.vocabulary.handling import Audience, narrowest, union


def kind_of(row: CaseBound) -> str:
    """Return the kind of thing that a row is."""
    if isinstance(row, PartnerThing):
        return row.kind
    return "media" if isinstance(row, Media) else "clue"


def line_of(row: CaseBound, agency: UUID, case: Case, thing: Thing, further: Mapping[UUID, UUID]) -> Line:
    """Return the line of a row: a partner's as it was signed, or our own, still to be signed."""
    if isinstance(row, PartnerThing):
        return Line(words.read(row.statement), row.signature, read_marking(row.markings))
    now = clock.now()
    let = {r.to for r in thing.releases if r.by == agency and r.holds(now)}
    strict = [case.handling] if case.handling.restricted else []
    told = Statement(
        origin=agency,
        thing=row.pk,
        version=1,
        kind=kind_of(row),
        case=case.pk,
        handling=union([row.handling, *strict]),
        audience=narrowest([Audience(row.audience), Audience(case.audience)]),
        releases=frozenset(known for pk, known in further.items() if pk in let),
        body=_body(row),
    )
    return Line(told, "")


def _body(row: CaseBound) -> dict[str, Any]:
    """Return what is said of a row: hashes and facts, an observation, and no name of a file or a person."""
    if isinstance(row, Media):
        told = {
            "md5": row.md5,
            "sha1": row.sha1,
            "sha256": row.sha256,
            "pdq": row.pdq,
            "pdq_quality": row.pdq_quality,
            "size": row.size,
            "mime": row.mime,
            "width": row.width,
            "height": row.height,
            "duration": row.duration,
        }
    else:
        assert isinstance(row, Clue)  # noqa: S101 - the plan takes nothing else
        told = {
            "kind": row.kind,
            "value": row.value,
            "group": row.group,
            "evaluation": row.evaluation,
            "negated": row.negated,
            "region": row.region,
            "start": row.start,
            "end": row.end,
            "because": row.because,
            "method": row.method,
            "version": row.version,
            "medium": str(row.media_id or ""),
        }
    return {name: value for name, value in told.items() if value not in (None, "")}
