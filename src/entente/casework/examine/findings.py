"""Which items count as one picture for looking once, and who found something: plain values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from entente.vocabulary.media_hash import PDQ_MIN_QUALITY

SAME_PICTURE = 8  # bits: a copy saved again, as in a stack of the grid


@dataclass(frozen=True, slots=True)
class Held:
    """What one item is compared by."""

    id: UUID
    pdq: str
    quality: int | None


@dataclass(frozen=True, slots=True)
class By:
    """Who found something, and when last: an agency, never a person."""

    agency: str
    at: datetime


def same_picture(one: Held, others: Iterable[Held]) -> list[UUID]:
    """Return the items of the same picture or a copy saved again; a poor hash is like nothing."""
    if not one.pdq or (one.quality or 0) < PDQ_MIN_QUALITY:
        return []
    mine = int(one.pdq, 16)
    return [
        other.id
        for other in others
        if other.pdq
        and (other.quality or 0) >= PDQ_MIN_QUALITY
        and (mine ^ int(other.pdq, 16)).bit_count() <= SAME_PICTURE
    ]


def latest_by(found: Iterable[By]) -> list[By]:
    """Return each agency once, with its latest finding, the latest first."""
    last: dict[str, By] = {}
    for one in found:
        if one.agency not in last or last[one.agency].at < one.at:
            last[one.agency] = one
    return sorted(last.values(), key=lambda b: b.at, reverse=True)
