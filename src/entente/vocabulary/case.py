"""A case on its way: the stages of the ten-day clock, its urgency, its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TEN_DAYS = timedelta(days=10)


class Stage(StrEnum):
    """The clock's stages, in the order of the story."""

    DISCOVERED = "discovered"
    REGION = "region"
    PRIORITISED = "prioritised"
    CONTRIBUTIONS = "contributions"
    HOME = "home"
    SEARCH = "search"
    SAFE = "safe"


class Outcome(StrEnum):
    """What became of the persons; a machine never writes one."""

    CHILD_SAFE = "child safe"
    CHILD_NOT_FOUND = "child not found"
    SUSPECT_ARRESTED = "suspect arrested, trial pending"
    SUSPECT_NOT_FOUND = "suspect not found"
    CONVICTED = "convicted"
    NO_OFFENCE = "no offence"


@dataclass(frozen=True, slots=True)
class StageTime:
    """When a stage was reached, and how long it took since the one before."""

    stage: Stage
    at: datetime
    took: timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """The ten-day clock of one case."""

    discovered: datetime
    reached: tuple[StageTime, ...]
    waiting_for: Stage | None
    elapsed: timedelta
    slowest: Stage | None  # reached or still waited for


def clock(reached: dict[Stage, datetime], now: datetime) -> Clock | None:
    """Return the clock from the stages reached; ``None`` before discovery.

    Stages may be reached out of order or skipped; each one's time counts from the latest earlier moment.
    """
    if Stage.DISCOVERED not in reached:
        return None
    start = reached[Stage.DISCOVERED]
    done = sorted(
        ((at, stage) for stage, at in reached.items()), key=lambda p: (p[0], list(Stage).index(p[1]))
    )
    times, before = [], start
    for at, stage in done:
        times.append(StageTime(stage, at, at - before))
        before = at
    waiting = next((s for s in Stage if s not in reached), None)
    end = reached.get(Stage.SAFE, now)
    spans: dict[Stage, timedelta] = {t.stage: t.took for t in times if t.stage is not Stage.DISCOVERED}
    if waiting and Stage.SAFE not in reached:
        spans[waiting] = now - before
    slowest = max(spans, key=lambda s: spans[s]) if spans else None
    return Clock(start, tuple(times), None if Stage.SAFE in reached else waiting, end - start, slowest)


class ReshareWish(StrEnum):
    """Whether the person who was harmed, or who speaks for them, wishes to be told of each re-share."""

    NOT_ASKED = ""
    EACH = "each"
    NEVER = "never"
