"""Reads a long JSON document record by record, and goes on after a broken one.

National hash lists hold tens of millions of records in one array, often on one line, and hand-rolled
exporters break single records (an unescaped quote, a lone backslash, a missing brace). A strict parser loses
everything after the first fault. Here each record is decoded by itself from a bounded window of text; after a
fault the next text that decodes to a whole record is sought, and the fault is reported with its place.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from entente.safeguards import strict_json

CHUNK = 1 << 20  # bytes read at once
AHEAD = 1 << 16  # characters kept in sight, more than an ordinary record
LONGEST = 4 << 20  # characters of the longest record; a longer one is a list that was never closed
_CUT = 32  # an error this close to the window's end may only be the window's end

_BLANK = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record starts: line and character, both from 1."""

    line: int
    character: int


class Fault(ValueError):
    """The text at the cursor is no JSON value; says why in the decoder's words."""


class Window:
    """A bounded window of text over a byte stream, with a cursor. UTF-8 or UTF-16, with or without a mark."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        head = stream.read(CHUNK)
        wide = head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")
        self._decoder = decoder(errors="replace")
        self._text = self._decoder.decode(head)
        self._ended = not head
        self._at = 0
        self._dropped = 0
        self._line, self._counted = 1, 0

    @property
    def place(self) -> Place:
        """Where the cursor stands."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = max(self._counted, self._at)
        return Place(self._line, self._dropped + self._at + 1)

    def _fill(self, wanted: int) -> None:
        """Read until ``wanted`` characters lie ahead of the cursor, or the stream ends."""
        if self._at >= CHUNK:
            _ = self.place  # counts the lines that are dropped
            self._text, self._dropped = self._text[self._at :], self._dropped + self._at
            self._counted -= self._at
            self._at = 0
        parts, ahead = [self._text], len(self._text) - self._at
        while ahead < wanted and not self._ended:
            data = self._stream.read(CHUNK)
            self._ended = not data
            parts.append(self._decoder.decode(data, final=not data))
            ahead += len(parts[-1])
        if len(parts) > 1:
            self._text = "".join(parts)

    def peek(self) -> str:
        """Step over blanks and commas; return the character there, or the empty text at the end."""
        while True:
            found = _BLANK.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._fill(AHEAD)

    def step(self) -> None:
        """Pass one character."""
        self._at += 1

    def value(self, accept: Callable[[Any], str] = lambda _: "") -> Any:
        """Decode the value at the cursor and pass it; raise ``Fault`` and stay when there is none.

        ``accept`` returns why a value that decodes is still no good, or the empty text.
        """
        value, end = self._decode()
        if fault := accept(value):
            raise Fault(fault)
        self._at = end
        return value

    def _decode(self) -> tuple[Any, int]:
        """Return the value at the cursor and where it ends, reading on only while it may be cut off."""
        self._fill(AHEAD)
        while True:
            size = len(self._text) - self._at
            try:
                value, end = strict_json.DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos >= len(self._text) - _CUT or error.msg.startswith("Unterminated string")
                if self._ended or size >= LONGEST or not cut:
                    raise Fault(f"{error.msg} at character {self._dropped + error.pos + 1}") from None
            except (ValueError, RecursionError) as error:  # a number or a nesting beyond all measure
                raise Fault(str(error)) from None
            else:
                if end < len(self._text) or self._ended:
                    return self._one_reading(value, end), end
            self._fill(2 * max(size, AHEAD))

    def _one_reading(self, value: Any, end: int) -> Any:
        """Return a decoded value unless it is nested too deep or holds half a character."""
        try:
            opened = self._text.count("{", self._at, end) + self._text.count("[", self._at, end)
            if opened > strict_json.DEEPEST:
                strict_json.demand_shallow(value)
            if self._text.find("\\u", self._at, end) >= 0:
                strict_json.demand_whole_text(value, self._text[self._at : end])
        except strict_json.NotStrict as error:
            raise Fault(str(error)) from None
        return value

    def seek(self, is_record: Callable[[Any], bool], is_row: Callable[[Any], bool]) -> bool:
        """Move past one character, then to the next text that decodes to a whole record, if there is one.

        ``is_row`` tells the rows inside a record, which are passed whole; anything else is looked into.
        """
        self._at += 1
        while True:
            start = self._text.find("{", self._at)
            self._at = len(self._text) if start < 0 else start
            if start < 0:
                if self._ended:
                    return False
                self._fill(AHEAD)
                continue
            try:
                value, end = self._decode()
            except Fault:
                self._at += 1
                continue
            if is_record(value):
                return True
            self._at = end if is_row(value) else self._at + 1
