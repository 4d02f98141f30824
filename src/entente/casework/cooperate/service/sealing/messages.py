"""One message to one partner: a request, an answer, a product, a receipt, as it stands now or taken back."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from entente.casework.intake.service import evidence_store
from entente.records import clock
from entente.safeguards.access import Act, Deny, Thing, decide, member_part
from entente.safeguards.commitment import canonical
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Audience, Handling, Purpose

VERSION = 1


@dataclass(frozen=True, slots=True)
class Message:
    """What is addressed to one partner alone. ``thing`` is our number of it, ``id`` the one in the package.

    ``attached`` names what lies in the evidence store under which key; ``free`` says nothing of a case, so
    that it needs no legal basis; ``hidden`` is of a case that this officer is not in, and learns nothing of;
    ``stays`` is why one who is in the case may not send it.
    """

    what: str
    thing: UUID
    case: UUID
    id: UUID
    told: Mapping[str, Any] = field(default_factory=dict)
    handling: Handling = field(default_factory=Handling)
    audience: Audience = Audience.AMBER
    attached: Mapping[str, str] = field(default_factory=dict)
    free: bool = False
    withdrawn: bool = False
    hidden: bool = False
    stays: str = ""

    def for_officer(self, officer: Officer, purpose: Purpose, leaving: Thing) -> Message:
        """Return it as one officer may send it, by the law of what goes there."""
        now = clock.now()
        if not isinstance(decide(officer, leaving, Act.DISCLOSE, purpose, now), Deny):
            return self
        if member_part(officer, leaving.case, now) is None:
            return replace(self, hidden=True)
        return replace(self, stays="who may disclose things of its case sends it")

    def line(self) -> bytes:
        """Return it as it stands in the body; raise ``OSError`` where what is attached cannot be read."""
        told = self._told()
        if self.attached:
            told["attached"] = {name: _read(key) for name, key in sorted(self.attached.items())}
        return canonical(told).encode() + b"\n"

    def content(self) -> str:
        """Return a digest of what the partner would be told."""
        return sha256(canonical(self._told() | {"attached": dict(self.attached)}).encode()).hexdigest()

    def _told(self) -> dict[str, Any]:
        head = {"what": self.what, "v": VERSION, "id": str(self.id)}
        if self.withdrawn:
            return head | {"withdrawn": True}
        handling = {"codes": str(self.handling), "restriction": self.handling.text}
        return {**self.told, **head, **handling, "audience": str(self.audience)}


def _read(key: str) -> str:
    with evidence_store().open(key) as stream:
        return b64encode(stream.read()).decode()
