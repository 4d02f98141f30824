"""The signed heads that the desk holds, and the mark beside its keys: do they say what the entries say?

The mark is the last signed head, kept with the keys and not in the database: a database that was put back
from an older copy is smaller than its mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from django.conf import settings

from entente.records import log_key
from entente.records.models.checkpoint import Checkpoint, Cosignature, PartnerLog
from entente.safeguards import checkpoint as words
from entente.safeguards.checkpoint import Key, NotANote, Note


def own() -> Key | None:
    """Return this log's public key, or ``None`` where no head was ever signed here."""
    if not (settings.KEY_FOLDER / log_key.FILE).exists():
        return None
    return log_key.public(log_key.read(settings.KEY_FOLDER), settings.LOG_ORIGIN)


def mark() -> Note | None:
    """Return the last head that was signed here, as the folder of the keys remembers it."""
    path = settings.KEY_FOLDER / log_key.MARK
    return words.read_note(path.read_text(encoding="utf-8")) if path.exists() else None


def rows() -> list[Checkpoint]:
    """Return every signed head, the oldest first."""
    return list(Checkpoint.objects.order_by("number"))


def faults(signed: list[Checkpoint], roots: Mapping[int, bytes], size: int, begin: int = 0) -> list[str]:
    """Return what is wrong with the signed heads; ``roots`` are those that the entries give by size."""
    try:
        key = own()
    except log_key.LogKeyRefused as fault:
        return [str(fault)]
    found: list[str] = []
    for expected, row in enumerate(signed, 1):
        if row.number != expected:
            found.append(f"the signed head {expected} is missing")
        found += [f"signed head {row.number}: {says}" for says in _differs(row, key)]
        if row.size > size or (row.size >= begin and roots.get(row.size, b"").hex() != row.root):
            found.append(f"signed head {row.number}: the log has not the root that was signed at {row.size}")
    return found[:100] + _cosignatures(signed) + _marked(signed, size)


def _differs(row: Checkpoint, key: Key | None) -> list[str]:
    try:
        note = words.read_note(row.note)
    except NotANote as fault:
        return [str(fault)]
    if key is None or not log_key.signed(note, key) or len(note.signatures) != 2:
        return ["it is not signed by this log's key"]
    when = log_key.cosigned(note.head, note.signatures[1], key)
    if when is None or datetime.fromtimestamp(when, UTC) != row.at:
        return ["its time is not the signed one"]
    same = (row.size, row.root) == (note.head.size, note.head.root.hex())
    return [] if same else ["its columns differ from the signed text"]


def _cosignatures(signed: list[Checkpoint]) -> list[str]:
    found = []
    notes, partners = {row.pk: row for row in signed}, PartnerLog.objects.in_bulk()
    for each in Cosignature.objects.all():
        row, partner = notes.get(each.checkpoint_id), partners.get(each.partner_id)
        if row is None or partner is None:
            found.append("a co-signature belongs to no signed head, or to no partner")
            continue
        when = _read_cosignature(row, each, partner)
        if when is None or datetime.fromtimestamp(when, UTC) != each.at:
            found.append(f"signed head {row.number}: the co-signature of {partner.name} does not hold")
    return found


def _read_cosignature(row: Checkpoint, each: Cosignature, partner: PartnerLog) -> int | None:
    try:
        head = words.read_note(row.note).head
        return log_key.cosigned(head, words.read_signature(each.line), words.read_key(partner.key))
    except NotANote:
        return None


def _marked(signed: list[Checkpoint], size: int) -> list[str]:
    try:
        last = mark()
    except (NotANote, OSError) as fault:
        return [f"the mark beside the keys cannot be read: {fault}"]
    if last is None:
        return []
    if last.head.size > size:
        return [
            f"a head of {last.head.size} entries was signed here, the log holds {size}: "
            "an older copy was put back, or the end was cut off"
        ]
    told = {(row.size, row.root) for row in signed}
    return [] if (last.head.size, last.head.root.hex()) in told else ["the last signed head is missing"]
