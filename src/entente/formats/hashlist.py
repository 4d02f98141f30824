"""Plain hash lists: CSV with any hash columns, one hash a line, checksum files, ``type value`` lines.

A digest is known by its column's name, else by its length. 64 hex digits are SHA-256 or PDQ alike: where
neither a name nor the user says which, the list is refused: the wrong one would silently match nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.lines import cells_of, delimiter_of, lines_of
from entente.formats.values import (
    HEX_LENGTH,
    count_of,
    flag_of,
    hex_of,
    photodna_of,
    settled,
    size_of,
)
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

KINDS = ("sha256", "pdq")  # what 64 hex digits may be
_BY_LENGTH = {32: "md5", 40: "sha1"}
_NAMES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "photodna": "photodna"}
_NAMES |= {"videomd5": "md5", "pdqhash": "pdq", "md5hash": "md5", "sha1hash": "sha1", "sha256hash": "sha256"}
_TEXTS = {"category": "category", "classification": "category", "series": "series", "seriesname": "series"}
_TEXTS |= {"mime": "mime", "mimetype": "mime", "tags": "tags"}
_VOTES = {"positive": "positive", "affirmative": "positive", "negative": "negative", "disputed": "disputed"}
_PATHS = frozenset({"path", "file", "filename", "filepath", "name"})
_HEX = re.compile(r"[0-9A-Fa-f]{32,64}")
_CHECKSUM = re.compile(r"([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}) [ *](\S.*)")
_TYPED = re.compile(r"([A-Za-z][\w-]{1,20})[ \t]+(\S+)")


def _plain(name: str) -> str:
    """Return a column's name in lower case without signs: ``SHA-256`` reads ``sha256``."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _kind_of(value: str, options: ReadOptions) -> str:
    """Return what kind of hash an unnamed value is, or the empty text if none."""
    if not _HEX.fullmatch(value):
        return ""
    if len(value) != 64:
        return _BY_LENGTH.get(len(value), "")
    if options.kind not in KINDS:
        raise ListRefused(
            "kind-needed",
            "64 hex digits are SHA-256 or PDQ and this list does not say which; name the kind: sha256 or pdq",
        )
    return options.kind


def _typed(number: int, kind: str, value: str) -> Iterator[Record]:
    """Yield a ``type value`` line as an entry or its refusal."""
    name = _NAMES.get(_plain(kind), "")
    if not name:
        yield RecordRefusal(number, "unknown-type", f"signal type {kind!r} is not read here; it was left out")
        return
    found = photodna_of(value) if name == "photodna" else hex_of(value, name)
    if not found:
        yield RecordRefusal(number, f"bad-{name}", f"this is no {kind} value; the line was left out")
        return
    value_of: dict[str, Any] = {name: found}
    yield from settled(HashEntry(number, **value_of))


def _unnamed(number: int, cells: list[str], options: ReadOptions) -> Iterator[Record]:
    """Yield a row without header: each cell is known by its length."""
    values: dict[str, Any] = {}
    for cell in cells:
        if (kind := _kind_of(cell, options)) and kind not in values:
            values[kind] = cell.lower()
    if not values:
        yield RecordRefusal(number, "no-hash", f"no hash of 32, 40 or 64 hex digits in {cells[0][:24]!r}…")
    else:
        yield from settled(HashEntry(number, **values))


@dataclass(frozen=True, slots=True)
class _Column:
    """What a header says of one column: the part it plays, and the field or the name that it fills."""

    part: str  # hash, text, vote, path, size, deleted, quality, profile; or other: known by its cells
    name: str


def _column(name: str) -> _Column:
    """Return the part of the column called ``name``."""
    plain = _plain(name)
    for part, table in (("hash", _NAMES), ("text", _TEXTS), ("vote", _VOTES)):
        if plain in table:
            return _Column(part, table[plain])
    if plain in _PATHS:
        return _Column("path", name)
    if plain in ("size", "deleted"):
        return _Column(plain, name)
    if plain in ("pdqquality", "pdqprofile"):
        return _Column(plain.removeprefix("pdq"), name)
    return _Column("other", name)


