"""WACZ 1.1.1: a ZIP that holds a WARC file with its index, its pages and the digest of each of its parts.

Source: Web Archive Collection Zipped, specs.webrecorder.net/wacz/1.1.1; CDXJ 0.1.0. What others wrote is read
in a limited process only; ``listed`` is what it is asked there.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from entente.formats.warc import (
    MOST_BYTES,
    PACKED,
    PIECE,
    WARC,
    NotAnArchive,
    WebRecord,
    summed,
)
from entente.safeguards import strict_json
from entente.vocabulary.media_hash import RecordRefusal

VERSION = "1.1.1"
PACKAGE, PACKAGE_DIGEST = "datapackage.json", "datapackage-digest.json"
MOST_MEMBERS, MOST_PACKAGE, MOST_RATIO = 1000, 4 << 20, 200
FREE = 1 << 20  # bytes for which no ratio is asked
Record = WebRecord | RecordRefusal


class WACZ:
    """Web Archive Collection Zipped."""

    name = "wacz"
    losses = (
        "The signature that a WACZ may carry (WACZ-auth) is kept in the file and not checked.",
        "Full text, thumbnails and logs that a crawler put in stay in the file and are not read.",
        "All that a WARC file loses: see there.",
    )

    def read(self, stream: BinaryIO) -> Iterator[Record]:
        """Yield each record of each archive in it, and what its package says falsely of its parts.

        Raises ``NotAnArchive`` where it is no WACZ, or is made to unpack to far more than it is.
        """
        with _opened(stream) as file:
            parts = _measured(file)
            told = _package(file, parts)
            yield from _against_package(file, parts, told)
            for name in sorted(n for n in parts if n.startswith("archive/") and _is_warc(n)):
                with file.open(name) as inner:
                    yield from WARC().read(inner)  # type: ignore[arg-type]

    def write(
        self,
        warc: bytes,
        records: Sequence[WebRecord],
        stream: BinaryIO,
        *,
        title: str,
        software: str,
        now: datetime,
    ) -> None:
        """Write a WARC file as it is, with an index of ``records`` and a list of its pages."""
        name = "data.warc.gz" if warc.startswith(PACKED) else "data.warc"
        parts = {
            f"archive/{name}": warc,
            "indexes/index.cdxj": _index(records, name),
            "pages/pages.jsonl": _pages(records),
        }
        package = {
            "profile": "data-package",
            "wacz_version": VERSION,
            "title": title,
            "created": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "software": software,
            "resources": [
                {"name": path.rpartition("/")[2], "path": path, "hash": _hash(data), "bytes": len(data)}
                for path, data in parts.items()
            ],
        }
        text = json.dumps(package, indent=2).encode()
        parts[PACKAGE] = text
        parts[PACKAGE_DIGEST] = json.dumps({"path": PACKAGE, "hash": _hash(text)}).encode()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as file:
            for path, data in parts.items():
                entry = zipfile.ZipInfo(path, now.timetuple()[:6])
                entry.external_attr = 0o644 << 16
                file.writestr(entry, data)


# What the standard library raises for a ZIP, or a member, that is cut off, locked, or packed in a way that it
# does not read: the NotImplementedError is its own.
_BROKEN = (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError)


def _opened(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (*_BROKEN, ValueError):
        raise NotAnArchive("not-wacz", "it is no ZIP file that can be read; ask for another copy") from None


def _measured(file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = [i for i in file.infolist() if not i.is_dir()]
    if len(infos) > MOST_MEMBERS:
        raise NotAnArchive("too-many", f"it holds over {MOST_MEMBERS} parts; bring the part that matters")
    size, packed = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    if size > MOST_BYTES or size > max(FREE, MOST_RATIO * packed):
        raise NotAnArchive("too-large", "it unpacks to far more than it is; handle with care, bring a part")
    return {i.filename: i for i in infos}


def _package(file: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> dict[str, Any]:
    no = "it is a ZIP without the list of parts that a WACZ has; receive it into the case as an archive"
    if PACKAGE not in parts or parts[PACKAGE].file_size > MOST_PACKAGE:
        raise NotAnArchive("not-wacz", no)
    try:
        text = file.read(PACKAGE)
        told = strict_json.loads(text)
        told["resources"] = [dict(r) for r in told["resources"]]
    except (ValueError, TypeError, KeyError, *_BROKEN):
        raise NotAnArchive("not-wacz", no) from None
    told["sha256"] = sha256(text).hexdigest()
    return dict(told)


def _against_package(
    file: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], told: dict[str, Any]
) -> Iterator[RecordRefusal]:
    """Compare each part with what the package says of it, and the package with its own digest."""
    said = {str(r.get("path", "")): str(r.get("hash", "")) for r in told["resources"]}
    if PACKAGE_DIGEST in parts and parts[PACKAGE_DIGEST].file_size <= MOST_PACKAGE:
        said[PACKAGE] = ""
        try:
            said[PACKAGE] = str(strict_json.loads(file.read(PACKAGE_DIGEST))["hash"])
        except (ValueError, TypeError, KeyError, *_BROKEN):
            yield RecordRefusal(0, "bad-digest", "the digest of its list of parts cannot be read")
    for place, (path, digest) in enumerate(said.items(), 1):
        algorithm, _, value = digest.partition(":")
        if path not in parts:
            yield RecordRefusal(place, "missing", f"its list names {path[:200]!r}, which is not in it")
        elif algorithm == "sha256" and _digest(file, path) != value.lower():
            yield RecordRefusal(
                place, "changed", f"{path[:200]!r} is not what its list says; ask for another"
            )
        elif algorithm != "sha256":
            yield RecordRefusal(place, "no-digest", f"its list has no SHA-256 of {path[:200]!r}")
    for path in sorted(set(parts) - set(said) - {PACKAGE, PACKAGE_DIGEST}):
        yield RecordRefusal(0, "unlisted", f"{path[:200]!r} is in it and not in its list")


def _digest(file: zipfile.ZipFile, path: str) -> str:
    digest = sha256()
    try:
        with file.open(path) as part:
            while piece := part.read(PIECE):
                digest.update(piece)
    except _BROKEN:
        return ""
    return digest.hexdigest()


def _is_warc(name: str) -> bool:
    return name.endswith((".warc", ".warc.gz"))


def _hash(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def _stamp(at: str) -> str:
    return "".join(c for c in at if c.isdigit())[:14]


def _key(address: str) -> str:
    """Return an address in the order of an index: the host's labels backwards, then path and question."""
    address = "".join(address.lower().split())  # a space would end the key
    try:
        parts = urlsplit(address)
    except ValueError:  # no address, though an archive says that it is one
        return f"){address}"
    host = ",".join(reversed((parts.hostname or "").split(".")))
    asked = f"?{parts.query}" if parts.query else ""
    return f"{host}){parts.path or '/'}{asked}"


def _index(records: Sequence[WebRecord], name: str) -> bytes:
    lines = []
    for one in records:
        told: dict[str, Any] = {"url": one.address, "mime": one.media_type, "digest": f"sha256:{one.sha256}"}
        told |= {"status": str(one.status)} if one.status else {}
        told |= {"length": str(one.length), "offset": str(one.offset), "filename": name}
        lines.append(f"{_key(one.address)} {_stamp(one.at)} {json.dumps(told)}")
    return "".join(f"{line}\n" for line in sorted(lines)).encode()


def _pages(records: Sequence[WebRecord]) -> bytes:
    lines: list[dict[str, Any]] = [{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}]
    pages = [r for r in records if r.media_type in {"text/html", "application/pdf"}] or list(records)
    lines += [{"id": str(r.number), "url": r.address, "ts": r.at, "title": r.address} for r in pages]
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def listed(stream: BinaryIO, told: dict[str, Any]) -> dict[str, Any]:
    """Return what a limited process says of a WACZ file: counts, and up to ``most`` of its pages."""
    return summed(WACZ().read(stream), int(told["most"]))
