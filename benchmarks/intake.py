"""The whole intake against the plain loop: write-once store, limited decoders, all records, the log.

    python -m benchmarks.intake [--small]

Ours goes through ``receive`` and the queue on a fresh desk, as an officer's act does. The plain loop is what
a user would write: three digests, Pillow, pdqhash; of films the key frames. Both see the same files, warm, in
alternating slices of one run, so that what else the machine does hits both.
"""

from __future__ import annotations

import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import intake_reading, measure

SLICES = 4
PICTURES, CLIPS = 1000, 20
SMALL_PICTURES, SMALL_CLIPS = 80, 4


def plain(paths: list[Path]) -> int:
    """Hash each file as a careful script does; return how many hashes it got."""
    import av  # peers' libraries are opened here, so that our own start does not pay for them
    import numpy as np
    import pdqhash
    from PIL import Image

    hashed = 0
    for path in paths:
        data = path.read_bytes()
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256):
            digest(data).hexdigest()
        if path.suffix == ".mp4":
            with av.open(str(path)) as film:
                film.streams.video[0].codec_context.skip_frame = "NONKEY"
                for frame in film.decode(video=0):
                    pdqhash.compute(frame.to_ndarray(format="rgb24"))
                    hashed += 1
        else:
            pdqhash.compute(np.asarray(Image.open(path).convert("RGB")))
            hashed += 1
    return hashed


def fresh_desk(folder: Path) -> tuple[Any, Any]:
    """Make an empty desk with one officer; return the officer and the case that takes everything in."""
    from entente.web import start

    start.make_desk(folder)
    import entente.casework.flow  # the worker knows every task by it  # noqa: F401
    from entente.casework.intake.service import open_case
    from entente.records.models import Account, Agency
    from entente.vocabulary.handling import Purpose

    agency = Agency.objects.create(
        short="IT", name="Unit", country="IT", kind="national unit", contact="d@it.example"
    )
    account = Account.objects.create_user(
        "IT-1", agency=agency, roles=["examiner"], purposes=["victim-identification"]
    )
    case = open_case(
        account.as_officer(),
        Purpose.VICTIM_IDENTIFICATION,
        number="2026-1",
        title="Benchmark",
        victim_number="V-1",
        discovered_at=datetime.now(UTC),
    )
    return account, case


def ours(account: Any, case: Any, paths: list[Path]) -> dict[str, int]:
    """Receive files by the officer's act and the queue's worker; return the counts."""
    from entente.casework.intake.service import Intake, receive
    from entente.records import jobs
    from entente.vocabulary.handling import Purpose

    asked = receive(
        account.as_officer(), Purpose.VICTIM_IDENTIFICATION, case, paths, Intake(source="benchmark")
    )
    taken = jobs.take("benchmark", asked)
    if taken is None or not jobs.run(taken):
        asked.refresh_from_db()
        raise RuntimeError(f"the intake failed: {asked.error}")
    asked.refresh_from_db()
    return dict(asked.result)


def _timed(way: Callable[[list[Path]], Any], paths: list[Path]) -> tuple[float, float, Any]:
    """Return wall-clock seconds, processor seconds of all our processes, and what came out."""
    processor, clock = measure.processor_seconds(os.getpid()), time.perf_counter()
    result = way(paths)
    return (
        time.perf_counter() - clock,
        measure.processor_seconds(os.getpid()) - processor,
        result,
    )


def main() -> None:
    """Draw, warm, take both ways in turn, and print the figure."""
    small = measure.wanted(__doc__.splitlines()[0])
    pictures, clips = (SMALL_PICTURES, SMALL_CLIPS) if small else (PICTURES, CLIPS)
    with tempfile.TemporaryDirectory() as spare:
        given = os.environ.get("ENTENTE_BENCH_FILES")  # drawn before, to look again without drawing
        folder = Path(given) if given else Path(spare) / "files"
        paths = sorted(folder.iterdir()) if given else intake_reading.generate(folder, pictures, clips)
        random.Random(1).shuffle(paths)
        warm, paths = paths[:2], paths[2:]
        account, case = fresh_desk(Path(spare) / "desk")
        ours(account, case, warm)
        plain(warm)
        figure_of(account, case, paths).say()


def figure_of(account: Any, case: Any, paths: list[Path]) -> measure.Figure:
    """Measure both ways in alternating slices."""
    from entente.records.models import Media

    megabytes = sum(len(p.read_bytes()) for p in paths) / 1e6  # and the page cache is warm for both
    spent = {"ours": [0.0, 0.0], "plain": [0.0, 0.0]}
    new = 0
    for i in range(SLICES):
        piece = paths[i::SLICES]
        for name in ("ours", "plain") if i % 2 == 0 else ("plain", "ours"):
            wall, processor, result = _timed(
                (lambda some: ours(account, case, some)) if name == "ours" else plain, piece
            )
            spent[name][0] += wall
            spent[name][1] += processor
            new += result["new"] if name == "ours" else 0
    from entente.records import guard

    with guard.system("count for the benchmark"):
        held = Media.objects.filter(case=case).exclude(pdq="", kind="picture").count()
    if new != len(paths) or held < new:
        raise RuntimeError(f"{len(paths)} files, {new} taken in, {held} recorded with their hashes")
    peer = measure.named("Pillow", "pdqhash", "av") + ", hashlib; one loop"
    figure = measure.Figure(f"Intake of {len(paths)} files, {megabytes:.0f} MB", peer)
    (a, a_cpu), (b, b_cpu) = spent["ours"], spent["plain"]
    count = len(paths)
    figure.add("seconds", f"{a:.1f}", f"{b:.1f}", f"{b / a:.2f} ×")
    figure.add("files/s", f"{count / a:.1f}", f"{count / b:.1f}", f"{b / a:.2f} ×")
    figure.add("MB/s", f"{megabytes / a:.1f}", f"{megabytes / b:.1f}", f"{b / a:.2f} ×")
    figure.add("processor seconds", f"{a_cpu:.1f}", f"{b_cpu:.1f}", f"{b_cpu / a_cpu:.2f} ×")
    figure.notes.append(
        "Ours writes every original into the store (fsync), decodes in limited processes, hashes eight turns "
        "and writes items, occurrences, frames and log. Target: at least 1.5 × the files/s on two cores."
    )
    return figure


if __name__ == "__main__":
    main()
