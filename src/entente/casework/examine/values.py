"""Reads what an officer types as the value of a clue, and writes it back: a line of text ↔ DESIGN section 5.

Pure, so that a form, the command line and a partner's answer refuse the same things in the same words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from entente.casework.examine.shadow import elevation_of
from entente.vocabulary.clue import ClueKind

LONGEST = 500  # characters of a free text
LONGEST_LIST = 20_000  # of a list of times, places or cells
DEFAULT_RADIUS_M = 50.0
DEFAULT_SUN_SD = 3.0  # degrees, for an elevation read off a shadow by eye


class ValueRefused(ValueError):
    """What was typed is no value of that kind; the sentence says how to write it."""


# How to write each kind, shown beside the field.
HINTS = {
    ClueKind.GPS: "latitude, longitude and, if known, radius in metres: 44.55, 7.73, 50",
    ClueKind.TEXT: "the words as written",
    ClueKind.LANGUAGE: "language tags, each with a weight if unsure: it, or it 0.8, fr 0.2",
    ClueKind.SPEECH: "language tags, each with a weight if unsure: it, or it 0.8, fr 0.2",
    ClueKind.MAINS_HZ: "50 or 60",
    ClueKind.SOCKET: "letters A to O of IEC TR 60083: L, or CF",
    ClueKind.DRIVING_SIDE: "left or right",
    ClueKind.CURRENCY: "three letters of ISO 4217: EUR",
    ClueKind.PHONE_NUMBER: "5 to 17 digits, perhaps after +: +39 0171 445566",
    ClueKind.BARCODE: "the 8, 12 or 13 digits under the bars",
    ClueKind.UTC_OFFSET: "hours and minutes from UTC: +02:00",
    ClueKind.POSTING_HOURS: "24 counts, one for each hour UTC; or the times: 2026-06-06T16:40Z, …",
    ClueKind.SUN_ELEVATION: "degrees, error, moment: 23.5, 3, 2026-06-06T16:40Z; or height/shadow, moment",
    ClueKind.TOPONYM: "the name of the place",
    ClueKind.REGION: "country code and region: IT Piedmont",
    ClueKind.COUNTRY: "two letters of ISO 3166-1: IT",
    ClueKind.RELIEF: "flat, hilly or mountain",
    ClueKind.IP_COUNTRY: "two letters of ISO 3166-1: IT",
    ClueKind.PLATE: "what can be read, with * for each sign that cannot",
    ClueKind.HOLIDAY: "the day on which it is kept, with or without year: 2025-06-24, or 06-24",
    ClueKind.SITES: "places of one person, each latitude, longitude and, if unsure, weight: "
    "44.55, 7.73; 45.07, 7.69, 0.5",
    ClueKind.PICTURE_MODEL: "name / version / error rate: H3 cell and log-likelihood, one after another: "
    "street / 2.1 / 0.3: 851f9a3bfffffff -1.2",
    ClueKind.OBJECT: "a few neutral words: green floor tiles with a leaf",
    ClueKind.DEVICE: "make / model / serial number, as far as known",
    ClueKind.TIME: "moment with its offset: 2026-06-06T18:41:07+02:00",
}


_LISTS = {ClueKind.POSTING_HOURS, ClueKind.SITES, ClueKind.PICTURE_MODEL}


def parse(kind: ClueKind, text: str) -> Any:
    """Return the JSON value of ``kind`` written in ``text``; raise ``ValueRefused`` with the mend."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not text:
        raise ValueRefused(f"write the value: {HINTS[kind]}")
    longest = LONGEST_LIST if kind in _LISTS else LONGEST
    if len(text) > longest:
        raise ValueRefused(f"at most {longest} characters; put the rest into a note")
    try:
        return _READERS[kind](text)
    except (ValueError, IndexError) as fault:
        if isinstance(fault, ValueRefused):
            raise
        raise ValueRefused(f"{text!r} cannot be read; write {HINTS[kind]}") from None


