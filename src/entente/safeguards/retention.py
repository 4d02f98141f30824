"""How long: a review date on everything, the shorter of the provider's limit and three years.

Sources: Regulation (EU) 2016/794 art. 31 (review within three years, reasons recorded, silence erases; what
is contested, claimed or needed to protect somebody is restricted instead) and art. 19(2) (the provider's
limits bind); Directive (EU) 2016/680 arts 5 and 16.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

YEARS = 3  # art. 31(2)
NOTICE = timedelta(days=90)  # how long before the date the owner is asked


class Fate(StrEnum):
    """What is to happen to a thing now."""

    KEEP = "keep"
    ASK = "ask"  # the review date is near: the owner is asked for a reason to keep
    RESTRICT = "restrict"  # kept for the named ground alone; nothing else may be done with it
    ERASE = "erase"


class Ground(StrEnum):
    """Why a thing is restricted instead of erased (art. 31(6))."""

    PROTECTED_INTEREST = "erasure would harm a person who needs protection"
    CONTESTED = "its accuracy is contested"
    LEGAL_CLAIM = "it is needed for a legal claim or as evidence"


@dataclass(frozen=True, slots=True)
class Review:
    """A decision to keep: when, by whom and why. Without a reason it does not count."""

    at: datetime
    by: str
    reason: str


def years_after(moment: datetime, years: int) -> datetime:
    """Return the same day ``years`` later; 29 February becomes 28 February, never a later day."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)


def review_due(started: datetime, provider_limit: datetime | None = None) -> datetime:
    """Return when a thing must be reviewed: its provider's limit or three years, the earlier (art. 31)."""
    ours = years_after(started, YEARS)
    return min(ours, provider_limit) if provider_limit is not None else ours


def next_review(
    started: datetime, reviews: tuple[Review, ...] = (), provider_limit: datetime | None = None
) -> datetime:
    """Return the date after the reviews made. A review moves our limit; it never moves the provider's.

    Only a review made in time and with a reason counts: one after the date cannot bring back what was due.
    """
    due = review_due(started, provider_limit)
    for review in sorted(reviews, key=lambda r: r.at):
        if review.reason.strip() and started <= review.at <= due:
            due = review_due(review.at, provider_limit)
    return due


def fate(due: datetime, now: datetime, ground: Ground | None = None) -> Fate:
    """Return what is to happen: silence erases at the date, unless a ground of art. 31(6) holds."""
    if now >= due:
        return Fate.RESTRICT if ground is not None else Fate.ERASE
    return Fate.ASK if now >= due - NOTICE else Fate.KEEP
