"""VICS, the Project VIC data model: 1.1 to 1.3 and 2.0, hash sets (``#Media``) and cases (``#Cases``).

Read record by record in bounded memory; a broken record is reported with its place and the rest is kept.
Written in any version, as a case or as a hash set. A category goes out only under the profile and the model
that it came from. The published schema is not freely available: the fields are the union of what working
tools write (reference notes on standards, section 1).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from entente import __version__
from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.salvage import Fault, Place, Window
from entente.formats.values import (
    flag_of,
    hex_of,
    moment_of,
    photodna_of,
    settled,
    size_of,
    whether_empty,
)
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

VERSIONS = ("1.1", "1.2", "1.3", "2.0")
PROFILES = ("US", "UK", "Default", "CUSTOM")
CASE_FIELDS = (
    "CaseID",
    "CaseNumber",
    "ContactOrganization",
    "ContactName",
    "ContactTitle",
    "ContactPhone",
    "ContactEmail",
    "SeizureDate",
)
_CONTEXT = re.compile(r"DataModels/([\w.]+?)\.xml(?:/([^/#$]+))?(?:/\$metadata)?#(Cases|Media)\b")
# A row inside a record always has one of these; a record never has.
_ROW_MARKS = frozenset({"HashName", "FileName", "PropertyName", "SegmentIndex", "RepositoryName"})
_NAMED = frozenset({"MD5", "SHA1", "MediaID"})
_ROW_LISTS = ("MediaFiles", "AlternativeHashes", "Exifs", "MediaMetadata", "Segments", "Repositories")
_KEPT = ("MediaID", "Comments", "IsSuspected", "SelfGenerated", "PrecategorizationSource")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a file says of itself: model version, whose categories, and whether it holds cases."""

    version: str
    profile: str
    holds: str  # Cases or Media


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


def _envelope(context: str, options: ReadOptions) -> Envelope:
    """Return what the context line says, completed by what the user says; refuse to guess."""
    found = _CONTEXT.search(context)
    if not found:
        raise ListRefused("not-vics", f"this is no VICS file: its context reads {context[:120]!r}")
    version, profile, holds = found[1], found[2] or "", found[3]
    if version not in VERSIONS:
        raise ListRefused("version", f"VICS {version} is not known here; known are {', '.join(VERSIONS)}")
    if profile and options.profile and profile != options.profile and profile not in ("Default", "CUSTOM"):
        raise ListRefused("profile", f"the file's profile is {profile}, not {options.profile}; name that one")
    named = options.profile or profile
    if not named or (not options.profile and profile not in PROFILES):
        raise ListRefused(
            "profile",
            f"whose categories these are is not known (profile {profile or 'not stated'}): the same number "
            "means opposite things in two schemes; name the profile, such as US or UK",
        )
    return Envelope(version, named, holds)


class _Reader:
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
            self.envelope = _envelope(str(value), self.options)

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
        yield from _entry(value, place, self.count, self.envelope)

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


