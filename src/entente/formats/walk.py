"""Walks a long JSON document into its lists of records, one record in memory at a time.

MISP, STIX and CASE wrap their records in a few named lists and objects. Only those are entered; anything else
is decoded and handed over whole. A broken record is reported with its place and the walk goes on after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from entente.formats import ListRefused
from entente.formats.salvage import Fault, Place, Window
from entente.vocabulary.media_hash import RecordRefusal


@dataclass(frozen=True, slots=True)
class Layout:
    """What a format's documents look like: which names are entered, and which lists hold records."""

    name: str  # the format, for its refusals
    entered: frozenset[str]  # names of fields whose object or list is walked into
    records: frozenset[str]  # those whose list holds records; "" is the outermost list
    is_record: Callable[[Any], bool]  # to find the next whole record after a fault
    is_row: Callable[[Any], bool] = lambda value: False  # objects inside a record, passed whole


@dataclass(frozen=True, slots=True)
class Found:
    """A record of a list (``field`` is the list's name), or one field of an object that was entered."""

    place: Place
    number: int  # of the record from 1; 0 for a field
    field: str
    value: Any


class Walker:
    """One walk through one document. ``open`` holds the sign and the name of all that is open."""

    def __init__(self, stream: BinaryIO, layout: Layout) -> None:
        self.window = Window(stream)
        self.layout = layout
        self.open: list[tuple[str, str]] = []
        self.count = 0

    def walk(self) -> Iterator[Found | RecordRefusal]:
        """Yield fields, records and refusals in the order of the text; raise ``ListRefused`` for no JSON."""
        if (first := self.window.peek()) not in ("{", "["):
            raise ListRefused(f"not-{self.layout.name}", f"this is no {self.layout.name} file: it is no JSON")
        self._enter(first, "")
        while self.open and (sign := self.window.peek()):
            if sign in "]}":
                self.window.step()
                self.open.pop()
            elif self.open[-1][0] == "{":
                yield from self._field()
            elif self.open[-1][1] in self.layout.records:
                yield from self._record(self.open[-1][1])
            elif sign in "{[":
                self._enter(sign, self.open[-1][1])
            else:
                self._value()
        if self.open:
            place = self.window.place
            yield RecordRefusal(
                place.line, "truncated", f"the file ends early, after record {self.count}; ask for all of it"
            )

    def _enter(self, sign: str, name: str) -> None:
        self.window.step()
        self.open.append((sign, name))

    def _value(self) -> Any:
        return self.window.value()

    def _field(self) -> Iterator[Found | RecordRefusal]:
        """Read one field of an entered object, or enter it."""
        place, window = self.window.place, self.window
        try:
            key = window.value()
            if not isinstance(key, str) or window.peek() != ":":
                raise Fault("a field starts with its name and a colon")
            window.step()
            sign = window.peek()
            if key in self.layout.entered and sign in ("{", "["):
                self._enter(sign, key)
                return
            value = window.value()
        except Fault as fault:
            yield from self._broken(place, f"a field outside the records cannot be read ({fault})")
            return
        yield Found(place, 0, key, value)

    def _record(self, name: str) -> Iterator[Found | RecordRefusal]:
        """Read the record at the cursor, or report it and go to the next whole one."""
        self.count += 1
        place, number = self.window.place, self.count
        try:
            value = self.window.value()
        except Fault as fault:
            yield from self._broken(place, f"record {number} cannot be read ({fault})")
            return
        yield Found(place, number, name, value)

    def _broken(self, place: Place, what: str) -> Iterator[RecordRefusal]:
        at = f"line {place.line}, character {place.character}"
        yield RecordRefusal(
            place.line, "broken", f"{at}: {what}; it was left out, ask the provider to send it again"
        )
        if not self.window.seek(self.layout.is_record, self.layout.is_row):
            self.open = []
        elif not self.open or self.open[-1][1] not in self.layout.records or self.open[-1][0] != "[":
            self.open.append(("[", min(self.layout.records)))
