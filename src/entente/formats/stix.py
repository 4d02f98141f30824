"""STIX 2.1 bundles: files with hashes, indicators whose pattern is a hash, opinions as votes.

PDQ is no hash of the standard: it is read from ``hashes`` as a custom name and from any extension of the file
that has a ``pdq``. An indicator's pattern is read where it only compares a file's hashes; any other would
need STIX's own engine and is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.salvage import Place
from entente.formats.values import hex_of, photodna_of, settled, size_of
from entente.formats.walk import Layout, Walker
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

OPINIONS = {"strongly-agree": 1, "agree": 1, "neutral": 0, "disagree": -1, "strongly-disagree": -1}
MOST_OPINIONS = 1_000_000  # remembered at once; a bundle with more is no hash list
_NAMES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "photodna": "photodna"}
_NAMES |= {"sha-1": "sha1", "sha-256": "sha256"}
_TERM = r"file:hashes\.'?([\w-]+)'?\s*=\s*'([^']*)'"
_TERMS = re.compile(_TERM)
_TESTS = rf"\[\s*{_TERM}(?:\s+(?:OR|AND)\s+{_TERM})*\s*\](?:\s+OR\s+\[\s*{_TERM}\s*\])*"
_PATTERN = re.compile(_TESTS)


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and "type" in value and "id" in value and "objects" not in value


LAYOUT = Layout("stix", frozenset({"objects"}), frozenset({"objects"}), _is_record)


def _hashes(given: list[tuple[str, Any]], line: int) -> Iterator[RecordRefusal | dict[str, str]]:
    """Yield a refusal for each value that is none of its kind, then the valid ones."""
    values: dict[str, str] = {}
    for name, text in given:
        kind = _NAMES.get(str(name).casefold())
        if not kind:
            continue  # SSDEEP and others have nothing here to meet
        found = photodna_of(text) if kind == "photodna" else hex_of(text, kind)
        if found:
            values.setdefault(kind, found)
        else:
            what = f"this is no {name} value; it was left out, the record kept"
            yield RecordRefusal(line, f"bad-{kind}", what)
    yield values


def _file_hashes(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    given = list(record["hashes"].items()) if isinstance(record.get("hashes"), dict) else []
    extensions = record.get("extensions")
    for extension in extensions.values() if isinstance(extensions, dict) else ():
        if isinstance(extension, dict):
            given += [(k, extension[k]) for k in ("pdq", "photodna") if extension.get(k)]
    return given


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
            yield from self._entry(value, _file_hashes(value), place, number)
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
        for told in _hashes(given, place.line):
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
        "Markings of single objects are not kept: the list has one handling, named at its import.",
    )

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
