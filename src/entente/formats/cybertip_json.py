"""A report of the CyberTipline in JSON, as police receive it: scalars may be wrapped, containers doubled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entente.formats import ListRefused
from entente.formats.cybertip import (
    INCIDENTS,
    LARGEST,
    MOST,
    NAMED,
    URGENT,
    Capture,
    CyberTip,
    Notes,
    TipFile,
    TipPerson,
    digests_of,
)
from entente.safeguards import strict_json


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
    notes = Notes()
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
        _person(row, part, f"{part} person {n}", notes)
        for part, rows in kinds
        for n, row in enumerate(rows, 1)
    ]
    files = [
        notes.file(_file(row, f"file {n}", notes), 1)
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


def _said(row: Mapping[str, Any], notes: Notes, where: str, *names: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        value = row.get(name)
        for each in value if isinstance(value, list) else [value]:
            if text := notes.text(_plain(each), 1, f"{where}: {name}"):
                found[text] = None
    return tuple(found)


def _captures(row: Mapping[str, Any], where: str, notes: Notes) -> tuple[Capture, ...]:
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


def _person(row: Mapping[str, Any], part: str, where: str, notes: Notes) -> TipPerson:
    notes.dropped |= dict.fromkeys(k for k in row if k in NAMED)
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
        captures=_captures(row, where, notes),
        urgent=tuple((name, told[0]) for name, told in urgent if told),
    )


def _file(row: Mapping[str, Any], where: str, notes: Notes) -> TipFile:
    if row.get("originalFilename"):
        notes.dropped["originalFilename"] = None
    groups = _rows(_object(row.get("ncmecTags")).get("groups"), "groups")
    tags = (_plain(tag.get("value")) for group in groups for tag in _rows(group.get("tags"), "tags"))
    return TipFile(
        id="".join(_said(row, notes, where, "submittalId")[:1]),
        name="".join(_said(row, notes, where, "filename")[:1]),
        **digests_of([("", _plain(row.get("verificationHash")), 1)], notes),
        viewed=notes.flag(_plain(row.get("viewedByEsp")), 1, f"{where}: viewedByEsp"),
        annotations=tuple(t for tag in tags if (t := notes.text(tag, 1, f"{where}: tag"))),
        captures=_captures(row, where, notes),
    )
