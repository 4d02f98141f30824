"""STIX 2.1 bundles: files with hashes, indicators of hashes, opinions as votes; whole cases (``stix_case``).

PDQ is no hash of the standard: it is read from ``hashes`` as a custom name and from any extension of the file
that has a ``pdq``. An indicator's pattern is read where it only compares a file's hashes; any other would
need STIX's own engine and is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record, stix_case
from entente.formats.case_package import CasePackage, ReadPackage
from entente.formats.salvage import Place
from entente.formats.stix_objects import LAYOUT, file_hashes, hashes_of
from entente.formats.values import settled, size_of
from entente.formats.walk import Walker
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

OPINIONS = {"strongly-agree": 1, "agree": 1, "neutral": 0, "disagree": -1, "strongly-disagree": -1}
MOST_OPINIONS = 1_000_000  # remembered at once; a bundle with more is no hash list
_TERM = r"file:hashes\.'?([\w-]+)'?\s*=\s*'([^']*)'"
_TERMS = re.compile(_TERM)
_TESTS = rf"\[\s*{_TERM}(?:\s+(?:OR|AND)\s+{_TERM})*\s*\](?:\s+OR\s+\[\s*{_TERM}\s*\])*"
_PATTERN = re.compile(_TESTS)


def _labels(record: Mapping[str, Any]) -> str:
    labels = record.get("labels")
    return ",".join(str(v) for v in labels) if isinstance(labels, list) else ""


class _Reader:
    """Reads one bundle; remembers the opinions that came so far, by what they are about."""

    def __init__(self) -> None:
        self.opinions: dict[str, tuple[int, int]] = {}
        self.seen = 0

    def record(self, value: Mapping[str, Any], place: Place, number: int) -> Iterator[Record]:
        """Yield what one object says."""
        kind = value.get("type")
        if kind == "file":
            yield from self._entry(value, file_hashes(value), place, number)
        elif kind == "indicator":
            yield from self._indicator(value, place, number)
        elif kind == "opinion":
            yield from self._opinion(value, place)

    def _indicator(self, value: Mapping[str, Any], place: Place, number: int) -> Iterator[Record]:
        pattern = str(value.get("pattern") or "").strip()
        if "file:hashes" not in pattern:
            return  # of something else than a file's hash
        if value.get("pattern_type", "stix") != "stix" or not _PATTERN.fullmatch(pattern):
            yield RecordRefusal(
                place.line,
                "pattern",
                f"record {number}: its pattern does more than to compare a file's hashes; it was left out, "
                "ask the provider for the hashes themselves",
            )
            return
        yield from self._entry(value, _TERMS.findall(pattern), place, number)

    def _entry(
        self, value: Mapping[str, Any], given: list[tuple[str, Any]], place: Place, number: int
    ) -> Iterator[Record]:
        values: dict[str, Any] = {}
        for told in hashes_of(given, place.line):
            if isinstance(told, RecordRefusal):
                yield told
            else:
                values = told
        agree, against = self.opinions.get(str(value.get("id")), (0, 0))
        self.seen += 1
        name = value.get("name") if value.get("type") == "file" else None
        yield from settled(
            HashEntry(
                place.line,
                **values,
                size=size_of(value.get("size")),
                mime=str(value.get("mime_type") or ""),
                tags=_labels(value),
                paths=(str(name),) if name else (),
                deleted=value.get("revoked") is True,
                other={"record": str(number), "id": str(value.get("id") or "")},
                positive=agree,
                negative=against,
            )
        )

    def _opinion(self, value: Mapping[str, Any], place: Place) -> Iterator[Record]:
        says = OPINIONS.get(str(value.get("opinion")))
        about = value.get("object_refs")
        if says is None or not isinstance(about, list):
            yield RecordRefusal(place.line, "opinion", "an opinion says agree or disagree, and about what")
            return
        if self.seen:
            what = "an opinion stands after the files and is not counted; ask for opinions first"
            yield RecordRefusal(place.line, "late-opinion", what)
            return
        for ref in about:
            if len(self.opinions) >= MOST_OPINIONS and str(ref) not in self.opinions:
                raise ListRefused("opinions", f"more than {MOST_OPINIONS} opinions; split the bundle")
            agree, against = self.opinions.get(str(ref), (0, 0))
            self.opinions[str(ref)] = (agree + (says > 0), against + (says < 0))


class StixFormat:
    """The format as plug-in."""

    name = "stix"
    losses = (
        "Objects other than files, indicators of hashes and opinions are not kept.",
        "An opinion counts where it stands before what it is about; a later one is refused with its line.",
        "As a list, markings of single objects are not kept: it has one handling, named at its import.",
    )

    case_losses = stix_case.LOSSES

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries and refusals; a revoked indicator is a deletion.

        Raises ``ListRefused`` for what is no bundle.
        """
        reader, bundle = _Reader(), False
        for step in Walker(stream, LAYOUT).walk():
            if isinstance(step, RecordRefusal):
                yield step
            elif not step.number:
                bundle = bundle or (step.field == "type" and step.value == "bundle")
            elif isinstance(step.value, dict):
                bundle = True
                yield from reader.record(step.value, step.place, step.number)
            else:
                what = f"record {step.number} is no object; it was left out"
                yield RecordRefusal(step.place.line, "broken", what)
        if not bundle:
            raise ListRefused("not-stix", "this is no STIX bundle: it has no objects")

    def write_case(self, package: CasePackage, stream: BinaryIO) -> int:
        """Write a case as a STIX 2.1 bundle."""
        return stix_case.write_case(package, stream)

    def read_case(self, stream: BinaryIO) -> ReadPackage:
        """Read the one case of a bundle."""
        return stix_case.read_case(stream)

    def examples(self) -> Sequence[ListExample]:
        """Return a bundle with an opinion, a file, an indicator and a pattern that is not read."""
        md5, sha1 = "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
        pdq = "f8f8f0cce0f4e84d0e370a22028f67f0" * 2
        text = (
            '{"type": "bundle", "id": "bundle--1", "objects": [\n'
            '{"type": "opinion", "id": "opinion--1", "opinion": "disagree", "object_refs": ["file--1"]},\n'
            f'{{"type": "file", "id": "file--1", "hashes": {{"MD5": "{md5}", "SHA-1": "x"}}, "size": 9,'
            f'"name": "lake.jpg", "extensions": {{"extension-definition--1": {{"pdq": "{pdq}"}}}}}},\n'
            f'{{"type": "indicator", "id": "indicator--1", "revoked": true, '
            f"\"pattern\": \"[file:hashes.'SHA-1' = '{sha1}']\"}},\n"
            f'{{"type": "indicator", "id": "indicator--2", '
            f'"pattern": "[file:hashes.MD5 = \'{md5}\' AND file:size > 3]"}}]}}'
        )
        first = HashEntry(
            3,
            md5,
            pdq=pdq,
            size=9,
            paths=("lake.jpg",),
            other={"record": "2", "id": "file--1"},
            negative=1,
        )
        gone = HashEntry(4, sha1=sha1, deleted=True, other={"record": "3", "id": "indicator--1"})
        return [ListExample(text.encode(), (first, gone), ("bad-sha1", "pattern"))]


STIX = StixFormat()
