"""A new list of a million records against a million held items: the whole job, as the worker runs it.

    python -m benchmarks.backwards [--small]

The items are rows of a desk of its own, each with eight turns under three profiles; the list's records are
random but for some that are planted: an equal digest, or a turn of an item within 31 bits. All planted ones,
and no others, must be known afterwards.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from benchmarks import measure
from benchmarks.intake import fresh_desk

HELD, LISTED, PLANTED = 1_000_000, 1_000_000, 2_000
SMALL = (5_000, 5_000, 50)
LIMIT_S = 300.0
PIECE = 20_000
PROFILES = ("full", "thumb512", "nearest512")


def _hex(rows: NDArray[np.uint64]) -> list[str]:
    raw = rows.astype(">u8").tobytes().hex()
    return [raw[n * 64 : n * 64 + 64] for n in range(len(rows))]


def _near(hashes: NDArray[np.uint64], most: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    """Return (n, 4) hashes with up to ``most`` bits of each turned over."""
    bits = np.unpackbits(hashes.view(np.uint8).reshape(len(hashes), 32), axis=1)
    for row, count in zip(bits, rng.integers(0, most + 1, len(hashes)), strict=True):
        row[rng.choice(256, count, replace=False)] ^= 1
    return np.packbits(bits, axis=1).view(np.uint64).reshape(-1, 4)


def _turns(rng: np.random.Generator, items: int) -> NDArray[np.uint64]:
    """Return (items, 24, 4): the eight turns of each, and the two other profiles some bits away."""
    full = rng.integers(0, 1 << 64, (items, 8, 4), dtype=np.uint64)
    flips = np.uint64(1) << rng.integers(0, 64, (2, items, 8, 4), dtype=np.uint64)
    return np.concatenate([full, full ^ flips[0], full ^ flips[1]], axis=1)


def held_items(account: Any, case: Any, held: int, rng: np.random.Generator) -> Iterator[NDArray[np.uint64]]:
    """Write items into the desk's file, after the pattern of one of its own; yield the pieces' turns.

    Straight into the file: what is measured is the matching, not the writing of a million rows.
    """
    from django.db import connection

    from entente.records import guard
    from entente.records.models import Media

    with guard.system("a benchmark draws what is held"):
        Media.objects.create(
            case=case, owner_id=account.agency_id, number=0, source="drawn", kind="picture", pdq_quality=100
        )
    connection.close()
    base = sqlite3.connect(connection.settings_dict["NAME"])
    asked = base.execute("SELECT * FROM records_media WHERE number = 0")
    names = [column[0] for column in asked.description]
    pattern = dict(zip(names, asked.fetchone(), strict=True))
    insert = f"INSERT INTO records_media VALUES ({', '.join('?' * len(names))})"
    for start in range(0, held, PIECE):
        count = min(PIECE, held - start)
        turns = _turns(rng, count)
        text = _hex(turns.reshape(-1, 4))
        rows = []
        for n in range(count):
            number, own = start + n + 1, text[n * 24 : n * 24 + 24]
            row = {
                **pattern,
                "id": UUID(int=rng.integers(0, 1 << 62).item() << 64 | number).hex,
                "number": number,
                "md5": hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest(),
                "pdq": own[0],
                "pdq_turns": json.dumps({p: own[i * 8 : i * 8 + 8] for i, p in enumerate(PROFILES)}),
            }
            rows.append(tuple(row.values()))
        with base:
            base.executemany(insert, rows)
        yield turns
    base.execute("DELETE FROM records_media WHERE number = 0")
    base.commit()
    base.close()


def main() -> None:
    """Draw, import, match backwards, demand the planted ones, print the figure."""
    small = measure.wanted(__doc__.splitlines()[0])
    held, listed, planted = SMALL if small else (HELD, LISTED, PLANTED)
    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as folder:
        account, case = fresh_desk(Path(folder) / "desk")
        from entente.casework.match.service import import_list
        from entente.records import guard, jobs
        from entente.records.models import Job, Match, Media
        from entente.vocabulary.handling import Purpose

        met, near = set(), []
        each = -(-planted // -(-held // PIECE))
        number = 0
        for turns in held_items(account, case, held, rng):
            for n in rng.choice(len(turns), each, replace=False).tolist():
                met.add(number + n + 1)
                near.append(turns[n, rng.integers(0, 24)])
            number += len(turns)
        pdq = rng.integers(0, 1 << 64, (listed - len(near), 4), dtype=np.uint64)
        pdq = np.vstack([pdq, _near(np.array(near), 31, rng)])
        exact = set(rng.choice(np.arange(1, held + 1), planted, replace=False).tolist())
        path = Path(folder) / "list.csv"
        with path.open("w") as out:
            out.write("md5,pdq,category\n")
            out.writelines(f",{text},1\n" for text in _hex(pdq))
            for n in sorted(exact):
                out.write(f"{hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest()},,1\n")
        purpose = Purpose.VICTIM_IDENTIFICATION
        start = time.perf_counter()
        import_list(account.as_officer(), purpose, path, name="drawn", format="hashlist")
        imported = time.perf_counter() - start
        with guard.system("a benchmark's own queue"):
            job = Job.objects.get(task="match.backwards")
        start, worked = time.perf_counter(), time.process_time()
        done = jobs.run(jobs.take("bench", only=job))
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
        assert done, Job.objects.get(pk=job.pk).error
        with guard.system("a benchmark counts what is known"):
            known = set(Media.objects.exclude(known="").exclude(known="new").values_list("number", flat=True))
            assert known == met | exact, (len(known - met - exact), len((met | exact) - known))
            matches = Match.objects.count()
    figure = measure.Figure("A new list matched backwards", "target")
    figure.add(
        f"{listed:,} records × {held:,} items (24 hashes each)",
        f"{seconds:,.0f} s, {worked:,.0f} s of processor",
        f"{LIMIT_S:.0f} s" if not small else "",
        f"{LIMIT_S / seconds:.1f}" if not small else "",
    )
    figure.add("records asked a second", f"{listed / seconds:,.0f}")
    figure.add("items known, all planted and no other", f"{len(known):,} in {matches:,} matches")
    figure.add("the import before it", f"{imported:,.0f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figure.add("peak memory of the process", f"{peak:,.0f} MiB")
    figure.say()
    if not small and seconds > LIMIT_S:
        sys.exit(f"matching took {seconds:.0f} s, more than {LIMIT_S:.0f}")


if __name__ == "__main__":
    main()
