"""One VICS record as an entry: its hashes in both places, its paths, its flags in every spelling."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from entente.formats import Record
from entente.formats.salvage import Place
from entente.formats.values import flag_of, hex_of, moment_of, photodna_of, settled, size_of
from entente.formats.vics.envelope import Envelope
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

KEPT = ("MediaID", "Comments", "IsSuspected", "SelfGenerated", "PrecategorizationSource")


def _rows(media: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the rows of a list inside a record; anything else in it is passed over."""
    rows = media.get(name)
    return [r for r in rows if isinstance(r, dict)] if isinstance(rows, list) else []


def _alternatives(media: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the alternative hashes by lower-case name."""
    found: dict[str, list[Any]] = {}
    for row in _rows(media, "AlternativeHashes"):
        name = str(row.get("HashName", "")).lower().replace("-", "")
        found.setdefault(name, []).append(row.get("HashValue"))
    return found


def _paths(media: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every path that names the file, in order, once each."""
    paths = [media.get("RelativeFilePath")]
    for row in _rows(media, "MediaFiles"):
        path, name = str(row.get("FilePath") or ""), str(row.get("FileName") or "")
        if path and name and not path.endswith(name):
            path = path.rstrip("\\") + "\\" + name
        paths.append(path or name)
    return tuple(dict.fromkeys(str(p) for p in paths if p))


def _text(value: Any) -> str:
    """Return a text field; a list of tags is joined, nothing stays nothing."""
    if isinstance(value, list):
        return ",".join(str(v) for v in value)
    return "" if value is None else str(value)


def _other(media: Mapping[str, Any], number: int, envelope: Envelope) -> dict[str, str]:
    """Return what has no field of its own: where it stood, whose categories, and the kept rest."""
    other = {"record": str(number), "profile": envelope.profile, "model": envelope.version}
    other |= {key: _text(media[key]) for key in KEPT if media.get(key) is not None}
    if moment := moment_of(media.get("DateUpdated")):
        other["DateUpdated"] = moment.isoformat()
    return other


def _hashes(media: Mapping[str, Any], line: int) -> tuple[dict[str, Any], list[RecordRefusal]]:
    """Return the valid hashes of a record, and a refusal for each value that is none."""
    alternatives = _alternatives(media)
    hashes: dict[str, Any] = {}
    refused = []
    for field, name in (("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256"), ("PDQ", "pdq")):
        given = [v for v in (media.get(field), *alternatives.get(name, ())) if v]
        hashes[name] = next((h for v in given if (h := hex_of(v, name))), "")
        if given and not hashes[name]:
            refused.append(
                RecordRefusal(line, f"bad-{name}", f"no valid {field} value; the value was left out")
            )
    given = [v for v in (media.get("PhotoDNA"), *alternatives.get("photodna", ())) if v]
    hashes["photodna"] = next((p for v in given if (p := photodna_of(v))), "")
    if given and not hashes["photodna"]:
        refused.append(
            RecordRefusal(
                line, "bad-photodna", "PhotoDNA is 144 bytes; the value was left out, the record kept"
            )
        )
    return hashes, refused


def entry_of(media: Mapping[str, Any], place: Place, number: int, envelope: Envelope) -> Iterator[Record]:
    """Yield one record as an entry, after the refusals of single values; or its refusal."""
    hashes, refused = _hashes(media, place.line)
    yield from refused
    category = media.get("Category")
    entry = HashEntry(
        line=place.line,
        **hashes,
        category="" if isinstance(category, bool) else _text(category),
        series=_text(media.get("Series")),
        victim_identified=flag_of(media.get("VictimIdentified")),
        offender_identified=flag_of(media.get("OffenderIdentified")),
        distributed=flag_of(media.get("IsDistributed")),
        size=size_of(media.get("MediaSize")),
        mime=_text(media.get("MimeType")),
        tags=_text(media.get("Tags")),
        paths=_paths(media),
        other=_other(media, number, envelope),
    )
    yield from settled(entry)
