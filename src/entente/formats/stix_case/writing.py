"""Write a case as a bundle of STIX 2.1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import uuid5

from entente.formats.case_package import (
    CasePackage,
    Marking,
    PackedClue,
    PackedExhibit,
    PackedItem,
    PackedSeries,
    PackedStep,
    spoken,
)
from entente.formats.stix_case.terms import OURS, TLP, TLP_IDS, Object
from entente.vocabulary.clue import ClueKind
from entente.vocabulary.handling import Audience

_TLP_DAY = "2022-10-01T00:00:00.000Z"
_OUR_DAY = "2026-11-29T00:00:00.000Z"
_HASHES = (("MD5", "md5"), ("SHA-1", "sha1"), ("SHA-256", "sha256"))


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
