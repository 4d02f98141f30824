"""The terms of the graph: namespaces, and which field goes by which name."""

from __future__ import annotations

from typing import Any

LOSSES: dict[str, str] = {}  # every field of a package has its place in the graph
KB = "https://entente.example/kb/"
ENT = "https://entente.example/ns/1#"
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
HASHES = (("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256"), ("PDQ", "pdq"))
STATUS = {"received": "Success", "": "Ongoing", "refused": "Fail", "taken back": "Fail"}
Node = dict[str, Any]
