"""Witnesses: partners co-sign our heads, we co-sign theirs, and each remembers what it saw.

A witness signs a head only when the log's own key signed it and a proof shows that it grew from the head
that the witness signed before (C2SP tlog-witness). What is asked and answered is the same text in a file and
over HTTP. A head that shrank, forked or was rewritten is refused and stays as an alarm.
"""

from __future__ import annotations

import logging
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from entente.records import checkpoint, clock, log, log_key
from entente.records.models.agency import Account
from entente.records.models.checkpoint import Checkpoint, Cosignature, PartnerLog
from entente.safeguards import tree
from entente.safeguards.access import Act, Shape, Thing
from entente.safeguards.checkpoint import (
    NotANote,
    Note,
    Signature,
    read_key,
    read_note,
    read_request,
    read_signature,
    whole,
    written_request,
)
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

PATH = "/witness/add-checkpoint"
LONGEST = 64 * 1024  # bytes of a request or an answer
PATIENCE_S = 20
_AHEAD = timedelta(minutes=5)  # a partner's clock may be that fast
_KNOWN = "known "


class Stranger(LookupError):
    """Nobody here knows that log, or its key did not sign this: such an asker learns nothing."""


class Refused(ValueError):
    """The head is not co-signed; the message says why."""


class Stale(Refused):
    """The proof begins at another size than the last co-signed one, which is ``size``."""

    def __init__(self, size: int, note: str, says: str) -> None:
        super().__init__(says)
        self.size, self.note = size, note

    def answer(self) -> str:
        """Return what a partner is told in a file: the size, and the head of theirs that was co-signed."""
        return f"{_KNOWN}{self.size} {checkpoint.own_key().name}\n\n{self.note}"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a partner's answer: up to which entry it co-signed, or how far it says that it is."""

    partner: str
    size: int
    cosigned: bool


def pin(account: Account, key: str, url: str = "") -> PartnerLog:
    """Pin a partner's written key, as two people compared it; the same name again begins anew.

    Raises ``NotANote`` for a damaged key, ``Refused`` for this log's own.
    """
    read = read_key(key)
    if read.public == checkpoint.own_key().public:
        raise Refused("this is the key of this very log; nobody is their own witness")
    with transaction.atomic():
        old = PartnerLog.objects.select_for_update().filter(name=read.name).first()
        if old and old.held_size and old.key != read.written():
            raise Refused(f"{read.name} is pinned with another key; a new key needs a new name")
        row, _ = PartnerLog.objects.update_or_create(
            name=read.name,
            defaults={
                "key": read.written(),
                "url": url.rstrip("/"),
                "agency_id": account.agency_id,
                "pinned_by": account,
                "pinned_at": clock.now(),
                "claims": 0,
            },
        )
        _seal(row, "a partner's key was pinned", account.as_officer())
    return row


def cosign(asked: str) -> str:
    """Return our line under a partner's head, once its proof holds.

    Raises ``Stranger``, ``Stale`` or ``Refused``; a head that shrank or forked is an alarm as well.
    """
    try:
        old, proof, note = read_request(asked)
        partner = PartnerLog.objects.filter(name=note.head.origin).first()
        known = partner is not None and log_key.signed(note, read_key(partner.key))
    except NotANote as fault:
        raise Stranger(str(fault)) from None
    if partner is None or not known:
        raise Stranger("no such log is pinned here, or its key did not sign this")
    wrong: Refused | None = None
    with transaction.atomic():
        held = PartnerLog.objects.select_for_update().get(pk=partner.pk)
        try:
            _grew(held, old, proof, note)
        except Refused as fault:
            wrong = fault
            _seal(held, f"a head of {note.head.size} entries was not co-signed", result="refused")
        else:
            now = clock.now()
            key = checkpoint.own_key()
            line = log_key.cosign(
                log_key.read(settings.KEY_FOLDER), key.name, note.head, int(now.timestamp())
            )
            own = Note(note.head, tuple(note.by(read_key(held.key), 1)))
            held.held_size, held.held_note, held.held_at = note.head.size, own.text(), now
            held.save(update_fields=["held_size", "held_note", "held_at"])
            _seal(held, f"a head of {note.head.size} entries was co-signed")
    if wrong is not None:
        raise wrong
    return line.line()


