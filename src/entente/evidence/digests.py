"""MD5, SHA-1 and SHA-256 of a stream, in one pass."""

from __future__ import annotations

import hashlib


class Digests:
    """MD5, SHA-1 and SHA-256 of the same bytes, fed once.

    MD5 and SHA-1 are there because partners' lists are written in them; nothing here trusts them.
    """

    def __init__(self) -> None:
        self.size = 0
        self._hashes = (
            hashlib.md5(usedforsecurity=False),
            hashlib.sha1(usedforsecurity=False),
            hashlib.sha256(),
        )

    def update(self, data: bytes | memoryview) -> None:
        """Add bytes to all three."""
        self.size += len(data)
        for each in self._hashes:
            each.update(data)

    @property
    def hex(self) -> tuple[str, str, str]:
        """MD5, SHA-1, SHA-256 in lower-case hex."""
        md5, sha1, sha256 = self._hashes
        return md5.hexdigest(), sha1.hexdigest(), sha256.hexdigest()
