"""Clues for the tests of the locate step, and places to draw them from."""

from __future__ import annotations

from typing import Any

from entente.vocabulary.clue import Clue, clue_from_json


def clue(name: str, kind: str, value: Any, reliability: float | None = None, **more: Any) -> Clue:
    return clue_from_json({"id": name, "kind": kind, "value": value, "reliability": reliability, **more})


def article() -> list[Clue]:
    """The automatic clues of the reference's scenario: a cell near Fossano, Piedmont; invented."""
    return [
        clue("words", "language", {"it": 0.75, "es": 0.1, "pt": 0.05, "fr": 0.05, "ro": 0.05}, 0.9),
        clue("hum", "mains_hz", 50, 0.97),
        clue("socket", "socket", "L", 0.93),
        clue("sun", "sun_elevation", {"deg": 44.6, "sd": 3, "utc": "2026-05-04T08:38:00Z"}, 0.9),
        clue("stamp", "utc_offset", 120, 0.9),
        clue("lead", "barcode", "4006381333931", 0.95),  # German: a false lead
    ]


PARTNER = clue("livery", "region", {"country": "IT", "admin1": "12"}, 0.8)
VAN = clue("van", "phone_number", "0171 692345", 0.95)
SIGN = clue("sign", "toponym", "Fossano", 0.95)
NORTH = {"05", "06", "08", "09", "12", "17", "19", "20"}
