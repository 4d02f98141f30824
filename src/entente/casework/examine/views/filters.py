"""The filters of the grid as a page shows them: their words, what an address says, and its words again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext, gettext_lazy

from entente.casework.examine.facets import FACETS, Narrowed, Wanted

LABELS = {
    "known": gettext_lazy("Known or new"),
    "kind": gettext_lazy("Kind"),
    "device": gettext_lazy("Device"),
    "series": gettext_lazy("Series"),
    "clue": gettext_lazy("Clues"),
    "looked": gettext_lazy("Who looked"),
    "review": gettext_lazy("Decision"),
    "state": gettext_lazy("State"),
    "from": gettext_lazy("Taken from"),
    "to": gettext_lazy("Taken to"),
    "stack": gettext_lazy("Stack of"),
}
REVIEWS = {
    "none": gettext_lazy("Undecided"),
    "nothing": gettext_lazy("Nothing to see"),
    "again": gettext_lazy("Look again"),
    "done": gettext_lazy("Done"),
}
# The values that this desk gives; of the others, only those that an item in sight has are ever named.
FIXED: dict[str, dict[str, Any]] = {
    "known": {
        "exact": gettext_lazy("Exact"),
        "near": gettext_lazy("Near"),
        "scene": gettext_lazy("Same scene"),
        "harmless": gettext_lazy("Harmless"),
        "new": gettext_lazy("New"),
        "waiting": gettext_lazy("Not yet compared"),
    },
    "kind": {"picture": gettext_lazy("Pictures"), "video": gettext_lazy("Videos")},
    "clue": {
        "yes": gettext_lazy("With clues"),
        "proposed": gettext_lazy("To decide"),
        "no": gettext_lazy("None"),
    },
    "looked": {
        "nobody": gettext_lazy("Nobody"),
        "me": gettext_lazy("I did"),
        "agency": gettext_lazy("My agency"),
        "anybody": gettext_lazy("Anybody"),
    },
    "review": REVIEWS,
    "state": {
        "opened": gettext_lazy("Opened"),
        "refused": gettext_lazy("Refused"),
        "crop": gettext_lazy("Crops"),
    },
}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
LONGEST = 200


def kept(query: Mapping[str, str]) -> dict[str, str]:
    """Return the filters that an address or a form names, and nothing else of it; nonsense is no filter."""
    found = {}
    for name in LABELS:
        value = str(query.get(name) or "").strip()[:LONGEST]
        if name in FIXED and value not in FIXED[name]:
            continue
        if name in {"from", "to"} and not DAY.fullmatch(value):
            continue
        if name == "stack" and not re.fullmatch(r"[0-9]{1,9}", value):
            continue
        if value:
            found[name] = value
    return found


def wanted(filters: Mapping[str, str]) -> Wanted:
    """Return what the arithmetic is asked for."""
    values = {name: filters[name] for name in FACETS if name in filters}
    return Wanted(values, filters.get("from", ""), filters.get("to", ""), int(filters.get("stack", 0)))


def fields(filters: Mapping[str, str], narrowed: Narrowed) -> list[dict[str, Any]]:
    """Return each filter with its options and how many items each would leave."""
    return [
        {
            "name": name,
            "label": LABELS[name],
            "now": filters.get(name, ""),
            "options": options(name, narrowed.counts[name]),
        }
        for name in FACETS
    ]


def options(name: str, counts: Mapping[str, int]) -> list[tuple[str, Any, int]]:
    """Return the values of one filter with their words and counts."""
    if name in FIXED:
        return [(value, label, counts.get(value, 0)) for value, label in FIXED[name].items()]
    return [(value, value, counts[value]) for value in sorted(counts, key=_in_order)]


def _in_order(name: str) -> list[Any]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def in_words(filters: Mapping[str, str]) -> str:
    """Return a set of filters as one line."""
    said = []
    for name, label in LABELS.items():
        if value := filters.get(name):
            said.append(f"{label}: {FIXED.get(name, {}).get(value, value)}")
    return " · ".join(said) or gettext("All items")


def address(filters: Mapping[str, str], **more: object) -> str:
    """Return the query of an address: filters, then the rest that is not empty."""
    return urlencode({**filters, **{name: value for name, value in more.items() if value}})
