"""The one reader of XML: bounded, without document types, and it goes on after a broken record.

Nothing outside the text is ever opened and nothing in it expands: a document type refuses the whole, so there
are no entities but the five of the standard. Records are sought by their names after a fault, as ``salvage``
does in JSON; each comes as a small tree with the line it starts on.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from entente.formats import ListRefused
from entente.vocabulary.media_hash import RecordRefusal

LARGEST = 64 << 20  # bytes of a document; a page of a thousand records is a hundredth of that
DEEPEST = 40
MOST_INSIDE = 20_000  # elements of one record
_WRAP = b"<resumed>"
_TAG = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)[\s/>]")


@dataclass(slots=True)
class Element:
    """One element: its name without prefix, what it says, and where it starts."""

    name: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """Return the elements of a name directly inside."""
        return [e for e in self.inside if e.name == name]

    def one(self, name: str) -> Element | None:
        """Return the first element of a name directly inside."""
        return next((e for e in self.inside if e.name == name), None)

    def said(self, *path: str) -> str:
        """Return the text at the end of a path, or the empty text."""
        here: Element | None = self
        for name in path:
            here = here.one(name) if here else None
        return here.text.strip() if here else ""


class _Told(Exception):
    """The document as a whole cannot be read."""


def records(stream: BinaryIO, names: frozenset[str], of: str) -> Iterator[Element | RecordRefusal]:
    """Yield each element of one of ``names`` as a tree, or a refusal with its line; ``of`` names the format.

    Raises ``ListRefused`` for what is too large, is no XML, or has a document type.
    """
    data = _bytes(stream, of)
    if not data.lstrip().startswith(b"<"):
        raise ListRefused(f"not-{of}", f"this is no {of} file: it is no XML")
    at, resumed = 0, False
    while at < len(data):
        reading = _Reading(data, at, names, resumed=resumed)
        try:
            yield from reading.records()
            return
        except _Told as fault:
            raise ListRefused("document-type", str(fault)) from None
        except expat.ExpatError as fault:
            if not (resumed and reading.outside):
                why = (
                    f"line {reading.line}: {expat.errors.messages[fault.code]}; the record there was left out"
                )
                yield RecordRefusal(reading.line, "broken", why)
            at, resumed = _next(data, max(reading.at, reading.began) + 1, names), True


def _next(data: bytes, start: int, names: frozenset[str]) -> int:
    """Return where the next record begins, or the end."""
    for found in _TAG.finditer(data, start):
        if found[1].decode("ascii", "replace") in names:
            return found.start()
    return len(data)


def _bytes(stream: BinaryIO, of: str) -> bytes:
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ListRefused("too-long", f"a {of} file has at most {LARGEST >> 20} MiB; ask for it in pages")
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(codecs.BOM_UTF8)


class _Reading:
    """One parse from a place on; ``began`` is where the record under way starts."""

    def __init__(self, data: bytes, start: int, names: frozenset[str], *, resumed: bool) -> None:
        self.data, self.start, self.names = data, start, names
        self.shift = len(_WRAP) if resumed else 0
        self.lines_before = data.count(b"\n", 0, start)
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._no_type
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._text
        self.ready: list[Element | RecordRefusal] = []
        self.stack: list[Element] = []
        self.depth = self.inside = 0
        self.began = start
        self.wrapped = resumed

    @property
    def outside(self) -> bool:
        """Whether no record was under way when the parse stopped."""
        return not self.stack

    @property
    def at(self) -> int:
        """Where the parse stopped."""
        return self.start + max(0, self.parser.ErrorByteIndex - self.shift)

    @property
    def line(self) -> int:
        """The line where the parse stands, from 1."""
        return self.lines_before + self.parser.CurrentLineNumber

    def records(self) -> Iterator[Element | RecordRefusal]:
        """Feed the text and yield what is whole."""
        if self.wrapped:
            self.parser.Parse(_WRAP, False)
        for place in range(self.start, len(self.data), 1 << 16):
            try:
                self.parser.Parse(self.data[place : place + (1 << 16)], False)
            finally:
                ready, self.ready = self.ready, []
                yield from ready
        self.parser.Parse(b"", True)

    def _no_type(self, *_: object) -> None:
        raise _Told("a document type stands in it, which may name files or swell; have it sent without")

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Told(f"its elements are nested deeper than {DEEPEST}; no format that is read here is")
        local = name.rpartition(":")[2]
        if not self.stack:
            if local not in self.names:
                return
            self.began = self.start + max(0, self.parser.CurrentByteIndex - self.shift)
            self.inside = 0
        self.inside += 1
        if self.inside > MOST_INSIDE:
            raise _Told(f"one record has more than {MOST_INSIDE} elements; have it sent in parts")
        said = {k.rpartition(":")[2]: v for k, v in attributes.items()}
        made = Element(local, self.line, said)
        if self.stack:
            self.stack[-1].inside.append(made)
        self.stack.append(made)

    def _text(self, text: str) -> None:
        if self.stack:
            self.stack[-1].text += text

    def _close(self, name: str) -> None:
        self.depth -= 1
        if self.stack:
            made = self.stack.pop()
            if not self.stack:
                self.ready.append(made)
