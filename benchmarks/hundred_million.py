"""A hundred million hashes on one machine, exact: shards that are files, built once, asked together.

    python -m benchmarks.hundred_million --into FOLDER [--hashes 100000000] [--shards 2] [--keep]

Long, and therefore outside ``make bench-match``: it wants a quiet machine of 24 GB and 20 GB of the folder's
disk. Each shard is built in a process of its own and stays in the folder when the run is stopped: run again,
it goes on behind the last one that is whole. Then all are asked at once through ``ShardedHoldings``, one
core's seconds counted, in a process of its own whose memory is stated; and the pairs of some queries must be
those of a comparison with every hash, drawn anew. At the end the shards are taken away, unless ``--keep``
says not to.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import measure
from benchmarks.match import BATCH, RADIUS, Hashes, fastest, flipped

HASHES, SHARDS = 100_000_000, 2
PIECE = 1 << 20  # hashes drawn at once, by a seed of their own: any can be drawn again
ASKED, COMPARED = 2048, 64
TARGET = 1_500
A_HASH = 190  # bytes on the disk, at most
NAME = "hundred-million-shard-"


def size_of(shard: int, hashes: int, shards: int) -> int:
    """Return how many hashes a shard holds."""
    return hashes // shards + (shard < hashes % shards)


def piece(shard: int, number: int, count: int) -> Hashes:
    """Draw one piece of a shard."""
    rng = np.random.default_rng([shard, number])
    return rng.integers(0, 1 << 64, (min(PIECE, count - number * PIECE), 4), dtype=np.uint64)


def drawn(shard: int, count: int) -> Hashes:
    """Draw a whole shard."""
    held = np.empty((count, 4), np.uint64)
    for number in range(-(-count // PIECE)):
        part = piece(shard, number, count)
        held[number * PIECE : number * PIECE + len(part)] = part
    return held


def queries(hashes: int, shards: int) -> Hashes:
    """Return queries of which half lie within the radius of something held, from all over the shards."""
    rng = np.random.default_rng(hashes)
    near = []
    for n in range(16):
        count = size_of(n % shards, hashes, shards)
        part = piece(n % shards, int(rng.integers(-(-count // PIECE))), count)
        near.append(part[rng.integers(0, len(part), ASKED // 32)])
    planted = flipped(np.concatenate(near), rng.integers(0, RADIUS + 1, ASKED // 2), rng)
    others = rng.integers(0, 1 << 64, (ASKED - len(planted), 4), dtype=np.uint64)
    return np.concatenate([planted, others])[rng.permutation(ASKED)]


def built(folder: Path, shard: int, hashes: int, shards: int) -> dict[str, float]:
    """Build one shard, unless it is there whole; return seconds, bytes a hash and the peak in GiB."""
    from entente.casework.match.service.holdings import Holdings

    count = size_of(shard, hashes, shards)
    with Holdings(folder) as held:
        if len(held) == count:
            return {}
        if len(held):
            raise SystemExit(f"{folder} holds {len(held):,} hashes of another size; take it away")
        for left in folder.glob("*.part"):  # of one who was stopped
            left.unlink()
        start = time.process_time()
        held.add(
            drawn(shard, count), np.arange(count, dtype=np.uint64) * np.uint64(shards) + np.uint64(shard)
        )
        spent = time.process_time() - start
        return {"seconds": spent, "bytes": held.nbytes / count, "peak": _peak()}


def asked(folders: list[Path], hashes: int) -> dict[str, Any]:
    """Ask all shards together; return the rate of a core, the memory, and whether the pairs are all."""
    from entente.casework.match.service.shards import ShardedHoldings
    from entente.workers.local import LocalEngine

    start = time.perf_counter()
    held = ShardedHoldings(LocalEngine(), folders)
    opened, told = time.perf_counter() - start, queries(hashes, len(folders))
    held.search(told, RADIUS)  # compiled, and the files in memory

    def batches() -> None:
        for first in range(0, len(told), BATCH):
            held.search(told[first : first + BATCH], RADIUS)

    rate, peak = len(told) / fastest(batches, 3), _peak()
    mine = held.search(told[:COMPARED], RADIUS)
    pairs = set(zip(mine.query.tolist(), mine.held.tolist(), strict=True))
    held.close()
    if pairs != _with_everything(told[:COMPARED], hashes, len(folders)):
        raise RuntimeError("the pairs are not those of a comparison with everything")
    return {"rate": rate, "peak": peak, "opened": opened, "pairs": len(pairs)}


def _with_everything(told: Hashes, hashes: int, shards: int) -> set[tuple[int, int]]:
    """Compare queries with every hash, drawn once more."""
    from entente.casework.match.index.loops import scan

    found, radii = set(), np.full(len(told), RADIUS)
    for shard in range(shards):
        count = size_of(shard, hashes, shards)
        for number in range(-(-count // PIECE)):
            part = piece(shard, number, count)
            part.flags.writeable = False
            rows = scan(told, radii, part)
            places = (rows[:, 1] + number * PIECE) * shards + shard
            found |= set(zip(rows[:, 0].tolist(), places.tolist(), strict=True))
    return found


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _apart(told: argparse.Namespace, *more: str) -> dict[str, Any]:
    """Run one part in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.hundred_million", "--into", str(told.into),
         "--hashes", str(told.hashes), "--shards", str(told.shards), *more],
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()


