"""The log of a package's sender: the one that it had, and longer; anything else is an alarm."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from entente.formats.sealed_package import Code, Head, PackageRefused, moment
from entente.records import checkpoint, guard, log_key
from entente.records.models import Package, PartnerKey, PartnerLog
from entente.safeguards.checkpoint import NotANote, Note, read_key, read_note

AHEAD = timedelta(minutes=5)  # a partner's clock may be that fast


class LogAlarmed(PackageRefused):
    """A sender's log is not what it was: an alarm that stays, and that people of the agency are told of.

    ``card`` is given where the package is whole and waits until they settled it.
    """

    def __init__(self, code: Code, mend: str, says: str, head: Head, card: PartnerKey | None = None) -> None:
        super().__init__(code, mend, head.digest() if card else "")
        self.says, self.head, self.card = says, head, card
        self.new = True  # whether the alarm was not told before


def demand_log(owner: UUID, head: Head, card: PartnerKey) -> None:
    """The sender's log only grows, and stays the same log; raise ``LogAlarmed`` for any other.

    A log under another name is believed once its key is pinned here: then two people compared it.
    """
    try:
        note = read_note(head.log)
    except NotANote:
        raise PackageRefused(
            Code.NONSENSE, "it carries no head of its sender's log; have it sealed again"
        ) from None
    pinned = PartnerLog.objects.filter(name=note.head.origin).first()
    if pinned is not None:
        if not log_key.signed(note, read_key(pinned.key)):
            _cut(pinned, note, head, f"{pinned.name}: a package carries a head that its log did not sign")
        _demand_witnessed(pinned, note, head)
    with guard.system("which heads came from this sender before?"):
        came = Package.objects.filter(owner=owner, known_as=head.sender, outgoing=False).exclude(log="")
        beside = _beside(came, head)
        last = came.filter(state="taken", issued__lte=moment(head.issued)).order_by("issued", "number").last()
    for other, low in beside:
        _demand_growth(pinned, note, head, other, low)
    if last is not None and pinned is None and last.digest != head.digest():
        _demand_same(last, note, head, card)


def _beside(came: Iterable[Package], head: Head) -> list[tuple[Package, bool]]:
    """Return what stands before (``True``) and behind a package in the line of its card."""
    line = sorted((p for p in came if p.key == head.sender_key), key=lambda p: p.number)
    earlier = [(p, True) for p in line if p.number < head.number][-1:]
    return earlier + [(p, False) for p in line if p.number > head.number][:1]


def _demand_growth(pinned: PartnerLog | None, note: Note, head: Head, other: Package, low: bool) -> None:
    theirs = read_note(other.log).head
    if theirs.origin != note.head.origin:
        return
    shrank = theirs.size > note.head.size if low else theirs.size < note.head.size
    if shrank or (theirs.size == note.head.size and theirs.root != note.head.root):
        _cut(pinned, note, head, f"{theirs.origin}: the heads in two packages are not of one log")


def _demand_witnessed(pinned: PartnerLog, note: Note, head: Head) -> None:
    """Refuse a head beside the one that was co-signed here, or a shorter one that was sealed after it."""
    if not pinned.held_note or pinned.held_at is None:
        return
    held = read_note(pinned.held_note).head
    other = held.size == note.head.size and held.root != note.head.root
    shorter = note.head.size < held.size and moment(head.issued) > pinned.held_at + AHEAD
    if other or shorter:
        says = (
            f"{pinned.name}: a package carries a head of {note.head.size} entries, and one of {held.size} "
            "was co-signed here before: it was cut or rewritten"
        )
        _cut(pinned, note, head, says)


def _demand_same(last: Package, note: Note, head: Head, card: PartnerKey) -> None:
    """A sender keeps its log; where it is another, the package waits for people."""
    before = read_note(last.log).head.origin
    if before == note.head.origin:
        return
    says = (
        f"{note.head.origin}: packages of {card.known_as} came with the log {before} until now; a log that "
        "was begun anew can hide what stood in the old one"
    )
    told = LogAlarmed(
        Code.LOG_OTHER,
        "its sender's log is another than until now; it waits here. Compare the new log's key with the "
        "partner by telephone, pin it with `entente log trust`, and open the package again",
        says,
        head,
        card,
    )
    told.new = checkpoint.alarm(says, None, note.text())
    raise told


def _cut(pinned: PartnerLog | None, note: Note, head: Head, says: str) -> None:
    told = LogAlarmed(
        Code.LOG_FORK,
        "its sender's log was cut or rewritten; the alarm stays, speak to the partner",
        says,
        head,
    )
    told.new = checkpoint.alarm(says, pinned, note.text())
    raise told
