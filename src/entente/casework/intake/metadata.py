"""What a file says of its own making: device, moment, position, former name. Arithmetic on raw tags.

Nothing is invented: a time without offset stays without, a position without its compass letters is none.
Sources: Exif 2.32 (CIPA DC-008); ISO 6709 annex H; QuickTime File Format, metadata keys; Matroska tags.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

METRES_A_DEGREE = 111_195.0  # on the mean sphere of 6371 km
LEAST_RADIUS_M = 15.0  # a phone under open sky, where it states nothing better
METRES_A_DOP = 5.0  # range error of a civil receiver, one unit of dilution

_GROUPS = re.compile(
    r"^(?:image|exif|gps|interoperability|composite|container|video|audio|text|makernote)[ :]"
)
_TAKEN = (
    ("datetimeoriginal", ("offsettimeoriginal", "offsettime"), "subsectimeoriginal"),
    ("comapplequicktimecreationdate", (), ""),
    ("datetimedigitized", ("offsettimedigitized", "offsettime"), "subsectimedigitized"),
    ("createdate", ("offsettimedigitized", "offsettime"), "subsectimedigitized"),
    ("datetime", ("offsettime",), "subsectime"),
    ("daterecorded", (), ""),
    ("date", (), ""),
    ("creationtime", (), ""),
    ("dateutc", (), ""),
)
_MAKE = ("make", "comapplequicktimemake", "comandroidmanufacturer", "manufacturer")
_MODEL = ("model", "comapplequicktimemodel", "comandroidmodel", "cameramodelname")
_SERIAL = ("bodyserialnumber", "serialnumber", "internalserialnumber", "cameraserialnumber")
_LENS = ("lensmodel", "lens", "lenstype", "comapplequicktimecameralensmodel")
_SOFTWARE = ("software", "comapplequicktimesoftware", "encodingtool", "writingapp", "encoder")
_NAMES = (
    "preservedfilename",
    "originalfilename",
    "originalrawfilename",
    "rawfilename",
    "documentname",
    "filename",
    "title",
    "imagedescription",
)
_ISO6709 = ("comapplequicktimelocationiso6709", "location", "locationeng", "xyz", "recordinglocation")

_CLOCK = re.compile(
    r"(?P<y>\d{4})[:\-/.](?P<mo>\d{1,2})[:\-/.](?P<d>\d{1,2})[T ]+(?P<h>\d{1,2}):(?P<mi>\d{2})"
    r"(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?\s*(?P<zone>Z|UTC|GMT|[+\-]\d{2}:?\d{2}Z?|[+\-]\d{2}Z?)?\s*$",
    re.IGNORECASE,
)
_DOTNET = re.compile(r"/?Date\((?P<ms>-?\d{1,15})(?P<zone>[+\-]\d{4})?\)/?")
_ZONE = re.compile(r"(?P<sign>[+\-])(?P<h>\d{2}):?(?P<m>\d{2})?Z?$", re.IGNORECASE)
_OWN_ZONE = re.compile(r"[+\-]\d{2}(?::?\d{2})?(?=Z?(?:\)/?)?$)", re.IGNORECASE)
_NUMBER = re.compile(r"[+\-]?\d{1,12}(?:\.\d{1,12})?(?:/\d{1,12})?")
_LETTER = re.compile(r"(?<![a-z])(n|s|e|w|north|south|east|west)(?![a-z])", re.IGNORECASE)
_SIGNED = re.compile(r"(?P<lat>[+\-]\d{2,6}(?:\.\d+)?)(?P<lon>[+\-]\d{3,7}(?:\.\d+)?)")
_FILE_NAME = re.compile(r"[^/\\\0]{1,200}\.[A-Za-z0-9]{2,5}$")


@dataclass(frozen=True, slots=True)
class Position:
    """WGS 84 degrees, and the radius in metres within which the device claims to have been."""

    lat: float
    lon: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class MediaMetadata:
    """What a file says of its making. ``taken_at`` is ISO 8601, with an offset only where one is known.

    ``offset_minutes`` is the device's own offset from UTC; a moment given in UTC leaves it ``None``.
    """

    make: str = ""
    model: str = ""
    serial: str = ""
    lens: str = ""
    software: str = ""
    taken_at: str | None = None
    offset_minutes: int | None = None
    gps: Position | None = None
    original_names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return an object ready for ``json.dumps``."""
        return asdict(self)


