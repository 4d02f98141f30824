"""Where the records of a MISP event stand, and which of its attributes are hashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entente.formats.walk import Layout

KINDS = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "photodna": "photodna"}


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and ("type" in value or "Attribute" in value) and "Event" not in value


LAYOUT = Layout(
    "misp",
    entered=frozenset({"response", "Event", "Attribute", "Object"}),
    records=frozenset({"Attribute", "Object"}),
    is_record=_is_record,
    is_row=lambda value: isinstance(value, dict) and "object_relation" in value,
)


def rows_of(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the objects in a list of a record; anything else in it is passed over."""
    rows = record.get(name)
    return [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []
