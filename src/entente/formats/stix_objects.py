"""Objects of a STIX bundle: where they stand, and the hashes that a file object carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from entente.formats.values import hex_of, photodna_of
from entente.formats.walk import Layout
from entente.vocabulary.media_hash import RecordRefusal

_NAMES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "pdq": "pdq", "photodna": "photodna"}
_NAMES |= {"sha-1": "sha1", "sha-256": "sha256"}


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and "type" in value and "id" in value and "objects" not in value


LAYOUT = Layout("stix", frozenset({"objects"}), frozenset({"objects"}), _is_record)


def hashes_of(given: list[tuple[str, Any]], line: int) -> Iterator[RecordRefusal | dict[str, str]]:
    """Yield a refusal for each value that is none of its kind, then the valid ones."""
    values: dict[str, str] = {}
    for name, text in given:
        kind = _NAMES.get(str(name).casefold())
        if not kind:
            continue  # SSDEEP and others have nothing here to meet
        found = photodna_of(text) if kind == "photodna" else hex_of(text, kind)
        if found:
            values.setdefault(kind, found)
        else:
            what = f"this is no {name} value; it was left out, the record kept"
            yield RecordRefusal(line, f"bad-{kind}", what)
    yield values


def file_hashes(record: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return (name, value) of the hashes of a file, those in its extensions too."""
    given = list(record["hashes"].items()) if isinstance(record.get("hashes"), dict) else []
    extensions = record.get("extensions")
    for extension in extensions.values() if isinstance(extensions, dict) else ():
        if isinstance(extension, dict):
            given += [(k, extension[k]) for k in ("pdq", "photodna") if extension.get(k)]
    return given