def main() -> None:
    """Build what is missing, ask, print the figure, take the shards away."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, required=True, help="the folder of the shards")
    parser.add_argument("--hashes", type=int, default=HASHES)
    parser.add_argument("--shards", type=int, default=SHARDS)
    parser.add_argument("--keep", action="store_true", help="leave the shards there at the end")
    parser.add_argument("--build", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ask", action="store_true", help=argparse.SUPPRESS)
    told = parser.parse_args()
    folders = [told.into / f"{NAME}{n}-of-{told.shards}-{told.hashes}" for n in range(told.shards)]
    if told.build is not None:
        _django()
        made = built(folders[told.build], told.build, told.hashes, told.shards)
        sys.stdout.write(json.dumps(made) + "\n")
    elif told.ask:
        _django()
        sys.stdout.write(json.dumps(asked(folders, told.hashes)) + "\n")
    else:
        _run(told, folders)


def _django() -> None:
    """Set Django up: the services of a step come with its models, though the index uses none."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "entente.web.settings")
    django.setup()


def _run(told: argparse.Namespace, folders: list[Path]) -> None:
    told.into.mkdir(parents=True, exist_ok=True)
    held = sum(f.stat().st_size for folder in folders if folder.is_dir() for f in folder.iterdir())
    free, wanted = shutil.disk_usage(told.into).free + held, told.hashes * A_HASH
    if free < wanted:
        raise SystemExit(
            f"the shards take {wanted / 2**30:.0f} GiB, and {told.into} has {free / 2**30:.0f} left"
        )
    runs, since = [], time.monotonic()
    for shard in range(told.shards):
        made = _apart(told, "--build", str(shard))
        if not made:
            _say(f"shard {shard + 1} of {told.shards} is there")
            continue
        runs.append(made)
        left = (time.monotonic() - since) / len(runs) * (told.shards - shard - 1)
        count = size_of(shard, told.hashes, told.shards)
        what = f"{count:,} hashes in {made['seconds']:.0f} s of processor, peak {made['peak']:.1f} GiB"
        _say(f"shard {shard + 1} of {told.shards}: {what}; {left / 60:.0f} min left to build")
    _say("the shards are opened, checked and asked")
    best = _apart(told, "--ask")
    _figure(told, folders, runs, best)
    if not told.keep:
        for folder in folders:
            shutil.rmtree(folder)


def _figure(
    told: argparse.Namespace, folders: list[Path], runs: list[dict[str, float]], best: dict[str, Any]
) -> None:
    size = sum(f.stat().st_size for folder in folders for f in folder.iterdir())
    figure = measure.Figure(
        f"{told.hashes:,} hashes in {told.shards} shards, ≤ {RADIUS} bits, exact, one core", "target"
    )
    figure.add(
        "lookups/s a core, batches of 512", f"{best['rate']:,.0f}", f"≥ {TARGET:,} at a hundred million"
    )
    figure.add("files, bytes a hash", f"{size / 2**30:.1f} GiB, {size / told.hashes:.0f}")
    figure.add("peak memory to search, mapped files included", f"{best['peak']:.1f} GiB", "< 24")
    figure.add("opened, ms", f"{best['opened'] * 1000:.0f}")
    if runs:
        seconds, peak = sum(r["seconds"] for r in runs), max(r["peak"] for r in runs)
        figure.add(f"built in this run, {len(runs)} shards", f"{seconds:.0f} s of processor")
        figure.add("peak memory to build a shard", f"{peak:.1f} GiB")
    figure.notes.append(
        f"Half of {ASKED:,} queries lie near something held. For {COMPARED} of them the {best['pairs']} "
        "pairs are those of a comparison with every hash."
    )
    figure.notes.append("Seconds are the processor's; the queries take the fastest of three rounds.")
    figure.say()


if __name__ == "__main__":
    main()
