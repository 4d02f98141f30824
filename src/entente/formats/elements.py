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
MOST_TEXT = 4 << 20  # characters of one record
MOST_FAULTS = 10_000  # records left out of one document
LONGEST = 1 << 20  # bytes of one tag or comment, which the parser looks through anew with each piece
MOST_TIMES = 8  # how often all of a document is read, for what broken records have read anew
_PIECE, _FIRST = 1 << 16, 1 << 12  # what the parser is given at once, and at first after a fault
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

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(slots=True)
class _Work:
    """What was spent on a document, in bytes read; a hostile one is given up and not read for hours."""

    length: int
    spent: int = 0
    faults: int = 0

    def read(self, count: int) -> None:
        """Count bytes that are given to a parser or looked through for lines."""
        self.spent += count
        if self.spent > MOST_TIMES * self.length + 2 * _FIRST * (1 + self.faults):
            raise _Told("too-broken", "its broken parts lie inside each other; have it sent whole")

    def fault(self) -> None:
        """Count one place where the document breaks."""
        self.faults += 1
        if self.faults > MOST_FAULTS:
            raise _Told("too-broken", f"it breaks at more than {MOST_FAULTS} places; have it sent whole")


def records(stream: BinaryIO, names: frozenset[str], of: str) -> Iterator[Element | RecordRefusal]:
    """Yield each element of one of ``names`` as a tree, or a refusal with its line; ``of`` names the format.

    Raises ``ListRefused`` for what is too large or too broken, is no XML, or has a document type.
    """
    data = _bytes(stream, of)
    if not data.lstrip().startswith(b"<"):
        raise ListRefused(f"not-{of}", f"this is no {of} file: it is no XML")
    try:
        yield from _all(data, names, _Work(len(data)))
    except _Told as fault:
        raise ListRefused(fault.code, str(fault)) from None


def _all(data: bytes, names: frozenset[str], work: _Work) -> Iterator[Element | RecordRefusal]:
    at, lines, resumed = 0, 0, False
    while at < len(data):
        reading = _Reading(data, at, names, work, lines=lines, resumed=resumed)
        try:
            yield from reading.records()
            return
        except expat.ExpatError as fault:
            work.fault()
            if not (resumed and reading.outside):
                why = (
                    f"line {reading.line}: {expat.errors.messages[fault.code]}; the record there was left out"
                )
                yield RecordRefusal(reading.line, "broken", why)
            further = _next(data, max(reading.at, reading.began) + 1, names)
            work.read(further - at)
            lines += data.count(b"\n", at, further)  # from the last start, never from the first line
            at, resumed = further, True


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

    def __init__(
        self, data: bytes, start: int, names: frozenset[str], work: _Work, *, lines: int, resumed: bool
    ) -> None:
        self.data, self.start, self.names, self.work = data, start, names, work
        self.shift = len(_WRAP) if resumed else 0
        self.lines_before = lines
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._no_type
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._text
        self.ready: list[Element | RecordRefusal] = []
        self.stack: list[Element] = []
        self.texts: list[list[str]] = []  # of each open element, put together once
        self.depth = self.inside = self.letters = self.heard = 0
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
        place, silent, piece = self.start, 0, _FIRST if self.wrapped else _PIECE
        while place < len(self.data):
            given = self.data[place : place + piece]
            self.work.read(len(given))
            heard = self.heard
            try:
                self.parser.Parse(given, False)
            finally:
                ready, self.ready = self.ready, []
                yield from ready
            place += len(given)
            piece = min(2 * piece, _PIECE)
            silent = len(given) + silent if self.heard == heard else 0
            if silent > LONGEST:
                raise _Told("too-broken", f"a tag or a comment is longer than {LONGEST >> 20} MiB")
        self.parser.Parse(b"", True)

    def _no_type(self, *_: object) -> None:
        raise _Told(
            "document-type",
            "a document type stands in it, which may name files or swell; have it sent without",
        )

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self.heard += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Told(
                "too-deep",
                f"its elements are nested deeper than {DEEPEST}; no format that is read here is",
            )
        local = name.rpartition(":")[2]
        if not self.stack:
            if local not in self.names:
                return
            self.began = self.start + max(0, self.parser.CurrentByteIndex - self.shift)
            self.inside = self.letters = 0
        self.inside += 1
        if self.inside > MOST_INSIDE:
            raise _Told("too-long", f"one record has more than {MOST_INSIDE} elements; have it sent in parts")
        said = {k.rpartition(":")[2]: v for k, v in attributes.items()}
        made = Element(local, self.line, said)
        if self.stack:
            self.stack[-1].inside.append(made)
        self.stack.append(made)
        self.texts.append([])

    def _text(self, text: str) -> None:
        self.heard += 1
        if not self.stack:
            return
        self.letters += len(text)
        if self.letters > MOST_TEXT:
            raise _Told("too-long", f"one record has more than {MOST_TEXT >> 20} million characters of text")
        self.texts[-1].append(text)

    def _close(self, name: str) -> None:
        self.heard += 1
        self.depth -= 1
        if self.stack:
            made = self.stack.pop()
            made.text = "".join(self.texts.pop())
            if not self.stack:
                self.ready.append(made)
