"""Posting times of an account as a platform or partner hands them over: CSV, JSON, or a time on each line.

A time has its offset, or the officer says that times without one are UTC: nothing is guessed. What else
stands in the file is not read: no text, no name, no address comes in with the times.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from entente.formats.lines import cells_of, delimiter_of, lines_of
from entente.safeguards import strict_json
from entente.vocabulary.media_hash import RecordRefusal

LARGEST = 16 << 20  # bytes of a file
MOST = 200_000  # times of a file
SHOWN = 40  # characters of a bad line that are kept with its number
NAMES = ("time", "timestamp", "datetime", "date_time", "created_at", "posted_at", "sent_at", "date", "utc")
LISTS = ("times", "posts", "messages", "items", "data")
Read = datetime | RecordRefusal


class TimesRefused(ValueError):
    """The whole file cannot be read; the text says the mend."""


class PostingTimes:
    """When an account posted, and nothing else of it."""

    name = "posting_times"
    losses = (
        "Everything but the times is left out: texts, names, addresses.",
        "The offset in which a time was written is not kept; the hour is counted in UTC.",
    )

    def read(self, data: bytes, *, utc: bool = False) -> Iterator[Read]:
        """Yield each time in UTC, or why a line has none; ``utc``: times without an offset are UTC.

        Raises ``TimesRefused`` where nothing can be read.
        """
        if len(data) > LARGEST:
            raise TimesRefused(f"a file of times has {LARGEST >> 20} MiB at most; split it by months")
        head = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        rows = _of_json(data) if head in (b"[", b"{") else _of_lines(data)
        for count, (line, given) in enumerate(rows, 1):
            if count > MOST:
                raise TimesRefused(f"a file of times has {MOST} at most; split it by months")
            yield given if isinstance(given, RecordRefusal) else _moment(line, given, utc)

    def examples(self) -> Sequence[tuple[bytes, tuple[str, ...], tuple[int, ...]]]:
        """Return small files, the times in them, and the numbers of their bad lines."""
        two = ("2026-05-04T07:30:00+00:00", "2026-05-04T20:00:00+00:00")
        return (
            (b"2026-05-04T09:30:00+02:00\n2026-05-04T20:00:00Z\n", two, ()),
            (b"id;posted_at\n1;2026-05-04T09:30+02:00\n2;yesterday\n3;1777924800\n", two, (3,)),
            (b'["2026-05-04T07:30Z", "soon", 1777924800]', two, (2,)),
            (
                b'{"posts": [{"timestamp": 1777879800000}, {"x": 1}, {"time": "2026-05-04T20:00Z"}]}',
                two,
                (2,),
            ),
            (b"2026-05-04 09:30\n2026-05-04T20:00:00Z\n", two[1:], (1,)),
        )


def _of_json(data: bytes) -> Iterator[tuple[int, Any]]:
    try:
        told = strict_json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except strict_json.NotStrict as fault:
        raise TimesRefused(str(fault)) from None
    if isinstance(told, dict):
        told = next((told[name] for name in LISTS if isinstance(told.get(name), list)), None)
    if not isinstance(told, list):
        raise TimesRefused(f"no list of times is in it; give a list, or one named {', '.join(LISTS)}")
    for place, one in enumerate(told, 1):
        if isinstance(one, dict):
            names = {str(name).lower(): value for name, value in one.items()}
            one = next((names[name] for name in NAMES if name in names), "")
        yield place, one


def _of_lines(data: bytes) -> Iterator[tuple[int, Any]]:
    column: int | None = None
    delimiter = ","
    for line in lines_of(io.BytesIO(data)):
        if isinstance(line, RecordRefusal):
            yield line.line, line
            continue
        number, text = line
        if not text.strip():
            continue
        if column is None:
            delimiter = delimiter_of(text)
        try:
            cells = cells_of(text, delimiter)
        except csv.Error:
            yield number, RecordRefusal(number, "open-quote", "its quotes are not closed; mend the line")
            continue
        if column is None:
            named = [n for n, cell in enumerate(cells) if cell.lower() in NAMES]
            column = named[0] if named else _column_of_time(cells)
            if named:
                continue  # a head
        yield number, cells[column] if column < len(cells) else ""


def _column_of_time(cells: Sequence[str]) -> int:
    return next((n for n, cell in enumerate(cells) if _read(cell, True) is not None), 0)


def _moment(line: int, given: Any, utc: bool) -> Read:
    found = _read(given, utc)
    if found is not None:
        return found
    text = "".join(c for c in str(given) if c.isprintable())[:SHOWN]
    if _read(given, True) is not None:
        why = f"{text!r} has no offset; say that such times are UTC, or ask for them with their offset"
        return RecordRefusal(line, "no-offset", why)
    return RecordRefusal(line, "no-time", f"{text!r} is no time; a time reads 2026-05-04T09:30:00+02:00")


def _read(given: Any, utc: bool) -> datetime | None:
    """Return a moment in UTC: ISO 8601, or seconds or milliseconds since 1970."""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return None
    text = str(given).strip().strip("'\"")
    try:
        if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
            seconds = float(text)
            if len(text.partition(".")[0]) == 13:
                seconds /= 1000
            elif len(text.partition(".")[0]) not in (9, 10):
                return None
            return datetime.fromtimestamp(seconds, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    if len(text) < 13:  # a day alone has no hour
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC) if utc else None
    try:
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
