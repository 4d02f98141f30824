"""A case as one MISP event: an object for each part, nothing of it correlated, shared no wider than marked.

Ids are drawn for every writing: two events of one case cannot be joined by them. Correlation is off and
``to_ids`` is false on every attribute, hashes included: a hash of a picture of a child is personal data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid4

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
from entente.formats.misp_event import LAYOUT, rows_of
from entente.formats.values import hex_of, size_of
from entente.formats.walk import Walker
from entente.safeguards import strict_json
from entente.vocabulary.handling import Audience, Purpose
from entente.vocabulary.media_hash import RecordRefusal

_DRAWN = "Ids are drawn anew for every event, so that two of them cannot be joined."
_IDS = (
    "CasePackage.id",
    "PackedItem.id",
    "PackedSeries.id",
    "PackedSeries.items",
    "PackedExhibit.id",
    "PackedExhibit.items",
    "PackedStep.id",
    "PackedStep.exhibit",
    "PackedClue.id",
    "Clue.id",
    "Clue.medium",
)
LOSSES = dict.fromkeys(_IDS, _DRAWN)
FILE = ("file", "file", "688c46fb-5edb-40a3-8273-1af7923e2215", "23")
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
_RELIABILITY = {"A": "a", "B": "b", "C": "d", "X": "f"}
_CREDIBILITY = {"1": "1", "2": "2", "3": "3", "4": "6"}
_TYPES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "size-in-bytes": "size-in-bytes"}
_TYPES |= {"mimetype": "mime-type"}
_HASHES = ("md5", "sha1", "sha256", "pdq")

Row = tuple[str, Any]
Object = dict[str, Any]


def distribution_of(marking: Marking) -> int:
    """Return how far MISP may carry it: never wider than the marking, and never to everybody."""
    return 0 if marking.handling.restricted else _WIDEST.get(marking.audience, 0)


# --- writing --------------------------------------------------------------------------------------------


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
        told = [(kind, getattr(item, kind)) for kind in _HASHES]
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
            f'admiralty-scale:source-reliability="{_RELIABILITY[grade[0]]}"',
            f'admiralty-scale:information-credibility="{_CREDIBILITY[grade[1]]}"',
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


# --- reading --------------------------------------------------------------------------------------------


def read_case(stream: BinaryIO) -> ReadPackage:
    """Return the case of an event of ours; an object that cannot be believed costs itself, with its line.

    Raises
    ------
    ListRefused
        What is no event, has no object ``entente-case`` or several, or too many objects.
    """
    refused: list[RecordRefusal] = []
    held: list[Told] = []
    seen: set[str] = set()
    for step in Walker(stream, LAYOUT).walk():
        if isinstance(step, RecordRefusal):
            refused.append(step)
        elif step.number and step.field == "Object" and isinstance(step.value, dict):
            uuid = str(step.value.get("uuid") or "")
            if len(held) >= MOST_NODES:
                raise ListRefused("too-long", f"more than {MOST_NODES} objects; have it sent in parts")
            if uuid in seen:
                why = f"a second object has the id {uuid[:40]}; it was left out"
                refused.append(RecordRefusal(step.place.line, "twice", why))
                continue
            seen.add(uuid)
            held.append((uuid, step.value, step.place))
    return _Reading(held, refused).package()


class _Reading:
    """One event: its objects by name."""

    def __init__(self, held: list[Told], refused: list[RecordRefusal]) -> None:
        self.held, self.refused = held, refused

    def of(self, name: str) -> list[Told]:
        """Return the objects of a name, in the order of the text."""
        return [t for t in self.held if t[1].get("name") == name and t[1].get("deleted") not in (True, "1")]

    def package(self) -> ReadPackage:
        """Read the parts; the case itself cannot be left out."""
        found = self.of("entente-case")
        if len(found) != 1:
            raise ListRefused("not-a-case", f"this event has {len(found)} cases; a case package has one")
        uuid, made, place = found[0]
        lines: dict[UUID, int] = {}
        for id_, _, where in self.held:
            try:
                lines[UUID(id_)] = where.line
            except ValueError:
                continue  # its own reading refuses it

        def each(read: Any, name: str) -> tuple[Any, ...]:
            return believed(read, self.of(name), name, self.refused)

        told = _Rows(made)
        try:
            package = CasePackage(
                id=UUID(uuid),
                number=told.text("number"),
                victim=told.text("victim"),
                made_at=told.instant("made-at"),
                sender=told.text("sender"),
                contact=told.text("contact"),
                recipient=told.text("recipient"),
                purpose=Purpose(told.text("purpose")),
                marking=told.marking(),
                items=each(_item, "file"),
                series=each(_series, "entente-series"),
                exhibits=each(_exhibit, "entente-exhibit"),
                steps=each(_step, "entente-custody"),
                clues=each(_clue, "entente-clue"),
                left_out=tuple(told.rows.get("left-out", ())),
            )
        except ValueError as fault:
            raise ListRefused("not-a-case", f"line {place.line}: the case cannot be read: {fault}") from None
        read = sound(package, lines)
        return ReadPackage(read.package, (*self.refused, *read.refusals))


class _Rows:
    """The attributes of one object by relation, those deleted left aside; and what it refers to."""

    def __init__(self, made: Mapping[str, Any]) -> None:
        self.rows: dict[str, list[str]] = {}
        for row in rows_of(made, "Attribute"):
            if row.get("deleted") in (True, "1"):
                continue
            relation = str(row.get("object_relation"))
            self.rows.setdefault(relation, []).append(text_of(row.get("value"), relation))
        self.refs = [
            UUID(text_of(r.get("referenced_uuid"), "referenced_uuid"))
            for r in rows_of(made, "ObjectReference")
        ]

    def text(self, relation: str) -> str:
        """Return the one value of a relation, or the empty text; raise ``Unread`` for two."""
        found = self.rows.get(relation, [])
        if len(found) > 1:
            raise Unread(f"{relation} is said {len(found)} times")
        return found[0] if found else ""

    def instant(self, relation: str) -> datetime:
        """Return a moment with its offset."""
        return instant_of(self.text(relation), relation)

    def marking(self) -> Marking:
        """Return how the object is handled, by its attributes: tags may be changed by whoever has it."""
        return marking_of(self.text("codes"), self.text("handling-text"), self.text("audience"))


def _item(told: Told) -> PackedItem:
    rows = _Rows(told[1])
    values = {kind: rows.text(kind) for kind in _HASHES if rows.text(kind)}
    if bad := [kind for kind, value in values.items() if not hex_of(value, kind)]:
        raise Unread(f"its {bad[0]} is no {bad[0]} value")
    if not values:
        raise Unread("it has no hash")
    return PackedItem(
        id=UUID(told[0]),
        number=size_of(rows.text("number")) or 0,
        marking=rows.marking(),
        **{kind: value.lower() for kind, value in values.items()},
        size=size_of(rows.text("size-in-bytes")),
        mime=rows.text("mimetype"),
        kind=rows.text("medium"),
        width=size_of(rows.text("width")),
        height=size_of(rows.text("height")),
        seconds=_seconds(rows.text("seconds")),
    )


def _seconds(text: str) -> float | None:
    seconds = float(text) if text else None
    if seconds is not None and not 0 <= seconds < math.inf:
        raise Unread("its seconds are no length of time")
    return seconds


def _series(told: Told) -> PackedSeries:
    rows = _Rows(told[1])
    return PackedSeries(UUID(told[0]), rows.text("name"), tuple(rows.refs), rows.marking())


def _exhibit(told: Told) -> PackedExhibit:
    rows = _Rows(told[1])
    seized = rows.instant("seized-at") if rows.text("seized-at") else None
    number, described = rows.text("number"), rows.text("description")
    return PackedExhibit(UUID(told[0]), number, rows.marking(), described, seized, tuple(rows.refs))


def _step(told: Told) -> PackedStep:
    rows = _Rows(told[1])
    place, outcome = size_of(rows.text("place")), rows.text("outcome")
    if len(rows.refs) != 1 or place is None or outcome not in OUTCOMES:
        raise Unread("a step of custody has one exhibit, a place and a known outcome")
    return PackedStep(
        UUID(told[0]),
        rows.refs[0],
        place,
        rows.instant("when"),
        rows.text("giver"),
        rows.text("receiver"),
        rows.text("why"),
        rows.marking(),
        rows.instant("received-at") if rows.text("received-at") else None,
        outcome,
    )


def _clue(told: Told) -> PackedClue:
    rows = _Rows(told[1])
    try:
        word = strict_json.loads(rows.text("clue"))
    except strict_json.NotStrict as fault:
        raise Unread(str(fault)) from None
    medium = str(rows.refs[0]) if rows.refs else ""
    said = word_of(word, id=told[0], medium=medium, because=rows.text("because"))
    return PackedClue(UUID(told[0]), said, rows.text("by"), rows.instant("at"), rows.marking())
