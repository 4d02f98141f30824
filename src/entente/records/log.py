"""One sealed entry for every act, in the act's own transaction.

An entry is canonical JSON with opaque identifiers: no content, no names, no media hashes, and persons only
behind commitments (``safeguards.commitment``). Its SHA-256 leaf goes into an RFC 9162 tree whose frontier
stands in one row, locked while an act is being written, so entries are gapless and in order. Verbs are those
of Directive (EU) 2016/680 art. 25, and ``denied`` and ``admin``. The format: docs/methods/log.md.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from entente.records import clock, errand, guard
from entente.records.durable import empty_journal
from entente.records.models.log_entry import LogEntry, LogHead, LogNode, LogOpening
from entente.records.proving import Proof, verify
from entente.safeguards import commitment, tree
from entente.safeguards.access import Act, Shape, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

__all__ = [
    "Inclusion",
    "Proof",
    "append",
    "consistency",
    "forget",
    "inclusion",
    "opening",
    "root_at",
    "size",
    "verify",
]

VERB = {
    Act.READ: "consult",
    Act.REVEAL: "consult",
    Act.RECEIVE: "collect",
    Act.ALTER: "alter",
    Act.MERGE: "combine",
    Act.DISCLOSE: "disclose",
    Act.EXPORT: "disclose",
    Act.ERASE: "erase",
    Act.GRANT: "admin",
    Act.AUDIT: "consult",
    Act.EMERGENCY: "admin",
    Act.ADMINISTER: "admin",
}


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That one entry stands in the log of ``size`` entries: its sealed body, the path and the root."""

    seq: int
    size: int
    body: str
    proof: tuple[bytes, ...]
    root: bytes


def append(
    officer: Officer,
    act: Act,
    thing: Thing,
    purpose: Purpose,
    *,
    verb: str = "",
    step: str = "",
    reason: str = "",
    recipients: Iterable[UUID] = (),
    result: str = "done",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    erased: str = "",
) -> LogEntry:
    """Seal one entry; must run inside the act's transaction.

    ``before`` and ``after`` are the state of what was changed, where a service knows it: only their salted
    hashes are kept. ``erased`` names the entries whose openings this act erases.
    """
    if not transaction.get_connection().in_atomic_block:
        raise guard.ScopeMissing("a log entry belongs inside its act's transaction")
    with guard.system("append to the log"):
        head, _ = LogHead.objects.select_for_update().get_or_create(pk=1)
        now, on = clock.now(), errand.current()
        states = before is not None or after is not None
        opening = _opening(str(officer.id), on.session, reason, states=states)
        told: dict[str, Any] = {
            "entry": str(uuid4()),
            "seq": head.size,
            "at": now.isoformat(timespec="microseconds"),
            "agency": str(officer.agency),
            "request": on.request,
            "verb": verb or VERB[act],
            "act": str(act),
            "step": step,
            "purpose": str(purpose),
            "thing": str(thing.id or ""),
            "case": str(thing.case or ""),
            "handling": str(thing.handling),
            "recipients": sorted(str(r) for r in recipients),
            "result": result,
            **_commitments(opening, before, after),
        }
        if erased:
            told["erased"] = erased
        body = commitment.canonical(told)
        leaf = tree.leaf_hash(body.encode())
        entry = LogEntry.objects.create(
            id=UUID(told["entry"]),
            seq=head.size,
            body=body,
            leaf=leaf.hex(),
            at=now,
            agency_id=officer.agency,
            account=officer.id,
            case=thing.case,
            thing=thing.id,
            verb=told["verb"],
            step=step,
        )
        opening.id, opening.entry, opening.agency_id = entry.pk, entry, officer.agency
        opening.save(force_insert=True)
        _grow(head, leaf)
    return entry


def _opening(officer: str, session: str, reason: str, *, states: bool) -> LogOpening:
    salts = [secrets.token_hex(commitment.SALT_BYTES) for _ in range(4)]
    return LogOpening(
        officer=officer,
        session=session,
        reason=reason,
        officer_salt=salts[0],
        session_salt=salts[1],
        reason_salt=salts[2],
        state_salt=salts[3] if states else "",
    )


