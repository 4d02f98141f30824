"""What a fault costs: power cuts of the database, a fault at every call of an import.

    python -m benchmarks.faults [--small]

The bar: 0 acknowledged losses, 0 bad states. The peer of the power cuts is the same work with
``synchronous=NORMAL``, the common advice; the peers of the import are two writers that are wrong on purpose.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from tests.faults import calls, power
from tests.faults.imports import Import, an_import

from benchmarks import measure

CUTS, FEW_CUTS = 400, 40
DOUBLES = {"sloppy_writer": ("write",), "row_first": ("rename", "fdatasync")}


def power_cuts(figure: measure.Figure, ground: Import, many: int) -> int:
    """Cut the power; return how many acknowledged transactions were lost."""
    story, proved = power.record(ground)
    ours = power.desk_pragmas()
    told = list(proved)
    full = power.cuts(story, told, range(many), ours, ground.folder)
    weak = [p.replace("synchronous=FULL", "synchronous=NORMAL") for p in ours]
    normal = power.cuts(story, told, range(many), weak, ground.folder)
    lost, lost_by_peer = sum(map(power.lost, full)), sum(map(power.lost, normal))
    figure.add(f"power cuts that lost an acknowledged act, of {many}", str(lost), str(lost_by_peer))
    figure.add("power cuts that left no whole prefix", str(sum(m.present is None for m in full)))
    figure.add(
        f"states a cut can leave ({len(proved)}) whose log is not proved",
        str(sum(map(bool, proved.values()))),
    )
    return lost + sum(map(bool, proved.values()))


def system_calls(figure: measure.Figure, ground: Import, most: int) -> int:
    """Make each call of an import fail in each way; return how many left a bad state."""
    ground.trace_all()
    begun = time.monotonic()
    made = [ground.under(f) for f in calls.sampled(ground.faults, most)]
    spent = time.monotonic() - begun
    ways = Counter(v.fault.what for v in made)
    left, resumed = sum(bool(v.left_bad) for v in made), sum(bool(v.resumed_bad) for v in made)
    for verdict in made:
        for says in (*verdict.left_bad, *verdict.resumed_bad):
            sys.stderr.write(f"{verdict.fault}: {says[:600]}\n")
    caught = sum(wrong_writers(ground, most))
    told = ", ".join(f"{n} {w}" for w, n in sorted(ways.items()))
    figure.add(f"bad states after {len(made)} faults ({told})", str(left), f"{caught} caught")
    figure.add("bad after importing again", str(resumed))
    figure.add("faults that were not reached", str(sum(not v.hit for v in made)))
    points = len({(f.call, f.number) for f in ground.faults})
    figure.notes.append(f"{points} state-changing calls in one import; {spent / len(made):.2f} s a fault.")
    return left + resumed + (caught < len(DOUBLES))


def wrong_writers(ground: Import, most: int) -> list[bool]:
    """Whether the same search finds each writer that is wrong on purpose."""
    found = []
    for double, where in DOUBLES.items():
        kills = [f for f in ground.faults_of(double) if f.what == "kill" and f.call in where]
        made = [ground.under(f, double) for f in calls.sampled(kills, min(most, 12))]
        found.append(any(v.left_bad or v.resumed_bad for v in made))
    return found


def main() -> int:
    """Print the figure; 1 where anything was lost."""
    small = measure.wanted("What a fault costs: nothing acknowledged.")
    figure = measure.Figure(
        "Faults: 0 acknowledged losses, 0 bad states", "synchronous=NORMAL; writers wrong on purpose"
    )
    if calls.MISSING:
        sys.stderr.write("benchmarks.faults: strace is not installed (apt-get install strace)\n")
        return 1
    with an_import() as ground:
        bad = power_cuts(figure, ground, FEW_CUTS if small else CUTS)
        bad += system_calls(figure, ground, 30 if small else 100_000)
    figure.notes.append(f"Database: {measure.named('apsw')} as the disk that loses power.")
    figure.say()
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
