"""Two kept states of the region beside each other: which clues came and went, and what that moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOVED = 0.1  # decades: a clue whose ratio moved less weighs as before


@dataclass(frozen=True)
class Share:
    """A place and its share of belief: a country (``name`` empty) or a division of it."""

    country: str
    name: str
    p: float


@dataclass(frozen=True)
class Kept:
    """One kept state: when, by whom, on which clues, and what they led to."""

    id: str
    at: datetime
    by: str
    clues: tuple[str, ...]
    countries: tuple[Share, ...]
    regions: tuple[Share, ...]
    area50_km2: float
    area90_km2: float
    cells50: tuple[str, ...]
    ratios: Mapping[str, float]  # log10, by clue
    versions: str


@dataclass(frozen=True)
class Changed:
    """What differs between two states: clues by id, those that weigh otherwise with both ratios."""

    come: tuple[str, ...]
    gone: tuple[str, ...]
    otherwise: tuple[tuple[str, float, float], ...]


def read(id_: str, at: datetime, by: str, clues: Iterable[str], posterior: Mapping[str, Any]) -> Kept:
    """Read a kept posterior of DESIGN section 5."""
    return Kept(
        id=id_,
        at=at,
        by=by,
        clues=tuple(clues),
        countries=tuple(Share(c["code"], "", c["p"]) for c in posterior["countries"]),
        regions=tuple(Share(r["country"], r["name"], r["p"]) for r in posterior["regions"]),
        area50_km2=posterior["area50_km2"],
        area90_km2=posterior["area90_km2"],
        cells50=tuple(posterior["cells50"]),
        ratios={w["id"]: w["log10_bf"] for w in posterior["clues"]},
        versions=f"{posterior['engine_version']}, {posterior['tables_version']}",
    )


def changed(before: Kept | None, after: Kept) -> Changed:
    """Return what changed from one state to a later one; from none, all its clues have come."""
    old = set(before.clues) if before else set()
    new = set(after.clues)
    moved = []
    for clue in sorted(old & new):
        was, now = (before.ratios.get(clue, 0.0) if before else 0.0), after.ratios.get(clue, 0.0)
        if abs(now - was) >= MOVED:
            moved.append((clue, was, now))
    return Changed(tuple(sorted(new - old)), tuple(sorted(old - new)), tuple(moved))


def both(before: Iterable[Share], after: Iterable[Share], most: int) -> list[tuple[Share, float, float]]:
    """Return places with their share before and after, the likeliest of either first."""
    was = {(s.country, s.name): s for s in before}
    now = {(s.country, s.name): s for s in after}
    rows = []
    for key in {*was, *now}:
        old, new = was[key].p if key in was else 0.0, now[key].p if key in now else 0.0
        rows.append((now.get(key) or was[key], old, new))
    return sorted(rows, key=lambda r: (-max(r[1], r[2]), r[0].country, r[0].name))[:most]
