"""Reports of NCMEC's CyberTipline: XML as a provider submits it, and the JSON that police receive.

Both become one ``CyberTip``. The names, addresses and birthdays of persons are dropped unread and their
fields named in ``left_out``: here a victim is a number, and of a suspect only what leads to an account is
taken. Wire words stay as they are. A value that cannot be believed costs itself, and is refused with the
place it has in the report.

References: reporting API of the CyberTipline; the fields of the police's JSON as its public readers use them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entente.formats.values import flag_of, hex_of, moment_of, size_of
from entente.vocabulary.media_hash import RecordRefusal

LARGEST = 20_000_000  # bytes of one report
MOST = 10_000  # persons or files of one report
LONGEST = 3000  # characters of a text, as the reporting API has it
INCIDENTS = (
    "webPageIncident",
    "emailIncident",
    "newsgroupIncident",
    "chatImIncident",
    "onlineGamingIncident",
    "cellPhoneIncident",
    "nonInternetIncident",
    "peer2peerIncident",
)
EVENTS = frozenset({"Login", "Registration", "Purchase", "Upload", "Other", "Unknown"})
SUPPLEMENTAL = "Supplemental Reported"
# What makes a report urgent; the police's JSON says it of a person.
URGENT = (
    "relationshipToChildVictim",
    "accessToChildVictim",
    "accessToChildren",
    "accessToFirearms",
    "convictedSexOffender",
)
PERSONS = {"personOrUserReported": "reported", "intendedRecipient": "recipient", "victim": "victim"}
NAMED = frozenset(
    {"firstName", "middleName", "lastName", "fullName", "name", "address", "addresses", "dateOfBirth", "dob",
     "age", "approximateAge", "legalName", "maidenName", "aliases"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Capture:
    """One event at a network address, as the provider recorded it."""

    address: str
    event: str = "Unknown"
    at: datetime | None = None
    port: int | None = None
    proxy: bool | None = None


@dataclass(frozen=True, slots=True)
class TipPerson:
    """A person of a report by accounts; never by name."""

    part: str  # reported, recipient or victim
    service: str = ""
    identifiers: tuple[str, ...] = ()
    screen_names: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    prior_reports: tuple[str, ...] = ()
    captures: tuple[Capture, ...] = ()
    country: str = ""
    region: str = ""
    location_verified: bool | None = None
    compromised: bool | None = None
    urgent: tuple[tuple[str, str], ...] = ()  # of ``URGENT``, as said


@dataclass(frozen=True, slots=True)
class TipFile:
    """A file of a report, by what leads to it and what was said of it."""

    id: str
    name: str = ""  # as NCMEC stored it; the original name may be a person's
    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    viewed: bool | None = None  # by the provider; unviewed matters to a court
    public: bool | None = None
    relevance: str = ""
    classification: str = ""  # A1 to B2, opaque
    annotations: tuple[str, ...] = ()
    uploaded_at: datetime | None = None
    captures: tuple[Capture, ...] = ()


@dataclass(frozen=True, slots=True)
class CyberTip:
    """One report. Words of the wire are verbatim, also where we would say them otherwise."""

    id: str = ""
    received: datetime | None = None
    provider: str = ""
    incident: str = ""
    incident_at: datetime | None = None
    priority: str = ""  # why the provider asks for speed
    annotations: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()  # of ``INCIDENTS``
    addresses: tuple[str, ...] = ()
    persons: tuple[TipPerson, ...] = ()
    files: tuple[TipFile, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # fields that were dropped unread
    refused: tuple[RecordRefusal, ...] = field(default=())


class Notes:
    """What one report's reading refuses and drops on the way."""

    def __init__(self) -> None:
        self.refused: list[RecordRefusal] = []
        self.dropped: dict[str, None] = {}

    def no(self, line: int, code: str, why: str) -> None:
        """Refuse one value."""
        self.refused.append(RecordRefusal(max(1, line), code, f"{why}; the value was left out"))

    def text(self, value: Any, line: int, where: str) -> str:
        """Return a text of bearable length."""
        text = str(value).strip() if isinstance(value, str | int | float) else ""
        if len(text) > LONGEST:
            self.no(line, "too-long", f"{where} has more than {LONGEST} characters")
            return ""
        return text

    def moment(self, value: Any, line: int, where: str) -> datetime | None:
        """Return a moment, also one without a zone: guessing the zone would invent evidence."""
        text = self.text(value, line, where)
        moment = moment_of(text) if text else None
        if text and moment is None:
            self.no(line, "bad-time", f"{where} {text[:40]!r} is no moment")
        return moment

    def flag(self, value: Any, line: int, where: str) -> bool | None:
        """Return yes, no or nothing said; ``"false"`` is no."""
        flag = flag_of(value) if isinstance(value, bool | str) and value != "" else None
        if flag is None and value not in (None, ""):
            self.no(line, "bad-flag", f"{where} is yes or no, not {str(value)[:20]!r}")
        return flag

    def capture(self, told: Mapping[str, Any], line: int, where: str) -> Iterator[Capture]:
        """Yield one event with its address, or refuse it."""
        text = self.text(told.get("address"), line, where)
        try:
            address = str(ipaddress.ip_address(text))
        except ValueError:
            self.no(line, "bad-address", f"{where} {text[:45]!r} is no network address")
            return
        event = self.text(told.get("event"), line, f"{where}: event") or "Unknown"
        if event not in EVENTS:
            self.no(line, "bad-event", f"{where}: {event[:20]!r} is no event of a capture")
            event = "Unknown"
        port = size_of(told.get("port")) if told.get("port") not in (None, "") else None
        if port is not None and not 0 < port < 65536:
            self.no(line, "bad-port", f"{where}: {port} is no port")
            port = None
        at = self.moment(told.get("at"), line, f"{where}: dateTime")
        yield Capture(address, event, at, port, self.flag(told.get("proxy"), line, f"{where}: possibleProxy"))

    def file(self, told: TipFile, line: int) -> TipFile:
        """Return a file without what a supplemental one may not carry."""
        if told.relevance == SUPPLEMENTAL and (told.classification or "potentialMeme" in told.annotations):
            self.no(line, "supplemental", f"file {told.id}: a supplemental file bears no classification")
            kept = tuple(a for a in told.annotations if a != "potentialMeme")
            return _changed(told, classification="", annotations=kept)
        return told


def _changed(told: TipFile, **fields: Any) -> TipFile:
    return TipFile(**{**{n: getattr(told, n) for n in TipFile.__slots__}, **fields})


def digests_of(told: Iterable[tuple[str, Any, int]], notes: Notes) -> dict[str, Any]:
    """Return the hashes by kind; a type that is not named is known by its length."""
    values: dict[str, str] = {}
    for kind, text, line in told:
        text = str(text or "").strip()
        named = str(kind).casefold().replace("-", "").replace("_", "")
        kinds = [named] if named in ("md5", "sha1", "sha256") else [] if named else ["md5", "sha1", "sha256"]
        found = next(((k, h) for k in kinds if (h := hex_of(text, k))), None)
        if found:
            values.setdefault(*found)
        elif text and kinds:
            notes.no(line, "bad-hash", f"{kind or 'a hash'} {text[:12]!r}… is none")
    return values
