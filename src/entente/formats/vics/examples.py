"""Small VICS hash sets with their known content, for the conformance tests."""

from __future__ import annotations

import json

from entente.formats import ListExample, ReadOptions
from entente.vocabulary.media_hash import HashEntry


def example(version: str, key: str, owner: str, profile: str) -> ListExample:
    """Return a hash set of two records, one of them the hash of an empty file."""
    md5 = "0cc175b9c0f1b6a831c399e269772661"
    tail = f"/{profile}/$metadata" if profile else ""
    context = f"http://github.com/{owner}/ProjectVic/DataModels/{version}.xml{tail}#Media"
    media = [
        {"MediaID": 1, "Category": 2, "MD5": md5.upper(), "MediaSize": "35002", "VictimIdentified": "false"},
        {"MediaID": 2, "Category": 2, "MD5": "D41D8CD98F00B204E9800998ECF8427E", "MediaSize": "0"},
    ]
    entry = HashEntry(
        line=1,
        md5=md5,
        category="2",
        size=35002,
        victim_identified=False,
        other={"record": "1", "profile": profile or "US", "model": version, "MediaID": "1"},
    )
    data = json.dumps({key: context, "value": media}).encode("utf-8-sig")
    return ListExample(data, (entry,), ("empty-file",), ReadOptions(profile="" if profile else "US"))
