"""A case as it goes to a partner: items, series, exhibits, chain of custody and clues, each with its marking.

Every format of a case package writes one of these and reads one back. Whoever fills it has asked the law
before; whoever reads it is told what could not be believed, node by node, and nothing is read as looser than
it was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, BinaryIO, Protocol, runtime_checkable
from uuid import UUID

from entente.formats.salvage import Place
from entente.formats.values import moment_of
from entente.vocabulary.clue import Clue, clue_from_json
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose, narrowest, union
from entente.vocabulary.media_hash import RecordRefusal

LONGEST_TEXT = 4000  # characters of any text inside
MOST_NODES = 500_000  # a longer package is no case; it is sent in parts
MOST_STEPS = 1000  # of one exhibit's chain of custody
OUTCOMES = ("received", "refused", "taken back", "")


@dataclass(frozen=True, slots=True)
class Marking:
    """Handling and audience of one thing: two axes, never one label."""

    handling: Handling = field(default_factory=Handling)
    audience: Audience = Audience.AMBER

    @property
    def words(self) -> str:
        """Return it as a person reads it."""
        text = f" ({self.handling.text})" if self.handling.text else ""
        return f"{self.audience} · {self.handling}{text}"


def marking_of(codes: Any, text: Any, audience: Any) -> Marking:
    """Read a marking; raise ``ValueError`` for a missing or an unknown one: nothing is guessed."""
    try:
        read = frozenset(HandlingCode(c) for c in str(codes or "").split())
        return Marking(Handling(read, str(text or "")), Audience(str(audience)))
    except ValueError as fault:
        raise ValueError(f"it has no marking that is known here ({fault})") from None


@dataclass(frozen=True, slots=True)
class PackedItem:
    """One file of the case: what it hashes to, never its name and never its bytes."""

    id: UUID
    number: int
    marking: Marking
    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    pdq: str = ""
    size: int | None = None
    mime: str = ""
    kind: str = ""  # picture or video
    width: int | None = None
    height: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class PackedSeries:
    """Items that people said belong together."""

    id: UUID
    name: str  # S-1; never a person's name
    items: tuple[UUID, ...]
    marking: Marking


@dataclass(frozen=True, slots=True)
class PackedExhibit:
    """A seized thing and the items that came from it."""

    id: UUID
    number: str
    marking: Marking
    description: str = ""
    seized_at: datetime | None = None
    items: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class PackedStep:
    """One step of an exhibit's chain of custody, by agencies; ``place`` counts from 1 without a gap."""

    id: UUID
    exhibit: UUID
    place: int
    when: datetime
    giver: str
    receiver: str
    why: str
    marking: Marking
    received_at: datetime | None = None
    outcome: str = ""  # received, refused, taken back; empty while it is under way


@dataclass(frozen=True, slots=True)
class PackedClue:
    """One confirmed clue with the agency that answers for it; ``word.medium`` is the id of its item."""

    id: UUID
    word: Clue
    by: str
    at: datetime
    marking: Marking


Part = PackedItem | PackedSeries | PackedExhibit | PackedStep | PackedClue


