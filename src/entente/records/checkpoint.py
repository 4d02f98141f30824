"""Signing the head of the log: every minute or thousand entries when something changed, and on export."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from entente.records import clock, guard, heads, log, log_key
from entente.records.models.checkpoint import Checkpoint, Cosignature, LogAlarm, PartnerLog
from entente.records.models.log_entry import LogEntry, LogHead
from entente.safeguards import tree
from entente.safeguards.checkpoint import Checkpoint as Head
from entente.safeguards.checkpoint import Key, NotANote, Note, read_note, read_signature

EVERY = timedelta(seconds=60)
ENTRIES = 1_000
LATE = timedelta(hours=24)
WITNESS = "witness"  # the step of entries about other logs' heads: they alone give no reason to sign


class NotSigned(RuntimeError):
    """The head cannot be signed; the message says why and what mends it."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Up to which entry partners vouch for the log: the size, since when, and whether one waits too long."""

    size: int
    at: datetime | None
    partners: int
    needed: int
    late: bool


def own_key() -> Key:
    """Return this log's public key, made at the first use where nothing was signed yet."""
    folder = settings.KEY_FOLDER
    if not (folder / log_key.FILE).exists() and Checkpoint.objects.exists():
        log_key.read(folder)  # says that it is lost
    return log_key.public(log_key.make(folder), settings.LOG_ORIGIN)


def make() -> Checkpoint:
    """Sign the head of the log as it stands, or return the last signed one where nothing was added.

    Raises ``NotSigned`` when a larger or another head is known: signing would make a fork.
    """
    try:
        key = own_key()
        private = log_key.read(settings.KEY_FOLDER)
        with transaction.atomic():
            head, _ = LogHead.objects.select_for_update().get_or_create(pk=1)
            last = Checkpoint.objects.order_by("number").last()
            _never_shrank(head, last)
            if last and last.size == head.size:
                return last
            root = bytes.fromhex(head.root) if head.size else tree.root([])
            now = clock.now()
            note = log_key.sign(private, Head(key.name, head.size, root), int(now.timestamp()))
            made = Checkpoint.objects.create(
                number=last.number + 1 if last else 1,
                size=head.size,
                root=root.hex(),
                at=now.replace(microsecond=0),
                note=note.text(),
            )
            path = settings.KEY_FOLDER / log_key.MARK
            transaction.on_commit(lambda: log_key.keep(path, made.note.encode()))
    except (log_key.LogKeyRefused, NotANote, OSError) as fault:
        raise NotSigned(str(fault)) from None
    return made


def _never_shrank(head: LogHead, last: Checkpoint | None) -> None:
    """Refuse to sign where a larger head of this log, or another one of its size, is known."""
    mark = heads.mark()
    known = mark.head if mark else None
    if known and known.size > head.size:
        _refuse(
            f"a head of {known.size} entries was already signed, this log holds {head.size}: an older copy "
            "was put back. Restore the newer one, or begin a new log under a new key; nothing is signed here"
        )
    signed = {(known.size, known.root.hex())} if known else set()
    for size, root in signed | ({(last.size, last.root)} if last else set()):
        if size > head.size or (size and log.root_at(size).hex() != root):
            _refuse(f"the first {size} entries are not those whose head was signed: the log was rewritten")
    for partner in PartnerLog.objects.filter(claims__gt=head.size):
        _refuse(
            f"{partner.name} holds a head of {partner.claims} entries of this log, which has {head.size}: an "
            "older copy was put back. Restore the newer one; where the partner errs, pin its key again"
        )


def _refuse(says: str) -> None:
    raise NotSigned(says)


def due() -> bool:
    """Whether a head should be signed: more than witnessing, and a minute or a thousand entries."""
    last = Checkpoint.objects.order_by("number").last()
    since, size = (last.size, log.size()) if last else (0, log.size())
    if size == since:
        return False
    with guard.system("is a head of the log due?"):
        if not LogEntry.objects.filter(seq__gte=since).exclude(step=WITNESS).exists():
            return False
    return last is None or size - since >= ENTRIES or clock.now() - last.at >= EVERY


def on_export() -> None:
    """Sign once what left is in the log; a refusal is an alarm, and what left has left."""

    def sign() -> None:
        try:
            make()
        except NotSigned as fault:
            alarm(str(fault))

    transaction.on_commit(sign)


def alarm(says: str, partner: PartnerLog | None = None, evidence: str = "") -> bool:
    """Record what must not happen between logs; return whether it is new: the same is not told twice."""
    return LogAlarm.objects.get_or_create(partner=partner, says=says, defaults={"evidence": evidence})[1]


def witnessed() -> Witnessed:
    """Return up to which entry enough partners co-signed, and whether an entry waits too long for them."""
    needed = max(1, settings.LOG_WITNESSES)
    counted = Checkpoint.objects.annotate(held=Count("cosignatures")).filter(held__gte=needed)
    best = counted.order_by("size").last()
    partners = PartnerLog.objects.count()
    size = best.size if best else 0
    at = Cosignature.objects.filter(checkpoint=best).order_by("at").values_list("at", flat=True).last()
    with guard.system("how long does an entry wait for its witness?"):
        oldest = LogEntry.objects.filter(seq__gte=size).order_by("seq").values_list("at", flat=True).first()
    late = bool(partners and oldest and clock.now() - oldest > LATE)
    return Witnessed(size, at, partners, needed, late)


def note_at(size: int) -> Note:
    """Return the signed head of ``size`` entries, which was signed here, with its co-signatures."""
    return note_of(Checkpoint.objects.get(size=size))


def note_of(row: Checkpoint) -> Note:
    """Return a signed head with the co-signatures that came for it."""
    note = read_note(row.note)
    lines = [read_signature(each.line) for each in row.cosignatures.order_by("at", "pk")]
    return Note(note.head, (*note.signatures, *lines))
