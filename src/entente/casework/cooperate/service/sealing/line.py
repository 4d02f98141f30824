"""One thing of a package: what its originator signed, and what is added to its handling on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from entente.safeguards import statement as words
from entente.safeguards.commitment import canonical
from entente.safeguards.statement import Statement
from entente.vocabulary.handling import Audience, HandlingCode


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of a package: what its originator signed, and what is added to its handling on the way."""

    statement: Statement
    signature: str  # empty: this agency signs it when the package is written
    also: words.Marking = field(default_factory=words.Marking)

    @property
    def known(self) -> words.Known:
        """What the recipient will know of it."""
        return words.known(self.statement, self.also)

    def content(self) -> str:
        """Return a digest of what the recipient would be told, versions apart."""
        return self.statement.content() + canonical(written_marking(self.also))

    def as_bytes(self, sign: Callable[[bytes], bytes]) -> bytes:
        """Return the line as it stands in the body."""
        signature = self.signature or sign(self.statement.signed_bytes()).hex()
        told = {
            "statement": self.statement.told(),
            "signature": signature,
            "also": written_marking(self.also),
        }
        return canonical(told).encode() + b"\n"


def written_marking(also: words.Marking) -> dict[str, Any]:
    """Return a marking as it is written."""
    return {
        "codes": " ".join(sorted(also.codes)),
        "texts": sorted(also.texts),
        "audience": str(also.audience or ""),
    }


def digest_of(line: Line) -> str:
    """Return a digest of what a line tells, versions apart, as the book keeps it."""
    return sha256(line.content().encode()).hexdigest()


def read_marking(told: Mapping[str, Any]) -> words.Marking:
    """Return a marking as it was written; raise ``ValueError`` or ``TypeError`` for what is none."""
    if not told:
        return words.Marking()
    audience = Audience(told["audience"]) if told["audience"] else None
    texts = frozenset(told["texts"])
    if not all(isinstance(t, str) and len(t) <= words.LONGEST_TEXT for t in texts) or len(texts) > 100:
        raise ValueError("texts of a marking are texts")
    codes = frozenset(HandlingCode(c) for c in told["codes"].split())
    if HandlingCode.H3 in codes and not texts:
        raise ValueError("H3 needs its restriction in words")
    return words.Marking(codes, texts, audience)
