"""Several officers on one item: each open page is told of changes, and of who else is here.

One thread a process looks for new numbers in the feed and wakes the pages. What a page is told is asked of
the guard for its officer at that moment; of a hidden change it learns nothing, no number and no gap. A page
is told what to fetch and never what it says. Who is here is known to this process alone and kept nowhere.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import connections
from django.utils.crypto import constant_time_compare

from entente.records import clock, feed, guard, sessions
from entente.records.models import Account, Case, Membership
from entente.safeguards.access import member_part, opens_content
from entente.vocabulary.agency import Officer, Strength
from entente.vocabulary.handling import Purpose

LOOK_S = 0.2  # between two looks for new numbers, where nothing of this process comes
CHECK_S = 2.0  # between two questions whether a page may still be told
BEAT_S = 10.0  # a word now and then, so that nothing in between takes the line for dead
LINGER_S = 4.0  # a page that is loaded anew is not gone
PER_OFFICER = 4  # a browser opens six lines to one desk and needs some for its pages
PER_PROCESS = 200
WAITING = 64  # messages that one page may leave unread before its line is closed
IDS = 40  # things named in one message
AGAIN_MS = 2000
ENDED = "event: ended\ndata: {}\n\n"
STILL_HERE = ": still here\n\n"

Here = tuple[tuple[str, str], ...]
Rows = dict[tuple[int, UUID, UUID | None], list[feed.Change]]


@dataclass(eq=False)
class Seat:
    """One open page: whose, at what, and up to where it has been told."""

    account: UUID
    number: str
    agency: str
    strength: Strength
    purpose: Purpose
    session: str
    case: UUID
    media: UUID | None = None
    told: int = 0
    here: tuple[Here, Here] | None = None
    gone: float | None = None
    post: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(WAITING))
    loop: asyncio.AbstractEventLoop | None = None

    def send(self, text: str | None) -> None:
        """Hand a message to the page's own loop, from any thread; ``None`` ends it."""
        if self.loop is None or self.loop.is_closed():
            return
        self.loop.call_soon_threadsafe(self._put, text)

    def _put(self, text: str | None) -> None:
        try:
            self.post.put_nowait(text)
        except asyncio.QueueFull:  # it reads nothing: it may come again and catch up
            while not self.post.empty():
                self.post.get_nowait()
            self.post.put_nowait(None)


class Room:
    """Every open page of this process, and the thread that looks for what is new."""

    def __init__(self, *, alone: bool = True) -> None:
        """``alone=False``: nobody looks by itself; a test calls ``look``."""
        self._seats: list[Seat] = []
        self._lock = threading.Lock()
        self._alone = alone
        self._thread: threading.Thread | None = None
        self._checked = 0.0

    def has_place(self, account: UUID) -> bool:
        """Whether one more line fits: for this officer and in all."""
        with self._lock:
            held = [s for s in self._seats if s.gone is None]
        return len(held) < PER_PROCESS and sum(s.account == account for s in held) < PER_OFFICER

    def enter(self, seat: Seat) -> None:
        """Take a seat; the thread begins with the first."""
        with self._lock:
            self._seats.append(seat)
            if self._alone and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="tells pages", daemon=True)
                self._thread.start()

    def leave(self, seat: Seat) -> None:
        """Get up; for a moment others still see who was here."""
        with self._lock:
            seat.gone = time.monotonic()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._seats:
                    self._thread = None
                    break
            try:
                self.look()
            except Exception:  # whatever it is: pages wait, and are told at the next look
                logging.getLogger(__name__).exception("the open pages wait")
                connections.close_all()
            feed.COMING.wait(LOOK_S)
            feed.COMING.clear()
        connections.close_all()

    def look(self) -> None:
        """Tell every page what is new; now and then ask whether it may still be told."""
        now = time.monotonic()
        with self._lock:
            self._seats = [s for s in self._seats if s.gone is None or now - s.gone < LINGER_S]
            seats = [s for s in self._seats if s.gone is None]
        newest = feed.newest()
        due = now - self._checked >= CHECK_S
        asked = [seat for seat in seats if due or seat.told < newest]
        rows: Rows = {}
        for seat, officer in zip(asked, officers_of(asked), strict=True):
            if officer is None:
                seat.send(ENDED)
                seat.send(None)
                self.leave(seat)
                continue
            for text in news_for(seat, officer, newest, rows):
                seat.send(text)
        if due:
            self._checked = now
        for seat in seats:
            if seat.gone is None and (text := self.here_for(seat)):
                seat.send(text)

    def here_for(self, seat: Seat) -> str:
        """Return who else is here, for one page; empty where it knows already."""
        with self._lock:
            others = [s for s in self._seats if s.case == seat.case and s.account != seat.account]
        case = _names(others)
        item = _names(s for s in others if seat.media is not None and s.media == seat.media)
        if (case, item) == seat.here:
            return ""
        seat.here = (case, item)
        return f"event: here\ndata: {json.dumps({'case': case, 'item': item})}\n\n"

    async def told(self, seat: Seat) -> AsyncIterator[bytes]:
        """Yield what the page is told, until it goes or may not be told any more."""
        seat.loop = asyncio.get_running_loop()
        self.enter(seat)
        try:
            yield f"retry: {AGAIN_MS}\n\n".encode()
            while True:
                try:
                    # not wait_for(): before Python 3.12 a message that comes at that moment makes it forget
                    # that the page has gone, and the seat would be held for ever
                    async with asyncio.timeout(BEAT_S):
                        text = await seat.post.get()
                except TimeoutError:
                    text = STILL_HERE
                if text is None:
                    return
                yield text.encode()
        finally:
            self.leave(seat)

    def once(self, seat: Seat, officer: Officer) -> bytes:
        """Return what the page would be told now, for one that comes again instead of waiting."""
        texts = [*news_for(seat, officer, feed.newest(), {}), self.here_for(seat)]
        return "".join([f"retry: {AGAIN_MS}\n\n", *texts]).encode()