def normalise(tags: Mapping[str, str]) -> MediaMetadata:
    """Read raw tags, of EXIF, QuickTime, Matroska or a partner's list; what makes no sense is left out."""
    found = _by_word(tags)
    taken, offset = _taken(found)
    return MediaMetadata(
        make=_first(found, _MAKE),
        model=_first(found, _MODEL),
        serial=_first(found, _SERIAL),
        lens=_first(found, _LENS),
        software=_first(found, _SOFTWARE),
        taken_at=taken,
        offset_minutes=offset,
        gps=_position(found),
        original_names=_names(found),
    )


def _by_word(tags: Mapping[str, str]) -> dict[str, str]:
    """Return values by a name of letters and digits only; of two under one name the first one stays."""
    found: dict[str, str] = {}
    for name, value in tags.items():
        low = str(name).lower()
        if low.startswith("thumbnail"):
            continue
        word = re.sub(r"[^a-z0-9]", "", _GROUPS.sub("", low))
        text = "".join(c for c in str(value) if c.isprintable()).strip()
        if text:
            found.setdefault(word, text)
    return found


def _first(found: Mapping[str, str], words: Iterable[str]) -> str:
    """Return the first value that says something."""
    values = (found.get(word, "") for word in words)
    return next(
        (v for v in values if v and v.strip("0 -") and v.lower() not in {"unknown", "none", "[]"}), ""
    )


def _names(found: Mapping[str, str]) -> tuple[str, ...]:
    """Return what looks like a former file name, without its folders."""
    bare = (re.split(r"[/\\]", found[word])[-1] for word in _NAMES if word in found)
    return tuple(dict.fromkeys(name for name in bare if _FILE_NAME.fullmatch(name)))


def _taken(found: Mapping[str, str]) -> tuple[str | None, int | None]:
    """Return the moment from the most telling tag that makes sense, and the device's offset."""
    for word, offsets, fraction in _TAKEN:
        moment = parse_time(found.get(word, ""))
        if moment is None:
            continue
        if moment.tzinfo is None:
            part = found.get(fraction, "")
            if part.isdecimal() and part.isascii():
                moment = moment.replace(microsecond=int(part[:6].ljust(6, "0")))
            minutes = next((m for o in offsets if (m := parse_offset(found.get(o, ""))) is not None), None)
            if minutes is not None:
                moment = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
            return moment.isoformat(), minutes
        if not _OWN_ZONE.search(found[word]):  # UTC says when, not where the device's clock stood
            return moment.isoformat().replace("+00:00", "Z"), None
        return moment.isoformat(), parse_offset(_OWN_ZONE.search(found[word])[0])  # type: ignore[index]
    return None, None


def parse_offset(text: str) -> int | None:
    """Return minutes east of UTC of ``+HH:MM``, ``+HHMM``, ``+HH`` or ``+HH:00Z``, else ``None``."""
    match = _ZONE.match(text.strip())
    if not match:
        return None
    minutes = int(match["h"]) * 60 + int(match["m"] or 0)
    minutes = -minutes if match["sign"] == "-" else minutes
    return minutes if -12 * 60 <= minutes <= 14 * 60 and minutes % 15 == 0 else None


def parse_time(text: str) -> datetime | None:
    """Read a moment: EXIF, ISO 8601, ``/Date(ms)/`` of .NET; ``None`` where it makes no sense.

    UTC gives ``tzinfo`` ``datetime.UTC``, a stated offset a fixed one, none ``None``. The zero of a clock
    (1904, 1970, year 0) is a clock that was never set.
    """
    if match := _DOTNET.fullmatch(text.strip()):
        return _dotnet(int(match["ms"]), match["zone"])
    match = _CLOCK.match(text.strip())
    if not match:
        return None
    parts = [int(match[k] or 0) for k in ("y", "mo", "d", "h", "mi", "s")]
    try:
        moment = datetime(*parts, microsecond=int((match["f"] or "0")[:6].ljust(6, "0")))  # type: ignore[misc,arg-type]  # noqa: DTZ001 - no offset is invented
    except ValueError:
        return None
    if ((moment.month, moment.day) == (1, 1) and moment.year in {1904, 1970}) or moment.year < 1904:
        return None
    zone = (match["zone"] or "").upper()
    if zone in {"Z", "UTC", "GMT"}:
        return moment.replace(tzinfo=UTC)
    minutes = parse_offset(zone)
    return moment if minutes is None else moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))


