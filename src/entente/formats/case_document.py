"""A document that a case can take in, whatever its format: what it holds as rows, with where each stood.

CyberTips, case packages and VICS files become the same rows, in what JSON can say, so that the limited
process reads them. A row proposes; nothing is believed, and nothing of a person's name is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, BinaryIO

from entente.formats import ListRefused, ReadOptions
from entente.formats.case_package import CasePackage, Marking, ReadPackage, spoken
from entente.formats.caseuco import CASEUCO
from entente.formats.cybertip import LARGEST, CyberTip, TipFile, TipPerson
from entente.formats.cybertip_json import read_json
from entente.formats.cybertip_xml import read_xml
from entente.formats.misp import MISP
from entente.formats.stix import STIX
from entente.formats.vics import VICS
from entente.vocabulary.brought import MOST_PARTS, DocumentForm, PartKind
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

Row = dict[str, Any]
_FILE = ("md5", "sha1", "sha256", "pdq", "size", "mime", "kind", "width", "height", "seconds")


def read_document(stream: BinaryIO, told: dict[str, Any]) -> Row:
    """Return what a document holds, or ``no`` and why it is none; ``told`` names the form and a profile."""
    try:
        return READERS[DocumentForm(told["form"])](stream, told)
    except ListRefused as fault:
        return {"no": fault.reason}


def _row(kind: PartKind, value: Row, where: str, about: str = "", **more: Any) -> Row:
    kept = {k: v for k, v in value.items() if v not in (None, "", (), [])}
    return {"kind": str(kind), "value": kept, "where": where, "about": about, **more}


def _document(form: DocumentForm, rows: Iterator[Row], refused: Any, **told: Any) -> Row:
    held: list[Row] = []
    for row in rows:
        if len(held) == MOST_PARTS:
            more = (
                f"it holds more than {MOST_PARTS} parts; take it in as a hash list, or ask for it in pieces"
            )
            raise ListRefused("too-long", more)
        held.append(row)
    no = [[r.line, r.code, r.reason] for r in refused]
    return {"form": str(form), "parts": held, "refused": no, "left_out": [], "facts": [], **told}


# --- CyberTips ------------------------------------------------------------------------------------------


def _tip_xml(stream: BinaryIO, told: Row) -> Row:
    return _tip(DocumentForm.CYBERTIP_XML, read_xml(stream))


def _tip_json(stream: BinaryIO, told: Row) -> Row:
    return _tip(DocumentForm.CYBERTIP_JSON, read_json(stream.read(LARGEST + 1)))


def _tip(form: DocumentForm, tip: CyberTip) -> Row:
    facts = [f"{tip.incident} {_when(tip.incident_at)}".strip(), *tip.annotations, tip.priority]
    facts += [f"{p.part}: {name}: {said}" for p in tip.persons for name, said in p.urgent]
    return _document(
        form,
        _of_tip(tip),
        tip.refused,
        number=tip.id,
        sender=tip.provider,
        at=_when(tip.received or tip.incident_at),
        facts=[f for f in facts if f],
        left_out=[f"{name}: dropped unread" for name in tip.left_out],
    )


def _of_tip(tip: CyberTip) -> Iterator[Row]:
    for n, person in enumerate(tip.persons, 1):
        yield from _of_person(person, f"person {n}")
    for address in tip.addresses:
        yield _row(PartKind.PAGE, {"url": address}, "internetDetails")
    for n, file in enumerate(tip.files, 1):
        yield from _of_tip_file(file, f"file {file.id or n}")


def _of_person(person: TipPerson, where: str) -> Iterator[Row]:
    days = sorted(c.at.date().isoformat() for c in person.captures if c.at)
    span = {"since": days[0], "until": days[-1]} if days else {}
    for said, names in (
        ("screen name", person.screen_names),
        ("identifier", person.identifiers),
        ("e-mail", person.emails),
        ("profile", person.profiles),
    ):
        for name in names:
            yield _row(
                PartKind.ACCOUNT,
                {"platform": person.service, "name": name, "as": said, **span},
                where,
                person.part,
            )
    for number in person.phones:
        yield _row(PartKind.PHONE, {"number": number}, where, person.part)
    for serial in person.devices:
        yield _row(PartKind.DEVICE, {"serial": serial}, where, person.part)
    for capture in person.captures:
        yield _row(PartKind.ADDRESS, _spoken(asdict(capture)), where, person.part)


def _of_tip_file(file: TipFile, where: str) -> Iterator[Row]:
    told = {k: v for k, v in asdict(file).items() if k != "captures"}
    yield _row(PartKind.FILE, _spoken(told), where)
    for capture in file.captures:
        yield _row(PartKind.ADDRESS, _spoken(asdict(capture)), where)


def _spoken(told: Row) -> Row:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in told.items()}


def _when(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


# --- case packages --------------------------------------------------------------------------------------


def _case_reader(form: DocumentForm, read: Callable[[BinaryIO], ReadPackage]) -> Callable[..., Row]:
    def reader(stream: BinaryIO, told: Row) -> Row:
        found = read(stream)
        package = found.package
        return _document(
            form,
            _of_package(package),
            found.refusals,
            number=package.number,
            sender=package.sender,
            at=package.made_at.astimezone(UTC).isoformat(),
            facts=[f"{package.victim} · {package.recipient} · {package.purpose}"],
            left_out=list(package.left_out),
            **_marked(package.marking),
        )

    return reader


def _marked(marking: Marking) -> Row:
    handling = marking.handling
    return {"codes": str(handling), "text": handling.text, "audience": str(marking.audience)}


def _of_package(package: CasePackage) -> Iterator[Row]:
    numbers = {i.id: i.number for i in package.items}
    exhibits = {e.id: e.number for e in package.exhibits}
    for item in package.items:
        value = {"number": item.number, **{k: getattr(item, k) for k in _FILE}}
        yield _row(PartKind.FILE, value, f"item {item.number}", **_marked(item.marking))
    for series in package.series:
        value = {"name": series.name, "items": [numbers[i] for i in series.items]}
        yield _row(PartKind.SERIES, value, f"series {series.name}", **_marked(series.marking))
    for exhibit in package.exhibits:
        value = {
            "number": exhibit.number,
            "description": exhibit.description,
            "seized_at": _when(exhibit.seized_at),
            "items": [numbers[i] for i in exhibit.items],
        }
        yield _row(PartKind.EXHIBIT, value, f"exhibit {exhibit.number}", **_marked(exhibit.marking))
    for step in package.steps:
        value = _spoken(
            {k: getattr(step, k) for k in ("place", "when", "giver", "receiver", "why", "outcome")}
        )
        where = f"exhibit {exhibits[step.exhibit]}, step {step.place}"
        yield _row(PartKind.CUSTODY, value, where, **_marked(step.marking))
    for clue in package.clues:
        word = {**spoken(clue.word), "because": clue.word.because, "by": clue.by, "at": _when(clue.at)}
        medium = next((n for i, n in numbers.items() if str(i) == clue.word.medium), None)
        where = f"clue on item {medium}" if medium else "clue"
        value = {"word": word, "item": medium}
        yield _row(PartKind.CLUE, value, where, evaluation=clue.word.evaluation, **_marked(clue.marking))


# --- VICS -----------------------------------------------------------------------------------------------


def _vics(stream: BinaryIO, told: Row) -> Row:
    refused: list[RecordRefusal] = []
    rows = _of_list(VICS.read(stream, ReadOptions(profile=told.get("profile", ""))), refused)
    held = list(_bounded(rows))
    return _document(DocumentForm.VICS, iter(held), refused, number="", sender="", at="")


def _bounded(rows: Iterator[Row]) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count > MOST_PARTS:
            return  # one more than may be is enough to refuse it
        yield row


def _of_list(records: Any, refused: list[RecordRefusal]) -> Iterator[Row]:
    for record in records:
        if isinstance(record, RecordRefusal):
            refused.append(record)
        elif isinstance(record, HashEntry):
            value = {k: getattr(record, k) for k in ("md5", "sha1", "sha256", "pdq", "size", "mime")}
            value |= {
                "category": record.category,
                "series": record.series,
                "profile": record.other["profile"],
            }
            yield _row(PartKind.FILE, value, f"line {record.line}")


READERS: dict[DocumentForm, Callable[..., Row]] = {
    DocumentForm.CYBERTIP_XML: _tip_xml,
    DocumentForm.CYBERTIP_JSON: _tip_json,
    DocumentForm.CASEUCO: _case_reader(DocumentForm.CASEUCO, CASEUCO.read_case),
    DocumentForm.STIX: _case_reader(DocumentForm.STIX, STIX.read_case),
    DocumentForm.MISP: _case_reader(DocumentForm.MISP, MISP.read_case),
    DocumentForm.VICS: _vics,
}


def form_of(data: bytes) -> DocumentForm:
    """Return what a document says that it is; raise ``ListRefused`` where it does not."""
    head = data[: 1 << 20].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return DocumentForm.CYBERTIP_XML
    for mark, form in (
        (b"reportedInformation", DocumentForm.CYBERTIP_JSON),
        (b"odata", DocumentForm.VICS),
        (b'"@context"', DocumentForm.CASEUCO),
        (b'"Event"', DocumentForm.MISP),
        (b'"bundle"', DocumentForm.STIX),
    ):
        if mark in head:
            return form
    raise ListRefused("unknown", "its first characters do not say what it is; choose the format")
