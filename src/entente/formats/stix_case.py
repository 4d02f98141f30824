"""A case as STIX 2.1: a grouping of files and notes, each under TLP 2.0 and our own marking.

Ids are the package's, made for one recipient; a file's id is not computed from its content, because everybody
who meets the file could then compute it too. What STIX has no term for (PDQ, handling codes, clues, custody)
stands in one property extension, whose definition goes along.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid5

from entente.formats import ListRefused
from entente.formats.case_package import (
    MOST_NODES,
    OUTCOMES,
    CasePackage,
    Marking,
    PackedClue,
    PackedExhibit,
    PackedItem,
    PackedSeries,
    PackedStep,
    ReadPackage,
    Told,
    Unread,
    believed,
    instant_of,
    marking_of,
    sound,
    spoken,
    text_of,
    word_of,
)
from entente.formats.stix_objects import LAYOUT, file_hashes, hashes_of
from entente.formats.values import size_of
from entente.formats.walk import Walker
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Audience, Purpose
from entente.vocabulary.media_hash import RecordRefusal

LOSSES: dict[str, str] = {}  # every field of a package has its place in the bundle
OURS = "extension-definition--8b8f8a52-6c5e-4b7e-9d0a-3f1f6f0c2a71"
TLP = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"  # of OASIS, for TLP 2.0
TLP_IDS = {
    Audience.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Audience.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Audience.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Audience.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Audience.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_TLP_DAY, _OUR_DAY = "2022-10-01T00:00:00.000Z", "2026-11-29T00:00:00.000Z"
_AUDIENCES = {v: k for k, v in TLP_IDS.items()}
_HASHES = (("MD5", "md5"), ("SHA-1", "sha1"), ("SHA-256", "sha256"))

Object = dict[str, Any]


# --- writing --------------------------------------------------------------------------------------------


def write_case(package: CasePackage, stream: BinaryIO) -> int:
    """Write the bundle, one object a line; return how many objects it has."""
    head = {"type": "bundle", "id": f"bundle--{uuid5(package.id, 'bundle')}"}
    stream.write(f'{json.dumps(head)[:-1]}, "objects": ['.encode())
    count = 0
    for made in objects_of(package):
        stream.write(("," if count else "").encode() + b"\n" + json.dumps(made).encode())
        count += 1
    stream.write(b"\n]}\n")
    return count


def objects_of(package: CasePackage) -> Iterator[Object]:
    """Yield every object: who and how marked first, then what is so marked."""
    return _Bundle(package).objects()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(made: Object) -> Object:
    return {k: v for k, v in made.items() if v not in (None, "", [])}


class _Bundle:
    """The objects of one package."""

    def __init__(self, package: CasePackage) -> None:
        self.package = package
        self.day = _stamp(package.made_at)
        self.case = f"grouping--{package.id}"

    def _part(self, kind: str, *of: object) -> str:
        return f"{kind}--{uuid5(self.package.id, '/'.join([kind, *map(str, of)]))}"

    def _agency(self, name: str) -> str:
        return self._part("identity", name)

    def _refs(self, marking: Marking) -> list[str]:
        ours = self._part("marking-definition", marking.handling, marking.handling.text)
        return [TLP_IDS[marking.audience], ours]

    def _domain(self, kind: str, id_: str, marking: Marking, ours: Object, **fields: Any) -> Object:
        """Return a domain object with its marking and what our extension says of it."""
        return _plain({
            "type": kind,
            "spec_version": "2.1",
            "id": id_,
            "created": self.day,
            "modified": self.day,
            "created_by_ref": self._agency(self.package.sender),
            "object_marking_refs": self._refs(marking),
            **fields,
            "extensions": {OURS: {"extension_type": "property-extension", **_plain(ours)}},
        })  # fmt: skip

    def objects(self) -> Iterator[Object]:
        """Yield the objects in an order in which nothing refers ahead, but for the case itself."""
        package = self.package
        names = [package.sender, package.recipient, *(c.by for c in package.clues)]
        names += [n for s in package.steps for n in (s.giver, s.receiver)]
        for name in dict.fromkeys(n for n in names if n):
            yield self._identity(name)
        yield self._definition()
        marks = list(dict.fromkeys([package.marking, *(p.marking for p in package.parts)]))
        for audience in dict.fromkeys(m.audience for m in marks):
            yield _tlp(audience)
        for handling in dict.fromkeys(m.handling for m in marks):
            yield self._handled(next(m for m in marks if m.handling == handling))
        yield self._case()
        yield from map(self._file, package.items)
        yield from map(self._series, package.series)
        yield from map(self._exhibit, package.exhibits)
        yield from map(self._step, package.steps)
        for clue in package.clues:
            yield from self._clue(clue)

    def _identity(self, name: str) -> Object:
        return {
            "type": "identity",
            "spec_version": "2.1",
            "id": self._agency(name),
            "created": self.day,
            "modified": self.day,
            "name": name,
            "identity_class": "organization",
        }

    def _definition(self) -> Object:
        return {
            "type": "extension-definition",
            "spec_version": "2.1",
            "id": OURS,
            "created": _OUR_DAY,
            "modified": _OUR_DAY,
            "created_by_ref": self._agency(self.package.sender),
            "name": "Entente: handling codes, PDQ, clues and chain of custody",
            "schema": "https://entente.example/ns/1",
            "version": "1.0.0",
            "extension_types": ["property-extension"],
        }

    def _handled(self, marking: Marking) -> Object:
        handling = marking.handling
        ours = {"codes": str(handling), "handling_text": handling.text}
        return {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": self._refs(marking)[1],
            "created": self.day,
            "created_by_ref": self._agency(self.package.sender),
            "name": f"Handling {handling}",
            "extensions": {OURS: {"extension_type": "property-extension", **_plain(ours)}},
        }

    def _case(self) -> Object:
        package = self.package
        refs = [f"file--{i.id}" for i in package.items] + [f"grouping--{s.id}" for s in package.series]
        refs += [f"note--{p.id}" for p in package.parts if not isinstance(p, PackedItem | PackedSeries)]
        ours = {
            "kind": "case",
            "victim": package.victim,
            "contact": package.contact,
            "recipient": package.recipient,
            "purpose": str(package.purpose),
            "left_out": list(package.left_out),
        }
        refs = refs or [self._agency(package.sender)]  # a grouping holds something
        more = {"name": package.number, "context": "suspicious-activity", "object_refs": refs}
        return self._domain("grouping", self.case, package.marking, ours, **more)

    def _file(self, item: PackedItem) -> Object:
        ours = {
            "kind": "item",
            "number": item.number,
            "pdq": item.pdq,
            "medium": item.kind,
            "width": item.width,
            "height": item.height,
            "seconds": item.seconds,
        }
        return _plain({
            "type": "file",
            "spec_version": "2.1",
            "id": f"file--{item.id}",
            "object_marking_refs": self._refs(item.marking),
            "hashes": {name: v for name, field in _HASHES if (v := getattr(item, field))},
            "size": item.size,
            "mime_type": item.mime,
            "extensions": {OURS: {"extension_type": "property-extension", **_plain(ours)}},
        })  # fmt: skip

    def _series(self, series: PackedSeries) -> Object:
        refs = [f"file--{i}" for i in series.items] or [self.case]
        more = {"name": series.name, "context": "unspecified", "object_refs": refs}
        return self._domain("grouping", f"grouping--{series.id}", series.marking, {"kind": "series"}, **more)

    def _note(self, part: Any, content: str, refs: list[str], ours: Object, by: str = "") -> Object:
        more = {"content": content or "–", "authors": [by] if by else [], "object_refs": refs or [self.case]}
        return self._domain("note", f"note--{part.id}", part.marking, ours, **more)

    def _exhibit(self, exhibit: PackedExhibit) -> Object:
        ours = {
            "kind": "exhibit",
            "number": exhibit.number,
            "description": exhibit.description,
            "seized_at": exhibit.seized_at and _stamp(exhibit.seized_at),
        }
        refs = [f"file--{i}" for i in exhibit.items]
        return self._note(exhibit, f"Exhibit {exhibit.number}: {exhibit.description}", refs, ours)

    def _step(self, step: PackedStep) -> Object:
        ours = {
            "kind": "custody",
            "place": step.place,
            "when": _stamp(step.when),
            "giver": step.giver,
            "receiver": step.receiver,
            "why": step.why,
            "received_at": step.received_at and _stamp(step.received_at),
            "outcome": step.outcome,
        }
        content = f"{step.giver} → {step.receiver}: {step.why}"
        return self._note(step, content, [f"note--{step.exhibit}"], ours)

    def _clue(self, clue: PackedClue) -> Iterator[Object]:
        refs = [f"file--{clue.word.medium}"] if clue.word.medium else [self.case]
        where = self._place(clue)
        if where:
            yield where
            refs.append(where["id"])
        ours = {
            "kind": "clue",
            "clue": spoken(clue.word),
            "because": clue.word.because,
            "at": _stamp(clue.at),
            "by": clue.by,
        }
        yield self._note(clue, clue.word.because, refs, ours, clue.by)

    def _place(self, clue: PackedClue) -> Object | None:
        """Return a location for tools that draw maps; what it says stands in the clue already."""
        value = clue.word.value
        fields: Object = {}
        if clue.word.negated:
            return None
        if clue.word.kind is ClueKind.GPS and isinstance(value, Mapping):
            fields = {
                "latitude": value.get("lat"),
                "longitude": value.get("lon"),
                "precision": value.get("radius_m"),
            }
        elif clue.word.kind is ClueKind.COUNTRY:
            fields = {"country": value.get("country") if isinstance(value, Mapping) else value}
        elif clue.word.kind is ClueKind.REGION and isinstance(value, Mapping):
            fields = {"country": value.get("country"), "administrative_area": value.get("admin1")}
        if not _plain(fields):
            return None
        fields = {k: float(v) if isinstance(v, int) else v for k, v in fields.items()}
        id_ = self._part("location", clue.id)
        return self._domain("location", id_, clue.marking, {"kind": "place"}, **_plain(fields))


def _tlp(audience: Audience) -> Object:
    """Return the marking object as OASIS publishes it; it goes along, for few tools carry TLP 2.0."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP_IDS[audience],
        "created": _TLP_DAY,
        "name": str(audience),
        "extensions": {
            TLP: {
                "extension_type": "property-extension",
                "tlp_2_0": str(audience).removeprefix("TLP:").lower(),
            }
        },
    }