ROOM = Room()


def officers_of(seats: Sequence[Seat]) -> list[Officer | None]:
    """Return the officer of each page as they stand now; nothing where its log-in or its case has ended."""
    if not seats:
        return []
    people = {s.account for s in seats}
    parts: dict[UUID, list[tuple[Any, ...]]] = {}
    with guard.system("how the officers of the open pages stand"):
        log_ins = sessions.data_of({s.session for s in seats})
        accounts = Account.objects.filter(is_active=True).select_related("agency").in_bulk(people)
        rows = Membership.objects.filter(account__in=people)
        for account, *part in rows.values_list("account", "case_id", "part", "since", "until"):
            parts.setdefault(account, []).append(tuple(part))
        cases = Case.objects.filter(pk__in={s.case for s in seats}, closed_at=None)
        under_way = set(cases.values_list("pk", flat=True))
    return [
        _standing(seat, accounts[seat.account], log_ins[seat.session], parts.get(seat.account, []))
        if seat.account in accounts and seat.session in log_ins and seat.case in under_way
        else None
        for seat in seats
    ]


def _standing(
    seat: Seat, account: Account, log_in: dict[str, Any], parts: list[tuple[Any, ...]]
) -> Officer | None:
    """Return the officer, if the log-in is still theirs and the law still opens the case to them."""
    held, now = log_in.get(HASH_SESSION_KEY, ""), account.get_session_auth_hash()
    if log_in.get(SESSION_KEY) != str(account.pk) or not constant_time_compare(held, now):
        return None
    if sessions.over(log_in) or log_in.get("purpose", str(seat.purpose)) != str(seat.purpose):
        return None
    officer = account.as_officer(seat.strength, parts)
    if not opens_content(officer, seat.purpose) or seat.purpose not in officer.purposes:
        return None
    return officer if member_part(officer, seat.case, clock.now()) is not None else None


def news_for(seat: Seat, officer: Officer, newest: int, rows: Rows) -> list[str]:
    """Return the messages for one page up to ``newest``, and note that it has been told.

    ``rows`` keeps what the feed has, for the pages that are asked for in the same look.
    """
    if seat.told >= newest:
        return []
    place = (seat.told, seat.case, seat.media)
    if place not in rows:
        rows[place] = feed.after(*place)
    changes = feed.known(officer, seat.purpose, rows[place])
    seat.told = newest
    return [_message(changes[n : n + IDS]) for n in range(0, len(changes), IDS)]


def _message(changes: list[feed.Change]) -> str:
    told: dict[str, list[str]] = {}
    for change in changes:
        if str(change.thing) not in told.setdefault(change.what, []):
            told[change.what].append(str(change.thing))
    return f"id: {changes[-1].key}\nevent: changed\ndata: {json.dumps(told)}\n\n"


def _names(seats: Iterable[Seat]) -> Here:
    return tuple(sorted({(s.number, s.agency) for s in seats}))
