"""CASE/UCO JSON-LD: the hashes of observables, read from a graph node by node.

Names are known by their local part, whatever prefix a document gives them. A facet is read where it stands,
inside its observable or as a node of its own; one that only refers to hashes elsewhere in the graph is
refused with its place, because a long graph is never held whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from entente.formats import ListExample, ListRefused, ReadOptions, Record
from entente.formats.salvage import Place
from entente.formats.values import hex_of, photodna_of, settled, size_of
from entente.formats.walk import Layout, Walker
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

_KINDS = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "photodna": "photodna"}
_LOCAL = re.compile(r"[:/#]")


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and "@id" in value and ("@type" in value) and "@graph" not in value


LAYOUT = Layout("caseuco", frozenset({"@graph"}), frozenset({"@graph", ""}), _is_record)


def _local(name: Any) -> str:
    """Return a name without its prefix: ``uco-types:hashMethod`` reads ``hashMethod``."""
    return _LOCAL.split(str(name))[-1]


def _get(node: Mapping[str, Any], name: str) -> Any:
    return next((v for k, v in node.items() if _local(k) == name), None)


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _plain(value: Any) -> Any:
    """Return a literal without its type."""
    return value.get("@value") if isinstance(value, dict) and "@value" in value else value


def _facets(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the node itself and the facets inside it."""
    return [node, *(f for f in _all(_get(node, "hasFacet")) if isinstance(f, dict))]


def _hashes(facet: Mapping[str, Any], line: int) -> Iterator[RecordRefusal | tuple[str, str]]:
    """Yield (kind, value) of each hash of a facet, or its refusal."""
    for row in _all(_get(facet, "hash")):
        if not isinstance(row, dict):
            yield RecordRefusal(line, "bad-hash", "a hash here is no object; it was left out")
            continue
        method, text = _plain(_get(row, "hashMethod")), _plain(_get(row, "hashValue"))
        if method is None and text is None:
            what = "a hash is only referred to; ask for a graph with the hashes inside their facets"
            yield RecordRefusal(line, "reference", what)
            continue
        kind = _KINDS.get(re.sub(r"[^a-z0-9]", "", _local(method).casefold()))
        if not kind:
            continue  # SSDEEP and others have nothing here to meet
        found = photodna_of(text) if kind == "photodna" else hex_of(text, kind)
        if found:
            yield kind, found
        else:
            yield RecordRefusal(line, f"bad-{kind}", f"this is no {kind} value; it was left out")


def _entry(node: Mapping[str, Any], place: Place, number: int) -> Iterator[Record]:
    """Yield one node as an entry, after the refusals of single values; nothing where it has no hash."""
    values: dict[str, Any] = {}
    paths: list[str] = []
    size, mime, hashed = None, "", False
    for facet in _facets(node):
        for told in _hashes(facet, place.line):
            hashed = True
            if isinstance(told, RecordRefusal):
                yield told
            else:
                values.setdefault(*told)
        found = _plain(_get(facet, "sizeInBytes"))
        size = size_of(found) if found is not None else size
        mime = str(_plain(_get(facet, "mimeType")) or mime)
        paths += [str(_plain(p)) for n in ("filePath", "fileName") if (p := _get(facet, n))][:1]
    if not hashed:
        return  # a place, a tool, an action
    other = {"record": str(number)}
    if node.get("@id"):
        other["id"] = str(node["@id"])
    yield from settled(HashEntry(place.line, **values, size=size, mime=mime, paths=tuple(paths), other=other))


class CaseUcoFormat:
    """The format as plug-in."""

    name = "caseuco"
    losses = (
        "Of a graph only observables with hashes are kept: no custody, no people, no relationships.",
        "Markings are not kept: the list has one handling, named at its import.",
        "CASE has no deletions and no votes; none are read.",
    )

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
                yield from _entry(step.value, step.place, step.number)
            else:
                what = f"record {step.number} is no node; it was left out"
                yield RecordRefusal(step.place.line, "broken", what)
        if not graph:
            raise ListRefused("not-caseuco", "this is no CASE graph: it has no @context and no nodes")

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