def _named(number: int, columns: list[_Column], cells: list[str], options: ReadOptions) -> Iterator[Record]:
    """Yield a row under a header, after the refusals of single values."""
    values: dict[str, Any] = {}
    other: dict[str, str] = {}
    paths: tuple[str, ...] = ()
    for column, cell in zip(columns, cells, strict=False):
        part, name = column.part, column.name
        if not cell:
            continue
        if part == "other" and (kind := _kind_of(cell, options)):
            part, name = "hash", kind
        if part == "hash":
            if found := photodna_of(cell) if name == "photodna" else hex_of(cell, name):
                values.setdefault(name, found)
            else:
                what = f"{name} {cell[:12]!r}… is no {name} value; it was left out, the record kept"
                yield RecordRefusal(number, f"bad-{name}", what)
        elif part == "text":
            values[name] = cell
        elif part == "vote":
            values[name] = count_of(cell)
        elif part == "path":
            paths += (cell,)
        elif part == "size":
            values["size"] = size_of(cell)
        elif part == "deleted":
            values["deleted"] = flag_of(cell) is True
        elif part == "quality":
            values["pdq_quality"] = size_of(cell)
        elif part == "profile":
            values["pdq_profile"] = cell
        else:
            other[name] = cell
    yield from settled(HashEntry(number, **values, paths=paths, other=other))


class _Rows:
    """Reads the lines of one list; knows its header and delimiter once the first line is seen."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self.delimiter = options.delimiter
        self.columns: list[_Column] = []
        self.begun = False

    def _begin(self, text: str) -> bool:
        """Look at the first line; return whether it was a header."""
        self.begun = True
        self.delimiter = self.delimiter or delimiter_of(text)
        names = cells_of(text, self.delimiter)
        if any(_plain(name) in _NAMES for name in names) or not any(_HEX.fullmatch(c) for c in names):
            self.columns = [_column(name) for name in names]
        return bool(self.columns)

    def read(self, number: int, text: str) -> Iterator[Record]:
        """Yield what one line says."""
        if " " in text and (found := _CHECKSUM.fullmatch(text)):
            kind = _BY_LENGTH.get(len(found[1])) or self.options.kind or "sha256"
            digest: dict[str, Any] = {kind: found[1].lower()}
            yield from settled(HashEntry(number, **digest, paths=(found[2],)))
            return
        if not self.columns and (found := _TYPED.fullmatch(text)):
            yield from _typed(number, found[1], found[2])
            return
        try:
            if not self.begun and self._begin(text):
                return
            cells = cells_of(text, self.delimiter)
        except csv.Error as error:
            yield RecordRefusal(number, "broken", f"the line cannot be read ({error}); it was left out")
            return
        if self.columns:
            yield from _named(number, self.columns, cells, self.options)
        else:
            yield from _unnamed(number, cells, self.options)


class PlainListFormat:
    """The format as plug-in."""

    name = "hashlist"
    losses = (
        "Columns without a meaning here are kept as text only.",
        "A cell that goes on over several lines is refused with its line.",
    )

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries and refusals; ``options.kind`` says what unnamed 64 hex digits are.

        Raises ``ListRefused`` where 64 hex digits are met that nobody named.
        """
        if options.kind and options.kind not in KINDS:
            raise ListRefused("kind", f"the kind is {' or '.join(KINDS)}, not {options.kind!r}")
        rows = _Rows(options)
        for line in lines_of(stream):
            if isinstance(line, RecordRefusal):
                yield line
            elif (text := line[1].strip()) and not text.startswith(("#", "//")):
                yield from rows.read(line[0], text)

    def examples(self) -> Sequence[ListExample]:
        """Return one list of each shape."""
        md5, pdq = "0cc175b9c0f1b6a831c399e269772661", "f8f8f0cce0f4e84d0e370a22028f67f0" * 2
        sha256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
        return [
            ListExample(
                f"md5,category,pdq\n{md5.upper()},2,{pdq}\n{md5},3,zz\n".encode(),
                (HashEntry(2, md5, pdq=pdq, category="2"), HashEntry(3, md5, category="3")),
                ("bad-pdq",),
            ),
            ListExample(
                f"sha256;affirmative;negative;deleted\n{sha256};3;1;\n{sha256};0;2;yes\n".encode(),
                (
                    HashEntry(2, sha256=sha256, positive=3, negative=1),
                    HashEntry(3, sha256=sha256, negative=2, deleted=True),
                ),
            ),
            ListExample(
                f"# ours\npdq {pdq}\nurl http\n".encode(), (HashEntry(2, pdq=pdq),), ("unknown-type",)
            ),
            ListExample(f"{pdq}\n".encode(), (HashEntry(1, pdq=pdq),), options=ReadOptions(kind="pdq")),
            ListExample(
                f"{sha256}  a lake.jpg\n".encode(), (HashEntry(1, sha256=sha256, paths=("a lake.jpg",)),)
            ),
        ]


PlainList = PlainListFormat()
assert set(_NAMES.values()) == {*HEX_LENGTH, "photodna"}  # noqa: S101 - the two tables name the same kinds
