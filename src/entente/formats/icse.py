"""The hash CSV of INTERPOL's ICSE database: semicolons, one header, flags in words.

Columns as in the notes on standards, section 5.1; extra columns are kept as text or passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.lines import cells_of, lines_of
from entente.formats.values import flag_of, hex_of, photodna_of, settled
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

FLAGS = {
    "is distributed": "distributed",
    "victim identified": "victim_identified",
    "offender identified": "offender_identified",
}
KEPT = ("image id", "number of submissions", "file available", "media type", "baseline")
HEADER = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline"
)


def _columns(text: str, delimiter: str) -> dict[str, int]:
    """Return the place of each column by lower-case name; refuse a header without any hash."""
    try:
        names = [name.casefold() for name in cells_of(text, delimiter)]
    except csv.Error as error:
        raise ListRefused("header", f"the first line cannot be read as a header ({error})") from None
    if not {"md5", "sha1"} & set(names):
        raise ListRefused("header", "no MD5 or SHA1 column in the first line; is this an ICSE list?")
    return {name: place for place, name in reversed(list(enumerate(names)))}


def _entry(number: int, row: dict[str, str]) -> Iterator[Record]:
    """Yield one row as an entry, after the refusals of single values."""
    values: dict[str, Any] = {}
    refused = []
    for name, read in (("md5", hex_of), ("sha1", hex_of)):
        values[name] = read(row.get(name, ""), name)
        if row.get(name) and not values[name]:
            refused.append((f"bad-{name}", f"{name.upper()} {row[name][:12]!r}… is not of its length in hex"))
    photodna = photodna_of(row.get("photodna", ""))
    if row.get("photodna") and not photodna:
        refused.append(("bad-photodna", "a PhotoDNA value spells 144 bytes"))
    flags: dict[str, Any] = {field: flag_of(row.get(name) or None) for name, field in FLAGS.items()}
    for name, field in FLAGS.items():
        if row.get(name) and flags[field] is None:
            refused.append(("bad-flag", f"{name} is yes or no, not {row[name][:12]!r}"))
    for code, what in refused:
        yield RecordRefusal(number, code, f"{what}; the value was left out, the record kept")
    other = {name: row[name] for name in KEPT if row.get(name)}
    entry = HashEntry(
        number, **values, photodna=photodna, series=row.get("series name", ""), **flags, other=other
    )
    yield from settled(entry)


class IcseFormat:
    """The format as plug-in."""

    name = "icse"
    losses = (
        "Columns beyond the twelve known ones are not kept.",
        "A cell that goes on over several lines is refused with its line.",
    )

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries and refusals; ``other`` keeps image id, submissions, availability, type, Baseline.

        Raises ``ListRefused`` when the first line is no header with MD5 or SHA1.
        """
        delimiter, columns = options.delimiter or ";", None
        for line in lines_of(stream):
            if isinstance(line, RecordRefusal):
                yield line
                continue
            number, text = line
            if not text.strip():
                continue
            if columns is None:
                columns = _columns(text, delimiter)
                continue
            try:
                cells = cells_of(text, delimiter)
            except csv.Error as error:
                yield RecordRefusal(number, "broken", f"the line cannot be read ({error}); it was left out")
                continue
            yield from _entry(number, {n: cells[i] for n, i in columns.items() if i < len(cells)})

    def examples(self) -> Sequence[ListExample]:
        """Return a list with every spelling of a flag."""
        md5, sha1 = "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
        rows = [
            HEADER,
            f"{md5.upper()};{sha1};;7;y;no;F;Lake house;3;true;image;yes",
            ";" * 11,
            f"{md5};xyz;;8;maybe;;t;;;;;",
        ]
        first = HashEntry(
            2,
            md5,
            sha1,
            series="Lake house",
            distributed=True,
            victim_identified=False,
            offender_identified=False,
            other={
                "image id": "7",
                "number of submissions": "3",
                "file available": "true",
                "media type": "image",
                "baseline": "yes",
            },
        )
        last = HashEntry(4, md5, offender_identified=True, other={"image id": "8"})
        return [ListExample("\r\n".join(rows).encode(), (first, last), ("no-hash", "bad-sha1", "bad-flag"))]


ICSE = IcseFormat()
