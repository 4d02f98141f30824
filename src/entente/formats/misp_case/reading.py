"""Read a case from a MISP event of ours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID

from entente.formats import ListRefused
from entente.formats.case_nodes import Nodes, the_one
from entente.formats.case_package import (
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
    instant_of,
    marking_of,
    text_of,
    word_of,
)
from entente.formats.misp_case.terms import HASHES
from entente.formats.misp_event import LAYOUT, rows_of
from entente.formats.values import hex_of, size_of
from entente.formats.walk import Walker
from entente.safeguards import strict_json
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import RecordRefusal


def read_case(stream: BinaryIO) -> ReadPackage:
    """Return the case of an event of ours; an object that cannot be believed costs itself, with its line.

    Raises
    ------
    ListRefused
        What is no event, has no object ``entente-case`` or several, or too many objects.
    """
    nodes = Nodes("object")
    for step in Walker(stream, LAYOUT).walk():
        if isinstance(step, RecordRefusal):
            nodes.refused.append(step)
        elif step.number and step.field == "Object" and isinstance(step.value, dict):
            nodes.take(str(step.value.get("uuid") or ""), step.value, step.place)
    return _Reading(nodes).package()


class _Reading:
    """One event: its objects by name."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    def of(self, name: str) -> list[Told]:
        """Return the objects of a name, in the order of the text."""
        return self.nodes.those(
            lambda made: made.get("name") == name and made.get("deleted") not in (True, "1")
        )

    def package(self) -> ReadPackage:
        """Read the parts; the case itself cannot be left out."""
        uuid, made, place = the_one(self.of("entente-case"), "event has %d cases")

        def each(read: Any, name: str) -> tuple[Any, ...]:
            return self.nodes.each(read, self.of(name), name)

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
        return self.nodes.whole(package, UUID)


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
    values = {kind: rows.text(kind) for kind in HASHES if rows.text(kind)}
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
