"""What an originator says of one of its things to another desk: content, handling, who may have it further.

The statement is signed by its originator alone and travels unchanged, however often it is passed on: whoever
passes it on may add to its handling beside it and can take nothing away. One thing may have several
statements; a later one has a higher version. What a desk holds of a thing is the join of all that it was
told, in whatever order it was told: the highest version counts, and of two that claim to be the same version
the stricter handling of both (``join`` is commutative, associative and idempotent, which a property test
holds it to).

Source: Regulation (EU) 2016/794 art. 19(2) and (3): the provider's restrictions bind, and only it lifts them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from entente.safeguards.commitment import canonical
from entente.vocabulary.handling import Audience, Handling, HandlingCode, narrowest, union

CONTEXT = b"entente statement v1\n"
KINDS = frozenset({"media", "clue"})
LONGEST_TEXT = 2_000  # characters of a restriction
MOST_RELEASES = 100


class NotAStatement(ValueError):
    """What was told is no statement in its one writing; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One version of one thing. ``origin`` and ``releases`` are numbers by which agencies call themselves."""

    origin: UUID
    thing: UUID
    version: int
    kind: str
    case: UUID  # the originator's number of its case; it names nothing
    handling: Handling = field(default_factory=Handling)
    audience: Audience = Audience.AMBER
    releases: frozenset[UUID] = frozenset()  # to whom whoever holds it may pass it on
    withdrawn: bool = False
    body: dict[str, Any] = field(default_factory=dict, hash=False)

    def told(self) -> dict[str, Any]:
        """Return the statement as it is written."""
        return {
            "origin": str(self.origin),
            "thing": str(self.thing),
            "version": self.version,
            "kind": self.kind,
            "case": str(self.case),
            "codes": str(self.handling),
            "text": self.handling.text,
            "audience": str(self.audience),
            "releases": sorted(str(r) for r in self.releases),
            "withdrawn": self.withdrawn,
            "body": self.body,
        }

    def signed_bytes(self) -> bytes:
        """Return what its originator signs."""
        return CONTEXT + canonical(self.told()).encode()

    def content(self) -> str:
        """Return a digest of all that makes a new version: everything but the version and the releases."""
        told = {k: v for k, v in self.told().items() if k not in {"version", "releases"}}
        return sha256(canonical(told).encode()).hexdigest()

    def taken_back(self, version: int) -> Statement:
        """Return the statement that withdraws the thing; it says nothing of what the thing was."""
        return replace(self, version=version, withdrawn=True, body={}, releases=frozenset())


def read(told: Any) -> Statement:
    """Return a statement that was read as JSON; raise ``NotAStatement`` for any other writing of it."""
    try:
        made = Statement(
            origin=UUID(told["origin"]),
            thing=UUID(told["thing"]),
            version=told["version"],
            kind=told["kind"],
            case=UUID(told["case"]),
            handling=read_handling(told["codes"], told["text"]),
            audience=Audience(told["audience"]),
            releases=frozenset(UUID(r) for r in told["releases"]),
            withdrawn=told["withdrawn"],
            body=told["body"],
        )
        sound = (
            type(made.version) is int
            and 0 < made.version < 1 << 53
            and made.kind in KINDS
            and type(made.withdrawn) is bool
            and isinstance(made.body, dict)
            and not (made.withdrawn and made.body)
            and len(made.releases) <= MOST_RELEASES
            and made.told() == told
        )
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise NotAStatement(f"it is no statement ({type(fault).__name__})") from None
    if not sound:
        raise NotAStatement("it is written in another way than statements are")
    return made


def read_handling(codes: Any, text: Any) -> Handling:
    """Return handling from its two fields; raise ``ValueError`` for what none can have."""
    if not isinstance(codes, str) or not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise ValueError("codes and their text are texts")
    return Handling(frozenset(HandlingCode(c) for c in codes.split()), text)


@dataclass(frozen=True, slots=True)
class Marking:
    """What those who passed a thing on added to its handling. It only grows."""

    codes: frozenset[HandlingCode] = frozenset()
    texts: frozenset[str] = frozenset()
    audience: Audience | None = None

    def with_more(self, other: Marking) -> Marking:
        """Return both."""
        told = [a for a in (self.audience, other.audience) if a is not None]
        return Marking(self.codes | other.codes, self.texts | other.texts, narrowest(told) if told else None)


def marking(handling: Handling, audience: Audience | None) -> Marking:
    """Return handling as something to be added."""
    return Marking(handling.codes, frozenset(filter(None, [handling.text.strip()])), audience)


@dataclass(frozen=True, slots=True)
class Known:
    """What a desk holds of one thing, of whatever it was told."""

    statement: Statement
    same: Marking = field(default_factory=Marking)  # of other statements that claim the same version
    releases: frozenset[UUID] = frozenset()  # of all that claim the same version
    added: Marking = field(default_factory=Marking)  # by those who passed it on

    @property
    def handling(self) -> Handling:
        """What binds here: never looser than anything it was told with."""
        codes = self.same.codes | self.added.codes
        texts = " / ".join(sorted(self.same.texts | self.added.texts))
        more = [Handling(codes, texts)] if codes else []
        return union([self.statement.handling, *more])

    @property
    def audience(self) -> Audience:
        """The narrowest audience of all."""
        told = [a for a in (self.statement.audience, self.same.audience, self.added.audience) if a]
        return narrowest(told)


def known(statement: Statement, added: Marking | None = None) -> Known:
    """Return what one telling makes known."""
    return Known(statement, Marking(), statement.releases, added or Marking())


def join(one: Known, other: Known) -> Known:
    """Return what both tellings of a thing make known together."""
    if _thing(one) != _thing(other):
        raise ValueError("two things are never one")
    added = one.added.with_more(other.added)
    low, high = sorted((one, other), key=lambda k: (k.statement.version, k.statement.withdrawn, _digest(k)))
    same_version = _rank(low) == _rank(high)
    if not same_version:
        return replace(high, added=added)
    if low.statement == high.statement:
        return Known(high.statement, low.same.with_more(high.same), low.releases & high.releases, added)
    # an originator that says two things under one version is held to the stricter of both
    told = marking(low.statement.handling, low.statement.audience)
    told = told.with_more(marking(high.statement.handling, high.statement.audience))
    same = told.with_more(low.same).with_more(high.same)
    return Known(high.statement, same, low.releases & high.releases, added)


def joined(tellings: Iterable[Known]) -> dict[tuple[UUID, UUID], Known]:
    """Return what is held of each thing after all of ``tellings``, whatever their order."""
    held: dict[tuple[UUID, UUID], Known] = {}
    for each in tellings:
        key = _thing(each)
        held[key] = join(held[key], each) if key in held else each
    return held


def _thing(one: Known) -> tuple[UUID, UUID]:
    return one.statement.origin, one.statement.thing


def _rank(one: Known) -> tuple[int, bool]:
    return one.statement.version, one.statement.withdrawn


def _digest(one: Known) -> str:
    return sha256(one.statement.signed_bytes()).hexdigest()
