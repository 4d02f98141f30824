"""Reports of NCMEC's CyberTipline: XML as a provider submits it, and the JSON that police receive.

Both become one ``CyberTip``. The names, addresses and birthdays of persons are dropped unread and their
fields named in ``left_out``: here a victim is a number, and of a suspect only what leads to an account is
taken. Wire words stay as they are. A value that cannot be believed costs itself, and is refused with the
place it has in the report.

References: reporting API of the CyberTipline; the fields of the police's JSON as its public readers use them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from entente.formats import ListRefused
from entente.formats.elements import Element, records
from entente.formats.values import flag_of, hex_of, moment_of, size_of
from entente.safeguards import strict_json
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
_PERSONS = {"personOrUserReported": "reported", "intendedRecipient": "recipient", "victim": "victim"}
_NAMED = frozenset(
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


class _Notes:
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


# --- XML, as a provider submits it ----------------------------------------------------------------------


def read_xml(stream: BinaryIO) -> CyberTip:
    """Return the report of a ``<report>`` and the ``<fileDetails>`` that come with it.

    Raises ``ListRefused`` for what holds no report or several, and for a document type.
    """
    notes = _Notes()
    found: list[Element] = []
    files: list[TipFile] = []
    for told in records(stream, frozenset({"report", "fileDetails"}), "cybertip"):
        if isinstance(told, RecordRefusal):
            notes.refused.append(told)
        elif told.name == "report":
            found.append(told)
        elif len(files) < MOST:
            files.append(notes.file(_xml_file(told, notes), told.line))
    if len(found) != 1:
        raise ListRefused("not-cybertip", f"this holds {len(found)} reports; a CyberTip is one")
    return _xml_report(found[0], files, notes)


def _xml_report(report: Element, files: list[TipFile], notes: _Notes) -> CyberTip:
    summary = report.one("incidentSummary") or Element("incidentSummary", report.line)
    details = report.all("internetDetails")
    channels = [e for d in details for e in d.inside if e.name in INCIDENTS]
    for detail in details:
        if len([e for e in detail.inside if e.name in INCIDENTS]) != 1:
            notes.no(detail.line, "channel", "internetDetails has exactly one kind of incident")
    annotations = summary.one("reportAnnotations")
    persons = [_xml_person(e, _PERSONS[e.name], notes) for e in report.inside if e.name in _PERSONS]
    reporter = report.one("reporter")
    if reporter is not None:
        _drop(reporter, notes)
    line = summary.line
    return CyberTip(
        id=notes.text(report.said("reportId"), report.line, "reportId"),
        provider=notes.text(report.said("reporter", "companyTemplate"), line, "companyTemplate"),
        incident=notes.text(summary.said("incidentType"), line, "incidentType"),
        incident_at=notes.moment(summary.said("incidentDateTime"), line, "incidentDateTime"),
        priority=notes.text(summary.said("escalateToHighPriority"), line, "escalateToHighPriority"),
        annotations=tuple(e.name for e in annotations.inside) if annotations else (),
        channels=tuple(dict.fromkeys(e.name for e in channels)),
        addresses=tuple(notes.text(u.text, u.line, "url") for e in channels for u in e.all("url")),
        persons=tuple(persons[:MOST]),
        files=tuple(files),
        notes=tuple(notes.text(e.text, e.line, "additionalInfo") for e in report.all("additionalInfo")),
        left_out=tuple(notes.dropped),
        refused=tuple(notes.refused),
    )


def _drop(told: Element, notes: _Notes) -> None:
    """Note the fields of a person, at any depth, that are not read."""
    for inner in told.inside:
        if inner.name in _NAMED:
            notes.dropped[inner.name] = None
        _drop(inner, notes)


def _texts(told: Element, notes: _Notes, *names: str) -> tuple[str, ...]:
    found = (notes.text(e.text, e.line, e.name) for name in names for e in told.all(name))
    return tuple(dict.fromkeys(t for t in found if t))


def _xml_captures(told: Element, notes: _Notes) -> tuple[Capture, ...]:
    return tuple(
        capture
        for e in told.all("ipCaptureEvent")
        for capture in notes.capture(
            {
                "address": e.said("ipAddress"),
                "event": e.said("eventName"),
                "at": e.said("dateTime"),
                "port": e.said("port"),
                "proxy": e.said("possibleProxy"),
            },
            e.line,
            "ipAddress",
        )
    )


def _xml_person(told: Element, part: str, notes: _Notes) -> TipPerson:
    _drop(told, notes)
    inner = told.one("personOrUserReportedPerson") or told.one("victimPerson") or told
    where = told.one("estimatedLocation") or inner.one("estimatedLocation")
    country = where.said("countryCode") if where else ""
    verified = where.attributes.get("verified") if where else None
    return TipPerson(
        part=part,
        service=notes.text(told.said("espService"), told.line, "espService"),
        identifiers=_texts(told, notes, "espIdentifier"),
        screen_names=_texts(told, notes, "screenName", "displayName"),
        profiles=_texts(told, notes, "profileUrl"),
        emails=tuple(dict.fromkeys(_texts(inner, notes, "email") + _texts(told, notes, "email"))),
        phones=tuple(dict.fromkeys(_texts(inner, notes, "phone") + _texts(told, notes, "phone"))),
        devices=tuple(
            notes.text(d.said("idValue") or d.text, d.line, "deviceId") for d in told.all("deviceId")
        ),
        prior_reports=_texts(told, notes, "priorCTReports"),
        captures=_xml_captures(told, notes),
        country=notes.text(country, told.line, "countryCode"),
        region=notes.text(where.said("region"), told.line, "region") if where else "",
        location_verified=notes.flag(verified, told.line, "verified"),
        compromised=notes.flag(told.said("compromisedAccount"), told.line, "compromisedAccount"),
    )


def _xml_file(told: Element, notes: _Notes) -> TipFile:
    if told.one("originalFileName"):
        notes.dropped["originalFileName"] = None
    hashes = ((e.attributes.get("hashType", ""), e.text, e.line) for e in told.all("originalFileHash"))
    annotations = told.one("fileAnnotations")
    return TipFile(
        id=notes.text(told.said("fileId"), told.line, "fileId"),
        **_digests(hashes, notes),
        viewed=notes.flag(told.said("fileViewedByEsp"), told.line, "fileViewedByEsp"),
        public=notes.flag(told.said("publiclyAvailable"), told.line, "publiclyAvailable"),
        relevance=notes.text(told.said("fileRelevance"), told.line, "fileRelevance"),
        classification=notes.text(told.said("industryClassification"), told.line, "industryClassification"),
        annotations=tuple(e.name for e in annotations.inside) if annotations else (),
        uploaded_at=notes.moment(told.said("uploadedToEspTimestamp"), told.line, "uploadedToEspTimestamp"),
        captures=_xml_captures(told, notes),
    )


def _digests(told: Any, notes: _Notes) -> dict[str, str]:
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


# --- JSON, as police receive it -------------------------------------------------------------------------


def read_json(data: bytes) -> CyberTip:
    """Return the report of the police's JSON; scalars may be wrapped and containers doubled.

    Raises ``ListRefused`` for what is no such report.
    """
    if len(data) > LARGEST:
        raise ListRefused("too-long", f"it is larger than {LARGEST} bytes; a report is not")
    try:
        report = strict_json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except strict_json.NotStrict as fault:
        raise ListRefused("not-cybertip", str(fault)) from None
    told = report.get("reportedInformation") if isinstance(report, dict) else None
    if not isinstance(told, dict) or "reportId" not in report:
        raise ListRefused("not-cybertip", "this is no report of the CyberTipline: no reportId in it")
    notes = _Notes()
    summary = _object(told.get("incidentSummary"))
    details = _object(told.get("incidentDetails"))
    # the same word as in the XML, whatever its capitals
    known = {name.casefold(): name for name in INCIDENTS}
    channels = {known[k.casefold()]: v for k, v in details.items() if k.casefold() in known and v}
    people = _rows(told.get("reportedPeople"), "reportedPersons")
    recipients = _rows(told.get("intendedRecipients"), "intendedRecipients")
    victims = _rows(told.get("victims"), "victims")
    kinds = (("reported", people), ("recipient", recipients), ("victim", victims))
    persons = [
        _json_person(row, part, f"{part} person {n}", notes)
        for part, rows in kinds
        for n, row in enumerate(rows, 1)
    ]
    files = [
        notes.file(_json_file(row, f"file {n}", notes), 1)
        for n, row in enumerate(_rows(told.get("uploadedFiles"), "uploadedFiles"), 1)
    ]
    esp = _object(told.get("reportingEsp"))
    return CyberTip(
        id=notes.text(_plain(report.get("reportId")), 1, "reportId"),
        received=notes.moment(_plain(report.get("dateReceived")), 1, "dateReceived"),
        provider=notes.text(_plain(esp.get("espName")), 1, "espName"),
        incident=notes.text(_plain(summary.get("incidentType")), 1, "incidentType"),
        incident_at=notes.moment(_plain(summary.get("incidentDateTime")), 1, "incidentDateTime"),
        priority=notes.text(_plain(summary.get("escalateToHighPriority")), 1, "escalateToHighPriority"),
        channels=tuple(channels),
        addresses=tuple(
            notes.text(_plain(row.get("url")), 1, "url")
            for rows in channels.values()
            for row in _rows(rows, "")
            if row.get("url")
        ),
        persons=tuple(persons[:MOST]),
        files=tuple(files[:MOST]),
        notes=tuple(
            notes.text(_plain(row), 1, "additionalInformations")
            for row in _rows(told.get("additionalInformations"), "additionalInformations")
        ),
        left_out=tuple(notes.dropped),
        refused=tuple(notes.refused),
    )


def _plain(value: Any) -> Any:
    """Return what a ``{"value": …}`` wrapper holds, however often it is wrapped."""
    for _ in range(5):
        if not (isinstance(value, dict) and "value" in value):
            break
        value = value["value"]
    return value


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: Any, name: str) -> list[dict[str, Any]]:
    """Return the rows of a container that is there once, twice or not at all."""
    for _ in range(5):
        if not isinstance(value, dict) or not name or name not in value:
            break
        value = value[name]
    rows = value if isinstance(value, list) else [value] if isinstance(value, dict) else []
    return [r for r in rows if isinstance(r, dict)][:MOST]


def _said(row: Mapping[str, Any], notes: _Notes, where: str, *names: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        value = row.get(name)
        for each in value if isinstance(value, list) else [value]:
            if text := notes.text(_plain(each), 1, f"{where}: {name}"):
                found[text] = None
    return tuple(found)


def _json_captures(row: Mapping[str, Any], where: str, notes: _Notes) -> tuple[Capture, ...]:
    told = _rows(_object(row.get("sourceInformation")).get("sourceCaptures"), "sourceCaptures")
    return tuple(
        capture
        for each in told
        if str(_plain(each.get("captureType"))).casefold().replace(" ", "") in ("ipaddress", "ip")
        for capture in notes.capture(
            {
                "address": _plain(each.get("value")),
                "event": _plain(each.get("eventName")),
                "at": _plain(each.get("dateTime")),
                "port": _plain(each.get("port")),
                "proxy": _plain(each.get("possibleProxy")),
            },
            1,
            where,
        )
    )


def _json_person(row: Mapping[str, Any], part: str, where: str, notes: _Notes) -> TipPerson:
    notes.dropped |= dict.fromkeys(k for k in row if k in _NAMED)
    urgent = ((name, _said(row, notes, where, name)) for name in URGENT)
    return TipPerson(
        part=part,
        service="".join(_said(row, notes, where, "espService")[:1]),
        identifiers=_said(row, notes, where, "espIdentifier", "espUserId"),
        screen_names=_said(row, notes, where, "screenName", "screenNames", "displayName", "displayNames"),
        profiles=_said(row, notes, where, "profileUrl", "profileUrls"),
        emails=_said(row, notes, where, "email", "emails"),
        phones=_said(row, notes, where, "phone", "phones"),
        devices=_said(row, notes, where, "deviceId", "deviceIds"),
        captures=_json_captures(row, where, notes),
        urgent=tuple((name, told[0]) for name, told in urgent if told),
    )


def _json_file(row: Mapping[str, Any], where: str, notes: _Notes) -> TipFile:
    if row.get("originalFilename"):
        notes.dropped["originalFilename"] = None
    groups = _rows(_object(row.get("ncmecTags")).get("groups"), "groups")
    tags = (_plain(tag.get("value")) for group in groups for tag in _rows(group.get("tags"), "tags"))
    return TipFile(
        id="".join(_said(row, notes, where, "submittalId")[:1]),
        name="".join(_said(row, notes, where, "filename")[:1]),
        **_digests([("", _plain(row.get("verificationHash")), 1)], notes),
        viewed=notes.flag(_plain(row.get("viewedByEsp")), 1, f"{where}: viewedByEsp"),
        annotations=tuple(t for tag in tags if (t := notes.text(tag, 1, f"{where}: tag"))),
        captures=_json_captures(row, where, notes),
    )
