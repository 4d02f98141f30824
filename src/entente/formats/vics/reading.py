"""VICS read record by record in bounded memory; a broken record is reported and the rest is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from entente.formats import ListRefused, ReadOptions, Record
from entente.formats.salvage import Fault, Place, Window
from entente.formats.vics.envelope import Envelope, envelope_of
from entente.formats.vics.records import entry_of
from entente.vocabulary.media_hash import RecordRefusal

# A row inside a record always has one of these; a record never has.
_ROW_MARKS = frozenset({"HashName", "FileName", "PropertyName", "SegmentIndex", "RepositoryName"})
_NAMED = frozenset({"MD5", "SHA1", "MediaID"})
_ROW_LISTS = ("MediaFiles", "AlternativeHashes", "Exifs", "MediaMetadata", "Segments", "Repositories")


def _is_row(value: Any) -> bool:
    return isinstance(value, dict) and not _ROW_MARKS.isdisjoint(value)


def _is_record(value: Any) -> bool:
    if not isinstance(value, dict) or not _ROW_MARKS.isdisjoint(value) or _NAMED.isdisjoint(value):
        return False
    return "Media" not in value and not _swallows(value)


def _swallows(value: dict[str, Any]) -> bool:
    """Whether a list inside the record was never closed, so that it holds the records after it."""
    for name in _ROW_LISTS:
        rows = value.get(name)
        if isinstance(rows, list) and any(map(_is_record, rows)):
            return True
    return False


def _fault_of(value: Any) -> str:
    """Return why a value is no record, or the empty text."""
    if not isinstance(value, dict):
        return "it is no object"
    return "a list inside it is not closed" if _swallows(value) else ""


class Reader:
    """Walks one file: envelope, cases, records; ``stack`` holds what is open around the cursor."""

    def __init__(self, stream: BinaryIO, options: ReadOptions) -> None:
        self.window = Window(stream)
        self.options = options
        self.envelope: Envelope | None = None
        self.stack: list[str] = []
        self.count = 0

    def records(self) -> Iterator[Record]:
        """Yield entries and refusals until the text ends."""
        if self.window.peek() != "{":
            raise ListRefused("not-vics", "this is no VICS file: it does not start with an object")
        self.window.step()
        self.stack.append("file")
        while self.stack and (sign := self.window.peek()):
            if sign in "]}":
                self._close(sign)
            elif self.stack[-1] in ("file", "case"):
                yield from self._field(sign)
            elif self.stack[-1] == "cases" and sign == "{":
                self.window.step()
                self.stack.append("case")
            else:
                yield from self._record()
        if self.envelope is None:
            raise ListRefused("not-vics", "this is no VICS file: it has no context that says so")
        if self.stack:
            where = self.window.place
            yield RecordRefusal(
                where.line,
                "truncated",
                f"the file ends early, after record {self.count}; ask for the whole file",
            )

    def _close(self, sign: str) -> None:
        """Leave the innermost thing that ``sign`` closes."""
        self.window.step()
        closes = ("file", "case") if sign == "}" else ("cases", "media")
        while self.stack and self.stack.pop() not in closes:
            pass

    def _field(self, sign: str) -> Iterator[RecordRefusal]:
        """Read one field of the file or of a case; its records are entered, not read."""
        place, window = self.window.place, self.window
        try:
            key = window.value() if sign == '"' else None
            if key is None or window.peek() != ":":
                raise Fault("a field starts with its name and a colon")
            window.step()
            if window.peek() == "[" and key == ("value" if self.stack[-1] == "file" else "Media"):
                window.step()
                self._enter()
                return
            value = window.value()
        except Fault as fault:
            yield self._broken(place, f"a field outside the records cannot be read ({fault})")
            self._resume()
            return
        if self.stack[-1] == "file" and key in ("@odata.context", "odata.metadata") and self.envelope is None:
            self.envelope = envelope_of(str(value), self.options)

    def _enter(self) -> None:
        """Enter the list of cases or of records."""
        if self.envelope is None:
            raise ListRefused("not-vics", "the records come before the context that says what they are")
        cases = self.stack[-1] == "file" and self.envelope.holds == "Cases"
        self.stack.append("cases" if cases else "media")

    def _record(self) -> Iterator[Record]:
        """Read the record at the cursor, or report it and go to the next whole one."""
        assert self.envelope is not None  # noqa: S101 - _enter refused otherwise
        self.count += 1
        place = self.window.place
        try:
            value = self.window.value(_fault_of)
        except Fault as fault:
            yield self._broken(place, f"record {self.count} cannot be read ({fault})")
            self._resume()
            return
        yield from entry_of(value, place, self.count, self.envelope)

    def _broken(self, place: Place, what: str) -> RecordRefusal:
        at = f"line {place.line}, character {place.character}"
        return RecordRefusal(
            place.line, "broken", f"{at}: {what}; it was left out, ask the provider to send it again"
        )

    def _resume(self) -> None:
        """Go to the next whole record and note what is then open around it."""
        if self.window.seek(_is_record, _is_row) and self.envelope is not None:
            cases = self.envelope.holds == "Cases"
            self.stack = ["file", "cases", "case", "media"] if cases else ["file", "media"]
        else:
            self.stack = []
