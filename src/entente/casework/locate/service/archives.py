"""What a web archive (WARC, WACZ) holds, as a limited process tells it; what it tells is checked here."""

from __future__ import annotations

from typing import Any

from entente.casework.locate.service.places import PlaceRefused
from entente.evidence.archive import look_into, shown
from entente.evidence.memory import in_memory
from entente.evidence.open import Through, told
from entente.evidence.reach import NotOpened
from entente.evidence.source import Held
from entente.formats.warc import PACKED, WebRecord

READERS = {"warc": "entente.formats.warc:listed", "wacz": "entente.formats.wacz:listed"}
KEPT = 200  # pages that are named in the record of a capture
LISTED = 5000  # pages that an index written here names
LIMIT_S = 30.0
MOST_OUT = 256 << 20  # bytes of the WARC files that are taken out of a WACZ


def contents_of(data: bytes, form: str) -> dict[str, Any]:
    """Return counts and the first pages of a web archive, nothing of another form; raise ``PlaceRefused``."""
    if form not in READERS:
        return {}
    said = _asked(data, form, KEPT)
    pages = [_page(p) for p in said["pages"]]
    named = [[p.address, p.at, p.media_type, p.status, p.size, p.sha256, p.sound] for p in pages]
    refused = [[r["line"], shown(str(r["reason"]))[:500]] for r in said["refused"][:KEPT]]
    counts = {"records": int(said["records"]), "unsound": int(said["unsound"])}
    return {**counts, "pages": named, "refused": refused}


def records_of(data: bytes) -> list[WebRecord]:
    """Return the pages of a WARC file with their places in it, of which an index is made."""
    return [_page(p) for p in _asked(data, "warc", LISTED)["pages"]]


def kept_archive(file: Held) -> bytes:
    """Return the WARC files of a WACZ one behind the other, as they lie in it; a limited process unpacks."""
    found, size = [], 0
    archive = look_into(file, "zip")
    try:
        for member in archive:
            if not member.name.startswith("archive/") or not member.name.endswith((".warc", ".warc.gz")):
                continue
            data = member.readall() or b""
            size += len(data)
            if size > MOST_OUT:
                raise PlaceRefused(
                    "its archives unpack to over {most} MiB; get it as WACZ", most=MOST_OUT >> 20
                )
            found.append((member.name, data))
    except NotOpened as fault:
        raise PlaceRefused("the archive cannot be unpacked: {why}", why=fault.refusal.reason) from None
    finally:
        archive.close()
    if archive.refusal or not found:
        why = archive.refusal.reason if archive.refusal else "there is no WARC file in it"
        raise PlaceRefused("the archive cannot be unpacked: {why}", why=why)
    if len({data.startswith(PACKED) for _, data in found}) > 1:
        raise PlaceRefused("its archives are packed differently, and are no one file; get it as WACZ")
    return b"".join(data for _, data in sorted(found))


def _asked(data: bytes, form: str, most: int) -> dict[str, Any]:
    with in_memory(data) as handle:
        answer = told(handle, Through(READERS[form], {"most": most}), limit_s=LIMIT_S)
    if answer.refusal:
        raise PlaceRefused("the archive cannot be read: {why}", why=answer.refusal.reason)
    said = answer.data.get("told")
    try:
        if not isinstance(said, dict):
            raise TypeError
        if "not" in said:
            raise PlaceRefused(
                "the archive cannot be read: {why}", why=shown(str(said["not"]["reason"]))[:500]
            )
        counts = {name: int(said[name]) for name in ("records", "unsound")}
        if len(said["pages"]) > most or min(counts.values()) < 0:
            raise ValueError
        return {**counts, "pages": list(said["pages"]), "refused": list(said["refused"])}
    except (KeyError, TypeError, ValueError) as fault:
        if isinstance(fault, PlaceRefused):
            raise
        raise _nonsense() from None


def _page(said: Any) -> WebRecord:
    """Return one page if what is said of it has the form of one."""
    try:
        digest = str(said["sha256"])
        int(digest, 16)
        sound = said["sound"]
        if len(digest) != 64 or not (sound is None or isinstance(sound, bool)):
            raise ValueError
        return WebRecord(
            int(said["number"]),
            shown(str(said["type"]))[:40],
            shown(str(said["address"]))[:2000],
            shown(str(said["at"]))[:40],
            shown(str(said["media_type"]))[:100],
            None if said["status"] is None else int(said["status"]),
            int(said["size"]),
            digest,
            sound,
            int(said["offset"]),
            int(said["length"]),
        )
    except (KeyError, TypeError, ValueError):
        raise _nonsense() from None


def _nonsense() -> PlaceRefused:
    return PlaceRefused(
        "the decoder gave an answer without sense; handle the file with care, ask for another"
    )
