"""News of an act: a step announces what happened, ``casework.flow`` alone knows what follows.

So an earlier step never imports a later one. Listeners run in the announcer's transaction and should only
put jobs in the queue; a listener's fault undoes the act, which is better than a chain that stops unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose


@dataclass(frozen=True, slots=True)
class News:
    """Something happened in a case; ``facts`` are identifiers and counts, never content."""

    event: str
    officer: Officer
    purpose: Purpose
    case: UUID
    facts: dict[str, Any] = field(default_factory=dict)


Listener = Callable[[News], None]
LISTENERS: dict[str, list[Listener]] = {}


def on(event: str) -> Callable[[Listener], Listener]:
    """Call the decorated function at every ``event``."""

    def register(listener: Listener) -> Listener:
        LISTENERS.setdefault(event, []).append(listener)
        return listener

    return register


def announce(event: str, officer: Officer, purpose: Purpose, case: UUID, **facts: Any) -> None:
    """Tell every listener of ``event``."""
    for listener in LISTENERS.get(event, []):
        listener(News(event, officer, purpose, case, facts))
