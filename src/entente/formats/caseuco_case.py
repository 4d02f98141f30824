"""A case as CASE/UCO 1.5: investigation, observables, exhibits, a chain of actions, annotations, markings.

Written node by node. Read back from any graph that has one investigation: facets and hashes may stand inside
their observable or be referred to. What UCO has no term for stands in our own names (``ent:``), which the
public validator lets through; the place of a step of custody is not written but follows from the graph.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import NAMESPACE_URL, UUID, uuid5

from entente.formats import ListRefused
from entente.formats.case_package import (
    LONGEST_TEXT,
    MOST_NODES,
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
    Unread,
    believed,
    instant_of,
    marking_of,
    sound,
    spoken,
    text_of,
    word_of,
)
from entente.formats.caseuco_graph import LAYOUT, all_of, entry_of, get, local_name, nodes_in, plain
from entente.formats.salvage import Place
from entente.formats.values import size_of
from entente.formats.walk import Walker
from entente.safeguards import strict_json
from entente.vocabulary.handling import Purpose
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

LOSSES: dict[str, str] = {}  # every field of a package has its place in the graph
KB, ENT = "https://entente.example/kb/", "https://entente.example/ns/1#"
_UCO = "https://ontology.unifiedcyberontology.org/uco/"
CONTEXT = {
    "kb": KB,
    "ent": ENT,
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    **{
        f"uco-{name}": f"{_UCO}{name}/"
        for name in ("action", "core", "identity", "marking", "observable", "types")
    },
}
_HASHES = (("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256"), ("PDQ", "pdq"))
_STATUS = {"received": "Success", "": "Ongoing", "refused": "Fail", "taken back": "Fail"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")

Node = dict[str, Any]


# --- writing --------------------------------------------------------------------------------------------


def write_case(package: CasePackage, stream: BinaryIO) -> int:
    """Write the graph, one node a line; return how many nodes it has."""
    stream.write(f'{{"@context": {json.dumps(CONTEXT)},\n"@graph": ['.encode())
    count = 0
    for node in _Graph(package).nodes():
        stream.write(("" if not count else ",").encode() + b"\n")
        stream.write(json.dumps({k: v for k, v in node.items() if v not in (None, "", [])}).encode())
        count += 1
    stream.write(b"\n]}\n")
    return count


def _typed(kind: str, value: str) -> Node:
    return {"@type": f"xsd:{kind}", "@value": value}


def _time(moment: datetime | None) -> Node | None:
    return _typed("dateTime", moment.astimezone(UTC).isoformat()) if moment else None


def _ref(iri: str) -> Node:
    return {"@id": iri}


class _Graph:
    """The nodes of one package; ``_part`` names a node that belongs to another one, always the same."""

    def __init__(self, package: CasePackage) -> None:
        self.package = package
        self.investigation = f"kb:investigation-{package.id}"

    def _part(self, kind: str, *of: object) -> str:
        return f"kb:{kind}-{uuid5(self.package.id, '/'.join([kind, *map(str, of)]))}"

    def _agency(self, name: str) -> str:
        return self._part("organization", name)

    def _marking(self, marking: Marking) -> str:
        return self._part("marking", marking.words)

    def nodes(self) -> Iterator[Node]:
        """Yield every node: who, how marked, what, and what hangs on what."""
        package = self.package
        names = [package.sender, package.recipient, *(c.by for c in package.clues)]
        names += [n for s in package.steps for n in (s.giver, s.receiver)]
        for name in dict.fromkeys(n for n in names if n):
            yield {"@id": self._agency(name), "@type": "uco-identity:Organization", "uco-core:name": name}
        for marking in dict.fromkeys([package.marking, *(p.marking for p in package.parts)]):
            yield from self._marked(marking)
        yield from self._case()
        for item in package.items:
            yield self._item(item)
        for series in package.series:
            yield {
                **self._head("grouping", series, "uco-core:Grouping"),
                "uco-core:name": series.name,
                "uco-core:context": "series",
                "uco-core:object": [_ref(f"kb:item-{i}") for i in series.items],
            }
        for exhibit in package.exhibits:
            yield self._exhibit(exhibit)
        for step in package.steps:
            yield from self._step(step)
        for clue in package.clues:
            yield self._clue(clue)

    def _head(self, kind: str, part: Any, *types: str) -> Node:
        return {
            "@id": f"kb:{kind}-{part.id}",
            "@type": list(types) if len(types) > 1 else types[0],
            "uco-core:objectMarking": _ref(self._marking(part.marking)),
        }

    def _marked(self, marking: Marking) -> Iterator[Node]:
        iri = self._marking(marking)
        terms, to = self._part("terms", marking.words), self._part("release", marking.words)
        yield {
            "@id": iri,
            "@type": "uco-marking:MarkingDefinition",
            "uco-marking:definitionType": "statement",
            "uco-marking:definition": [_ref(terms), _ref(to)],
            "ent:codes": str(marking.handling),
            "ent:handlingText": marking.handling.text,
            "ent:audience": str(marking.audience),
        }
        yield {
            "@id": terms,
            "@type": "uco-marking:StatementMarking",
            "uco-marking:definitionType": "statement",
            "uco-marking:statement": marking.words,
        }
        yield {
            "@id": to,
            "@type": "uco-marking:ReleaseToMarking",
            "uco-marking:definitionType": "release-to",
            "uco-marking:authorizedIdentities": self.package.recipient,
        }

    def _case(self) -> Iterator[Node]:
        package = self.package
        basis = self._part("authorization", package.purpose)
        members = [f"kb:item-{i.id}" for i in package.items]
        members += [f"kb:grouping-{s.id}" for s in package.series]
        members += [f"kb:provenance-record-{e.id}" for e in package.exhibits]
        members += [f"kb:investigative-action-{s.id}" for s in package.steps]
        members += [f"kb:annotation-{c.id}" for c in package.clues]
        yield {
            "@id": basis,
            "@type": "case-investigation:Authorization",
            "case-investigation:authorizationType": str(package.purpose),
        }
        yield {
            **self._head("investigation", package, "case-investigation:Investigation"),
            "case-investigation:investigationForm": "case",
            "case-investigation:focus": "victim identification",
            "case-investigation:relevantAuthorization": _ref(basis),
            "uco-core:name": package.number,
            "uco-core:createdBy": _ref(self._agency(package.sender)),
            "uco-core:objectCreatedTime": _time(package.made_at),
            "uco-core:object": [_ref(m) for m in members],
            "ent:victim": package.victim,
            "ent:contact": package.contact,
            "ent:recipient": package.recipient,
            "ent:leftOut": list(package.left_out),
        }

    def _item(self, item: PackedItem) -> Node:
        kind = "uco-observable:RasterPicture" if item.kind == "picture" else "uco-observable:File"

        def facet(name: str, types: str | list[str], fields: Node) -> Node:
            told = {k: v for k, v in fields.items() if v not in (None, "", [])}
            return {"@id": self._part(name, item.id), "@type": types, **told}

        hashes = [
            {
                "@id": self._part("hash", item.id, method),
                "@type": "uco-types:Hash",
                "uco-types:hashMethod": method,
                "uco-types:hashValue": _typed("hexBinary", value.upper()),
            }
            for method, field in _HASHES
            if (value := getattr(item, field))
        ]
        content = {"sizeInBytes": item.size, "mimeType": item.mime, "hash": hashes}
        told = {f"uco-observable:{k}": v for k, v in content.items()}
        facets = [facet("content", "uco-observable:ContentDataFacet", told)]
        if item.kind == "picture":
            told = {"uco-observable:pictureWidth": item.width, "uco-observable:pictureHeight": item.height}
            facets.append(facet("raster", "uco-observable:RasterPictureFacet", told))
        elif item.kind == "video":  # UCO 1.5 has no term for a video
            length = {"durationSeconds": item.seconds, "width": item.width, "height": item.height}
            own = {f"ent:{k}": v for k, v in length.items()}
            facets.append(facet("video", ["ent:VideoFacet", "uco-core:Facet"], own))
        head = self._head("item", item, kind)
        return {**head, "uco-core:name": f"#{item.number}", "uco-core:hasFacet": facets}

    def _exhibit(self, exhibit: PackedExhibit) -> Node:
        return {
            **self._head("provenance-record", exhibit, "case-investigation:ProvenanceRecord"),
            "case-investigation:exhibitNumber": exhibit.number,
            "uco-core:description": exhibit.description,
            "ent:seizedAt": _time(exhibit.seized_at),
            "uco-core:object": [_ref(f"kb:item-{i}") for i in exhibit.items],
        }

    def _step(self, step: PackedStep) -> Iterator[Node]:
        before = next(
            (s for s in self.package.steps if (s.exhibit, s.place) == (step.exhibit, step.place - 1)), None
        )
        number = next(e.number for e in self.package.exhibits if e.id == step.exhibit)
        came = self._after(before) if before else f"kb:provenance-record-{step.exhibit}"
        yield {
            "@id": self._after(step),
            "@type": "case-investigation:ProvenanceRecord",
            "case-investigation:rootExhibitNumber": number,
            "uco-core:objectMarking": _ref(self._marking(step.marking)),
        }
        yield {
            **self._head("investigative-action", step, "case-investigation:InvestigativeAction"),
            "uco-core:name": "handed over",
            "uco-core:description": step.why,
            "uco-action:startTime": _time(step.when),
            "uco-action:endTime": _time(step.received_at),
            "uco-action:performer": _ref(self._agency(step.giver)),
            "uco-action:participant": _ref(self._agency(step.receiver)),
            "uco-action:object": _ref(came),
            "uco-action:result": _ref(self._after(step)),
            "uco-action:actionStatus": _STATUS[step.outcome],
            "ent:outcome": step.outcome,
            "case-investigation:wasInformedBy": _ref(f"kb:investigative-action-{before.id}")
            if before
            else None,
        }

    def _after(self, step: PackedStep) -> str:
        return self._part("provenance-record", step.id)

    def _clue(self, clue: PackedClue) -> Node:
        about = f"kb:item-{clue.word.medium}" if clue.word.medium else self.investigation
        return {
            **self._head("annotation", clue, "uco-core:Annotation"),
            "uco-core:description": clue.word.because,
            "uco-core:tag": [str(clue.word.kind), clue.word.evaluation],
            "uco-core:object": [_ref(about)],
            "uco-core:createdBy": _ref(self._agency(clue.by)) if clue.by else None,
            "uco-core:objectCreatedTime": _time(clue.at),
            "ent:clue": json.dumps(spoken(clue.word), sort_keys=True),
        }


# --- reading --------------------------------------------------------------------------------------------


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
        self.nodes: dict[str, tuple[Node, Place]] = {}
        self.refused: list[RecordRefusal] = []
        self.lines: dict[UUID, int] = {}
        outermost: Node = {}  # a document may be the case itself, its members written out inside
        for step in Walker(stream, LAYOUT).walk():
            if isinstance(step, RecordRefusal):
                self.refused.append(step)
            elif not step.number:
                outermost.setdefault(step.field, step.value)
            elif step.number and isinstance(step.value, dict) and "@id" in step.value:
                for node in nodes_in(step.value):
                    if len(self.nodes) >= MOST_NODES:
                        raise ListRefused("too-long", f"more than {MOST_NODES} nodes; have it sent in parts")
                    if "@id" in node:
                        self._keep(dict(node), step.place)
            elif step.number:
                self.no(step.place, "broken", f"record {step.number} is no node with an @id")
        if "@id" in outermost:
            self._keep(outermost, Place(1, 1))
        self.made = {
            str(get(n, "result")["@id"]): iri
            for iri, (n, _) in self.of("InvestigativeAction")
            if isinstance(get(n, "result"), dict) and "@id" in get(n, "result")
        }

    def _keep(self, node: Node, place: Place) -> None:
        iri = str(node["@id"])
        if iri in self.nodes:
            self.no(place, "twice", f"a second node has the id {iri[:80]}")
            return
        self.nodes[iri] = (node, place)
        self.lines[_id(iri)] = place.line

    def no(self, place: Place, code: str, why: str) -> None:
        """Remember what could not be believed."""
        self.refused.append(RecordRefusal(place.line, code, f"{why}; it was left out"))

    def of(self, *types: str) -> list[tuple[str, tuple[Node, Place]]]:
        """Return the nodes of some type, in the order of the text."""
        return [
            (iri, told)
            for iri, told in self.nodes.items()
            if {local_name(t) for t in all_of(told[0].get("@type"))} & set(types)
        ]

    def whole(self, node: Any) -> Any:
        """Return a value with what it refers to in its place, two levels deep: facets and their hashes."""
        if isinstance(node, list):
            return [self.whole(n) for n in node]
        if not isinstance(node, dict):
            return node
        if set(node) == {"@id"} and str(node["@id"]) in self.nodes:
            node = self.nodes[str(node["@id"])][0]
        return {k: self.whole(v) if local_name(k) in ("hasFacet", "hash") else v for k, v in node.items()}

    def package(self) -> ReadPackage:
        """Read the parts in the order in which they lean on each other."""
        found = self.of("Investigation")
        if len(found) != 1:
            raise ListRefused(
                "not-a-case", f"this graph has {len(found)} investigations; a case package has one"
            )
        iri, (node, _) = found[0]
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
        read = sound(package, self.lines)
        return ReadPackage(read.package, (*self.refused, *read.refusals))

    def _each(self, read: Any, *types: str) -> tuple[Any, ...]:
        nodes = ((iri, node, place) for iri, (node, place) in self.of(*types))
        return believed(lambda told: read(*told), nodes, types[0], self.refused)

    def _marking(self, node: Node) -> Marking:
        about = get(node, "objectMarking")
        first = next((r for r in all_of(about) if isinstance(r, dict)), None)
        told, _ = self.nodes.get(str((first or {}).get("@id")), ({}, None))
        try:
            codes, text = plain(get(told, "codes")), plain(get(told, "handlingText"))
            return marking_of(codes, text, plain(get(told, "audience")))
        except ValueError as fault:
            raise Unread(str(fault)) from None

    def _agency(self, node: Node, name: str) -> str:
        about = get(node, name)
        told, _ = self.nodes.get(str(about.get("@id")) if isinstance(about, dict) else "", ({}, None))
        return _text(told, "name")

    def _purpose(self, node: Node) -> Purpose:
        about = get(node, "relevantAuthorization")
        told, _ = self.nodes.get(str(about.get("@id")) if isinstance(about, dict) else "", ({}, None))
        try:
            return Purpose(_text(told, "authorizationType"))
        except ValueError:
            raise Unread("its authorization names no purpose that is known here") from None

    def _item(self, iri: str, node: Node, place: Place) -> PackedItem | None:
        facets = [f for f in all_of(self.whole(get(node, "hasFacet"))) if isinstance(f, dict)]
        told = list(entry_of({**node, "uco-core:hasFacet": facets}, place, 1))
        self.refused += [r for r in told if isinstance(r, RecordRefusal)]
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
            came = str((get(self.nodes[self.made[came]][0], "object") or {}).get("@id"))
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


def _ids(node: Node) -> tuple[UUID, ...]:
    return tuple(
        _id(str(r["@id"])) for r in all_of(get(node, "object")) if isinstance(r, dict) and "@id" in r
    )


def _text(node: Node, name: str) -> str:
    return text_of(plain(get(node, name)), name)


def _moment(node: Node, name: str) -> datetime:
    return instant_of(plain(get(node, name)), name)
