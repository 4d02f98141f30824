"""Reading and importing long hash lists: VICS against ``json.load``, CSV against ``csv`` and a dictionary.

    python -m benchmarks.list_import [--small]
    python -m benchmarks.list_import --way import_csv FILE

Each run is a process of its own, so that its peak of memory is its own. Reading gives every record checked;
the import into an empty desk also keys each digest, writes it with its indexes and its log, and keeps what
was refused. The peers only parse: they check nothing, keep everything in memory and lose all of it at the
first fault. ``--way`` takes one way through a list that is there; an import says on the error stream how far
it is.
"""

from __future__ import annotations

import csv
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import measure

VICS_RECORDS, CSV_LINES = 1_000_000, 10_000_000
SMALL_VICS, SMALL_CSV = 20_000, 100_000
CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"
PEAK_MB = 300
SAID = 100_000  # records after which an import says how far it is
STARTED: list[float] = []  # processor seconds of this process when the work began


def _digest(kind: str, n: int) -> str:
    return hashlib.new(kind, n.to_bytes(8, "big"), usedforsecurity=False).hexdigest()


def draw_vics(path: Path, records: int) -> None:
    """Write a hash set on one line, with a path and a PhotoDNA value for each record."""
    with path.open("w") as out:
        out.write(f'{{"@odata.context":"{CONTEXT}","value":[')
        for n in range(records):
            md5 = _digest("md5", n).upper()
            files = [{"MD5": md5, "FileName": "a.jpg", "FilePath": "\\DCIM\\a.jpg"}]
            other = [{"MD5": md5, "HashName": "PhotoDNA", "HashValue": "A" * 192}]
            media = {
                "MediaID": n,
                "Category": n % 5,
                "MD5": md5,
                "SHA1": _digest("sha1", n).upper(),
                "MediaSize": str(n),
            }
            media |= {"VictimIdentified": "false", "MediaFiles": files, "AlternativeHashes": other}
            out.write(("," if n else "") + json.dumps(media))
        out.write("]}")


def draw_csv(path: Path, lines: int) -> None:
    """Write a list of MD5, SHA-1 and category."""
    with path.open("w") as out:
        out.write("md5,sha1,category\n")
        for n in range(lines):
            out.write(f"{_digest('md5', n)},{_digest('sha1', n)},{n % 5}\n")


def read_vics(path: Path) -> int:
    """Read a VICS set record by record."""
    from entente.formats.vics import VICS

    with path.open("rb") as stream:
        return sum(1 for _ in VICS.read(stream))


def read_csv(path: Path) -> int:
    """Read a CSV list line by line."""
    from entente.formats.hashlist import PlainList

    with path.open("rb") as stream:
        return sum(1 for _ in PlainList.read(stream))


def peer_vics(path: Path) -> int:
    """Parse the whole document at once."""
    with path.open(encoding="utf-8-sig") as stream:
        return len(json.load(stream)["value"])


def peer_csv(path: Path) -> int:
    """Read the rows into a dictionary by MD5."""
    with path.open(newline="") as stream:
        held = {row[0]: (row[1], row[2]) for row in csv.reader(stream)}
    return len(held) - 1


def write_vics(path: Path) -> int:
    """Write as many records as a VICS set has bytes for, as a case, beside it."""
    from entente.formats.vics import VICS
    from entente.vocabulary.media_hash import HashEntry

    entries = (HashEntry(n, **told) for n, told in _drawn(path))
    with path.with_suffix(".written").open("wb") as out:
        return VICS.write({"CaseNumber": "OP-1"}, entries, out, profile="US")


def peer_write_vics(path: Path) -> int:
    """Make the whole document and dump it at once."""
    media = [
        {"MediaID": n, "Category": int(told["category"]), "MD5": told["md5"].upper(),
         "SHA1": told["sha1"].upper(), "MediaSize": told["size"], "PhotoDNA": told["photodna"],
         "MediaFiles": [{"MD5": told["md5"].upper(), "FileName": "a.jpg", "FilePath": told["paths"][0]}]}
        for n, told in _drawn(path)
    ]  # fmt: skip
    with path.with_suffix(".dumped").open("w") as out:
        json.dump({"@odata.context": CONTEXT, "value": [{"CaseNumber": "OP-1", "Media": media}]}, out)
    return len(media)


