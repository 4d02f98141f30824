"""A key ring without a disk: for tests that are about something else."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from entente.evidence.faults import Erased
from entente.evidence.keyring import NoKey


class MemoryRing:
    """Keys that are derived from the case, so that they survive whatever happens to a disk."""

    def __init__(self) -> None:
        self._erased: dict[UUID, str] = {}
        self._known: set[UUID] = set()

    def begin(self) -> None:
        pass

    def demand(self) -> None:
        pass

    def mark(self) -> str:
        return self.name(b"mark")

    def name(self, data: bytes) -> str:
        return hmac.new(b"names", data, hashlib.sha256).hexdigest()

    def list_key(self, agency: UUID, use: str) -> bytes:
        return hmac.new(b"lists", agency.bytes + use.encode(), hashlib.sha256).digest()

    def case_key(self, case: UUID, *, make: bool = False) -> bytes:
        if case in self._erased:
            raise Erased("erased")
        if make:
            self._known.add(case)
        if case not in self._known:
            raise NoKey("none")
        return hmac.new(b"cases", case.bytes, hashlib.sha256).digest()

    def forget(self, case: UUID) -> bool:
        self._erased[case] = "now"
        return case in self._known

    def erased(self) -> dict[UUID, str]:
        return dict(self._erased)
