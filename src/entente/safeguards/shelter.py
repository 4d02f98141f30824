"""Shelter for those who look: cues at limits that a person sets alone, and what a supervisor may be told.

A limit is the person's own, and so is its end: the desk reminds, it never locks. What a supervisor reads by
consent are totals of whole weeks that are over, of one person who agreed; a count below ``SMALL`` is told as
"fewer than", so that no single look can be told from the totals, nor what was looked at from its time. The
total of a unit is never made: in a unit of one it would be a person's without consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

QUIET_AT = 0.8  # of a limit
SITTING_ENDS = timedelta(minutes=30)  # without a look
SMALL = 5
WEEKS_TOLD = 8
IN_FULL = frozenset({"clear", "crop", "sound"})  # views that count as exposure; grey and edges do not


class Cue(StrEnum):
    """How the desk reminds a person of an own limit."""

    NONE = "none"
    QUIET = "quiet"  # one line
    PAUSE = "pause"  # the whole page, until the person ends it


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person set; ``None`` where nothing is set."""

    day_minutes: int | None = None
    sitting_minutes: int | None = None
    looks_in_a_row: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One look of a person: when, which view, how long."""

    at: datetime
    view: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Reached:
    """One limit and how far it is used up."""

    name: str
    used: float
    limit: int
    cue: Cue


@dataclass(frozen=True, slots=True)
class Totals:
    """What was seen in a span: counts and minutes, never items."""

    looks: int
    minutes: float
    grey: int
    avoided: int
    breaks: int


def sitting(looks: Sequence[Look], rests: Iterable[datetime], now: datetime) -> list[Look]:
    """Return the looks in full since the last rest, or since ``SITTING_ENDS`` without one."""
    full = sorted((k for k in looks if k.view in IN_FULL), key=lambda k: k.at)
    last = max(rests, default=None)
    if last is not None:
        full = [k for k in full if k.at > last]
    found: list[Look] = []
    until = now
    for one in reversed(full):
        if until - one.at > SITTING_ENDS:
            break
        found.append(one)
        until = one.at
    return found[::-1]


def reached(
    limits: Limits,
    looks: Sequence[Look],
    rests: Sequence[datetime],
    went_on: Sequence[datetime],
    now: datetime,
) -> list[Reached]:
    """Return each limit that is set, with its cue.

    A rest, or going on after a pause, begins a new sitting. Whoever went on after the limit of the day was
    reached is reminded quietly for the rest of the day.
    """
    here = sitting(looks, [*rests, *went_on], now)
    today = [k for k in looks if k.view in IN_FULL and k.at.date() == now.date()]
    used = {
        "day_minutes": minutes(today),
        "sitting_minutes": minutes(here),
        "looks_in_a_row": float(len(here)),
    }
    found = []
    for name, value in used.items():
        limit = getattr(limits, name)
        if limit:
            cue = Cue.PAUSE if value >= limit else Cue.QUIET if value >= QUIET_AT * limit else Cue.NONE
            passed = _when_reached(today, limit) if name == "day_minutes" and cue is Cue.PAUSE else None
            if passed is not None and any(at >= passed for at in went_on):
                cue = Cue.QUIET
            found.append(Reached(name, value, limit, cue))
    return found


def _when_reached(today: Sequence[Look], limit: int) -> datetime | None:
    held = 0.0
    for one in sorted(today, key=lambda k: k.at):
        held += one.seconds
        if held >= limit * 60:
            return one.at
    return None


def minutes(looks: Iterable[Look]) -> float:
    """Return how long the looks lasted together, in minutes."""
    return round(sum(k.seconds for k in looks) / 60, 2)


def week_of(day: date) -> date:
    """Return the Monday of the week."""
    return day - timedelta(days=day.weekday())


def weeks_over(now: datetime) -> list[date]:
    """Return the Mondays of the weeks that a supervisor may be told of, the latest first: none under way."""
    this = week_of(now.date())
    return [this - timedelta(weeks=n) for n in range(1, WEEKS_TOLD + 1)]


def told(count: int) -> str:
    """Say a count to somebody else; a small one only as small."""
    return str(count) if count == 0 or count >= SMALL else f"< {SMALL}"
