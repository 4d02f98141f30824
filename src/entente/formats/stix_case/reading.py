"""Read a case from a bundle of STIX 2.1."""

from __future__ import annotations

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
from entente.formats.stix_case.terms import OURS, TLP_IDS, Object
from entente.formats.stix_objects import LAYOUT, file_hashes, hashes_of
from entente.formats.values import size_of
from entente.formats.walk import Walker
from entente.vocabulary.handling import Audience, Purpose
from entente.vocabulary.media_hash import RecordRefusal

_AUDIENCES = {v: k for k, v in TLP_IDS.items()}


def read_case(stream: BinaryIO) -> ReadPackage:
    """Return the case of a bundle; an object that cannot be believed costs itself, told with its line.

    Raises
    ------
    ListRefused
        What is no bundle, has no grouping of ours that is a case or several, or too many objects.
    """
    nodes = Nodes("object")
    for step in Walker(stream, LAYOUT).walk():
        if isinstance(step, RecordRefusal):
            nodes.refused.append(step)
        elif step.number and isinstance(step.value, dict) and isinstance(step.value.get("id"), str):
            nodes.take(step.value["id"], step.value, step.place)
        elif step.number:
            nodes.no(step.place, "broken", f"record {step.number} is no object with an id")
    return _Reading(nodes).package()


class _Reading:
    """One bundle, held by the ids of its objects."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes, self.held = nodes, nodes.held

    def of(self, kind: str) -> list[Told]:
        """Return the objects that our extension calls so, in the order of the text."""
        return self.nodes.those(lambda made: _ours(made).get("kind") == kind)

    def package(self) -> ReadPackage:
        """Read the parts; the case itself cannot be left out."""
        _, told, place = the_one(self.of("case"), "bundle has %d cases in our extension")
        ours = _ours(told)

        def each(read: Any, kind: str) -> tuple[Any, ...]:
            return self.nodes.each(read, self.of(kind), kind)

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
        return self.nodes.whole(package, _id)

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
                self.nodes.refused.append(found)
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
