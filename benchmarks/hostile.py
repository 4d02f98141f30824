"""Bad input (B5): hostile files and mutants through the one door; crashes, escapes, time, memory, refusals.

    python -m benchmarks hostile [--small]

The hostile files are those of Debian's source packages, fetched by `make corpus`. Exit 1: a bar is missed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.evidence.corpus import json_suite, media
from tests.evidence.hostile import MOST_BYTES, Figure, benign, mutants, tried

from benchmarks import measure
from entente.evidence.sandbox import Sandbox
from entente.safeguards.strict_json import NotStrict, loads

LEAST_FILES, MUTANTS, FEW = 1400, 10_000, 1000


def add(figure: measure.Figure, what: str, told: Figure) -> bool:
    """Put one run's lines into the figure; whether it keeps the bar."""
    slowest = max(o.seconds for o in told.outcomes)
    figure.add(f"{what}: files", f"{len(told.outcomes):,}")
    figure.add(f"{what}: falls of the service", f"{told.crashes}", "0")
    figure.add(f"{what}: decoders that reached out", f"{told.escapes}", "0")
    figure.add(f"{what}: jobs over 20 s (slowest)", f"{len(told.late)} ({slowest:.2f} s)", "0")
    figure.add(f"{what}: largest decoder", f"{told.peak >> 20} MiB", "1,024 MiB")
    figure.notes.append(
        f"{what}: " + ", ".join(f"{code} {count:,}" for code, count in told.codes.items()) + "."
    )
    return not (told.crashes or told.escapes or told.late or told.peak > MOST_BYTES)


def json_files(figure: measure.Figure) -> bool:
    """Read the JSON test suite strictly; whether all that must be refused was."""
    files = json_suite()
    must = [path for path in files if path.name.startswith("n_")]
    refused = 0
    for path in must:
        try:
            loads(path.read_bytes())
        except NotStrict:
            refused += 1
    figure.add(
        "JSON test suite: must-refuse refused", f"{refused} of {len(must)} ({len(files)} files)", "all"
    )
    return refused == len(must)


def main() -> int:
    """Print the figure; 1 where the bar is missed or the corpora are not here."""
    small = measure.wanted(__doc__.splitlines()[0])
    figure = measure.Figure("Bad input (B5)", "the bar")
    held = media()
    sandbox = Sandbox(2)
    try:
        with tempfile.TemporaryDirectory() as spare:
            folder = Path(spare)
            ended = [json_files(figure)]
            if held:
                ended.append(add(figure, "hostile", tried(((p.name, p) for p in held), sandbox, folder)))
            made = mutants(benign(folder), FEW if small else MUTANTS)
            ended.append(add(figure, "mutants", tried(made, sandbox, folder)))
    finally:
        sandbox.close()
    if len(held) < LEAST_FILES:
        figure.notes.append(
            f"Only {len(held)} hostile files are here, {LEAST_FILES} are asked for: `make corpus`."
        )
    figure.say()
    return 0 if all(ended) and (small or len(held) >= LEAST_FILES) else 1


if __name__ == "__main__":
    sys.exit(main())