# --- reading --------------------------------------------------------------------------------------------


def read_case(stream: BinaryIO) -> ReadPackage:
    """Return the case of a bundle; an object that cannot be believed costs itself, told with its line.

    Raises
    ------
    ListRefused
        What is no bundle, has no grouping of ours that is a case or several, or too many objects.
    """
    refused: list[RecordRefusal] = []
    held: dict[str, Told] = {}
    for step in Walker(stream, LAYOUT).walk():
        if isinstance(step, RecordRefusal):
            refused.append(step)
        elif step.number and isinstance(step.value, dict) and isinstance(step.value.get("id"), str):
            told = (step.value["id"], step.value, step.place)
            if len(held) >= MOST_NODES:
                raise ListRefused("too-long", f"more than {MOST_NODES} objects; have it sent in parts")
            if told[0] in held:
                why = f"a second object has the id {told[0][:80]}; it was left out"
                refused.append(RecordRefusal(step.place.line, "twice", why))
            else:
                held[told[0]] = told
        elif step.number:
            why = f"record {step.number} is no object with an id; it was left out"
            refused.append(RecordRefusal(step.place.line, "broken", why))
    return _Reading(held, refused).package()


class _Reading:
    """One bundle, held by the ids of its objects."""

    def __init__(self, held: dict[str, Told], refused: list[RecordRefusal]) -> None:
        self.held, self.refused = held, refused

    def of(self, kind: str) -> list[Told]:
        """Return the objects that our extension calls so, in the order of the text."""
        return [t for t in self.held.values() if _ours(t[1]).get("kind") == kind]

    def package(self) -> ReadPackage:
        """Read the parts; the case itself cannot be left out."""
        found = self.of("case")
        if len(found) != 1:
            raise ListRefused(
                "not-a-case", f"this bundle has {len(found)} cases in our extension; a case package has one"
            )
        _, told, place = found[0]
        ours = _ours(told)
        lines: dict[UUID, int] = {}

        def each(read: Any, kind: str) -> tuple[Any, ...]:
            parts = believed(read, self.of(kind), kind, self.refused)
            return parts

        for id_, _, where in self.held.values():
            if (known := _uuid(id_)) is not None:
                lines[known] = where.line
        try:
            package = CasePackage(
                id=_id(told["id"]),
                number=text_of(told.get("name"), "name"),
                victim=text_of(ours.get("victim"), "victim"),
                made_at=instant_of(told.get("created"), "created"),
                sender=self._name(told.get("created_by_ref")),
                contact=text_of(ours.get("contact"), "contact"),
                recipient=text_of(ours.get("recipient"), "recipient"),
                purpose=Purpose(text_of(ours.get("purpose"), "purpose")),
                marking=self._marking(told),
                items=each(self._item, "item"),
                series=each(self._series, "series"),
                exhibits=each(self._exhibit, "exhibit"),
                steps=each(self._step, "custody"),
                clues=each(self._clue, "clue"),
                left_out=tuple(text_of(t, "left_out") for t in _list(ours.get("left_out"))),
            )
        except ValueError as fault:
            raise ListRefused("not-a-case", f"line {place.line}: the case cannot be read: {fault}") from None
        read = sound(package, lines)
        return ReadPackage(read.package, (*self.refused, *read.refusals))

    def _marking(self, told: Object) -> Marking:
        refs = [str(r) for r in _list(told.get("object_marking_refs"))]
        order = list(Audience)
        known = [a for r in refs if (a := _AUDIENCES.get(r))]
        audience = max(known, key=order.index, default=None)
        marks = [_ours(self.held[r][1]) for r in refs if r in self.held and r not in _AUDIENCES]
        codes = " ".join(str(m.get("codes") or "?") for m in marks)
        texts = " / ".join(str(m["handling_text"]) for m in marks if m.get("handling_text"))
        try:
            return marking_of(codes, texts, audience)
        except ValueError as fault:
            raise Unread(str(fault)) from None

    def _name(self, ref: Any) -> str:
        told = self.held.get(str(ref))
        return text_of(told[1].get("name"), "name") if told else ""

    def _item(self, told: Told) -> PackedItem:
        id_, made, place = told
        values: dict[str, str] = {}
        for found in hashes_of(file_hashes(made), place.line):
            if isinstance(found, RecordRefusal):
                self.refused.append(found)
            else:
                values = found
        values.pop("photodna", None)
        if not values:
            raise Unread("it has no hash")
        ours = _ours(made)
        seconds = ours.get("seconds")
        return PackedItem(
            id=_id(id_),
            number=_count(ours.get("number")),
            marking=self._marking(made),
            **values,
            size=size_of(made.get("size")),
            mime=text_of(made.get("mime_type"), "mime_type"),
            kind=text_of(ours.get("medium"), "medium"),
            width=size_of(ours.get("width")),
            height=size_of(ours.get("height")),
            seconds=float(seconds) if isinstance(seconds, int | float) else None,
        )

    def _series(self, told: Told) -> PackedSeries:
        id_, made, _ = told
        return PackedSeries(_id(id_), text_of(made.get("name"), "name"), _files(made), self._marking(made))

    def _exhibit(self, told: Told) -> PackedExhibit:
        id_, made, _ = told
        ours = _ours(made)
        seized = ours.get("seized_at")
        return PackedExhibit(
            _id(id_),
            text_of(ours.get("number"), "number"),
            self._marking(made),
            text_of(ours.get("description"), "description"),
            instant_of(seized, "seized_at") if seized else None,
            _files(made),
        )

    def _step(self, told: Told) -> PackedStep:
        id_, made, _ = told
        ours = _ours(made)
        outcome, got = text_of(ours.get("outcome"), "outcome"), ours.get("received_at")
        if outcome not in OUTCOMES:
            raise Unread(f"its outcome {outcome!r} is not known")
        of = [r for r in _list(made.get("object_refs")) if str(r).startswith("note--")]
        if len(of) != 1:
            raise Unread("a step of custody is of one exhibit")
        return PackedStep(
            _id(id_),
            _id(str(of[0])),
            _count(ours.get("place")),
            instant_of(ours.get("when"), "when"),
            text_of(ours.get("giver"), "giver"),
            text_of(ours.get("receiver"), "receiver"),
            text_of(ours.get("why"), "why"),
            self._marking(made),
            instant_of(got, "received_at") if got else None,
            outcome,
        )

    def _clue(self, told: Told) -> PackedClue:
        id_, made, _ = told
        ours = _ours(made)
        medium = next((str(i) for i in _files(made)), "")
        because = text_of(ours.get("because"), "because")
        return PackedClue(
            _id(id_),
            word_of(ours.get("clue"), id=str(_id(id_)), medium=medium, because=because),
            text_of(ours.get("by"), "by"),
            instant_of(ours.get("at"), "at"),
            self._marking(made),
        )


def _ours(told: Object) -> Object:
    extensions = told.get("extensions")
    ours = extensions.get(OURS) if isinstance(extensions, dict) else None
    return ours if isinstance(ours, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _uuid(id_: str) -> UUID | None:
    try:
        return UUID(id_.rpartition("--")[2])
    except ValueError:
        return None


def _id(id_: str) -> UUID:
    if (known := _uuid(id_)) is None:
        raise Unread(f"{id_[:80]!r} is no id of STIX")
    return known


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 31:
        raise Unread("its number is none")
    return value


def _files(told: Object) -> tuple[UUID, ...]:
    return tuple(_id(str(r)) for r in _list(told.get("object_refs")) if str(r).startswith("file--"))
