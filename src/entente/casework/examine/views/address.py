"""What an address of an item says besides the item: a second, and whether its restriction was read."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode


def query_of(read: str, fields: dict[str, Any]) -> str:
    """Return the query of an address, the read restriction first; empty where nothing goes with it."""
    text = "&".join(filter(None, [read, urlencode(fields)]))
    return f"?{text}" if text else ""


def seconds_of(text: str | None) -> float | None:
    """Return the second that an address names, ``None`` where it names none."""
    try:
        return float(text) if text else None
    except ValueError:
        return None
