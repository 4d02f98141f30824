"""Reads what was ticked on a search sheet: a small JSON file without pictures, whole or not at all."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from entente.safeguards import strict_json
from entente.vocabulary.search_sheet import (
    BY,
    MOST_BYTES,
    MOST_TICKS,
    NOTE,
    PLACE,
    SheetFault,
    SheetRefused,
    SheetTicks,
    Tick,
    Ticked,
)

FORMAT, VERSION = "entente-search-ticks", 1
DIGEST = re.compile(r"[0-9a-f]{64}")
NUMBER = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 ._/-]*")  # has a digit: a name has none
FILE_KEYS = {"format", "version", "sheet", "by", "ticks"}
TICK_KEYS = {"element", "answer", "place", "note", "at"}


def read_ticks(data: bytes) -> SheetTicks:
    """Return what a file says, or raise ``SheetRefused``: too large, or not ticks as the sheet saves them.

    Anything that the sheet does not write is refused: a further field could carry a picture.
    """
    if len(data) > MOST_BYTES:
        raise SheetRefused(
            SheetFault.TOO_LARGE, f"a file of ticks has at most {MOST_BYTES >> 10} KiB; give the one saved"
        )
    try:
        told = strict_json.loads(data, deepest=4)
    except strict_json.NotStrict as fault:
        raise _not_ticks(str(fault)) from None
    if not isinstance(told, dict) or set(told) != FILE_KEYS:
        raise _not_ticks("it has other fields than the sheet writes")
    if told["format"] != FORMAT or told["version"] != VERSION:
        raise _not_ticks("it is of another format or version")
    rows = told["ticks"]
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_TICKS:
        raise _not_ticks(f"it has no tick, or more than {MOST_TICKS}")
    ticks = tuple(_tick(row) for row in rows)
    if len({t.element for t in ticks}) != len(ticks):
        raise _not_ticks("an element is ticked twice")
    return SheetTicks(_text(told, "sheet", 64, DIGEST), _text(told, "by", BY, NUMBER), ticks)


def _tick(row: Any) -> Tick:
    if not isinstance(row, dict) or set(row) != TICK_KEYS:
        raise _not_ticks("a tick has other fields than the sheet writes")
    number = row["element"]
    if type(number) is not int or not 0 < number < 1 << 31:
        raise _not_ticks("an element's number is no number")
    try:
        answer = Ticked(row["answer"])
    except ValueError:
        raise _not_ticks(f"element {number} has another answer than found, not here, not looked") from None
    return Tick(number, answer, _moment(row), _text(row, "place", PLACE), _text(row, "note", NOTE))


def _text(row: dict[str, Any], name: str, most: int, shape: re.Pattern[str] | None = None) -> str:
    said = row[name]
    if not isinstance(said, str) or len(said) > most:
        raise _not_ticks(f"“{name}” is no text of at most {most} characters")
    if any((ord(c) < 32 and c not in "\n\t") or ord(c) == 127 for c in said):
        raise _not_ticks(f"“{name}” holds control characters")
    if shape is not None and not shape.fullmatch(said):
        raise _not_ticks(f"“{name}” is not as the sheet writes it")
    return said.strip()


def _moment(row: dict[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(row["at"])
    except (TypeError, ValueError):
        raise _not_ticks("a moment is not one in ISO 8601") from None
    if at.tzinfo is None or not 2000 < at.year < 2200:
        raise _not_ticks("a moment has no time zone or is of another century")
    return at


def _not_ticks(why: str) -> SheetRefused:
    return SheetRefused(
        SheetFault.NOT_TICKS, f"{why}; give the file that the sheet's own “save” wrote, unchanged"
    )
