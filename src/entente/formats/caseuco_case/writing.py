"""Write a case as a graph of CASE/UCO."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO
from uuid import uuid5

from entente.formats.case_package import (
    CasePackage,
    Marking,
    PackedClue,
    PackedExhibit,
    PackedItem,
    PackedStep,
    spoken,
)
from entente.formats.caseuco_case.terms import CONTEXT, HASHES, STATUS, Node


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
            for method, field in HASHES
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
            "uco-action:actionStatus": STATUS[step.outcome],
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