def as_text(kind: ClueKind, value: Any) -> str:
    """Return the line that ``parse`` reads as ``value``; for an unknown shape its plain text."""
    writer = _WRITERS.get(kind)
    try:
        return writer(value) if writer else str(value)
    except (KeyError, TypeError, ValueError, AttributeError):
        return str(value)


def _numbers(text: str) -> list[float]:
    numbers = [float(part) for part in re.split(r"[,;\s]+", text.strip(" ,;"))]
    if not all(map(isfinite, numbers)):
        raise ValueError("not finite")
    return numbers


def _gps(text: str) -> dict[str, float]:
    lat, lon, *rest = _numbers(text.replace("°", ""))
    radius = rest[0] if rest else DEFAULT_RADIUS_M
    if len(rest) > 1 or abs(lat) > 90 or abs(lon) > 180 or not 0 < radius <= 20_037_508:
        raise ValueRefused("latitude is -90 to 90, longitude -180 to 180, the radius more than 0 metres")
    return {"lat": lat, "lon": lon, "radius_m": radius}


# ISO 15924 by the first word of the letters' Unicode names; the others are their first four letters.
_SCRIPTS = {
    **{"LATIN": "Latn", "GREEK": "Grek", "CYRILLIC": "Cyrl", "ARMENIAN": "Armn", "CJK": "Hani"},
    **{
        "HIRAGANA": "Jpan",
        "KATAKANA": "Jpan",
        "LAO": "Laoo",
        "MYANMAR": "Mymr",
        "KHMER": "Khmr",
        "DEVANAGARI": "Deva",
    },
    **{"GUJARATI": "Gujr", "GURMUKHI": "Guru", "KANNADA": "Knda", "MALAYALAM": "Mlym", "TAMIL": "Taml"},
    "TELUGU": "Telu",
}


def script_of(text: str) -> str:
    """Return the ISO 15924 code of the script of most letters; Latn where there is no letter.

    Chinese characters beside a single Japanese syllable are Japanese: that is how Japanese is written.
    """
    names = Counter(unicodedata.name(c, "LATIN").split()[0] for c in text if c.isalpha())
    if names["HIRAGANA"] + names["KATAKANA"]:
        names["HIRAGANA"] += names.pop("KATAKANA", 0) + names.pop("CJK", 0)
    most = names.most_common(1)[0][0] if names else "LATIN"
    return _SCRIPTS.get(most, most[:4].capitalize())


def _text(text: str) -> dict[str, str]:
    return {"string": text, "script": script_of(text)}


def _tags(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in re.split(r"[,;]", text):
        found = re.fullmatch(r"\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)(?:[\s:=]+(\d*\.?\d+))?\s*", part)
        if not found:
            raise ValueError(part)
        head, *rest = found[1].split("-")
        tag = "-".join([head.lower(), *rest])
        weights[tag] = float(found[2]) if found[2] else 1.0
    if sum(weights.values()) <= 0:
        raise ValueRefused("at least one language needs a weight above 0")
    return weights


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(text)
        return text.lower()

    return read


def _pattern(pattern: str, make: Callable[[str], str] = str.upper) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, make(text)):
            raise ValueError(text)
        return make(text)

    return read


def _mains(text: str) -> int:
    value = int(re.sub(r"\s*hz$", "", text, flags=re.IGNORECASE))
    if value not in {50, 60}:
        raise ValueError(text)
    return value


def _phone(text: str) -> str:
    plain = re.sub(r"[\s().\-/]", "", text)
    if not re.fullmatch(r"\+?\d{5,17}", plain):
        raise ValueError(text)
    return plain


