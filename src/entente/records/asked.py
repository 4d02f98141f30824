"""Which rows a form or an address names; what is no number of a row is on no page."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def uuid_of(text: str | None) -> UUID | None:
    """Return the number of a row, if it is one."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def uuids_of(texts: Iterable[str]) -> list[UUID]:
    """Return those that are numbers of rows."""
    return [number for number in map(uuid_of, texts) if number is not None]
