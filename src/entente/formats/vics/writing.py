"""A VICS case file or hash set written record by record, in any of the models."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

from entente import __version__
from entente.formats.values import size_of, whether_empty
from entente.formats.vics.envelope import PROFILES, VERSIONS, Envelope, context_of
from entente.formats.vics.records import KEPT
from entente.vocabulary.media_hash import HashEntry

CASE_FIELDS = (
    "CaseID",
    "CaseNumber",
    "ContactOrganization",
    "ContactName",
    "ContactTitle",
    "ContactPhone",
    "ContactEmail",
    "SeizureDate",
)


def _category(entry: HashEntry, to: Envelope) -> int | str | None:
    """Return a category as it stood on the wire; raise ``ValueError`` rather than translate it."""
    came = (entry.other.get("profile"), entry.other.get("model"))
    if entry.category and any(c and c != t for c, t in zip(came, (to.profile, to.version), strict=True)):
        raise ValueError(
            f"record {entry.line} bears category {entry.category} of {came[0]} {came[1]}; no category is "
            f"translated to {to.profile} {to.version}: write it under its own"
        )
    plain = (
        entry.category.isascii() and entry.category.isdigit() and str(int(entry.category)) == entry.category
    )
    return int(entry.category) if plain else entry.category or None


def _media(entry: HashEntry, number: int, to: Envelope) -> dict[str, Any]:
    """Return one entry as a Media object of a version."""
    md5 = entry.md5.upper()
    new = to.version == "2.0"
    media: dict[str, Any] = {
        "MediaID": size_of(entry.other.get("MediaID")) or number,
        "Category": _category(entry, to),
        "MD5": md5,
        "SHA1": entry.sha1.upper() or None,
        "MediaSize": str(entry.size) if to.version == "1.2" and entry.size is not None else entry.size,
        "MimeType": entry.mime or None,
        "RelativeFilePath": entry.paths[0] if entry.paths else None,
        "VictimIdentified": entry.victim_identified,
        "OffenderIdentified": entry.offender_identified,
        "IsDistributed": entry.distributed,
        "Series": entry.series or None,
        "Tags": entry.tags or None,
        "PhotoDNA": entry.photodna or None if new else None,
        "DateUpdated": entry.other.get("DateUpdated"),
        **{key: entry.other.get(key) for key in KEPT if key != "MediaID"},
    }
    media = {k: v for k, v in media.items() if v is not None or k == "Category"}
    alternatives = [("SHA256", entry.sha256), ("PDQ", entry.pdq)]
    if not new:  # the older models have no other place for it
        alternatives.append(("PhotoDNA", entry.photodna))
    if rows := [{"MD5": md5, "HashName": n, "HashValue": v} for n, v in alternatives if v]:
        media["AlternativeHashes"] = rows
    media["MediaFiles"] = [
        {"MD5": md5, "FileName": re.split(r"[\\/]", path)[-1], "FilePath": path} for path in entry.paths
    ]
    return media


def _head(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a case before its records."""
    head: dict[str, Any] = {key: str(case[key]) for key in CASE_FIELDS if case.get(key)}
    head.setdefault("CaseID", f"{{{uuid.uuid4()}}}")
    head |= {"SourceApplicationName": "Entente", "SourceApplicationVersion": __version__}
    if told := case.get("CaseMetadata"):
        head["CaseMetadata"] = [
            {"CaseID": head["CaseID"], "PropertyName": str(k), "PropertyValue": str(v)}
            for k, v in told.items()
        ]
    return head


def write_file(
    case: Mapping[str, Any],
    media: Iterable[HashEntry],
    stream: BinaryIO,
    profile: str,
    version: str,
    holds: str,
) -> int:
    """Write a case file or a hash set, as ``VicsFormat.write`` says; return how many records."""
    if profile not in PROFILES:
        raise ValueError(f"a VICS profile is one of {', '.join(PROFILES)}, not {profile!r}")
    if version not in VERSIONS or holds not in ("Cases", "Media"):
        raise ValueError(f"VICS is written as {', '.join(VERSIONS)}, with Cases or Media")
    to = Envelope(version, profile, holds)
    opening = json.dumps({**context_of(to), "value": []})[:-2]
    if holds == "Cases":
        opening += json.dumps(_head(case))[:-1] + ', "Media": ['
    stream.write(opening.encode())
    count = 0
    for entry in media:
        if whether_empty(entry) or entry.deleted:
            continue
        if not entry.md5:
            raise ValueError(f"record {entry.line} has no MD5, which VICS needs")
        count += 1
        stream.write((",\n" if count > 1 else "\n").encode())
        stream.write(json.dumps(_media(entry, count, to), ensure_ascii=False).encode())
    stream.write(b"\n]}]}\n" if holds == "Cases" else b"\n]}\n")
    return count
