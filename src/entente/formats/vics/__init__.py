"""VICS, the Project VIC data model: 1.1 to 1.3 and 2.0, hash sets (``#Media``) and cases (``#Cases``).

Read record by record in bounded memory; a broken record is reported with its place and the rest is kept.
Written in any version, as a case or as a hash set. A category goes out only under the profile and the model
that it came from. The published schema is not freely available: the fields are the union of what working
tools write (reference notes on standards, section 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from entente.formats import ListExample, ReadOptions, Record
from entente.formats.vics.envelope import PROFILES, VERSIONS, Envelope
from entente.formats.vics.examples import example
from entente.formats.vics.reading import Reader
from entente.formats.vics.writing import CASE_FIELDS, write_file
from entente.vocabulary.media_hash import HashEntry

__all__ = ["CASE_FIELDS", "PROFILES", "VERSIONS", "VICS", "Envelope", "VicsFormat"]


class VicsFormat:
    """The format as plug-in."""

    name = "vics"
    losses = (
        "EXIF rows, video segments and repositories of a record are not kept.",
        "File times, source and physical location of each file path are not kept.",
        "Case details of a case file are not kept; its records are.",
        "Flags, sizes and moments are read in every spelling and written in one.",
        "A hash set without MD5 cannot be written: VICS needs it.",
        "The older models name no profile: whoever reads what was written in one names it again.",
        "It has no deletions, votes, frames or PDQ quality and profile: deleted entries are left out.",
    )
    unwritten = (
        *("deleted", "positive", "negative", "disputed"),
        *("frames", "pdq_quality", "pdq_profile"),
    )  # fields of an entry that have no place in a file

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries and refusals; ``other`` carries record number, profile and model version.

        Raises ``ListRefused`` for what is no VICS, an unknown version, or a profile that nobody named.
        """
        return Reader(stream, options).records()

    def write(
        self,
        case: Mapping[str, Any],
        media: Iterable[HashEntry],
        stream: BinaryIO,
        profile: str = "Default",
        version: str = "2.0",
        holds: str = "Cases",
    ) -> int:
        """Write a case file or (``holds="Media"``) a hash set, record by record; return how many records.

        ``case`` has any of ``CASE_FIELDS``, and ``CaseMetadata`` as a mapping of names to texts. Raises
        ``ValueError`` for an unknown profile or version, for a record without MD5, and for a category of
        another profile or model, naming the record. An empty file's hash is left out, and so is what was
        deleted: VICS has no word for that, and it would come in anew.
        """
        return write_file(case, media, stream, profile, version, holds)

    def examples(self) -> Sequence[ListExample]:
        """Return a small hash set of each envelope."""
        return [
            example("1.2", "odata.metadata", "ICMEC", ""),
            example("2.0", "@odata.context", "VICSDATAMODEL", "UK"),
        ]


VICS = VicsFormat()
