"""The parsers of strangers' bytes that we wrote ourselves: each takes any bytes and keeps its promise.

A target returns nothing; what it raises is a fault found. What a parser may raise is caught here, by name.
"""

from __future__ import annotations

import io
import json
import math
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from entente.casework.intake import metadata
from entente.cli import locate
from entente.evidence import measure, reply, wire
from entente.evidence.identify import archive_form, identify
from entente.evidence.pictures import Refused
from entente.evidence.unpack import unpacked
from entente.evidence.videos import boxes_of
from entente.formats import ListRefused, ReadOptions
from entente.formats.caseuco import CASEUCO
from entente.formats.cybertip_json import read_json
from entente.formats.cybertip_xml import read_xml
from entente.formats.hashlist import PlainListFormat
from entente.formats.icse import IcseFormat
from entente.formats.misp import MISP
from entente.formats.ncmec import NCMEC
from entente.formats.stix import STIX
from entente.formats.values import flag_of, moment_of, photodna_of, size_of
from entente.formats.vics import VicsFormat
from entente.safeguards import checkpoint, strict_json
from entente.vocabulary.handling import Evaluation, Handling, HandlingCode
from entente.vocabulary.media import MediaKind

SEEDS = Path(__file__).parent / "seeds"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _list(reader: Any) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        for options in (ReadOptions(), ReadOptions(profile="uk", kind="pdq")):
            try:
                for record in reader.read(io.BytesIO(data), options):
                    assert str(record)
            except ListRefused as refused:
                assert str(refused)

    return read


def cases(data: bytes) -> None:
    """A case package in any of its formats: believed part by part, or refused."""
    for chosen in (CASEUCO, STIX, MISP):
        try:
            read = chosen.read_case(io.BytesIO(data))
        except ListRefused as refused:
            assert str(refused)
            continue
        assert all(r.line > 0 and r.reason for r in read.refusals)
        chosen.write_case(read.package, io.BytesIO())


def cybertips(data: bytes) -> None:
    """A report of the CyberTipline, as XML and as the police's JSON."""
    for read in (lambda: read_xml(io.BytesIO(data)), lambda: read_json(data)):
        try:
            assert all(r.line > 0 and r.reason for r in read().refused)
        except ListRefused as refused:
            assert str(refused)


def json_text(data: bytes) -> None:
    """What is read is what Python reads; what Python refuses is refused."""
    try:
        value = strict_json.loads(data)
    except strict_json.NotStrict as refused:
        assert str(refused)
        return
    assert json.loads(data) == value
    strict_json.loads(json.dumps(value))


def tags(data: bytes) -> None:
    """Any tags become facts or nothing."""
    text = data.decode("utf-8", "replace")
    pairs = [line.partition("=") for line in text.split("\n")]
    facts = metadata.normalise({name: value for name, _, value in pairs}).as_json()
    json.dumps(facts, allow_nan=False)


def notes(data: bytes) -> None:
    """Checkpoints, requests to co-sign and keys, as partners' machines send them."""
    text = data.decode("utf-8", "replace")
    for read in (
        checkpoint.read_note,
        checkpoint.read_request,
        checkpoint.read_key,
        checkpoint.read_signature,
    ):
        try:
            read(text)
        except checkpoint.NotANote as refused:
            assert str(refused)


def clues(data: bytes) -> None:
    """A file of clues as `entente locate` takes it, and the handling written beside it."""
    text = data.decode("utf-8", "replace")
    for parse in (Evaluation.parse, lambda t: Handling(frozenset(HandlingCode(c) for c in t.split()), t)):
        try:
            parse(text[:80])
        except ValueError as refused:
            assert str(refused)
    try:
        listed = locate.objects(text)
    except ValueError as refused:
        assert str(refused)
        return
    kept, bad = locate.read(listed[:20], NOW)
    assert len(kept) + len(bad) <= len(listed)


def moments(data: bytes) -> None:
    """Times and single values as lists and cameras write them."""
    text = data.decode("utf-8", "replace")
    for value in (text, text.strip(), len(data), float(len(data)) / 3):
        for read in (moment_of, flag_of, photodna_of, size_of):
            try:
                read(value)
            except ValueError as refused:
                assert str(refused)
    for name in (
        "EXIF DateTimeOriginal",
        "container:creation_time",
        "container:com.apple.quicktime.creationdate",
    ):
        metadata.normalise({name: text})


def answers(data: bytes) -> None:
    """What a decoder that a file took over may send."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        try:
            theirs.send(data)
        except BlockingIOError:
            return
        theirs.shutdown(socket.SHUT_WR)
        try:
            told, blob, _ = wire.receive(ours)
        except wire.Broken:
            told, blob = _as_object(data), data
    for kind in MediaKind:
        try:
            fields = reply.description(told, kind, ["a:b"])
        except reply.Nonsense:
            continue
        assert fields["duration"] is None or math.isfinite(fields["duration"])
    for view in ("clear", "grey", "edges"):
        try:
            reply.picture(blob, view, 64)
        except reply.Nonsense:
            continue


def _as_object(data: bytes) -> dict[str, Any]:
    try:
        told = strict_json.loads(data)
    except strict_json.NotStrict:
        return {}
    return told if isinstance(told, dict) else {}


class _InMemory(io.BytesIO):
    """Bytes as ``evidence.source.Source`` has them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.size = len(data)


def containers(data: bytes) -> None:
    """What a file is, and the boxes of a film."""
    found = identify(data[:4096])
    assert found.refusal or found.container
    assert boxes_of(_InMemory(data))  # type: ignore[arg-type]


def archives(data: bytes) -> None:
    """A ZIP file or a tar archive of any bytes: members in order, or a refusal."""
    form = archive_form(data[:4096])
    if not form:
        return
    count = size = 0
    try:
        for told, piece in unpacked(_InMemory(data), form):  # type: ignore[arg-type]
            count = told.get("begin", count)
            size += len(piece)
            assert told.get("piece", count) == told.get("end", count) == count
    except Refused as refused:
        assert str(refused)
    assert count <= measure.MOST_MEMBERS
    assert size <= max(measure.FREE, measure.MOST_RATIO * len(data)) + measure.FREE


TARGETS: dict[str, Callable[[bytes], None]] = {
    "vics": _list(VicsFormat()),
    "icse": _list(IcseFormat()),
    "hashlist": _list(PlainListFormat()),
    "ncmec": _list(NCMEC),
    "cases": cases,
    "cybertips": cybertips,
    "json": json_text,
    "tags": tags,
    "notes": notes,
    "clues": clues,
    "moments": moments,
    "answers": answers,
    "containers": containers,
    "archives": archives,
}


def seeds(name: str) -> list[bytes]:
    """The benign texts that a target starts from."""
    return [path.read_bytes() for path in sorted((SEEDS / name).iterdir())]