def _drawn(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the content of as many records as the drawn set of that name holds."""
    for n in range(int(path.with_suffix(".count").read_text())):
        yield n, {"md5": _digest("md5", n), "sha1": _digest("sha1", n), "category": str(n % 5), "size": n,
                  "photodna": "A" * 192, "paths": ("\\DCIM\\a.jpg",)}  # fmt: skip


def import_vics(path: Path) -> int:
    """Import a VICS set into a fresh desk."""
    return _imported(path, "vics")


def import_csv(path: Path) -> int:
    """Import a CSV list into a fresh desk."""
    return _imported(path, "hashlist")


def _imported(path: Path, form: str) -> int:
    from benchmarks.intake import fresh_desk

    with tempfile.TemporaryDirectory() as folder:
        account, _ = fresh_desk(Path(folder) / "desk")
        from entente.casework.match.service import import_list
        from entente.vocabulary.handling import Purpose

        told = account.as_officer(), Purpose.VICTIM_IDENTIFICATION
        STARTED.append(time.process_time())  # an empty desk is made before
        since = time.monotonic()

        def tell(read: int) -> None:
            if read % SAID == 0:
                seconds = time.process_time() - STARTED[-1], time.monotonic() - since
                said = f"{path.name}: {read:,} records, {seconds[0]:,.0f} s of processor, {seconds[1]:,.0f} s"
                sys.stderr.write(f"{said}, peak {_peak():.0f} MiB\n")
                sys.stderr.flush()

        return import_list(*told, path, name="drawn", format=form, tell=tell).read


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


WAYS: dict[str, Callable[[Path], int]] = {
    f.__name__: f
    for f in (read_vics, read_csv, peer_vics, peer_csv, write_vics, peer_write_vics, import_vics, import_csv)
}


def apart(way: str, path: Path) -> tuple[int, float, float]:
    """Run one way as a process of its own; return records, processor seconds and the peak in MiB."""
    command = [sys.executable, "-m", "benchmarks.list_import", "--way", way, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["records"], told["seconds"], told["peak"]


def one(way: str, path: Path) -> None:
    """Run one way here and print what it took."""
    STARTED.append(time.process_time())
    records = WAYS[way](path)
    seconds = time.process_time() - STARTED[-1]
    sys.stdout.write(json.dumps({"records": records, "seconds": seconds, "peak": _peak()}) + "\n")


def main() -> None:
    """Draw the lists, run every way, print the figure."""
    small = measure.wanted(__doc__.splitlines()[0])
    sizes = (SMALL_VICS, SMALL_CSV) if small else (VICS_RECORDS, CSV_LINES)
    figure = measure.Figure("Hash lists read and imported", "json.load, json.dump / csv and a dictionary")
    with tempfile.TemporaryDirectory() as folder:
        vics, plain = Path(folder) / "list.json", Path(folder) / "list.csv"
        draw_vics(vics, sizes[0])
        vics.with_suffix(".count").write_text(str(sizes[0]))
        draw_csv(plain, sizes[1])
        for what, mine, path, peer in (
            ("VICS read", "read_vics", vics, "peer_vics"),
            ("VICS written", "write_vics", vics, "peer_write_vics"),
            ("CSV read", "read_csv", plain, "peer_csv"),
            ("VICS imported", "import_vics", vics, "peer_vics"),
            ("CSV imported", "import_csv", plain, "peer_csv"),
        ):
            records, seconds, peak = apart(mine, path)
            assert records >= (sizes[1] if path is plain else sizes[0])
            if not small:
                assert peak <= PEAK_MB, f"{what} took {peak:.0f} MiB"
            ours = f"{records / seconds:,.0f} records/s, peak {peak:.0f} MiB"
            held, their, most = apart(peer, path)
            assert held == records
            figure.add(
                f"{what}, {records:,} records",
                ours,
                f"{held / their:,.0f} records/s, peak {most:.0f} MiB",
                f"{their / seconds:.2f} × speed, {peak / most:.2f} × memory",
            )
    figure.notes.append(
        "Per second of processor time. Ours reads record by record, checks every value, survives a broken "
        f"record and stays below {PEAK_MB} MiB; the peers check nothing and hold everything."
    )
    figure.say()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