def _barcode(text: str) -> str:
    """Check the last digit: weights 3 and 1 from the right (GS1 General Specifications 7.9)."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"\d{8}|\d{12}|\d{13}", digits):
        raise ValueError(text)
    total = sum(int(d) * (3 if place % 2 else 1) for place, d in enumerate(reversed(digits[:-1]), 1))
    if (total + int(digits[-1])) % 10:
        raise ValueRefused("the last digit does not fit the others; read the number under the bars again")
    return digits


def _offset(text: str) -> int:
    found = re.fullmatch(r"(?:UTC|GMT)?\s*([+\-−]?)(\d{1,2})(?::?(\d{2}))?", text, re.IGNORECASE)
    if not found:
        raise ValueError(text)
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    minutes = -minutes if found[1] in {"-", "−"} else minutes
    if minutes % 15 or not -720 <= minutes <= 840:
        raise ValueRefused("clocks are set between -12:00 and +14:00, in quarters of an hour")
    return minutes


def _hours(text: str) -> list[int]:
    if ":" in text:  # the times themselves
        moments = [datetime.fromisoformat(_moment(p)) for p in re.split(r"[,;\s]+", text.strip(" ,;\n"))]
        hours = Counter(moment.astimezone(UTC).hour for moment in moments)
        return [hours[hour] for hour in range(24)]
    counts = _numbers(text)
    if len(counts) != 24 or any(c < 0 or c != int(c) for c in counts) or not sum(counts):
        raise ValueRefused(f"24 whole counts from 00 to 23 UTC are needed, this has {len(counts)}")
    return [int(c) for c in counts]


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text.replace(" ", "T"))
    if moment.tzinfo is None:
        raise ValueRefused("say the offset too: Z for UTC, or such as +02:00")
    return moment.isoformat()


def _sun(text: str) -> dict[str, Any]:
    if drawn := re.fullmatch(r"\s*([\d.]+)\s*/\s*([\d.]+)[,;\s]+(\S.*)", text):
        deg, sd = elevation_of(float(drawn[1]), float(drawn[2]))
        return {"deg": round(deg, 1), "sd": round(sd, 1), "utc": _moment(drawn[3].strip())}
    *numbers, moment = [p for p in re.split(r"[,;\s±]+", text) if p and p.lower() not in {"at", "utc"}]
    degrees, *rest = [float(n.rstrip("°")) for n in numbers]
    sd = rest[0] if rest else DEFAULT_SUN_SD
    if len(rest) > 1 or not -90 <= degrees <= 90 or not 0 < sd <= 45:
        raise ValueRefused("the sun stands between -90 and 90 degrees, with an error between 0 and 45")
    return {"deg": degrees, "sd": sd, "utc": _moment(moment)}


def _region(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"([A-Za-z]{2})[\s,/\-:]+(\S.*)", text)
    if not found:
        raise ValueError(text)
    admin1, asked = _parted(found[2])
    return {"country": found[1].upper(), "admin1": admin1} | asked


_COUNTRY = re.compile(r"[A-Z]{2}")
_ASKED = " (asked)"  # a yes to "is this yours?", which an edit of something else must not lose


def _parted(text: str) -> tuple[str, dict[str, bool]]:
    plain = text.removesuffix(_ASKED)
    return plain, {"asked": True} if plain != text else {}


def _country(text: str) -> str | dict[str, Any]:
    plain, asked = _parted(text)
    code = plain.upper()
    if not _COUNTRY.fullmatch(code):
        raise ValueError(text)
    return {"country": code} | asked if asked else code


def _written_country(value: Any) -> str:
    return value["country"] + _mark(value) if isinstance(value, dict) else str(value)


def _mark(value: dict[str, Any]) -> str:
    return _ASKED if value.get("asked") else ""


def _sites(text: str) -> list[dict[str, float]]:
    found = []
    for part in text.strip(" ;").split(";"):
        lat, lon, *rest = _numbers(part.replace("°", ""))
        weight = rest[0] if rest else 1.0
        if len(rest) > 1 or abs(lat) > 90 or abs(lon) > 180 or not 0 < weight <= 1:
            raise ValueRefused("latitude is -90 to 90, longitude -180 to 180, a weight above 0 and at most 1")
        found.append({"lat": lat, "lon": lon, "weight": weight})
    if len(found) < 2:
        raise ValueRefused("a series is at least two places, with ; between them; enter one as a position")
    return found


def _picture_model(text: str) -> dict[str, Any]:
    head, colon, tail = text.partition(":")
    model, version, rate = (part.strip() for part in head.split("/"))
    words = tail.replace(",", " ").replace(";", " ").split()
    if not (model and version and colon and words) or len(words) % 2:
        raise ValueError(text)
    if not 0 < float(rate) < 1:
        raise ValueRefused("the error rate of a picture model lies between 0 and 1")
    cells = dict(zip(words[::2], _numbers(" ".join(words[1::2])), strict=True))
    if not all(re.fullmatch(r"8[0-9a-f]{14}", cell) for cell in cells):
        raise ValueRefused("a cell is the 15 hexadecimal digits of an H3 index such as 851f9a3bfffffff")
    return {"model": model, "version": version, "error_rate": float(rate), "cells": cells}


def _device(text: str) -> dict[str, str]:
    parts = [part.strip() for part in text.split("/")]
    if len(parts) > 3 or not any(parts):
        raise ValueError(text)
    return dict(zip(("make", "model", "serial"), [*parts, "", ""], strict=False))


_READERS: dict[ClueKind, Callable[[str], Any]] = {
    ClueKind.GPS: _gps,
    ClueKind.TEXT: _text,
    ClueKind.LANGUAGE: _tags,
    ClueKind.SPEECH: _tags,
    ClueKind.MAINS_HZ: _mains,
    ClueKind.SOCKET: lambda t: _pattern(r"[A-O]{1,15}")(re.sub(r"[\s,/]", "", t)),
    ClueKind.DRIVING_SIDE: _one_of("left", "right"),
    ClueKind.CURRENCY: _pattern(r"[A-Z]{3}"),
    ClueKind.PHONE_NUMBER: _phone,
    ClueKind.BARCODE: _barcode,
    ClueKind.UTC_OFFSET: _offset,
    ClueKind.POSTING_HOURS: _hours,
    ClueKind.SUN_ELEVATION: _sun,
    ClueKind.TOPONYM: str,
    ClueKind.REGION: _region,
    ClueKind.COUNTRY: _country,
    ClueKind.RELIEF: _one_of("flat", "hilly", "mountain"),
    ClueKind.IP_COUNTRY: _pattern(r"[A-Z]{2}"),
    ClueKind.PLATE: str.upper,
    ClueKind.HOLIDAY: _pattern(r"(\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
    ClueKind.SITES: _sites,
    ClueKind.PICTURE_MODEL: _picture_model,
    ClueKind.OBJECT: str,
    ClueKind.DEVICE: _device,
    ClueKind.TIME: _moment,
}


def _written_tags(weights: dict[str, float]) -> str:
    if list(weights.values()) == [1.0]:
        return next(iter(weights))
    return ", ".join(f"{tag} {f'{weight:.9f}'.rstrip('0').rstrip('.')}" for tag, weight in weights.items())


def _written_offset(minutes: int) -> str:
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _written_sites(places: list[dict[str, float]]) -> str:
    return "; ".join(f"{p['lat']!r}, {p['lon']!r}, {p.get('weight', 1.0)!r}" for p in places)


def _written_model(value: dict[str, Any]) -> str:
    cells = ", ".join(f"{cell} {figure!r}" for cell, figure in sorted(value["cells"].items()))
    return f"{value['model']} / {value['version']} / {value['error_rate']!r}: {cells}"


_WRITERS: dict[ClueKind, Callable[[Any], str]] = {
    ClueKind.GPS: lambda v: f"{v['lat']!r}, {v['lon']!r}, {v['radius_m']!r}",
    ClueKind.TEXT: lambda v: v["string"],
    ClueKind.LANGUAGE: _written_tags,
    ClueKind.SPEECH: _written_tags,
    ClueKind.UTC_OFFSET: _written_offset,
    ClueKind.POSTING_HOURS: lambda v: " ".join(str(n) for n in v),
    ClueKind.SUN_ELEVATION: lambda v: f"{v['deg']!r}, {v['sd']!r}, {v['utc']}",
    ClueKind.REGION: lambda v: f"{v['country']} {v['admin1']}{_mark(v)}",
    ClueKind.COUNTRY: _written_country,
    ClueKind.SITES: _written_sites,
    ClueKind.PICTURE_MODEL: _written_model,
    ClueKind.DEVICE: lambda v: " / ".join([v["make"], v["model"], v["serial"]]),
}
