"""A region from twelve clues, each left out once: absolute times, indicative only; there is no peer.

python -m benchmarks.locate [--small]
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks import measure

NOW = datetime(2026, 6, 11, tzinfo=UTC)
CLUES: tuple[tuple[str, Any], ...] = (
    ("language", {"it": 0.75, "es": 0.1, "pt": 0.05, "fr": 0.05, "ro": 0.05}),
    ("mains_hz", 50),
    ("socket", "L"),
    ("sun_elevation", {"deg": 44.6, "sd": 3, "utc": "2026-05-04T08:38:00Z"}),
    ("utc_offset", 120),
    ("barcode", "4006381333931"),  # German: a false lead
    ("driving_side", "right"),
    ("currency", "EUR"),
    ("phone_number", "0171 692345"),
    ("toponym", "Fossano"),
    ("region", {"country": "IT", "admin1": "12"}),
    ("relief", "hilly"),
)


def main() -> None:
    """Time the first estimate of a fresh process and the ones after it."""
    times = 3 if measure.wanted(__doc__.splitlines()[0]) else 15
    began = time.perf_counter()
    from entente.casework.locate.engine import locate
    from entente.vocabulary.clue import clue_from_json

    clues = [clue_from_json({"id": f"c{i}", "kind": k, "value": v}) for i, (k, v) in enumerate(CLUES)]
    found = locate(clues, NOW)
    first = time.perf_counter() - began
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        again = locate(clues, NOW)
        spent.append(time.perf_counter() - start)
    if again.as_json() != found.as_json() or len(found.clues) != len(clues):
        raise RuntimeError("the same clues gave another answer, or one of them was not weighed")
    figure = measure.Figure("A region from twelve clues, each left out once", "peer: none")
    figure.add("first in a fresh process, imports and tables included, s", f"{first:.2f}")
    figure.add(f"then, median of {times}, ms", f"{1000 * statistics.median(spent):.0f}")
    figure.add("then, fastest to slowest, ms", f"{1000 * min(spent):.0f}-{1000 * max(spent):.0f}")
    figure.notes.append("Absolute and indicative: compare with care between machines.")
    figure.say()


if __name__ == "__main__":
    main()
