"""The feed: what an act changed, told in the act's own transaction to whoever looks on.

A service announces (``records.announce``); what is announced here waits until the act's entry is in the log
and is written under its number. The log takes one entry after the other, to the end of each transaction, so
whoever has read up to a number has missed nothing below it. A row says that something changed and never
what: ``known`` asks the guard for the thing itself, at the moment of telling.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from entente.records import clock, guard
from entente.records.announce import News, on
from entente.records.models.clue import Clue, Note, Observation
from entente.records.models.feed import Feed
from entente.records.models.media import Media
from entente.records.models.opinion import Opinion
from entente.records.models.review import Review
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

COMING = threading.Event()  # this process wrote to the feed; what others wrote is found by looking
KEPT = timedelta(days=1)  # longer than any page stays open without being loaded anew
MOST = 400  # things asked for in one query

# What is told live: the event that announces it, and the table in which the guard is asked for it.
TOLD: dict[str, tuple[str, Any]] = {
    "clue changed": ("clue", Clue),
    "observed": ("observation", Observation),
    "noted": ("note", Note),
    "crop made": ("crop", Media),
    "reviewed": ("review", Review),
    "opinion ended": ("opinion", Opinion),  # never a vote before: it is blind until all are cast
}
TABLES: dict[str, Any] = dict(TOLD.values())
OF_OTHERS = {"review"}  # the page in which one decides shows one's own already


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the feed as it is told."""

    key: UUID
    serial: int
    media: UUID | None
    what: str
    thing: UUID


# What was announced in the innermost act under way; ``None`` outside any act.
_announced: ContextVar[dict[tuple[str, UUID], UUID] | None] = ContextVar("announced", default=None)


@contextmanager
def gathering() -> Iterator[dict[tuple[str, UUID], UUID]]:
    """Gather what is announced inside: each thing once, with its case."""
    held: dict[tuple[str, UUID], UUID] = {}
    token = _announced.set(held)
    try:
        yield held
    finally:
        _announced.reset(token)


def _gather(news: News) -> None:
    what, _ = TOLD[news.event]
    held = _announced.get()
    things = news.facts.get(what) or []
    for thing in [things] if isinstance(things, str) else things:
        if held is not None:
            held[what, UUID(thing)] = news.case


for _event in TOLD:
    on(_event)(_gather)


def write(announced: dict[tuple[str, UUID], UUID], serial: int) -> None:
    """Write what was announced under the number of the act's entry, in its transaction."""
    rows = []
    with guard.system("find the item that a change is about"):
        for (what, thing), case in announced.items():
            name = "parent_id" if what == "crop" else "media_id"
            found = TABLES[what]._base_manager.filter(pk=thing).values_list(name, flat=True)
            rows.append(Feed(serial=serial, case_id=case, media_id=found.first(), what=what, thing=thing))
        if rows:
            Feed.objects.bulk_create(rows)
            transaction.on_commit(COMING.set)


def newest() -> int:
    """Return the highest number of the feed, 0 where nothing is told."""
    return Feed.objects.aggregate(newest=Max("serial"))["newest"] or 0


def after(serial: int, case: UUID, media: UUID | None = None) -> list[Change]:
    """Return what changed in a case, or of one item, after ``serial``, hidden or not: for ``known`` alone."""
    rows = Feed.objects.filter(case=case, serial__gt=serial)
    if media is not None:
        rows = rows.filter(media=media)
    return [Change(*row) for row in rows.values_list("key", "serial", "media", "what", "thing")]


def known(officer: Officer, purpose: Purpose, changes: Iterable[Change]) -> list[Change]:
    """Return those changes whose things ``officer`` may know of now, as the guard answers."""
    asked = list(changes)
    seen: set[UUID] = set()
    with guard.scope(officer, purpose):
        for what, table in TABLES.items():
            things = sorted({c.thing for c in asked if c.what == what})
            for start in range(0, len(things), MOST):
                rows = table.objects.filter(pk__in=things[start : start + MOST])
                if what in OF_OTHERS:
                    rows = rows.exclude(made_by=officer.id)
                seen.update(rows.values_list("pk", flat=True))
    return [c for c in asked if c.thing in seen]


def place(officer: Officer, purpose: Purpose, case: UUID, media: UUID | None = None) -> str:
    """Return the key of the last change that ``officer`` may know of: where a page made now stands."""
    told = known(officer, purpose, after(0, case, media))
    return str(told[-1].key) if told else ""


def serial_of(key: str) -> int:
    """Return the number of the change that a page has been told last; 0 where it is none or forgotten."""
    try:
        wanted = UUID(key)
    except ValueError:
        return 0
    return Feed.objects.filter(key=wanted).values_list("serial", flat=True).first() or 0


def forget() -> int:
    """Erase what was told long ago; return how many."""
    return Feed.objects.filter(at__lt=clock.now() - KEPT).delete()[0]
