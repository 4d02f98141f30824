"""CASE/UCO JSON-LD: the hashes of observables, node by node; and whole cases (``caseuco_case``).

Names are known by their local part, whatever prefix a document gives them. A facet is read where it stands,
inside its observable or as a node of its own; one that only refers to hashes elsewhere in the graph is
refused with its place, because a long graph is never held whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record, caseuco_case
from entente.formats.case_package import CasePackage, ReadPackage
from entente.formats.caseuco_graph import LAYOUT, entry_of, nodes_in
from entente.formats.walk import Walker
from entente.vocabulary.media_hash import HashEntry, RecordRefusal


class CaseUcoFormat:
    """The format as plug-in."""

    name = "caseuco"
    losses = (
        "Of a graph only observables with hashes are a list: no custody, no people, no relationships.",
        "Markings are not kept: the list has one handling, named at its import.",
        "CASE has no deletions and no votes; none are read.",
        "Nodes written out inside one other are read with it, up to four million characters.",
    )

    case_losses = caseuco_case.LOSSES

    def read(self, stream: BinaryIO, options: ReadOptions = ReadOptions()) -> Iterator[Record]:  # noqa: B008
        """Yield entries and refusals.

        Raises ``ListRefused`` for what is no graph.
        """
        graph = False
        for step in Walker(stream, LAYOUT).walk():
            if isinstance(step, RecordRefusal):
                yield step
            elif not step.number:
                graph = graph or step.field == "@context"
            elif isinstance(step.value, dict):
                graph = graph or "@id" in step.value or "@type" in step.value
                for node in nodes_in(step.value):
                    yield from entry_of(node, step.place, step.number)
            else:
                what = f"record {step.number} is no node; it was left out"
                yield RecordRefusal(step.place.line, "broken", what)
        if not graph:
            raise ListRefused("not-caseuco", "this is no CASE graph: it has no @context and no nodes")

    def write_case(self, package: CasePackage, stream: BinaryIO) -> int:
        """Write a case as a CASE/UCO 1.5 graph."""
        return caseuco_case.write_case(package, stream)

    def read_case(self, stream: BinaryIO) -> ReadPackage:
        """Read the one investigation of a graph."""
        return caseuco_case.read_case(stream)

    def examples(self) -> Sequence[ListExample]:
        """Return a graph with a picture, a place, and a hash that is only referred to."""
        md5 = "0cc175b9c0f1b6a831c399e269772661"
        hexed = '{"@type": "xsd:hexBinary", "@value": "%s"}'
        text = (
            '{"@context": {"kb": "http://example.org/kb/"}, "@graph": [\n'
            '{"@id": "kb:1", "@type": "uco-observable:RasterPicture", "uco-core:hasFacet": [\n'
            '{"@type": "uco-observable:FileFacet", "uco-observable:fileName": "lake.jpg",'
            '"uco-observable:sizeInBytes": 9},\n'
            '{"@type": "uco-observable:ContentDataFacet", "uco-observable:mimeType": "image/jpeg",'
            '"uco-observable:hash": [{"@type": "uco-types:Hash", "uco-types:hashMethod": "MD5",'
            f'"uco-types:hashValue": {hexed % md5.upper()}}},'
            '{"@type": "uco-types:Hash", "uco-types:hashMethod": "SHA1",'
            '"uco-types:hashValue": "AAAA"}]}]},\n'
            '{"@id": "kb:2", "@type": "uco-location:Location"},\n'
            '{"@id": "kb:3", "@type": "uco-observable:ContentDataFacet",'
            '"uco-observable:hash": {"@id": "kb:4"}}]}'
        )
        entry = HashEntry(
            2,
            md5,
            size=9,
            mime="image/jpeg",
            paths=("lake.jpg",),
            other={"record": "1", "id": "kb:1"},
        )
        return [ListExample(text.encode(), (entry,), ("bad-sha1", "reference", "no-hash"))]


CASEUCO = CaseUcoFormat()
