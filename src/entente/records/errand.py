"""Under which session and request an entry is written: random names that stand for nobody by themselves.

A page's request sets both (``web.middleware``), a job its own request; a command line is one session and one
request of its own, made when the process begins.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


def name() -> str:
    """Return a new random name: 128 bits, so that two never meet."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Errand:
    """The session that someone works in and the one request that is being served."""

    session: str
    request: str


_own = Errand(name(), name())
_errand: ContextVar[Errand | None] = ContextVar("errand", default=None)


def current() -> Errand:
    """Return the errand under way; the process's own where none was set."""
    return _errand.get() or _own


@contextmanager
def within(session: str | None = None) -> Iterator[Errand]:
    """Serve a new request of ``session``, of the present one where none is given."""
    errand = Errand(session or current().session, name())
    token = _errand.set(errand)
    try:
        yield errand
    finally:
        _errand.reset(token)
