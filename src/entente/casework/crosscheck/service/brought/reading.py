"""Have the limited process read a document, and believe no more of its answer than its shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from entente.evidence.archive import shown
from entente.evidence.memory import in_memory
from entente.evidence.open import Through, told
from entente.formats import ListRefused
from entente.formats.case_document import form_of
from entente.vocabulary.brought import MOST_PARTS, DocumentForm, PartKind
from entente.vocabulary.handling import EVALUATIONS, Audience, Handling, HandlingCode

READER = "entente.formats.case_document:read_document"
LIMIT_S = 60.0
LONGEST, DEEPEST = 4000, 6
NAMED = 500  # refusals and sentences that are kept of one document


class NotBrought(ValueError):
    """A document, or a decision on its parts, was not taken; the text says the mend."""


@dataclass(frozen=True, slots=True)
class PartRead:
    """One part as the reader says it; ``handling`` and ``audience`` where the document marks it."""

    kind: PartKind
    value: dict[str, Any]
    where: str
    about: str
    evaluation: str
    handling: Handling | None
    audience: Audience | None


@dataclass(frozen=True, slots=True)
class DocumentRead:
    """What one document holds."""

    form: DocumentForm
    number: str
    sender: str
    at: str
    parts: tuple[PartRead, ...]
    facts: list[str]
    left_out: list[str]
    refused: list[list[Any]]
    handling: Handling | None
    audience: Audience | None


def read(data: bytes, form: str, profile: str) -> DocumentRead:
    """Return what a document holds; raise ``NotBrought`` for what is none."""
    try:
        chosen = DocumentForm(form) if form else form_of(data)
    except ListRefused as fault:
        raise NotBrought(fault.reason) from None
    except ValueError:
        raise NotBrought(f"a document is one of {', '.join(DocumentForm)}") from None
    said = _asked(data, {"form": str(chosen), "profile": profile})
    if "no" in said:
        raise NotBrought(_text(said["no"], 500))
    try:
        if len(said["parts"]) > MOST_PARTS:
            raise ValueError
        handling, audience = _marking(said)
        return DocumentRead(
            chosen,
            _text(said["number"], 120),
            _text(said["sender"], 200),
            _text(said["at"], 40),
            tuple(_part(p) for p in said["parts"]),
            [_text(f, LONGEST) for f in said["facts"][:NAMED]],
            [_text(t, LONGEST) for t in said["left_out"][:NAMED]],
            [[int(line), _text(code, 20), _text(why, 500)] for line, code, why in said["refused"][:NAMED]],
            handling,
            audience,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _nonsense() from None


def _asked(data: bytes, how: dict[str, str]) -> dict[str, Any]:
    with in_memory(data) as handle:
        answer = told(handle, Through(READER, how), limit_s=LIMIT_S)
    if answer.refusal:
        raise NotBrought(f"the document cannot be read: {answer.refusal.reason}")
    said = answer.data.get("told")
    if not isinstance(said, dict):
        raise _nonsense()
    return said


def _part(said: dict[str, Any]) -> PartRead:
    handling, audience = _marking(said)
    evaluation = said.get("evaluation", "X4")
    value = _clean(said["value"], DEEPEST)
    if evaluation not in EVALUATIONS or not isinstance(value, dict):
        raise ValueError
    about = said["about"] if said["about"] in ("reported", "recipient", "victim") else ""
    return PartRead(
        PartKind(said["kind"]), value, _text(said["where"], 120), about, evaluation, handling, audience
    )


def _marking(said: dict[str, Any]) -> tuple[Handling | None, Audience | None]:
    if "codes" not in said:
        return None, None
    codes = frozenset(HandlingCode(c) for c in str(said["codes"]).split())
    return Handling(codes, _text(said["text"], LONGEST)), Audience(said["audience"])


def _clean(value: Any, depth: int) -> Any:
    """Return what JSON can say, no deeper and no longer than bears."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _text(value, LONGEST)
    if depth and isinstance(value, list) and len(value) <= MOST_PARTS:
        return [_clean(v, depth - 1) for v in value]
    if depth and isinstance(value, dict) and len(value) <= 100:
        return {_text(k, 60): _clean(v, depth - 1) for k, v in value.items()}
    raise ValueError


def _text(value: Any, longest: int) -> str:
    return shown(str(value))[:longest]


def _nonsense() -> NotBrought:
    return NotBrought("the reader gave an answer without sense; handle the file with care, ask for another")
