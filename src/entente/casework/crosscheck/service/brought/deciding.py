"""Decide on the parts of a document: taken into the case or refused, and taken back exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from entente.casework.crosscheck.service.brought.bringing import STEP
from entente.casework.crosscheck.service.brought.reading import NotBrought
from entente.casework.crosscheck.service.online import demand_record
from entente.records import clock, undo
from entente.records.act import acting
from entente.records.announce import announce
from entente.records.carried import carried
from entente.records.models import Brought, BroughtPart, Change, Clue, OnlineAccount
from entente.safeguards.access import Act
from entente.vocabulary.agency import Officer
from entente.vocabulary.brought import PartKind, PartState
from entente.vocabulary.clue import ClueKind, clue_from_json, group_of
from entente.vocabulary.handling import Purpose

TAKE, REFUSE = "take parts of a document", "refuse parts of a document"
DECISIONS = (TAKE, REFUSE)
METHOD, VERSION = "document", "1"


@dataclass(frozen=True, slots=True)
class Concerning:
    """What a record of an account needs and no document says: whom it concerns, and under which law."""

    category: str = ""
    basis: str = ""
    necessity: str = ""


def take_parts(
    officer: Officer,
    purpose: Purpose,
    brought: Brought,
    parts: Sequence[BroughtPart],
    concerning: Concerning = Concerning(),
) -> int:
    """Take parts in: an account is recorded, a clue, number or device is proposed, the rest stands as said.

    All of them or none, as one act that can be taken back. Raises ``NotBrought``, ``OnlineRefused``.
    """
    with acting(officer, Act.ALTER, brought.as_thing(), purpose, step=STEP, reason=TAKE):
        touched = undo.Touched()
        held = _waiting(brought, parts)
        for part in held:
            touched.keep(part)
            if part.kind == PartKind.ACCOUNT:
                part.online = _account(officer, brought, part, concerning)
                touched.made(part.online)
            elif part.kind in _CLUES:
                part.clue = _proposed(officer, brought, part)
                touched.made(part.clue)
                told = {"clue": str(part.clue.pk)}
                announce("clue changed", officer, purpose, part.case_id, **told)
            _decide(officer, part, PartState.TAKEN)
        touched.record(brought.case_id, officer, TAKE, brought.handling, brought=str(brought.pk), n=len(held))
    return len(held)


def refuse_parts(
    officer: Officer, purpose: Purpose, brought: Brought, parts: Sequence[BroughtPart], because: str
) -> int:
    """Leave parts out of the case, with the reason."""
    if not because.strip():
        raise NotBrought("say why; the reason stays with what was refused")
    with acting(officer, Act.ALTER, brought.as_thing(), purpose, step=STEP, reason=REFUSE):
        touched = undo.Touched()
        held = _waiting(brought, parts)
        for part in held:
            touched.keep(part)
            _decide(officer, part, PartState.REFUSED, because.strip())
        touched.record(
            brought.case_id, officer, REFUSE, brought.handling, brought=str(brought.pk), n=len(held)
        )
    return len(held)


def decisions_of(brought: Brought) -> QuerySet[Change]:
    """Return the decisions on a document that can be taken back, the newest first."""
    rows = Change.objects.filter(case_id=brought.case_id, what__in=DECISIONS, undone_at=None)
    return rows.filter(before__brought=str(brought.pk)).select_related("made_by").order_by("-made_at", "pk")


def take_decision_back(officer: Officer, purpose: Purpose, brought: Brought, change: Change) -> None:
    """Take one decision back exactly; raise ``undo.Overtaken`` where somebody went on from it."""
    reason = f"undo: {change.what}"
    with acting(officer, Act.ALTER, brought.as_thing(), purpose, step=STEP, reason=reason):
        undo.take_back(Change.objects.select_for_update().get(pk=change.pk))


def _waiting(brought: Brought, parts: Sequence[BroughtPart]) -> list[BroughtPart]:
    """Return the parts as they stand now, where all of them still wait."""
    asked = [p.pk for p in parts]
    rows = BroughtPart.objects.select_for_update().filter(pk__in=asked, brought=brought)
    held = list(rows.filter(state=str(PartState.PROPOSED)))
    if not asked or len(held) != len(asked):
        raise NotBrought("choose parts that still wait; load the page again to see how they stand")
    return held


def _decide(officer: Officer, part: BroughtPart, state: PartState, because: str = "") -> None:
    part.state, part.decided_by_id, part.decided_because = str(state), officer.id, because
    part.save(update_fields=["state", "decided_by", "decided_because", "clue", "online"])


def _source(brought: Brought) -> str:
    return f"{brought.form} {brought.number} · {brought.sender}".strip(" ·")[:200]


def _account(officer: Officer, brought: Brought, part: BroughtPart, concerning: Concerning) -> OnlineAccount:
    told = part.value
    platform, name = str(told.get("platform") or "not said"), str(told.get("name", ""))
    source, basis = _source(brought), concerning.basis.strip()
    # a name that is displayed may have spaces: they count for no comparison, and stay in the name
    plain = "".join(name.split())
    spelling = demand_record(platform, plain, concerning.category, source, basis, concerning.necessity)
    first, last = _days(brought, told)
    row = OnlineAccount(
        **carried(officer, part, part.handling),
        platform=platform[:80],
        name=name[:120],
        spelling=spelling[:120],
        category=concerning.category,
        necessity=concerning.necessity.strip(),
        source=source,
        basis=basis[:300],
        since=first,
        until=last,
        evaluation=part.evaluation,
    )
    row.save()
    row.derives_from(part)
    return row


def _days(brought: Brought, told: dict[str, Any]) -> tuple[date, date]:
    """Return the days that a record of an account covers: of its captures, or the document's own."""
    own = _day(brought.at) or clock.now().date()
    first = _day(told.get("since")) or own
    return first, max(first, _day(told.get("until")) or own)


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _proposed(officer: Officer, brought: Brought, part: BroughtPart) -> Clue:
    """Write a part as a proposed clue, with its provider's grade; a person confirms it under Examine."""
    try:
        word = clue_from_json({**_CLUES[PartKind(part.kind)](part.value), "evaluation": part.evaluation})
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise NotBrought(f"{part.where} makes no clue: {fault}; refuse it with that reason") from None
    row = Clue(
        **carried(officer, part, part.handling),
        kind=str(word.kind),
        value=word.value,
        group=str(word.group or group_of(word.kind)),
        source=_source(brought),
        negated=word.negated,
        evaluation=word.evaluation,
        because=f"{part.where}: {word.because}".strip(": ")[:2000],
        method=METHOD,
        version=VERSION,
    )
    row.save()
    row.derives_from(part)
    return row


def _phone(told: dict[str, Any]) -> dict[str, Any]:
    return {"kind": str(ClueKind.PHONE_NUMBER), "value": str(told["number"])}


def _device(told: dict[str, Any]) -> dict[str, Any]:
    return {"kind": str(ClueKind.DEVICE), "value": {"make": "", "model": "", "serial": str(told["serial"])}}


def _clue(told: dict[str, Any]) -> dict[str, Any]:
    return dict(told["word"])


_CLUES = {PartKind.PHONE: _phone, PartKind.DEVICE: _device, PartKind.CLUE: _clue}
