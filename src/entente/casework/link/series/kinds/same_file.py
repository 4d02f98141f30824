"""Items that share a digest are one file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from entente.casework.link.series.evidence import Hub, Item, Link, LinkKind, chain
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES

_NAMES = {32: "MD5", 40: "SHA-1", 64: "SHA-256"}


def find(items: Sequence[Item]) -> tuple[list[Link], list[Hub]]:
    """Chain the items that share a digest."""
    held: dict[str, list[str]] = defaultdict(list)
    for item in items:
        for digest in item.digests - EMPTY_FILE_HASHES:
            held[digest].append(item.id)
    return [
        tie
        for digest, ids in sorted(held.items())
        for tie in chain(ids, LinkKind.SAME_FILE, "digest", f"Same file: equal {_name_of(digest)}")
    ], []


def _name_of(digest: str) -> str:
    return _NAMES.get(len(digest), "digest")
