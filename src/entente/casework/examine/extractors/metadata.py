"""Clues from what the camera wrote: position, clock, offset from UTC, device.

Metadata can be edited by anybody: its clues are intelligence, never proof, and stay at X4 until graded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from entente.casework.examine.extractors import ExtractorExample, Material
from entente.vocabulary.clue import Clue, ClueKind, group_of

PHONE_RADIUS_M = 50.0  # what a position without a stated error is worth
OFFSETS = range(-12 * 60, 14 * 60 + 1, 15)  # the offsets in civil use, in minutes


def _position(metadata: Mapping[str, Any]) -> tuple[dict[str, float], str] | None:
    """Return the position, unless it is missing, outside the Earth, or the null island of empty receivers."""
    gps = metadata.get("gps")
    if not isinstance(gps, Mapping):
        return None
    try:
        lat, lon = float(gps["lat"]), float(gps["lon"])
        radius = float(gps.get("radius_m") or PHONE_RADIUS_M)
    except (KeyError, TypeError, ValueError):
        return None
    if not (abs(lat) <= 90 and abs(lon) <= 180 and math.isfinite(radius)) or (lat == 0 and lon == 0):
        return None
    value = {"lat": lat, "lon": lon, "radius_m": radius}
    return value, f"the file's position tags say {lat:.5f}, {lon:.5f}, within {radius:.0f} m"


def _offset(metadata: Mapping[str, Any]) -> tuple[int, str] | None:
    """Return the clock's offset from UTC in minutes, when it is one that clocks are set to."""
    minutes = metadata.get("offset_minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or int(minutes) not in OFFSETS:
        return None
    hours, rest = divmod(abs(int(minutes)), 60)
    sign = "-" if minutes < 0 else "+"
    return int(
        minutes
    ), f"the file's offset tag says the device's clock was set to UTC{sign}{hours:02d}:{rest:02d}"


def _device(metadata: Mapping[str, Any]) -> tuple[dict[str, str], str] | None:
    """Return make, model and serial; a serial is what ties media to one device."""
    value = {key: str(metadata.get(key) or "").strip() for key in ("make", "model", "serial")}
    if not any(value.values()):
        return None
    words = " ".join(value[key] for key in ("make", "model") if value[key]) or "an unnamed device"
    serial = f" with serial number {value['serial']}" if value["serial"] else ", without a serial number"
    return value, f"the file's tags name {words}{serial}"


def _time(metadata: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the moment of taking as the camera wrote it."""
    taken = str(metadata.get("taken_at") or "")
    return (taken, f"the file's tags say it was taken at {taken}") if taken else None


READERS = (
    (ClueKind.GPS, _position),
    (ClueKind.UTC_OFFSET, _offset),
    (ClueKind.DEVICE, _device),
    (ClueKind.TIME, _time),
)


class MetadataExtractor:
    """Reads the normalised metadata of intake."""

    name = "metadata"
    version = "1"
    needs = frozenset({"metadata"})

    def find(self, material: Material) -> list[Clue]:
        """Return up to one clue of each of gps, utc_offset, device and time."""
        clues = []
        for kind, read in READERS:
            found = read(material.metadata)
            if found is not None:
                value, because = found
                clues.append(
                    Clue(
                        id="",
                        kind=kind,
                        value=value,
                        group=group_of(kind),
                        source="",
                        medium=material.medium,
                        because=because,
                        method=self.name,
                        version=self.version,
                    )
                )
        return clues

    def examples(self) -> Sequence[ExtractorExample]:
        """Return a full set of tags, and a stripped file."""
        full = {
            "make": "Nordica",
            "model": "D410",
            "serial": "4102207",
            "taken_at": "2026-06-06T18:41:07+02:00",
            "offset_minutes": 120,
            "gps": {"lat": 44.55, "lon": 7.73, "radius_m": 12.0},
        }
        return (
            ExtractorExample(
                Material("full", full),
                (
                    (ClueKind.GPS, {"lat": 44.55, "lon": 7.73, "radius_m": 12.0}),
                    (ClueKind.UTC_OFFSET, 120),
                    (ClueKind.DEVICE, {"make": "Nordica", "model": "D410", "serial": "4102207"}),
                    (ClueKind.TIME, "2026-06-06T18:41:07+02:00"),
                ),
            ),
            ExtractorExample(Material("stripped", {}), ()),
        )