@dataclass(frozen=True, slots=True)
class CasePackage:
    """Everything that one recipient may have of a case, and the sentences on what stayed behind."""

    id: UUID
    number: str
    victim: str  # a V-number
    made_at: datetime
    sender: str
    contact: str
    recipient: str
    purpose: Purpose
    marking: Marking
    items: tuple[PackedItem, ...] = ()
    series: tuple[PackedSeries, ...] = ()
    exhibits: tuple[PackedExhibit, ...] = ()
    steps: tuple[PackedStep, ...] = ()
    clues: tuple[PackedClue, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return everything that bears a marking of its own."""
        return (*self.items, *self.series, *self.exhibits, *self.steps, *self.clues)


@dataclass(frozen=True, slots=True)
class ReadPackage:
    """What was believed of a package, and each node that was not, with its place and the mend."""

    package: CasePackage
    refusals: tuple[RecordRefusal, ...] = ()


@runtime_checkable
class CaseFormat(Protocol):
    """A format that also carries a whole case; ``case_losses`` names each field that does not survive."""

    name: str
    case_losses: Mapping[str, str]  # such as "PackedItem.width" → a sentence

    def write_case(self, package: CasePackage, stream: BinaryIO) -> int:
        """Write it; return how many nodes, objects or attributes it became."""
        ...

    def read_case(self, stream: BinaryIO) -> ReadPackage:
        """Read it back; raise ``ListRefused`` for what is no case package."""
        ...


Lines = Mapping[UUID, int]
Told = tuple[str, dict[str, Any], Place]  # the id of a node, its fields, and where it stands


class Unread(ValueError):
    """A node that cannot be read: says why."""


def believed(
    read: Callable[[Told], Any], nodes: Iterable[Told], kind: str, refused: list[RecordRefusal]
) -> tuple[Any, ...]:
    """Return what ``read`` makes of each node; one that says nonsense costs itself and is told by its place.

    ``read`` returns ``None`` for a node of another meaning.
    """
    parts = []
    for told in nodes:
        try:
            if (part := read(told)) is not None:
                parts.append(part)
        except (ValueError, TypeError, KeyError, OverflowError) as fault:
            code = "marking" if "marking" in str(fault) else "broken"
            why = f"{kind} {told[0][-36:]}: {fault}; it was left out"
            refused.append(RecordRefusal(told[2].line, code, why))
    return tuple(parts)


def text_of(value: Any, name: str) -> str:
    """Return a text of bearable length, nothing as the empty text; raise ``Unread``."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Unread(f"{name} is no text of at most {LONGEST_TEXT} characters")
    return value


def instant_of(value: Any, name: str) -> datetime:
    """Return a moment that says its offset; raise ``Unread``."""
    moment = moment_of(value)
    if moment is None or moment.tzinfo is None:
        raise Unread(f"{name} is no moment with its offset")
    return moment


def word_of(told: Any, **more: Any) -> Clue:
    """Return a clue from the object of DESIGN section 5; raise ``Unread`` or ``ValueError``."""
    if not isinstance(told, Mapping):
        raise Unread("its clue is no object")
    return clue_from_json({**told, **more})


def spoken(clue: Clue) -> dict[str, Any]:
    """Return what ``word_of`` reads, without what every format says in its own way."""
    return {k: v for k, v in asdict(clue).items() if k not in ("id", "medium", "because")}


def sound(package: CasePackage, lines: Lines) -> ReadPackage:
    """Return a package without the parts that lead nowhere or contradict themselves, and why each went.

    What no public validator asks: that every reference meets something, that a chain of custody has no gap
    and runs forward in time, and that the whole is not marked looser than its parts: it is tightened.
    """
    refused: list[RecordRefusal] = []

    def no(part: Any, code: str, why: str) -> None:
        refused.append(RecordRefusal(max(1, lines.get(part.id, 1)), code, f"{why}; it was left out"))

    items = {i.id for i in package.items}
    exhibits = {e.id: e for e in package.exhibits}
    series = tuple(_known(s, items, no) for s in package.series)
    held = tuple(_known(e, items, no) for e in package.exhibits)
    by_exhibit: dict[UUID, list[PackedStep]] = {}
    for step in package.steps:
        by_exhibit.setdefault(step.exhibit, []).append(step)
    steps = [s for e in exhibits.values() for s in _chain(e, by_exhibit.get(e.id, []), package.made_at, no)]
    for step in package.steps:
        if step.exhibit not in exhibits:
            no(step, "unreachable", f"a step of the chain of custody is of no exhibit here ({step.exhibit})")
    clues, media = [], {str(i) for i in items}
    for clue in package.clues:
        if clue.word.medium and clue.word.medium not in media:
            no(clue, "reference", "a clue is of an item that is not in the package")
        else:
            clues.append(clue)
    parts = (*package.items, *series, *held, *steps, *clues)
    marks = [package.marking, *(p.marking for p in parts)]
    whole = Marking(union([m.handling for m in marks]), narrowest([m.audience for m in marks]))
    if whole != package.marking:
        why = f"the package says {package.marking.words} and holds {whole.words}; the tighter holds"
        refused.append(RecordRefusal(max(1, lines.get(package.id, 1)), "marking", why))
    kept = replace(
        package, marking=whole, series=series, exhibits=held, steps=tuple(steps), clues=tuple(clues)
    )
    return ReadPackage(kept, tuple(refused))


def _known(part: Any, items: set[UUID], no: Any) -> Any:
    known = tuple(i for i in part.items if i in items)
    if len(known) < len(part.items):
        no(part, "reference", f"{len(part.items) - len(known)} of its items are not in the package")
        return replace(part, items=known)
    return part


def _chain(
    exhibit: PackedExhibit, steps: list[PackedStep], made_at: datetime, no: Any
) -> Iterator[PackedStep]:
    """Yield the steps of one exhibit while they follow from each other; what hangs in the air is refused."""
    last, place, broken = exhibit.seized_at, 0, ""
    for step in sorted(steps, key=lambda s: s.place):
        place += 1
        if not broken and step.place != place:
            broken = f"the chain of exhibit {exhibit.number} has no step {place}"
        if broken:
            no(step, "unreachable", broken)
            place -= 1
            continue
        if why := _time_fault(step, last, made_at):
            broken = f"step {step.place} of exhibit {exhibit.number} {why}"
            no(step, "time-order", broken)
            continue
        last = step.received_at or step.when
        yield step


def _time_fault(step: PackedStep, last: datetime | None, made_at: datetime) -> str:
    if step.received_at is not None and step.received_at < step.when:
        return "was received before it was given"
    if last is not None and step.when < last:
        return "was given before what stands before it"
    return "lies after the package was made" if (step.received_at or step.when) > made_at else ""