def _grew(held: PartnerLog, old: int, proof: list[bytes], note: Note) -> None:
    """Return only where the head grew from what was co-signed before; what cannot be honest is an alarm."""
    size, name = note.head.size, held.name
    before = read_note(held.held_note).head if held.held_note else None
    if before and size < before.size:
        says = (
            f"{name} shows a head of {size} entries and had one of {before.size}: an older copy, or cut off"
        )
        checkpoint.alarm(says, held, note.text())
        raise Stale(before.size, held.held_note, says)
    if old > size:
        raise Refused("the proof begins behind the head")
    if old != held.held_size:
        raise Stale(held.held_size, held.held_note, f"the last co-signed head has {held.held_size} entries")
    root = before.root if before else tree.root([])
    if not tree.verify_consistency(old, size, proof, root, note.head.root):
        says = f"{name} shows a head of {size} entries that did not grow from its head of {old}: a fork"
        # a wrong proof alone may be a fault of transmission; another root at the same size may not
        checkpoint.alarm(says, held, note.text())
        raise (Stale(old, held.held_note, says) if old == size else Refused(says))


def _seal(partner: PartnerLog, reason: str, officer: Officer | None = None, result: str = "done") -> None:
    thing = Thing(Shape.AGENCY, owner=partner.agency_id, id=partner.pk)
    log.append(
        officer or Officer(partner.pk, partner.agency_id, frozenset(), frozenset()),
        Act.GRANT,
        thing,
        Purpose.DATA_PROTECTION_AUDIT,
        step=checkpoint.WITNESS,
        reason=reason,
        result=result,
    )


def request(partner: PartnerLog) -> str:
    """Return what we ask a partner: our signed head, and that it grew from the one it holds.

    Raises ``checkpoint.NotSigned``.
    """
    head = checkpoint.make()
    return written_request(
        partner.claims, log.consistency(partner.claims, head.size), checkpoint.note_of(head)
    )


def answered(asked: str) -> str:
    """Return the file that answers a request: the head with our line, or the head that we hold.

    Raises ``Stranger``, and ``Refused`` where there is nothing to say but no.
    """
    try:
        line = cosign(asked)
    except Stale as stale:
        return stale.answer()
    head = read_request(asked)[2].head
    return Note(head, (read_signature(line.rstrip("\n")),)).text()


def take(answer: str) -> Taken:
    """Take a partner's answer from a file: its co-signature, or the head of ours that it holds.

    Raises ``Refused`` for anything that is not of a pinned partner about this log.
    """
    try:
        if answer.startswith(_KNOWN):
            told, _, held = answer.removeprefix(_KNOWN).partition("\n\n")
            size, _, name = told.partition(" ")
            return learn(partner(name), whole(size), held)
        note = read_note(answer)
    except NotANote as fault:
        raise Refused(f"this is no answer of a witness: {fault}") from None
    signers = {each.name for each in note.signatures} - {note.head.origin}
    if len(signers) != 1:
        raise Refused("an answer is a head with the line of one witness")
    return keep(partner(signers.pop()), note.head.size, note.head.root, list(note.signatures))


