"""The clock that every act reads: now, unless a story is being played at another moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_played: ContextVar[datetime | None] = ContextVar("played", default=None)


def now() -> datetime:
    """Return the present moment in UTC."""
    return _played.get() or datetime.now(UTC)


def moment(seconds: float) -> datetime:
    """Return the moment that is ``seconds`` after 1970 in UTC, as sessions keep it."""
    return datetime.fromtimestamp(seconds, UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Play what is inside at ``moment``; for demonstrations and tests, never for a served request."""
    token = _played.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _played.reset(token)
