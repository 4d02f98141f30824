"""One sealed entry for every act, in the act's own transaction.

An entry is canonical JSON with opaque identifiers: no content, no names, no media hashes. Its SHA-256 leaf
goes into an RFC 9162 tree whose frontier stands in one row, locked while an act is being written, so entries
are gapless and in order. Verbs are those of Directive (EU) 2016/680 art. 25, and ``denied`` and ``admin``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from entente.records import clock, guard
from entente.records.models.log_entry import LogEntry, LogHead
from entente.safeguards import tree
from entente.safeguards.access import Act, Thing
from entente.vocabulary.agency import Officer
from entente.vocabulary.handling import Purpose

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
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What ``verify`` found: the size and root that the entries give, and the faults."""

    size: int
    root: str
    faults: tuple[str, ...]


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
) -> LogEntry:
    """Seal one entry; must run inside the act's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise guard.ScopeMissing("a log entry belongs inside its act's transaction")
    with guard.system("append to the log"):
        head, _ = LogHead.objects.select_for_update().get_or_create(pk=1)
        body = _canonical(
            {
                "seq": head.size,
                "at": clock.now().isoformat(timespec="microseconds"),
                "officer": str(officer.id),
                "agency": str(officer.agency),
                "verb": verb or VERB[act],
                "act": str(act),
                "step": step,
                "purpose": str(purpose),
                "thing": str(thing.id or ""),
                "case": str(thing.case or ""),
                "handling": str(thing.handling),
                "recipients": sorted(str(r) for r in recipients),
                "reason": reason,
                "result": result,
            }
        )
        leaf = tree.leaf_hash(body.encode())
        entry = LogEntry.objects.create(
            seq=head.size,
            body=body,
            leaf=leaf.hex(),
            at=clock.now(),
            agency_id=officer.agency,
            account=officer.id,
            case=thing.case,
            thing=thing.id,
            verb=verb or VERB[act],
            step=step,
        )
        frontier = tree.append([bytes.fromhex(h) for h in head.frontier], head.size, leaf)
        head.frontier = [h.hex() for h in frontier]
        head.size += 1
        head.root = tree.root_of(frontier).hex()
        head.save()
    return entry


def verify() -> Proof:
    """Recompute every leaf and the root from the entries' own bytes and compare with the sealed head."""
    with guard.system("verify the log"):
        head = LogHead.objects.filter(pk=1).first()
        faults: list[str] = []
        frontier: list[bytes] = []
        size = 0
        for entry in LogEntry.objects.order_by("seq").iterator():
            if entry.seq != size:
                faults.append(f"entry {size} is missing: the next one is {entry.seq}")
            leaf = tree.leaf_hash(entry.body.encode())
            if leaf.hex() != entry.leaf:
                faults.append(f"entry {entry.seq} was changed")
            faults += [f"entry {entry.seq}: {f}" for f in _columns_differ(entry)]
            frontier = tree.append(frontier, size, leaf)
            size += 1
        root = tree.root_of(frontier).hex()
        if (head.size if head else 0) != size:
            faults.append(f"the head says {head.size if head else 0} entries, the log holds {size}")
        elif head and head.root != root:
            faults.append("the root of the entries is not the root of the head")
    return Proof(size, root, tuple(faults))


def _columns_differ(entry: LogEntry) -> list[str]:
    """The columns repeat the body so that they can be searched; they must say the same."""
    try:
        body = json.loads(entry.body)
    except ValueError:
        return ["its body is not JSON"]
    told: dict[str, Any] = {
        "seq": entry.seq,
        "verb": entry.verb,
        "step": entry.step,
        "agency": str(entry.agency_id),
        "officer": str(entry.account),
        "case": str(entry.case or ""),
        "thing": str(entry.thing or ""),
    }
    return [f"the column {k} differs from the sealed body" for k, v in told.items() if body.get(k) != v]


def _canonical(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
