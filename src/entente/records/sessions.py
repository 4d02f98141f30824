"""Log-ins under way: kept in our own table, listed by account, ended at once.

A session ends after 15 minutes without an act and after 12 hours in any case (NIST SP 800-63B-4, AAL2 and 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from entente.records import clock
from entente.records.models.session import Session

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)


class SessionStore(DatabaseStore):
    """Django's store over a table that knows whose each session is."""

    left = False  # of a request that is no act: it writes nothing, and so takes back no act beside it

    def save(self, must_create: bool = False) -> None:
        """Write the session, unless this request leaves it as it is."""
        if must_create or not self.left:
            super().save(must_create)

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return our table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Write whose it is beside the sealed data."""
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        row.account = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.began = clock.moment(data["began"]) if "began" in data else None
        row.seen = clock.moment(data["seen"]) if "seen" in data else None
        return row


def data_of(keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return what the log-ins of these keys hold; one that has ended, or cannot be read, is not there."""
    store = SessionStore()
    rows = Session.objects.filter(pk__in=list(keys), expire_date__gt=clock.now())
    return {row.pk: store.decode(row.session_data) for row in rows}


def begin(session: Any) -> None:
    """Start the clocks of a log-in."""
    session["began"] = session["seen"] = clock.now().timestamp()


def over(session: Any) -> bool:
    """Whether a log-in has ended: too long without an act, too long in all, or its clocks are missing."""
    now = clock.now().timestamp()
    try:
        rest, life = now - session["seen"], now - session["began"]
    except (KeyError, TypeError):
        return True
    return not (-60 <= rest <= IDLE.total_seconds() and -60 <= life <= LONGEST.total_seconds())


def seen(session: Any) -> None:
    """Note an act; a page that only asks how far a job is, is none."""
    session["seen"] = clock.now().timestamp()


def leave(session: Any) -> None:
    """Let a request that is nobody's act pass without a trace in the log-in's clocks."""
    session.left = True


def of_account(account: UUID) -> list[Session]:
    """Return the log-ins of ``account`` that still hold, the latest first."""
    now = clock.now()
    rows = Session.objects.filter(account=account, seen__gt=now - IDLE, began__gt=now - LONGEST)
    return list(rows.filter(expire_date__gt=now))


def end(account: UUID, but: str | None = None) -> int:
    """End the log-ins of ``account`` at once, but the one with the key ``but``; return how many."""
    rows = Session.objects.filter(account=account)
    if but:
        rows = rows.exclude(session_key=but)
    return rows.delete()[0]