def _rows(media: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the rows of a list inside a record; anything else in it is passed over."""
    rows = media.get(name)
    return [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []


def _alternatives(media: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the alternative hashes by lower-case name."""
    found: dict[str, list[Any]] = {}
    for row in _rows(media, "AlternativeHashes"):
        name = str(row.get("HashName", "")).lower().replace("-", "")
        found.setdefault(name, []).append(row.get("HashValue"))
    return found


def _paths(media: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every path that names the file, in order, once each."""
    paths = [media.get("RelativeFilePath")]
    for row in _rows(media, "MediaFiles"):
        path, name = str(row.get("FilePath") or ""), str(row.get("FileName") or "")
        if path and name and not path.endswith(name):
            path = path.rstrip("\\") + "\\" + name
        paths.append(path or name)
    return tuple(dict.fromkeys(str(p) for p in paths if p))


def _text(value: Any) -> str:
    """Return a text field; a list of tags is joined, nothing stays nothing."""
    if isinstance(value, list):
        return ",".join(str(v) for v in value)
    return "" if value is None else str(value)


def _other(media: Mapping[str, Any], number: int, envelope: Envelope) -> dict[str, str]:
    """Return what has no field of its own: where it stood, whose categories, and the kept rest."""
    other = {"record": str(number), "profile": envelope.profile, "model": envelope.version}
    other |= {key: _text(media[key]) for key in _KEPT if media.get(key) is not None}
    if moment := moment_of(media.get("DateUpdated")):
        other["DateUpdated"] = moment.isoformat()
    return other


def _hashes(media: Mapping[str, Any], line: int) -> tuple[dict[str, Any], list[RecordRefusal]]:
    """Return the valid hashes of a record, and a refusal for each value that is none."""
    alternatives = _alternatives(media)
    hashes: dict[str, Any] = {}
    refused = []
    for field, name in (("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256"), ("PDQ", "pdq")):
        given = [v for v in (media.get(field), *alternatives.get(name, ())) if v]
        hashes[name] = next((h for v in given if (h := hex_of(v, name))), "")
        if given and not hashes[name]:
            refused.append(
                RecordRefusal(line, f"bad-{name}", f"no valid {field} value; the value was left out")
            )
    given = [v for v in (media.get("PhotoDNA"), *alternatives.get("photodna", ())) if v]
    hashes["photodna"] = next((p for v in given if (p := photodna_of(v))), "")
    if given and not hashes["photodna"]:
        refused.append(
            RecordRefusal(
                line, "bad-photodna", "PhotoDNA is 144 bytes; the value was left out, the record kept"
            )
        )
    return hashes, refused


def _entry(media: Mapping[str, Any], place: Place, number: int, envelope: Envelope) -> Iterator[Record]:
    """Yield one record as an entry, after the refusals of single values; or its refusal."""
    hashes, refused = _hashes(media, place.line)
    yield from refused
    category = media.get("Category")
    entry = HashEntry(
        line=place.line,
        **hashes,
        category="" if isinstance(category, bool) else _text(category),
        series=_text(media.get("Series")),
        victim_identified=flag_of(media.get("VictimIdentified")),
        offender_identified=flag_of(media.get("OffenderIdentified")),
        distributed=flag_of(media.get("IsDistributed")),
        size=size_of(media.get("MediaSize")),
        mime=_text(media.get("MimeType")),
        tags=_text(media.get("Tags")),
        paths=_paths(media),
        other=_other(media, number, envelope),
    )
    yield from settled(entry)


def _category(entry: HashEntry, to: Envelope) -> int | str | None:
    """Return a category as it stood on the wire; raise ``ValueError`` rather than translate it."""
    came = (entry.other.get("profile"), entry.other.get("model"))
    if entry.category and any(c and c != t for c, t in zip(came, (to.profile, to.version), strict=True)):
        raise ValueError(
            f"record {entry.line} bears category {entry.category} of {came[0]} {came[1]}; no category is "
            f"translated to {to.profile} {to.version}: write it under its own"
        )
    plain = (
        entry.category.isascii() and entry.category.isdigit() and str(int(entry.category)) == entry.category
    )
    return int(entry.category) if plain else entry.category or None


def _media(entry: HashEntry, number: int, to: Envelope) -> dict[str, Any]:
    """Return one entry as a Media object of a version."""
    md5 = entry.md5.upper()
    new = to.version == "2.0"
    media: dict[str, Any] = {
        "MediaID": size_of(entry.other.get("MediaID")) or number,
        "Category": _category(entry, to),
        "MD5": md5,
        "SHA1": entry.sha1.upper() or None,
        "MediaSize": str(entry.size) if to.version == "1.2" and entry.size is not None else entry.size,
        "MimeType": entry.mime or None,
        "RelativeFilePath": entry.paths[0] if entry.paths else None,
        "VictimIdentified": entry.victim_identified,
        "OffenderIdentified": entry.offender_identified,
        "IsDistributed": entry.distributed,
        "Series": entry.series or None,
        "Tags": entry.tags or None,
        "PhotoDNA": entry.photodna or None if new else None,
        "DateUpdated": entry.other.get("DateUpdated"),
        **{key: entry.other.get(key) for key in _KEPT if key != "MediaID"},
    }
    media = {k: v for k, v in media.items() if v is not None or k == "Category"}
    alternatives = [("SHA256", entry.sha256), ("PDQ", entry.pdq)]
    if not new:  # the older models have no other place for it
        alternatives.append(("PhotoDNA", entry.photodna))
    if rows := [{"MD5": md5, "HashName": n, "HashValue": v} for n, v in alternatives if v]:
        media["AlternativeHashes"] = rows
    media["MediaFiles"] = [
        {"MD5": md5, "FileName": re.split(r"[\\/]", path)[-1], "FilePath": path} for path in entry.paths
    ]
    return media


def _context(to: Envelope) -> dict[str, str]:
    """Return the line that says what a file is; the older models name no profile in it."""
    if to.version == "2.0":
        where = f"VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{to.profile}/$metadata#{to.holds}"
        return {"@odata.context": f"http://github.com/{where}"}
    where = f"ICMEC/ProjectVic/DataModels/{to.version}.xml#{to.holds}"
    return {"odata.metadata": f"http://github.com/{where}"}


def _head(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a case before its records."""
    head: dict[str, Any] = {key: str(case[key]) for key in CASE_FIELDS if case.get(key)}
    head.setdefault("CaseID", f"{{{uuid.uuid4()}}}")
    head |= {"SourceApplicationName": "Entente", "SourceApplicationVersion": __version__}
    if told := case.get("CaseMetadata"):
        head["CaseMetadata"] = [
            {"CaseID": head["CaseID"], "PropertyName": str(k), "PropertyValue": str(v)}
            for k, v in told.items()
        ]
    return head


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
        return _Reader(stream, options).records()

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
        if profile not in PROFILES:
            raise ValueError(f"a VICS profile is one of {', '.join(PROFILES)}, not {profile!r}")
        if version not in VERSIONS or holds not in ("Cases", "Media"):
            raise ValueError(f"VICS is written as {', '.join(VERSIONS)}, with Cases or Media")
        to = Envelope(version, profile, holds)
        opening = json.dumps({**_context(to), "value": []})[:-2]
        if holds == "Cases":
            opening += json.dumps(_head(case))[:-1] + ', "Media": ['
        stream.write(opening.encode())
        count = 0
        for entry in media:
            if whether_empty(entry) or entry.deleted:
                continue
            if not entry.md5:
                raise ValueError(f"record {entry.line} has no MD5, which VICS needs")
            count += 1
            stream.write((",\n" if count > 1 else "\n").encode())
            stream.write(json.dumps(_media(entry, count, to), ensure_ascii=False).encode())
        stream.write(b"\n]}]}\n" if holds == "Cases" else b"\n]}\n")
        return count

    def examples(self) -> Sequence[ListExample]:
        """Return a small hash set of each envelope."""
        return [
            _example("1.2", "odata.metadata", "ICMEC", ""),
            _example("2.0", "@odata.context", "VICSDATAMODEL", "UK"),
        ]


def _example(version: str, key: str, owner: str, profile: str) -> ListExample:
    """Return a hash set of two records, one of them the hash of an empty file."""
    md5 = "0cc175b9c0f1b6a831c399e269772661"
    tail = f"/{profile}/$metadata" if profile else ""
    context = f"http://github.com/{owner}/ProjectVic/DataModels/{version}.xml{tail}#Media"
    media = [
        {"MediaID": 1, "Category": 2, "MD5": md5.upper(), "MediaSize": "35002", "VictimIdentified": "false"},
        {"MediaID": 2, "Category": 2, "MD5": "D41D8CD98F00B204E9800998ECF8427E", "MediaSize": "0"},
    ]
    entry = HashEntry(
        line=1,
        md5=md5,
        category="2",
        size=35002,
        victim_identified=False,
        other={"record": "1", "profile": profile or "US", "model": version, "MediaID": "1"},
    )
    data = json.dumps({key: context, "value": media}).encode("utf-8-sig")
    return ListExample(data, (entry,), ("empty-file",), ReadOptions(profile="" if profile else "US"))


VICS = VicsFormat()
