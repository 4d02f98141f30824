"""What an officer types as the value of a clue, read by the clue's kind."""

from __future__ import annotations

import re
from typing import Any

from entente.vocabulary.clue import ClueKind

# What a partner can say in one line. The rest is measured in the media, not known by a person.
STATED = (
    ClueKind.REGION,
    ClueKind.COUNTRY,
    ClueKind.TOPONYM,
    ClueKind.TEXT,
    ClueKind.LANGUAGE,
    ClueKind.SPEECH,
    ClueKind.SOCKET,
    ClueKind.DRIVING_SIDE,
    ClueKind.CURRENCY,
    ClueKind.PHONE_NUMBER,
    ClueKind.BARCODE,
    ClueKind.PLATE,
    ClueKind.GPS,
    ClueKind.RELIEF,
    ClueKind.HOLIDAY,
    ClueKind.OBJECT,
    ClueKind.DEVICE,
)
_CODE = re.compile(r"[A-Z]{2}\Z")


class ValueRefused(ValueError):
    """The line is not what this kind of clue needs; the text says the mend."""


def parse(kind: ClueKind, line: str) -> Any:
    """Return the value of DESIGN section 5 that ``line`` says; raise ``ValueRefused`` with an example."""
    text = line.strip()
    if kind not in STATED:
        raise ValueRefused(f"a partner does not state {kind}; choose another kind of clue")
    if not text:
        raise ValueRefused("a clue needs its value; write it, or leave the kind of clue empty")
    reader = _READERS.get(kind)
    return reader(text) if reader else text


def _country(text: str) -> str:
    code = text.upper()
    if not _CODE.match(code):
        raise ValueRefused(f"a country is its two-letter code such as IT, not {text!r}")
    return code


def _region(text: str) -> dict[str, str]:
    country, comma, admin1 = text.partition(",")
    if not comma or not admin1.strip():
        raise ValueRefused(f"a region is a country and its division, such as “IT, Tuscany”, not {text!r}")
    return {"country": _country(country.strip()), "admin1": admin1.strip()}


def _gps(text: str) -> dict[str, float]:
    parts = [p.strip() for p in text.replace(";", ",").split(",")]
    try:
        lat, lon = float(parts[0]), float(parts[1])
        radius = float(parts[2]) if len(parts) > 2 else 1000.0
    except (IndexError, ValueError):
        why = f"a position is latitude, longitude, metres, such as “43.77, 11.25, 500”, not {text!r}"
        raise ValueRefused(why) from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and radius >= 0):
        raise ValueRefused(f"there is no such position on the earth: {text!r}; latitude comes first")
    return {"lat": lat, "lon": lon, "radius_m": radius}


def _tags(text: str) -> dict[str, float]:
    tags = [t.strip() for t in text.replace(";", ",").split(",") if t.strip()]
    if not all(re.match(r"[a-zA-Z]{2,3}(-[A-Za-z0-9]+)*\Z", t) for t in tags):
        raise ValueRefused(f"languages are their codes, such as “it” or “it, sc”, not {text!r}")
    return {t: 1.0 / len(tags) for t in tags}


def _one_of(*choices: str) -> Any:
    def read(text: str) -> str:
        if text.casefold() not in choices:
            raise ValueRefused(f"it is one of {', '.join(choices)}, not {text!r}")
        return text.casefold()

    return read


def _day(text: str) -> str:
    if not re.match(r"(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z", text):
        raise ValueRefused(f"a holiday is the day on which it is kept, 2025-06-24 or 06-24, not {text!r}")
    return text


def _device(text: str) -> dict[str, str]:
    names = ("make", "model", "serial")
    return dict(zip(names, (p.strip() for p in text.split(",", 2)), strict=False))


_READERS: dict[ClueKind, Any] = {
    ClueKind.COUNTRY: _country,
    ClueKind.REGION: _region,
    ClueKind.GPS: _gps,
    ClueKind.LANGUAGE: _tags,
    ClueKind.SPEECH: _tags,
    ClueKind.TEXT: lambda text: {"string": text, "script": ""},
    ClueKind.DRIVING_SIDE: _one_of("left", "right"),
    ClueKind.RELIEF: _one_of("flat", "hilly", "mountain"),
    ClueKind.HOLIDAY: _day,
    ClueKind.CURRENCY: str.upper,
    ClueKind.SOCKET: str.upper,
    ClueKind.DEVICE: _device,
}


def said(value: Any) -> str:
    """Return a clue's value as one line to read."""
    if isinstance(value, dict):
        if "country" in value:
            return f"{value['country']}, {value.get('admin1', '')}".rstrip(", ")
        if "string" in value:
            return str(value["string"])
        if "lat" in value:
            return f"{value['lat']}, {value['lon']} ± {value.get('radius_m', 0):g} m"
        if all(isinstance(v, (int, float)) for v in value.values()):
            return ", ".join(value)
        return ", ".join(str(v) for v in value.values())
    return "" if value is None else str(value)
