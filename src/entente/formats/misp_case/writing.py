"""Write a case as one MISP event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from entente.formats.case_package import CasePackage, Marking, PackedClue, PackedItem, PackedStep, spoken
from entente.formats.misp_case.terms import FILE, HASHES
from entente.vocabulary.handling import Audience

_OURS = {  # of our own templates
    "entente-case": "3c2b6d52-0c27-4d0c-9b3c-77c2a4fb2d01",
    "entente-series": "3c2b6d52-0c27-4d0c-9b3c-77c2a4fb2d02",
    "entente-exhibit": "3c2b6d52-0c27-4d0c-9b3c-77c2a4fb2d03",
    "entente-custody": "3c2b6d52-0c27-4d0c-9b3c-77c2a4fb2d04",
    "entente-clue": "3c2b6d52-0c27-4d0c-9b3c-77c2a4fb2d05",
}
# 0: this organisation alone; 1: this community. Never further: H0 keeps it with those who fight crime.
_WIDEST = {Audience.CLEAR: 1, Audience.GREEN: 1}
# Art. 29 → the Admiralty scale: coarser, one way; the grade itself stays in the clue.
RELIABILITY = {"A": "a", "B": "b", "C": "d", "X": "f"}
CREDIBILITY = {"1": "1", "2": "2", "3": "3", "4": "6"}
_TYPES = {
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "size-in-bytes": "size-in-bytes",
    "mimetype": "mime-type",
}
Row = tuple[str, Any]
Object = dict[str, Any]


def distribution_of(marking: Marking) -> int:
    """Return how far MISP may carry it: never wider than the marking, and never to everybody."""
    return 0 if marking.handling.restricted else _WIDEST.get(marking.audience, 0)


def write_case(package: CasePackage, stream: BinaryIO) -> int:
    """Write the event, one object a line; return how many attributes it has."""
    event = _Event(package)
    stream.write(f'{{"Event": {json.dumps(event.head())[:-1]}, "Object": ['.encode())
    count = 0
    for n, made in enumerate(event.objects()):
        stream.write(("," if n else "").encode() + b"\n" + json.dumps(made).encode())
        count += len(made["Attribute"])
    stream.write(b"\n]}}\n")
    return count


def _stamp(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


class _Event:
    """The objects of one package; ``drawn`` remembers which id stands for which part."""

    def __init__(self, package: CasePackage) -> None:
        self.package = package
        self.drawn = {p.id: str(uuid4()) for p in package.parts}

    def head(self) -> Object:
        """Return the event itself; its title is the case's number."""
        package = self.package
        return {
            "uuid": str(uuid4()),
            "info": package.number,
            "date": package.made_at.astimezone(UTC).date().isoformat(),
            "timestamp": str(int(package.made_at.timestamp())),
            "published": False,
            "disable_correlation": True,
            "threat_level_id": "4",
            "analysis": "0",
            "distribution": str(distribution_of(package.marking)),
            "Orgc": {"name": package.sender, "uuid": str(uuid4())},
            "Tag": [{"name": n} for n in (*_tags(package.marking), "PAP:RED", 'workflow:state="release"')],
        }

    def objects(self) -> Iterator[Object]:
        """Yield the case, then its parts."""
        package = self.package
        told = [
            ("number", package.number),
            ("victim", package.victim),
            ("made-at", _stamp(package.made_at)),
            ("sender", package.sender),
            ("contact", package.contact),
            ("recipient", package.recipient),
            ("purpose", str(package.purpose)),
            *(("left-out", t) for t in package.left_out),
        ]
        yield self._object("entente-case", package.marking, told)
        for item in package.items:
            yield self._item(item)
        for series in package.series:
            refs = [("includes", i) for i in series.items]
            yield self._object("entente-series", series.marking, [("name", series.name)], refs)
        for exhibit in package.exhibits:
            told = [("number", exhibit.number), ("description", exhibit.description)]
            told.append(("seized-at", _stamp(exhibit.seized_at)))
            refs = [("includes", i) for i in exhibit.items]
            yield self._object("entente-exhibit", exhibit.marking, told, refs, self.drawn[exhibit.id])
        for step in package.steps:
            yield self._step(step)
        for clue in package.clues:
            yield self._clue(clue)

    def _item(self, item: PackedItem) -> Object:
        told = [(kind, getattr(item, kind)) for kind in HASHES]
        told += [("size-in-bytes", item.size), ("mimetype", item.mime), ("number", item.number)]
        told += [
            ("medium", item.kind),
            ("width", item.width),
            ("height", item.height),
            ("seconds", item.seconds),
        ]
        return self._object("file", item.marking, told, uuid=self.drawn[item.id])

    def _step(self, step: PackedStep) -> Object:
        told = [
            ("place", step.place),
            ("when", _stamp(step.when)),
            ("giver", step.giver),
            ("receiver", step.receiver),
            ("why", step.why),
            ("received-at", _stamp(step.received_at)),
            ("outcome", step.outcome),
        ]
        return self._object("entente-custody", step.marking, told, [("followed", step.exhibit)])

    def _clue(self, clue: PackedClue) -> Object:
        grade = clue.word.evaluation
        tags = [
            f'admiralty-scale:source-reliability="{RELIABILITY[grade[0]]}"',
            f'admiralty-scale:information-credibility="{CREDIBILITY[grade[1]]}"',
        ]
        told = [
            ("clue", json.dumps(spoken(clue.word), sort_keys=True)),
            ("because", clue.word.because),
            ("by", clue.by),
            ("at", _stamp(clue.at)),
        ]
        refs = [("derived-from", UUID(clue.word.medium))] if clue.word.medium else []
        return self._object("entente-clue", clue.marking, told, refs, tags=tags)

    def _object(
        self,
        name: str,
        marking: Marking,
        told: Sequence[Row],
        refs: Sequence[tuple[str, UUID]] = (),
        uuid: str = "",
        tags: Sequence[str] = (),
    ) -> Object:
        template = FILE if name == "file" else (name, "misc", _OURS[name], "1")
        own = uuid or str(uuid4())
        handling = marking.handling
        rows = [*told, ("audience", str(marking.audience)), ("codes", str(handling))]
        rows.append(("handling-text", handling.text))
        named = [*_tags(marking), *tags]
        return {
            "uuid": own,
            "name": template[0],
            "meta-category": template[1],
            "template_uuid": template[2],
            "template_version": template[3],
            "distribution": str(distribution_of(marking)),
            "Attribute": [self._attribute(k, v, marking, named) for k, v in rows if v not in (None, "")],
            "ObjectReference": [
                {
                    "uuid": str(uuid4()),
                    "object_uuid": own,
                    "referenced_uuid": self.drawn[to],
                    "relationship_type": kind,
                }
                for kind, to in refs
            ],
        }

    def _attribute(self, relation: str, value: Any, marking: Marking, tags: Sequence[str]) -> Object:
        kind = _TYPES.get(relation, "text")
        category = "Other" if kind in ("text", "size-in-bytes") else "Payload delivery"
        return {
            "uuid": str(uuid4()),
            "object_relation": relation,
            "type": kind,
            "category": category,
            "value": str(value),
            "to_ids": False,
            "disable_correlation": True,
            "distribution": str(distribution_of(marking)),
            "Tag": [{"name": n} for n in tags],
        }


def _tags(marking: Marking) -> list[str]:
    codes = [f'entente:handling="{c}"' for c in sorted(marking.handling.codes)]
    return [str(marking.audience).lower(), *codes]
