"""A product's document as it came from elsewhere: only what ``compose`` could have written is read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from entente.casework.inform.compose import FORMAT, VICTIM_NUMBER
from entente.casework.inform.kinds import Kind
from entente.vocabulary.handling import EVALUATIONS, Audience, Handling, HandlingCode, Purpose

LONGEST, MOST = 20_000, 2_000  # characters of a text, rows of a list
LONGEST_MAP = 4 << 20  # characters of a map
NUMBER = (int, float)
_SHARE = {"name": (str, None), "percent": NUMBER}
_TRACE = {"clue": str, "item": str, "by": str, "agency": str}
_STATEMENT = {"id": str, "type": str, "text": str, "evaluation": str, "trace": [_TRACE]}
_CLUE = {
    "id": str, "text": str, "item": str, "at": (*NUMBER, None), "by": str, "agency": str, "evaluation": str,
    "handling": str, "log10_bf": (*NUMBER, None), "p_misleading": (*NUMBER, None),
}  # fmt: skip
_REGION = {
    "countries": [_SHARE], "regions": [_SHARE], "area50_km2": NUMBER, "area90_km2": NUMBER,
    "contradictions": [str], "map": ({"svg": str, "alt": str}, None), "engine": str,
}  # fmt: skip
SHAPE: dict[str, Any] = {
    "format": str, "case": str, "victim": str, "kind": str, "number": int, "issued_at": str, "issuer": str,
    "purpose": str, "handling": {"codes": str, "text": str, "audience": str}, "statements": [_STATEMENT],
    "region": (_REGION, None), "clues": [_CLUE],
    "pictures": [{"ref": str, "alt": str, "caption": str, "clue": str}], "sources": [str],
    "requests": [{"question": str, "due": str, "recipients": int}], "left_out": [str],
}  # fmt: skip
MORE: dict[str, Any] = {
    "about": str, "data_subject": str, "stages": [{"stage": str, "day": str}], "people": [str],
    "corrects": {"number": int, "because": str},
}  # fmt: skip


class NotADocument(ValueError):
    """It is no document of a product; the text says where."""


def document(told: Any) -> dict[str, Any]:
    """Return a document that was read as JSON; raise ``NotADocument`` for anything that is none."""
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise NotADocument(f"it is no {FORMAT} document; have the sender bring its desk up to date")
    shape = SHAPE | {name: MORE[name] for name in MORE if name in told}
    _demand(told, shape, "it")
    try:
        Kind(told["kind"]), Purpose(told["purpose"]), Audience(told["handling"]["audience"])
        handling_of(told)
        sound = (
            datetime.fromisoformat(told["issued_at"]).tzinfo is not None
            and VICTIM_NUMBER.fullmatch(told["victim"]) is not None
            and 0 < told["number"] < 1 << 31
            and len({p["ref"] for p in told["pictures"]}) == len(told["pictures"])
            and {s["evaluation"] for s in told["statements"]} <= set(EVALUATIONS)
        )
    except ValueError:
        sound = False
    if not sound:
        raise NotADocument("a word of it is none that a product has; have it sent anew")
    return told


def handling_of(told: dict[str, Any]) -> Handling:
    """Return the handling that a document says it carries."""
    said = told["handling"]
    return Handling(frozenset(HandlingCode(c) for c in said["codes"].split()), said["text"])


def _demand(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, tuple):
        if value is None and None in shape:
            return
        kinds = [s for s in shape if s is not None]
        if isinstance(kinds[0], dict):
            _demand(value, kinds[0], where)
        elif type(value) not in kinds:
            raise NotADocument(f"{where} is not what it should be; have it sent anew")
    elif isinstance(shape, dict):
        if not isinstance(value, dict) or value.keys() != shape.keys():
            raise NotADocument(f"{where} has other fields than it should; have it sent anew")
        for name, of in shape.items():
            _demand(value[name], of, name)
    elif isinstance(shape, list):
        if not isinstance(value, list) or len(value) > MOST:
            raise NotADocument(f"{where} is no list, or too long; have it sent anew")
        for each in value:
            _demand(each, shape[0], where)
    elif type(value) is not shape:
        raise NotADocument(f"{where} is not what it should be; have it sent anew")
    elif shape is str and len(value) > (LONGEST_MAP if where == "svg" else LONGEST):
        raise NotADocument(f"{where} is too long; have it sent anew")
