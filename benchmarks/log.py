"""The log (bar B3): what sealing costs, how large proofs are, and how long the whole proof takes.

A desk of its own in SQLite (WAL, synchronous=FULL). The peer is the same write without the log, in the same
run. Figures of proofs that are refused, and of changes that are found, are printed by the tests that find
them: ``pytest tests/safeguards/test_tree.py tests/records/test_log_tampering.py``.
"""

from __future__ import annotations

import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from benchmarks.measure import Figure, wanted

SIZES = (1_000, 100_000, 1_000_000)
SMALL = (1_000, 10_000)
PROOFS = 200


def main(sizes: tuple[int, ...], seconds: float) -> None:
    """Make a desk, measure, and print two tables."""
    with tempfile.TemporaryDirectory() as folder:
        from entente.web import start

        os.environ.pop("DATABASE_URL", None)
        start.make_desk(Path(folder) / "desk")
        appends(seconds)
        proofs(sizes)


def _who() -> tuple[object, object]:
    from entente.records.models import Account, Agency
    from entente.safeguards.access import Shape, Thing

    agency = Agency.objects.create(short="NU", name="National unit", country="EU", kind="national unit")
    account = Account.objects.create(
        username="NU-1001", agency=agency, roles=["examiner"], purposes=["victim-identification"]
    )
    return account.as_officer(), Thing(Shape.AGENCY, owner=agency.id, id=agency.id)


def appends(seconds: float) -> None:
    """A business row alone, and the same with its entry: one per transaction, and a hundred."""
    from django.db import transaction

    from entente.records import guard, log
    from entente.records.models import HashList
    from entente.safeguards.access import Act
    from entente.vocabulary.handling import Purpose

    officer, thing = _who()

    def row() -> None:
        HashList.objects.create(
            owner_id=officer.agency,  # type: ignore[attr-defined]
            name=secrets.token_hex(8),
            format="csv",
            sha256="0" * 64,
            imported_by_id=officer.id,  # type: ignore[attr-defined]
        )

    def logged() -> None:
        row()
        log.append(officer, Act.ALTER, thing, Purpose.VICTIM_IDENTIFICATION, step="match", reason="a list")  # type: ignore[arg-type]

    figure = Figure("Log: entries sealed each second", "the same write without log")
    for each in (1, 100):
        rates: dict[Callable[[], None], list[float]] = {row: [], logged: []}
        for _ in range(5):  # in turn, so that a busy machine is busy for both
            for write, found in rates.items():
                done, began = 0, time.perf_counter()
                while time.perf_counter() - began < seconds:
                    with guard.system("measure"), transaction.atomic():
                        for _ in range(each):
                            write()
                    done += each
                found.append(done / (time.perf_counter() - began))
        plain, sealed = (statistics.median(r) for r in rates.values())
        figure.add(
            f"{each} a transaction", f"{sealed:,.0f}/s", f"{plain:,.0f}/s", f"{plain / sealed:.1f} × slower"
        )
    figure.notes.append("SQLite, WAL, synchronous=FULL; median of five turns.")
    figure.say()


def grow(size: int) -> None:
    """Fill the log up to ``size`` with entries as ``append`` writes them, many at once."""
    from django.db import transaction

    from entente.records import clock, guard
    from entente.records.models import Account, LogEntry, LogHead, LogNode, LogOpening
    from entente.safeguards import commitment, tree

    account = Account.objects.get()
    with guard.system("fill a log to measure"):
        head, _ = LogHead.objects.get_or_create(pk=1)
        frontier, case = [bytes.fromhex(h) for h in head.frontier], uuid4()
        while head.size < size:
            entries, openings, nodes, now = [], [], [], clock.now()
            for _ in range(min(5_000, size - head.size)):
                salts = {f"{f}_salt": secrets.token_hex(32) for f in LogOpening.PERSONAL}
                values = {"officer": str(account.pk), "session": secrets.token_hex(16), "reason": "a look"}
                key = UUID(bytes=secrets.token_bytes(16), version=4)
                told = {
                    "entry": str(key), "seq": head.size, "at": now.isoformat(timespec="microseconds"),
                    "agency": str(account.agency_id), "request": secrets.token_hex(16), "verb": "consult",
                    "act": "read", "step": "examine", "purpose": "victim-identification", "thing": str(case),
                    "case": str(case), "handling": "H0", "recipients": [], "result": "done",
                }  # fmt: skip
                told |= {
                    f: commitment.commit(f, bytes.fromhex(salts[f"{f}_salt"]), v) for f, v in values.items()
                }
                body = commitment.canonical(told)
                leaf = tree.leaf_hash(body.encode())
                entry = LogEntry(
                    id=key, seq=head.size, body=body, leaf=leaf.hex(), at=now, agency_id=account.agency_id,
                    account=account.pk, case=case, thing=case, verb="consult", step="examine",
                )  # fmt: skip
                entries.append(entry)
                openings.append(
                    LogOpening(id=key, entry=entry, agency_id=account.agency_id, **values, **salts)
                )
                nodes += [LogNode(place=p, hash=h) for p, h in tree.completed(frontier, head.size, leaf)]
                frontier = tree.append(frontier, head.size, leaf)
                head.size += 1
            with transaction.atomic():
                for model, rows in ((LogEntry, entries), (LogOpening, openings), (LogNode, nodes)):
                    model.objects.bulk_create(rows, batch_size=500)
                head.frontier, head.root = [h.hex() for h in frontier], tree.root_of(frontier).hex()
                head.save()


def proofs(sizes: tuple[int, ...]) -> None:
    """Size and time of both proofs, and the time to prove the whole log, at each size."""
    from entente.records import checkpoint, log
    from entente.safeguards import tree

    figure = Figure("Log: proofs", "verifying")
    for size in sizes:
        grow(size)
        head = checkpoint.make()
        root = bytes.fromhex(head.root)
        chosen = [secrets.randbelow(head.size) for _ in range(PROOFS)]
        began = time.perf_counter()
        made = [log.inclusion(seq, head.size) for seq in chosen]
        making = (time.perf_counter() - began) / PROOFS
        began = time.perf_counter()
        held = [
            tree.verify_inclusion(tree.leaf_hash(m.body.encode()), m.seq, m.size, m.proof, root) for m in made
        ]
        checking = (time.perf_counter() - began) / PROOFS
        longest = max(len(m.proof) for m in made)
        figure.add(
            f"{head.size:,} entries: inclusion, {longest} hashes, {32 * longest} B",
            f"{making * 1e6:,.0f} µs",
            f"{checking * 1e6:,.0f} µs",
        )
        old = max(1, head.size * 2 // 3)
        began = time.perf_counter()
        grown = log.consistency(old, head.size)
        making = time.perf_counter() - began
        before = log.root_at(old)
        began = time.perf_counter()
        held.append(tree.verify_consistency(old, head.size, grown, before, root))
        checking = time.perf_counter() - began
        figure.add(
            f"consistency, {len(grown)} hashes, {32 * len(grown)} B",
            f"{making * 1e6:,.0f} µs",
            f"{checking * 1e6:,.0f} µs",
        )
        began, busy = time.perf_counter(), time.process_time()
        proof = log.verify()
        took, worked = time.perf_counter() - began, time.process_time() - busy
        if proof.faults or not all(held):
            raise SystemExit(f"the log does not prove itself: {proof.faults[:3]}")
        figure.add("`entente log verify`, every row", "", f"{took:.1f} s ({worked:.1f} s of processor)")
    figure.say()


if __name__ == "__main__":
    small = wanted("The log.")
    main(SMALL if small else SIZES, 0.3 if small else 2.0)
