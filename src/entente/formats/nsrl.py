"""NSRL's Reference Data Set: known software, as text (version 2) or as an SQLite file (version 3).

Known software is no evidence of anything: such a list suppresses and never alerts. What NSRL itself marks
with a special code (malicious, and others) is not taken as harmless.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.lines import cells_of, lines_of
from entente.formats.values import hex_of, settled, size_of
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

HEADER = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"'
SQLITE = b"SQLite format 3\x00"
_KEPT = {"productcode": "ProductCode", "opsystemcode": "OpSystemCode"}
_AT_ONCE = 10_000
TABLES = (
    "FILE",
    "METADATA",
)  # full builds keep the hashes in METADATA and have FILE as a view, which is not run
_COLUMNS = ("sha256", "sha1", "md5", "file_name", "file_size", "bytes", "package_id")


def _digests(number: int, row: dict[str, Any]) -> Iterator[RecordRefusal | dict[str, str]]:
    """Yield a refusal for each value that is no digest, then the valid ones."""
    values = {}
    for column, kind in (("sha-1", "sha1"), ("sha1", "sha1"), ("md5", "md5"), ("sha256", "sha256")):
        given = row.get(column)
        if not given:
            continue
        if found := hex_of(given, kind):
            values[kind] = found
        else:
            what = f"{column.upper()} {str(given)[:12]!r}… is not of its length in hex; it was left out"
            yield RecordRefusal(number, f"bad-{kind}", what)
    yield values


def _entry(number: int, row: dict[str, Any]) -> Iterator[Record]:
    if special := str(row.get("specialcode") or "").strip():
        what = f"NSRL marks this file with the special code {special[:4]!r}; it is not taken as harmless"
        yield RecordRefusal(number, "special", what)
        return
    values: dict[str, Any] = {}
    for told in _digests(number, row):
        if isinstance(told, RecordRefusal):
            yield told
        else:
            values = told
    name = row.get("filename") or row.get("file_name")
    size = size_of(row.get("filesize", row.get("file_size", row.get("bytes", ""))))
    other = {title: str(row[key]) for key, title in _KEPT.items() if row.get(key)}
    if row.get("package_id") is not None:
        other["package_id"] = str(row["package_id"])
    paths = (str(name),) if name else ()
    yield from settled(HashEntry(number, **values, size=size, paths=paths, other=other))


def _text(stream: BinaryIO, options: ReadOptions) -> Iterator[Record]:
    """Yield the lines of ``NSRLFile.txt``."""
    names: list[str] = []
    for line in lines_of(stream):
        if isinstance(line, RecordRefusal):
            yield line
            continue
        number, text = line
        if not text.strip():
            continue
        try:
            cells = cells_of(text, options.delimiter or ",")
        except csv.Error as error:
            if not names:
                raise ListRefused("header", f"the first line cannot be read as a header ({error})") from None
            yield RecordRefusal(number, "broken", f"the line cannot be read ({error}); it was left out")
            continue
        if not names:
            names = [c.casefold() for c in cells]
            if not {"sha-1", "md5"} & set(names):
                raise ListRefused("header", "no SHA-1 or MD5 column in the first line; is this NSRLFile.txt?")
            continue
        yield from _entry(number, dict(zip(names, cells, strict=False)))


def _database(path: Path) -> Iterator[Record]:
    """Yield the rows of a version 3 file, read only; nothing that it defines itself is run."""
    try:
        base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "cache_size=-16384"):
            base.execute(f"PRAGMA {pragma}")
        tables = base.execute("SELECT upper(name) FROM sqlite_master WHERE type = 'table'").fetchall()
        table = next((t for t in TABLES if (t,) in tables), "")
        told = {str(r[1]).casefold() for r in base.execute(f"PRAGMA table_info({table})")}
    except sqlite3.Error as error:
        raise ListRefused("database", f"this NSRL file cannot be read ({error}); fetch it again") from None
    chosen = [c for c in _COLUMNS if c in told]
    if not table or not {"sha1", "md5", "sha256"} & told:
        raise ListRefused(
            "database", "this SQLite file has no table FILE or METADATA with hashes; is it NSRL version 3?"
        )
    rows = base.execute(f"SELECT {', '.join(chosen)} FROM {table}")  # noqa: S608 - names of our own tuples
    number = 0
    try:
        while some := rows.fetchmany(_AT_ONCE):
            for row in some:
                number += 1
                yield from _entry(number, dict(zip(chosen, row, strict=True)))
    except (sqlite3.Error, UnicodeError) as error:
        what = f"the file is damaged after record {number} ({error}); fetch it again"
        yield RecordRefusal(number + 1, "truncated", what)
    finally:
        base.close()


class NsrlFormat:
    """The format as plug-in."""

    name = "nsrl"
    losses = (
        "CRC32 and the tables of products, systems and makers are not kept; their codes are.",
        "A version 3 file is numbered by its rows, because it has no lines.",
    )

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries and refusals. An SQLite file is opened by the name of its stream.

        Raises ``ListRefused`` for a first line without hashes, or a database that is no NSRL.
        """
        head = stream.read(len(SQLITE))
        if head == SQLITE:
            named = getattr(stream, "name", None)
            if not isinstance(named, str) or not Path(named).is_file():
                raise ListRefused("database", "an NSRL version 3 file is read from the disk, not from a pipe")
            yield from _database(Path(named))
            return
        yield from _text(io.BufferedReader(_Again(head, stream)), options)

    def examples(self) -> Sequence[ListExample]:
        """Return a small version 2 text."""
        md5, sha1 = "0CC175B9C0F1B6A831C399E269772661", "86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8"
        rows = [
            HEADER,
            f'"{sha1}","{md5}","E8B7BE43","a, b.txt",1,3,"362",""',
            f'"{sha1}","{md5}","E8B7BE43","bad.exe",1,3,"362","M"',
            '"xx","D41D8CD98F00B204E9800998ECF8427E","0","empty",0,3,"362",""',
        ]
        entry = HashEntry(
            2,
            md5.lower(),
            sha1.lower(),
            size=1,
            paths=("a, b.txt",),
            other={"ProductCode": "3", "OpSystemCode": "362"},
        )
        return [ListExample("\r\n".join(rows).encode(), (entry,), ("special", "bad-sha1", "empty-file"))]


class _Again(io.RawIOBase):
    """A stream whose first bytes were read already and come again."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, into: Any) -> int:
        """Fill ``into`` with the first bytes, then with what follows."""
        data = self._head[: len(into)] or self._rest.read(len(into))
        self._head = self._head[len(data) :]
        into[: len(data)] = data
        return len(data)


NSRL = NsrlFormat()