def keep(partner: PartnerLog, size: int, root: bytes, lines: list[Signature]) -> Taken:
    """Keep a partner's line under one of our heads; raise ``Refused`` where it does not hold."""
    row = Checkpoint.objects.filter(size=size, root=root.hex()).first()
    if row is None:
        raise Refused("this head was not signed here")
    head = read_note(row.note).head
    key = read_key(partner.key)
    found = [(line, when) for line in lines if (when := log_key.cosigned(head, line, key)) is not None]
    if not found:
        raise Refused(f"{partner.name} did not co-sign this head with its pinned key")
    line, seconds = found[0]
    at = datetime.fromtimestamp(seconds, UTC)
    if at > clock.now() + _AHEAD:
        raise Refused(f"{partner.name} co-signed in the future; its clock is wrong")
    with transaction.atomic():
        Cosignature.objects.get_or_create(
            checkpoint=row, partner=partner, defaults={"line": line.line().rstrip("\n"), "at": at}
        )
        PartnerLog.objects.filter(pk=partner.pk, claims__lt=size).update(claims=size)
    return Taken(partner.name, size, cosigned=True)


def learn(partner: PartnerLog, size: int, held: str = "") -> Taken:
    """Remember which head of ours a partner holds; one larger than our log is an alarm.

    Where the head itself came along, signed by our own key, it is proof; it then also moves the mark.
    """
    if held:
        note = read_note(held)
        if note.head.size != size or not log_key.signed(note, checkpoint.own_key()):
            raise Refused("the head that the partner holds was not signed by this log's key")
        if size and size <= log.size() and log.root_at(size) != note.head.root:
            says = f"{partner.name} holds another head of this log at {size} entries: the log was rewritten"
            checkpoint.alarm(says, partner, held)
            raise Refused(says)
    PartnerLog.objects.filter(pk=partner.pk).update(claims=size)
    if size > log.size():
        says = (
            f"{partner.name} holds a head of {size} entries of this log, which has {log.size()}: an older "
            "copy was put back; nothing is signed until the newer one is restored"
        )
        checkpoint.alarm(says, partner, held)
        raise Refused(says)
    return Taken(partner.name, size, cosigned=False)


def ask(partner: PartnerLog) -> Taken:
    """Ask a partner over HTTP, a second time from where it says it is; raise ``Refused`` otherwise."""
    for _ in range(2):
        sent = checkpoint.make()
        partner.refresh_from_db()
        status, told = _post(partner, request(partner))
        if status == 200:
            lines = [read_signature(each) for each in told.splitlines()]
            return keep(partner, sent.size, bytes.fromhex(sent.root), lines)
        if status != 409:
            break
        learn(partner, whole(told.strip()))
    raise Refused(f"{partner.name} did not co-sign: it answered {status}")


def _post(partner: PartnerLog, asked: str) -> tuple[int, str]:
    if not partner.url.startswith(("https://", "http://")):
        raise Refused(f"{partner.name} has no address; exchange files with `entente log request`")
    sent = urllib.request.Request(partner.url + PATH, asked.encode(), {"Content-Type": "text/plain"})  # noqa: S310
    try:
        with urllib.request.build_opener(_NoRedirects).open(sent, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read(LONGEST).decode()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read(LONGEST).decode(errors="replace")
    except (OSError, UnicodeDecodeError) as fault:
        raise Refused(f"{partner.name} does not answer: {fault}") from None


def partner(name: str) -> PartnerLog:
    """Return a pinned partner by name; raise ``Refused`` where there is none."""
    row = PartnerLog.objects.filter(name=name).first()
    if row is None:
        known = ", ".join(PartnerLog.objects.values_list("name", flat=True)) or "none yet"
        raise Refused(f"no partner {name!r} is pinned; there are: {known}")
    return row


def keeping() -> None:
    """Ask every partner that has an address and does not hold our last head yet; faults are only noted."""
    last = Checkpoint.objects.order_by("number").last()
    if last is None:
        return
    for each in PartnerLog.objects.exclude(url="").filter(claims__lt=last.size):
        try:
            ask(each)
        except (Refused, NotANote, checkpoint.NotSigned) as fault:
            logging.getLogger(__name__).warning("the witness %s: %s", each.name, fault)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A partner answers where the site said it would."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing."""
