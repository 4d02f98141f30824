"""A report of the CyberTipline in XML, as a provider submits it."""

from __future__ import annotations

from typing import BinaryIO

from entente.formats import ListRefused
from entente.formats.cybertip import (
    INCIDENTS,
    MOST,
    NAMED,
    PERSONS,
    Capture,
    CyberTip,
    Notes,
    TipFile,
    TipPerson,
    digests_of,
)
from entente.formats.elements import Element, records
from entente.vocabulary.media_hash import RecordRefusal


def read_xml(stream: BinaryIO) -> CyberTip:
    """Return the report of a ``<report>`` and the ``<fileDetails>`` that come with it.

    Raises ``ListRefused`` for what holds no report or several, and for a document type.
    """
    notes = Notes()
    found: list[Element] = []
    files: list[TipFile] = []
    for told in records(stream, frozenset({"report", "fileDetails"}), "cybertip"):
        if isinstance(told, RecordRefusal):
            notes.refused.append(told)
        elif told.name == "report":
            found.append(told)
        elif len(files) < MOST:
            files.append(notes.file(_file(told, notes), told.line))
    if len(found) != 1:
        raise ListRefused("not-cybertip", f"this holds {len(found)} reports; a CyberTip is one")
    return _report(found[0], files, notes)


def _report(report: Element, files: list[TipFile], notes: Notes) -> CyberTip:
    summary = report.one("incidentSummary") or Element("incidentSummary", report.line)
    details = report.all("internetDetails")
    channels = [e for d in details for e in d.inside if e.name in INCIDENTS]
    for detail in details:
        if len([e for e in detail.inside if e.name in INCIDENTS]) != 1:
            notes.no(detail.line, "channel", "internetDetails has exactly one kind of incident")
    annotations = summary.one("reportAnnotations")
    persons = [_person(e, PERSONS[e.name], notes) for e in report.inside if e.name in PERSONS]
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


def _drop(told: Element, notes: Notes) -> None:
    """Note the fields of a person, at any depth, that are not read."""
    for inner in told.inside:
        if inner.name in NAMED:
            notes.dropped[inner.name] = None
        _drop(inner, notes)


def _texts(told: Element, notes: Notes, *names: str) -> tuple[str, ...]:
    found = (notes.text(e.text, e.line, e.name) for name in names for e in told.all(name))
    return tuple(dict.fromkeys(t for t in found if t))


def _captures(told: Element, notes: Notes) -> tuple[Capture, ...]:
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


def _person(told: Element, part: str, notes: Notes) -> TipPerson:
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
        captures=_captures(told, notes),
        country=notes.text(country, told.line, "countryCode"),
        region=notes.text(where.said("region"), told.line, "region") if where else "",
        location_verified=notes.flag(verified, told.line, "verified"),
        compromised=notes.flag(told.said("compromisedAccount"), told.line, "compromisedAccount"),
    )


def _file(told: Element, notes: Notes) -> TipFile:
    if told.one("originalFileName"):
        notes.dropped["originalFileName"] = None
    hashes = [(e.attributes.get("hashType", ""), e.text, e.line) for e in told.all("originalFileHash")]
    for pair in (p for d in told.all("details") for p in d.all("nameValuePair")):
        if pair.attributes.get("type") == "HASH":
            hashes.append((pair.said("name"), pair.said("value"), pair.line))
        else:  # what a camera or a person wrote into the file; the file itself is examined for that
            notes.dropped[pair.attributes.get("type", "")[:20] or "nameValuePair"] = None
    annotations = told.one("fileAnnotations")
    return TipFile(
        id=notes.text(told.said("fileId"), told.line, "fileId"),
        **digests_of(hashes, notes),
        viewed=notes.flag(told.said("fileViewedByEsp"), told.line, "fileViewedByEsp"),
        public=notes.flag(told.said("publiclyAvailable"), told.line, "publiclyAvailable"),
        relevance=notes.text(told.said("fileRelevance"), told.line, "fileRelevance"),
        classification=notes.text(told.said("industryClassification"), told.line, "industryClassification"),
        annotations=tuple(e.name for e in annotations.inside) if annotations else (),
        uploaded_at=notes.moment(told.said("uploadedToEspTimestamp"), told.line, "uploadedToEspTimestamp"),
        captures=_captures(told, notes),
    )
