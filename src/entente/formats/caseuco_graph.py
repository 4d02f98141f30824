"""Nodes of a CASE graph: names by their local part, values without their type, an observable's hashes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from entente.formats import Record
from entente.formats.salvage import Place
from entente.formats.values import hex_of, photodna_of, settled, size_of
from entente.formats.walk import Layout
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

_KINDS = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "photodna": "photodna"}
_LOCAL = re.compile(r"[:/#]")


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and "@id" in value and ("@type" in value) and "@graph" not in value


# a bundle or a case may hold its members written out, in place of a graph beside it
_MEMBERS = frozenset({"object", "core:object", "uco-core:object"})
LAYOUT = Layout("caseuco", frozenset({"@graph"}) | _MEMBERS, frozenset({"@graph", ""}) | _MEMBERS, _is_record)


def local_name(name: Any) -> str:
    """Return a name without its prefix: ``uco-types:hashMethod`` reads ``hashMethod``."""
    return _LOCAL.split(str(name))[-1]


def get(node: Mapping[str, Any], name: str) -> Any:
    """Return a node's value by the local part of its name."""
    return next((v for k, v in node.items() if local_name(k) == name), None)


def all_of(value: Any) -> list[Any]:
    """Return one value or a list of them as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def plain(value: Any) -> Any:
    """Return a literal without its type."""
    return value.get("@value") if isinstance(value, dict) and "@value" in value else value


def _facets(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the node itself and the facets inside it."""
    return [node, *(f for f in all_of(get(node, "hasFacet")) if isinstance(f, dict))]


def _hashes(facet: Mapping[str, Any], line: int) -> Iterator[RecordRefusal | tuple[str, str]]:
    """Yield (kind, value) of each hash of a facet, or its refusal."""
    for row in all_of(get(facet, "hash")):
        if not isinstance(row, dict):
            yield RecordRefusal(line, "bad-hash", "a hash here is no object; it was left out")
            continue
        method, text = plain(get(row, "hashMethod")), plain(get(row, "hashValue"))
        if method is None and text is None:
            what = "a hash is only referred to; ask for a graph with the hashes inside their facets"
            yield RecordRefusal(line, "reference", what)
            continue
        kind = _KINDS.get(re.sub(r"[^a-z0-9]", "", local_name(method).casefold()))
        if not kind:
            continue  # SSDEEP and others have nothing here to meet
        found = photodna_of(text) if kind == "photodna" else hex_of(text, kind)
        if found:
            yield kind, found
        else:
            yield RecordRefusal(line, f"bad-{kind}", f"this is no {kind} value; it was left out")


def nodes_in(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a node and every node written out inside it; facets stay with their own."""
    waiting: list[Any] = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += reversed(here)
        elif isinstance(here, dict):
            if "@type" in here or (here is node and set(here) != {"@id"}):
                yield here
            inside = [v for k, v in here.items() if local_name(k) not in ("hasFacet", "hash")]
            waiting += (v for v in reversed(inside) if isinstance(v, dict | list))


def entry_of(node: Mapping[str, Any], place: Place, number: int) -> Iterator[Record]:
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
        found = plain(get(facet, "sizeInBytes"))
        size = size_of(found) if found is not None else size
        mime = str(plain(get(facet, "mimeType")) or mime)
        paths += [str(plain(p)) for n in ("filePath", "fileName") if (p := get(facet, n))][:1]
    if not hashed:
        return  # a place, a tool, an action
    other = {"record": str(number)}
    if node.get("@id"):
        other["id"] = str(node["@id"])
    yield from settled(HashEntry(place.line, **values, size=size, mime=mime, paths=tuple(paths), other=other))
