"""Tips on an appeal, as an agency's own site collects them: CSV with a header, or JSON lines.

Read are ``text``, ``place`` and ``time``. Every other column is dropped unread: who sent a tip is not asked
for here, and an address or a number that stands in the text is blacked out. A line that cannot be read
is refused with its number and the mend, and the others are read.

References: RFC 4180 (CSV), RFC 8259 (JSON).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entente.safeguards import strict_json

LARGEST = 5_000_000  # bytes of a file
MOST = 5000  # lines
LONGEST = 2000  # characters of a tip
READ = ("text", "place", "time")
BLACK = "[left out]"
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"(?<!\w)(?:\+|00)?\d(?:[\s./()-]?\d){6,14}(?!\w)")


class TipsRefused(ValueError):
    """The file as a whole cannot be read; the text says the mend."""


@dataclass(frozen=True, slots=True)
class Tip:
    """What somebody of the public said."""

    line: int
    text: str
    place: str = ""
    time: str = ""  # ISO 8601, as given


@dataclass(frozen=True, slots=True)
class TipRefusal:
    """A line that could not be read; its text is not kept."""

    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tips:
    """What a file held. ``left_out`` names columns that were dropped unread."""

    tips: tuple[Tip, ...] = ()
    refused: tuple[TipRefusal, ...] = ()
    left_out: tuple[str, ...] = field(default=())


def read(data: bytes) -> Tips:
    """Return the tips of a file; raise ``TipsRefused`` where it is no such file."""
    if len(data) > LARGEST:
        raise TipsRefused(f"it is larger than {LARGEST} bytes; cut it into several files")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise TipsRefused(f"it is no UTF-8 (byte {fault.start + 1}); save it as UTF-8") from None
    if not text.strip():
        raise TipsRefused("it is empty")
    rows = _json_lines(text) if text.lstrip().startswith("{") else _table(text)
    tips: list[Tip] = []
    refused: list[TipRefusal] = []
    dropped: dict[str, None] = {}
    seen: set[tuple[str, str, str]] = set()
    for line, row in rows:
        made = row if isinstance(row, TipRefusal) else _tip(line, row)
        if not isinstance(row, TipRefusal):
            dropped |= dict.fromkeys(str(name)[:40] for name in row if name not in READ)
        if isinstance(made, TipRefusal):
            refused.append(made)
        elif (said := (made.text, made.place, made.time)) in seen:
            refused.append(TipRefusal(line, "repeated", "the same tip stands above already"))
        else:
            seen.add(said)
            tips.append(made)
    return Tips(tuple(tips), tuple(refused), tuple(dropped))


def _json_lines(text: str) -> Iterator[tuple[int, dict[str, Any] | TipRefusal]]:
    for line, raw in enumerate(_lines(text), 1):
        if not raw.strip():
            continue
        try:
            row = strict_json.loads(raw)
        except strict_json.NotStrict as fault:
            yield line, TipRefusal(line, "bad-json", str(fault))
            continue
        if isinstance(row, dict):
            yield line, row
        else:
            yield line, TipRefusal(line, "bad-json", 'a line is an object such as {"text": "…"}')


def _table(text: str) -> Iterator[tuple[int, dict[str, Any] | TipRefusal]]:
    head = text.lstrip().split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        names = [name.strip().lower() for name in next(reader)]
        if "text" not in names or len(set(names)) != len(names):
            raise TipsRefused("the first line names the columns, each once: text, if known place and time")
        for count, row in enumerate(reader, 1):
            if count > MOST:
                raise TipsRefused(f"more than {MOST} tips; cut the file into several")
            line = reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(names):
                why = f"it has {len(row)} columns, the first line has {len(names)}"
                yield line, TipRefusal(line, "columns", why)
            else:
                yield line, dict(zip(names, row, strict=True))
    except csv.Error as fault:
        raise TipsRefused(f"it is no CSV ({fault}); save it again with quotation marks") from None


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if len(lines) > MOST:
        raise TipsRefused(f"more than {MOST} lines; cut the file into several")
    return lines


def _tip(line: int, row: dict[str, Any]) -> Tip | TipRefusal:
    given = {name: row.get(name) or "" for name in READ}
    if not all(isinstance(value, str) for value in given.values()):
        return TipRefusal(line, "no-text", "text, place and time are texts")
    text, place, time = (" ".join(given[name].split()) for name in READ)
    if not text:
        return TipRefusal(line, "no-text", "a tip without words says nothing")
    if len(text) > LONGEST or len(place) > 200:
        return TipRefusal(line, "too-long", f"a tip has at most {LONGEST} characters, a place 200")
    if not (text.isprintable() and place.isprintable()):
        return TipRefusal(line, "control", "it holds control characters; have it written again")
    if time:
        try:
            datetime.fromisoformat(time)
        except ValueError:
            return TipRefusal(line, "bad-time", "a time is such as 2026-11-29T14:05+01:00")
    return Tip(line, _blacked(text), _blacked(place), time)


def _blacked(text: str) -> str:
    """Take out what would lead to the one who wrote it."""
    return _NUMBER.sub(BLACK, _MAIL.sub(BLACK, text))