def _commitments(
    opening: LogOpening, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> dict[str, str]:
    """Return what the body says instead of the personal fields and of the states."""
    made = {
        field: commitment.commit(field, bytes.fromhex(getattr(opening, f"{field}_salt")), value)
        for field, value in opening.values().items()
    }
    for name, state in (("before", before), ("after", after)):
        if state is not None:
            salt = bytes.fromhex(opening.state_salt)
            made[name] = commitment.commit(name, salt, commitment.canonical(state))
    return made


def _grow(head: LogHead, leaf: bytes) -> None:
    """Write the nodes that the new leaf completes, and the head."""
    frontier = [bytes.fromhex(h) for h in head.frontier]
    made = tree.completed(frontier, head.size, leaf)
    if made:
        LogNode.objects.bulk_create([LogNode(place=place, hash=node) for place, node in made])
    grown = tree.append(frontier, head.size, leaf)
    LogHead.objects.filter(pk=1).update(
        frontier=[h.hex() for h in grown], size=head.size + 1, root=tree.root_of(grown).hex()
    )


def size() -> int:
    """Return how many entries the log has."""
    return LogHead.objects.filter(pk=1).values_list("size", flat=True).first() or 0


def inclusion(seq: int, within: int | None = None) -> Inclusion:
    """Prove that entry ``seq`` stands in the log as it was at ``within`` entries, now by default.

    Raises ``IndexError`` where there is no such entry.
    """
    held = size() if within is None else within
    spans = tree.inclusion_spans(seq, held)
    with guard.system("prove an entry"):
        body = LogEntry.objects.values_list("body", flat=True).get(seq=seq)
    *proof, root = _roots([*spans, (0, held)])
    return Inclusion(seq, held, body, tuple(proof), root)


def consistency(old: int, new: int | None = None) -> list[bytes]:
    """Prove that the log of ``new`` entries, now by default, only grew since it had ``old``.

    Raises ``ValueError`` where the log never had such sizes.
    """
    held = size()
    new = held if new is None else new
    if new > held:
        raise ValueError(f"the log has {held} entries; it cannot prove {new}")
    return _roots(tree.consistency_spans(old, new))


def root_at(size: int) -> bytes:
    """Return the root of the first ``size`` entries."""
    return _roots([(0, size)])[0]


def _roots(spans: Iterable[tuple[int, int]]) -> list[bytes]:
    """Return the root of each span from the stored nodes: two look-ups by key, whatever the log's size."""
    parts = [tree.subtrees(low, high) for low, high in spans]
    leaves = [index for part in parts for level, index in part if level == 0]
    places = [tree.place(level, index) for part in parts for level, index in part if level]
    with guard.system("read nodes of the log's tree"):
        held = {
            tree.place(0, seq): bytes.fromhex(leaf)
            for seq, leaf in LogEntry.objects.filter(seq__in=leaves).values_list("seq", "leaf")
        }
        nodes = LogNode.objects.filter(place__in=places).values_list("place", "hash")
        held |= {place: bytes(node) for place, node in nodes}
    try:
        return [tree.root_of([held[tree.place(*each)] for each in part]) for part in parts]
    except KeyError:
        raise ValueError("a node of the log's tree is missing; see `entente log verify`") from None


def opening(seq: int) -> dict[str, dict[str, str]]:
    """Return salt and value of each personal field of entry ``seq``; nothing where they were erased.

    Read inside the scope of the data protection officer, who alone sees them.
    """
    row = LogOpening.objects.filter(entry__seq=seq).first()
    if row is None:
        return {}
    return {f: {"salt": getattr(row, f"{f}_salt"), "value": v} for f, v in row.values().items()}


def marks(seqs: Iterable[int]) -> str:
    """Return sequence numbers as ranges, such as ``0-4 7``."""
    made: list[list[int]] = []
    for seq in sorted(set(seqs)):
        if made and made[-1][1] == seq - 1:
            made[-1][1] = seq
        else:
            made.append([seq, seq])
    return " ".join(f"{a}-{b}" if a != b else str(a) for a, b in made)


def forget(
    officer: Officer,
    purpose: Purpose,
    *,
    account: UUID | None = None,
    seqs: Iterable[int] | None = None,
    reason: str = "",
) -> int:
    """Erase what opens the commitments of entries by or about an account, or by number; return how many.

    Must run inside the act of erasure. The entries, their leaves and the tree stay; a sealed entry says which
    were erased, so that an opening that is gone without one is found.
    """
    if not transaction.get_connection().in_atomic_block:
        raise guard.ScopeMissing("erasing belongs inside its act's transaction")
    with guard.system("erase openings of the log"):
        rows = LogOpening.objects.filter(agency_id=officer.agency)
        if account is not None:
            rows = rows.filter(Q(officer=str(account)) | Q(reason__contains=str(account)))
        if seqs is not None:
            rows = rows.filter(entry__seq__in=list(seqs))
        if account is None and seqs is None:
            raise ValueError("say whose entries, or which, are to be forgotten")
        gone = dict(rows.values_list("entry__seq", "pk"))
        if gone:
            LogEntry.objects.filter(pk__in=gone.values()).update(account=None)
            LogOpening.objects.filter(pk__in=gone.values()).delete()
            thing = Thing(Shape.LOG, owner=officer.agency)
            append(officer, Act.ERASE, thing, purpose, step="log", reason=reason, erased=marks(gone))
            empty_journal()
    return len(gone)