def _dotnet(milliseconds: int, zone: str | None) -> datetime | None:
    """Read milliseconds since 1970 UTC; a zone after them only says how to show it."""
    if milliseconds == 0:
        return None
    try:
        moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None
    minutes = parse_offset(zone or "")
    return moment if minutes is None else moment.astimezone(timezone(timedelta(minutes=minutes)))


def _position(found: Mapping[str, str]) -> Position | None:
    """Return the position that the device wrote; a receiver's (0, 0) is no fix."""
    lat = parse_angle(found.get("gpslatitude", ""), found.get("gpslatituderef", ""), "ns", 90)
    lon = parse_angle(found.get("gpslongitude", ""), found.get("gpslongituderef", ""), "ew", 180)
    if lat is None or lon is None:
        signed = (parse_iso6709(found[word]) for word in _ISO6709 if word in found)
        lat, lon = next((pair for pair in signed if pair), (None, None))
    if lat is None or lon is None or (lat[0] == 0 and lon[0] == 0):
        return None
    step = max(lat[1], lon[1] * math.cos(math.radians(lat[0]))) * METRES_A_DEGREE
    return Position(round(lat[0], 7), round(lon[0], 7), round(max(_stated_radius(found), step), 1))


def _stated_radius(found: Mapping[str, str]) -> float:
    """Return the error that the device states, in metres, else one from its dilution, else the usual."""
    error = found.get("gpshpositioningerror") or found.get("comapplequicktimelocationaccuracyhorizontal", "")
    if (value := _rational(error.removesuffix("m").strip())) and value[0] > 0:
        return value[0]
    if (value := _rational(found.get("gpsdop", ""))) and value[0] > 0:
        return max(LEAST_RADIUS_M, METRES_A_DOP * value[0])
    return LEAST_RADIUS_M


def _rational(text: str) -> tuple[float, float] | None:
    """Return a number and its last step of ``2.44``, ``61/25`` or ``7``; ``None`` for 0/0 and nonsense."""
    if not _NUMBER.fullmatch(text):
        return None
    above, _, below = text.partition("/")
    if below and int(below) == 0:
        return None
    decimals = len(above.partition(".")[2])
    return float(above) / int(below or 1), 10.0**-decimals / int(below or 1)


def parse_angle(text: str, letter: str, allowed: str, most: float) -> tuple[float, float] | None:
    """Return signed degrees and the last step written, of degrees with or without minutes and seconds.

    The compass letter comes from ``letter`` or stands in ``text``; ``allowed`` is ``ns`` or ``ew``. Without
    one, or with a sign against it, there is no angle: north and east are never taken for granted.
    """
    said = _LETTER.findall(letter) or _LETTER.findall(text)
    if not said or said[0][0].lower() not in allowed:
        return None
    numbers = [_rational(number) for number in _NUMBER.findall(text)]
    if not 1 <= len(numbers) <= 3 or any(number is None for number in numbers):
        return None
    values = [number[0] for number in numbers if number]
    if any(v < 0 for v in values[1:]) or any(v > 60 for v in values[1:]):
        return None
    south_or_west = said[0][0].lower() == allowed[1]
    if text.lstrip("[( ").startswith("-") and not south_or_west:
        return None
    degrees = sum(abs(v) / 60**i for i, v in enumerate(values))
    step = min(number[1] / 60**i for i, number in enumerate(numbers) if number)
    return (-degrees if south_or_west else degrees, step) if degrees <= most else None


def parse_iso6709(text: str) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return latitude and longitude, each with its last step in degrees, of ``+41.8902+012.4922+021/``."""
    match = _SIGNED.match(text.strip())
    if not match:
        return None
    lat, lon = _packed(match["lat"], 2), _packed(match["lon"], 3)
    return (lat, lon) if lat and lon and abs(lat[0]) <= 90 and abs(lon[0]) <= 180 else None


def _packed(text: str, digits: int) -> tuple[float, float] | None:
    """Read DD, DDMM or DDMMSS (three digits of degrees for longitude) with decimals of the last unit."""
    whole, _, decimals = text[1:].partition(".")
    units = (len(whole) - digits) // 2
    if len(whole) not in {digits, digits + 2, digits + 4}:
        return None
    parts = [whole[:digits], *(whole[digits + 2 * i : digits + 2 * i + 2] for i in range(units))]
    values = [float(p) for p in parts[:-1]] + [float(f"{parts[-1]}.{decimals or 0}")]
    if any(v >= 60 for v in values[1:]):
        return None
    degrees = sum(v / 60**i for i, v in enumerate(values))
    return (-degrees if text[0] == "-" else degrees), 10.0 ** -len(decimals) / 60**units
