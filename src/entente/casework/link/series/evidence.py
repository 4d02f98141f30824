"""What ties two items: the words of the arithmetic, and how one row of evidence is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from entente.casework.link.series.weights import weight_of
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import Turns
from entente.vocabulary.reason import Reason

METHOD, VERSION = "link.series", "2"


class LinkKind(StrEnum):
    """What ties two items. A new kind has its member here, its finder in ``kinds``, its rows in the table."""

    SAME_FILE = "same file"
    NEAR_PICTURE = "near picture"
    NEAR_FRAME = "near frame"
    SAME_DEVICE = "same device"
    NAME_RUN = "name run"
    SAME_OBJECT = "same object"
    SAME_CAMERA = "same camera"  # by its sensor's noise; weighed by its ratio, found by another job
    BY_HAND = "by hand"  # a person's own word, with the reason in words; found by no finder


# What its items share as one thing: the links between them are a chain that stands for all of them.
SHARED = frozenset(
    {(LinkKind.SAME_FILE, "digest"), (LinkKind.NEAR_PICTURE, "equal"), (LinkKind.SAME_DEVICE, "serial")}
)
WEAK_ALONE = frozenset({LinkKind.NAME_RUN})  # adds to other evidence, joins nothing by itself
# a part of one meets a part of the other: so do compilations and logos
IN_PART = frozenset({LinkKind.NEAR_FRAME, LinkKind.SAME_OBJECT})


@dataclass(frozen=True, slots=True)
class Item:
    """What the arithmetic may know of one item."""

    id: str
    digests: frozenset[str] = frozenset()
    pdq_turns: Turns = ()  # of the FULL profile
    pdq_quality: int = 0
    frames: tuple[FrameHash, ...] = ()
    device: tuple[str, str, str] | None = None  # make, model, serial
    folder: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A proposed tie of two items; ``a`` sorts before ``b``; weight 0-1.

    ``grade`` is how strong the evidence is within its kind, in the words of the table of weights.
    """

    a: str
    b: str
    kind: LinkKind
    weight: float
    because: Reason
    grade: str = ""


@dataclass(frozen=True, slots=True)
class Hub:
    """What ties too many to mean anything: shown for review, joins nothing."""

    items: tuple[str, ...]
    because: Reason


@dataclass(frozen=True, slots=True)
class Proposal:
    """Links, strongest first, and hubs."""

    links: tuple[Link, ...]
    hubs: tuple[Hub, ...]


def link(a: str, b: str, kind: LinkKind, grade: str, text: str) -> Link:
    """Return one row of evidence; its weight is what the table says of its kind and grade."""
    first, second = sorted((a, b))
    weight = weight_of(kind, grade)
    return Link(first, second, kind, weight, Reason(text, METHOD, VERSION, weight), grade)


def chain(ids: Iterable[str], kind: LinkKind, grade: str, text: str) -> Iterator[Link]:
    """Tie each with the next: what all of them share is told by as few rows as hold them together."""
    for a, b in pairwise(ids):
        yield link(a, b, kind, grade, text)


def hub(items: Iterable[str], text: str) -> Hub:
    """Return what is set apart, and why."""
    return Hub(tuple(items), Reason(text, METHOD, VERSION))
