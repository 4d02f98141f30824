"""The search-day checklist as a PDF to print or to carry on a phone: crops and drawings only, never a frame.

Write only. It needs no network: one file holds everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from entente.formats.typesetting import NotSet, picture_part, set_pages

Paper = Literal["a4", "phone"]


def write(
    elements: Iterable[Mapping[str, Any]],
    crops: Mapping[str, bytes],
    *,
    case: str,
    victim: str,
    issuer: str,
    handling: Mapping[str, str],
    issued_at: str,
    paper: Paper = "a4",
    language: str = "en",
) -> bytes:
    """Return the checklist of ``elements``, room by room, each with a box to tick.

    An element is ``{number, text, room, evaluation, seen_at, item, crop, alt}``: ``seen_at`` in seconds or
    None, ``room`` may be empty, ``crop`` names bytes in ``crops`` (JPEG or PNG) or is empty. ``handling`` is
    ``{codes, text, audience}``; ``issued_at`` is ISO 8601 with an offset.

    Raises
    ------
    NotSet
        No element, a crop missing or without a description, an unknown paper, or pages that cannot be set.
    """
    rows = sorted((dict(e) for e in elements), key=lambda e: int(e["number"]))
    if not rows:
        raise NotSet("a checklist needs at least one element to look for")
    if paper not in ("a4", "phone"):
        raise NotSet(f"the paper is a4 or phone, not {paper!r}")
    more: dict[str, bytes] = {}
    placed = [_place(row, crops, more) for row in rows]
    rooms = dict.fromkeys(row["room"] for row in placed if row["room"])
    if any(not row["room"] for row in placed):
        rooms[""] = None  # what may stand anywhere is looked for last
    document = {
        "case": case,
        "victim": victim,
        "issuer": issuer,
        "handling": {k: handling.get(k, "") for k in ("codes", "text", "audience")},
        "paper": paper,
        "elements": placed,
        "rooms": [{"name": n, "elements": [r for r in placed if r["room"] == n]} for n in rooms],
    }
    if not document["handling"]["codes"]:  # type: ignore[index]
        raise NotSet("no page leaves without its handling codes; give codes, at least H0")
    return set_pages("checklist.typ", document, more, language=language, issued_at=issued_at)


def _place(row: dict[str, Any], crops: Mapping[str, bytes], more: dict[str, bytes]) -> dict[str, Any]:
    """Return the row as the template reads it, and put its crop among the files."""
    number, crop = int(row["number"]), row.get("crop") or ""
    placed = {
        "number": number,
        "text": row["text"],
        "room": (row.get("room") or "").strip(),
        "evaluation": row.get("evaluation", "X4"),
        "seen_at": row.get("seen_at"),
        "item": row.get("item") or "",
        "alt": row.get("alt") or "",
        "file": None,
    }
    if crop:
        if not placed["alt"].strip():
            raise NotSet(f"the crop of element {number} has no description; write what it shows")
        if crop not in crops:
            raise NotSet(f"the bytes of the crop {crop} were not given")
        placed["file"] = f"crop-{number}.json"
        placed["format"], more[f"crop-{number}.json"] = picture_part(crop, crops[crop])
    return placed
