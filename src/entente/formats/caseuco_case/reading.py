"""Read a case from a graph of CASE/UCO."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, BinaryIO
from uuid import NAMESPACE_URL, UUID, uuid5

from entente.formats import ListRefused
from entente.formats.case_nodes import Nodes, the_one
from entente.formats.case_package import (
    LONGEST_TEXT,
    MOST_STEPS,
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
from entente.formats.caseuco_case.terms import Node
from entente.formats.caseuco_graph import LAYOUT, all_of, entry_of, get, local_name, nodes_in, plain
from entente.formats.salvage import Place
from entente.formats.values import size_of
from entente.formats.walk import Walker
from entente.safeguards import strict_json
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


def read_case(stream: BinaryIO) -> ReadPackage:
    """Return the case of a graph; a node that cannot be believed costs itself, and is told with its line.

    Raises
    ------
    ListRefused
        What is no graph, has no investigation or several, or has more than ``MOST_NODES`` nodes.
    """
    return _Reading(stream).package()


class _Reading:
    """One graph, held by the ids of its nodes."""

    def __init__(self, stream: BinaryIO) -> None:
        self.nodes = Nodes("node")
        outermost: Node = {}  # a document may be the case itself, its members written out inside
        for step in Walker(stream, LAYOUT).walk():
            if isinstance(step, RecordRefusal):
                self.nodes.refused.append(step)
            elif not step.number:
                outermost.setdefault(step.field, step.value)
            elif isinstance(step.value, dict) and "@id" in step.value:
                for node in nodes_in(step.value):
                    self._take(dict(node), step.place)
            else:
                self.nodes.no(step.place, "broken", f"record {step.number} is no node with an @id")
        self._take(outermost, Place(1, 1))
        self.made = {
            str(get(n, "result")["@id"]): iri
            for iri, n, _ in self.of("InvestigativeAction")
            if isinstance(get(n, "result"), dict) and "@id" in get(n, "result")
        }

    def _take(self, node: Node, place: Place) -> None:
        if "@id" in node:
            self.nodes.take(str(node["@id"]), node, place)

    def of(self, *types: str) -> list[Told]:
        """Return the nodes of some type, in the order of the text."""
        return self.nodes.those(lambda made: not _types(made).isdisjoint(types))

    def told(self, node: Node, name: str) -> Node:
        """Return the node that a property refers to, or an empty one."""
        about = get(node, name)
        ref = str(about.get("@id")) if isinstance(about, dict) else ""
        return self.nodes.held[ref][1] if ref in self.nodes.held else {}

    def whole(self, node: Any) -> Any:
        """Return a value with what it refers to in its place, two levels deep: facets and their hashes."""
        if isinstance(node, list):
            return [self.whole(n) for n in node]
        if not isinstance(node, dict):
            return node
        if set(node) == {"@id"} and str(node["@id"]) in self.nodes.held:
            node = self.nodes.held[str(node["@id"])][1]
        return {k: self.whole(v) if local_name(k) in ("hasFacet", "hash") else v for k, v in node.items()}

    def package(self) -> ReadPackage:
        """Read the parts in the order in which they lean on each other."""
        iri, node, _ = the_one(self.of("Investigation"), "graph has %d investigations")
        items = self._each(self._item, "RasterPicture", "File", "ObservableObject")
        try:
            package = CasePackage(
                id=_id(iri),
                number=_text(node, "name"),
                victim=_text(node, "victim"),
                made_at=_moment(node, "objectCreatedTime"),
                sender=self._agency(node, "createdBy"),
                contact=_text(node, "contact"),
                recipient=_text(node, "recipient"),
                purpose=self._purpose(node),
                marking=self._marking(node),
                items=items,
                series=self._each(self._series, "Grouping"),
                exhibits=self._each(self._exhibit, "ProvenanceRecord"),
                steps=self._each(self._step, "InvestigativeAction"),
                clues=self._each(self._clue, "Annotation"),
                left_out=tuple(str(plain(t))[:LONGEST_TEXT] for t in all_of(get(node, "leftOut"))),
            )
        except Unread as fault:
            raise ListRefused("not-a-case", f"the investigation cannot be read: {fault}") from None
        return self.nodes.whole(package, _id)

    def _each(self, read: Any, *types: str) -> tuple[Any, ...]:
        return self.nodes.each(lambda told: read(*told), self.of(*types), types[0])

    def _marking(self, node: Node) -> Marking:
        first = next((r for r in all_of(get(node, "objectMarking")) if isinstance(r, dict)), {})
        told = self.told({"about": first}, "about")
        try:
            codes, text = plain(get(told, "codes")), plain(get(told, "handlingText"))
            return marking_of(codes, text, plain(get(told, "audience")))
        except ValueError as fault:
            raise Unread(str(fault)) from None

    def _agency(self, node: Node, name: str) -> str:
        return _text(self.told(node, name), "name")

    def _purpose(self, node: Node) -> Purpose:
        told = self.told(node, "relevantAuthorization")
        try:
            return Purpose(_text(told, "authorizationType"))
        except ValueError:
            raise Unread("its authorization names no purpose that is known here") from None

    def _item(self, iri: str, node: Node, place: Place) -> PackedItem | None:
        facets = [f for f in all_of(self.whole(get(node, "hasFacet"))) if isinstance(f, dict)]
        told = list(entry_of({**node, "uco-core:hasFacet": facets}, place, 1))
        self.nodes.refused += [r for r in told if isinstance(r, RecordRefusal)]
        entry = next((e for e in told if isinstance(e, HashEntry)), None)
        if entry is None:
            return None
        marking = self._marking(node)
        types = {local_name(t) for f in facets for t in all_of(f.get("@type"))}

        def fact(*names: str) -> Any:
            return next((plain(v) for f in facets for n in names if (v := get(f, n)) is not None), None)

        seconds = fact("durationSeconds")
        return PackedItem(
            id=_id(iri),
            number=size_of(_text(node, "name").removeprefix("#")) or 0,
            marking=marking,
            md5=entry.md5,
            sha1=entry.sha1,
            sha256=entry.sha256,
            pdq=entry.pdq,
            size=entry.size,
            mime=entry.mime,
            kind="picture" if "RasterPictureFacet" in types else "video" if types & {"VideoFacet"} else "",
            width=size_of(fact("pictureWidth", "width")),
            height=size_of(fact("pictureHeight", "height")),
            seconds=float(seconds) if isinstance(seconds, int | float) else None,
        )

    def _series(self, iri: str, node: Node, place: Place) -> PackedSeries:
        return PackedSeries(_id(iri), _text(node, "name"), _ids(node), self._marking(node))

    def _exhibit(self, iri: str, node: Node, place: Place) -> PackedExhibit | None:
        if get(node, "exhibitNumber") is None:
            return None  # what an action resulted in
        return PackedExhibit(
            _id(iri),
            _text(node, "exhibitNumber"),
            self._marking(node),
            _text(node, "description"),
            _moment(node, "seizedAt") if get(node, "seizedAt") else None,
            _ids(node),
        )

    def _step(self, iri: str, node: Node, place: Place) -> PackedStep | None:
        if _text(node, "name") != "handed over":
            return None  # another act of the investigation: no custody
        exhibit, count = self._came_from(node)
        outcome = _text(node, "outcome")
        if outcome not in OUTCOMES:
            raise Unread(f"its outcome {outcome!r} is not known")
        return PackedStep(
            _id(iri),
            exhibit,
            count,
            _moment(node, "startTime"),
            self._agency(node, "performer"),
            self._agency(node, "participant"),
            _text(node, "description"),
            self._marking(node),
            _moment(node, "endTime") if get(node, "endTime") else None,
            outcome,
        )

    def _came_from(self, node: Node) -> tuple[UUID, int]:
        """Follow an action back to its exhibit; return that and how many actions lie on the way."""
        count, seen = 1, set()
        came = str((get(node, "object") or {}).get("@id"))
        while came in self.made and came not in seen:
            seen.add(came)
            count += 1
            if count > MOST_STEPS:
                raise Unread(f"more than {MOST_STEPS} steps lie between it and its exhibit")
            came = str((get(self.nodes.held[self.made[came]][1], "object") or {}).get("@id"))
        return _id(came), count

    def _clue(self, iri: str, node: Node, place: Place) -> PackedClue | None:
        told = get(node, "clue")
        if told is None:
            return None  # a note of another tool
        try:
            word = strict_json.loads(str(plain(told)))
        except strict_json.NotStrict as fault:
            raise Unread(str(fault)) from None
        about = [str(r.get("@id")) for r in all_of(get(node, "object")) if isinstance(r, dict)]
        medium = next((str(_id(r)) for r in about if "investigation-" not in r), "")
        because = _text(node, "description")
        return PackedClue(
            _id(iri),
            word_of(word, id=str(_id(iri)), medium=medium, because=because),
            self._agency(node, "createdBy"),
            _moment(node, "objectCreatedTime"),
            self._marking(node),
        )


def _id(iri: str) -> UUID:
    found = _UUID.search(iri)
    return UUID(found[0]) if found else uuid5(NAMESPACE_URL, iri)


def _types(node: Node) -> set[str]:
    return {local_name(t) for t in all_of(node.get("@type"))}


def _ids(node: Node) -> tuple[UUID, ...]:
    return tuple(
        _id(str(r["@id"])) for r in all_of(get(node, "object")) if isinstance(r, dict) and "@id" in r
    )


def _text(node: Node, name: str) -> str:
    return text_of(plain(get(node, name)), name)


def _moment(node: Node, name: str) -> datetime:
    return instant_of(plain(get(node, name)), name)
