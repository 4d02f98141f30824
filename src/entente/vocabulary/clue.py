"""Clues: an observation with its place in the media, its evaluation and its method.

A clue says P(observation | place), never P(place | observation).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from entente.vocabulary.handling import EVALUATIONS


class ClueKind(StrEnum):
    """The kinds of DESIGN section 5; the value's shape stands beside each."""

    GPS = "gps"  # {lat, lon, radius_m}
    TEXT = "text"  # {string, script}
    LANGUAGE = "language"  # {tag: weight}, written
    SPEECH = "speech"  # {tag: weight}, heard
    MAINS_HZ = "mains_hz"  # 50 | 60
    SOCKET = "socket"  # letters of IEC TR 60083, such as "L" or "CF"
    DRIVING_SIDE = "driving_side"  # left | right
    CURRENCY = "currency"  # ISO 4217
    PHONE_NUMBER = "phone_number"  # string
    BARCODE = "barcode"  # EAN
    UTC_OFFSET = "utc_offset"  # minutes
    POSTING_HOURS = "posting_hours"  # 24 counts, UTC
    SUN_ELEVATION = "sun_elevation"  # {deg, sd, utc}
    TOPONYM = "toponym"  # string
    REGION = "region"  # {country, admin1}; with asked: true for a yes to "is this yours?"
    COUNTRY = "country"  # ISO 3166-1 alpha-2; {country, asked: true} for a yes to "is this yours?"
    RELIEF = "relief"  # flat | hilly | mountain
    IP_COUNTRY = "ip_country"  # ISO 3166-1 alpha-2
    PLATE = "plate"  # string
    HOLIDAY = "holiday"  # ISO 8601 day on which it was kept, or month and day
    SITES = "sites"  # [{lat, lon, weight}], places of one person's uploads or meetings
    PICTURE_MODEL = "picture_model"  # {model, version, error_rate, cells: {H3 index: log-likelihood}}
    # What is seen but says nothing of a place by itself; it leads to a request or to the search list.
    OBJECT = "object"  # string: a thing that would be recognised in the room
    DEVICE = "device"  # {make, model, serial}
    TIME = "time"  # ISO 8601 with offset


class ClueGroup(StrEnum):
    """Sources that fail together."""

    OBJECTS = "objects"
    PERSON = "person"
    DEVICE = "device"
    SCENE = "scene"
    ANALYST = "analyst"
    PARTNER = "partner"
    OPEN_SOURCE = "open_source"


# The group a kind belongs to when nobody says otherwise.
GROUP_OF = {
    ClueKind.GPS: ClueGroup.DEVICE,
    ClueKind.UTC_OFFSET: ClueGroup.DEVICE,
    ClueKind.DEVICE: ClueGroup.DEVICE,
    ClueKind.TIME: ClueGroup.DEVICE,
    ClueKind.POSTING_HOURS: ClueGroup.PERSON,
    ClueKind.IP_COUNTRY: ClueGroup.PERSON,
    ClueKind.SPEECH: ClueGroup.PERSON,
    ClueKind.SITES: ClueGroup.PERSON,
    ClueKind.PICTURE_MODEL: ClueGroup.SCENE,
    ClueKind.MAINS_HZ: ClueGroup.SCENE,
    ClueKind.SOCKET: ClueGroup.SCENE,
    ClueKind.SUN_ELEVATION: ClueGroup.SCENE,
    ClueKind.RELIEF: ClueGroup.SCENE,
    ClueKind.DRIVING_SIDE: ClueGroup.SCENE,
    ClueKind.REGION: ClueGroup.PARTNER,
    ClueKind.COUNTRY: ClueGroup.ANALYST,
}


def group_of(kind: ClueKind) -> ClueGroup:
    """Return the default group of ``kind``: objects, unless the table says otherwise."""
    return GROUP_OF.get(kind, ClueGroup.OBJECTS)


_NO_REGION = "region is four numbers, x, y, width and height, not {region!r}"


class SaidInWords(ValueError):
    """What was done or given was refused: ``text`` says why in English, with ``values`` for its braces."""

    def __init__(self, text: str, **values: Any) -> None:
        self.text, self.values = text, values
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """The reason in English."""
        return self.text.format(**self.values) if self.values else self.text


class NotAClue(SaidInWords):
    """What was given is no clue that can be read."""


@dataclass(frozen=True, slots=True)
class Clue:
    """One observation. ``region`` is (x, y, w, h) in fractions; ``start`` and ``end`` are seconds."""

    id: str
    kind: ClueKind
    value: Any
    group: ClueGroup
    source: str
    medium: str
    because: str
    method: str
    version: str
    region: tuple[float, float, float, float] | None = None
    start: float | None = None
    end: float | None = None
    negated: bool = False
    evaluation: str = "X4"
    reliability: float | None = None  # 0-1; None = from the evaluation

    def __post_init__(self) -> None:
        if self.evaluation not in EVALUATIONS:
            raise NotAClue("evaluation is A1 to X4, not {value!r}", value=self.evaluation)
        if self.reliability is not None and not _is_share(self.reliability):
            raise NotAClue("reliability is a share between 0 and 1")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise NotAClue("a stretch of time ends after it starts")

    def as_json(self) -> dict[str, Any]:
        """Return the object of DESIGN section 5, ready for ``json.dumps``."""
        return asdict(self)


def _box(x: Any, y: Any, w: Any, h: Any) -> tuple[float, float, float, float]:
    return float(x), float(y), float(w), float(h)


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 1


def clue_from_json(data: dict[str, Any]) -> Clue:
    """Read the object of DESIGN section 5; raise ``ValueError`` naming what is wrong."""
    try:
        kind = ClueKind(data["kind"])
    except (KeyError, ValueError):
        raise NotAClue("unknown clue kind {kind!r}", kind=data.get("kind")) from None
    if "value" not in data:
        raise NotAClue("clue {id} has no value", id=data.get("id", "?"))
    region = data.get("region")
    try:
        group = ClueGroup(data["group"]) if data.get("group") else group_of(kind)
    except ValueError:
        raise NotAClue("unknown source group {group!r}", group=data["group"]) from None
    try:
        box = _box(*region) if region else None
    except (TypeError, ValueError):
        raise NotAClue(_NO_REGION, region=region) from None
    return Clue(
        id=str(data.get("id", "")),
        kind=kind,
        value=data["value"],
        group=group,
        source=str(data.get("source", "")),
        medium=str(data.get("medium", "")),
        because=str(data.get("because", "")),
        method=str(data.get("method", "")),
        version=str(data.get("version", "")),
        region=box,
        start=data.get("start"),
        end=data.get("end"),
        negated=bool(data.get("negated", False)),
        evaluation=str(data.get("evaluation", "X4")),
        reliability=data.get("reliability"),
    )
