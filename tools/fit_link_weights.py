"""Measure how often a link of each kind and grade joins one series, on drawn items; write it to the table.

python tools/fit_link_weights.py [COUNT]

Nothing else writes src/entente/casework/link/data/weights.toml. What is not drawn keeps the weight it has.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks.drawn_series import drawn  # noqa: E402

TABLE = ROOT / "src/entente/casework/link/data/weights.toml"
SEED, COUNT, FALSE, VERSION = 100, 50_000, 0.05, "2"
BY_DEFINITION = {"same file": 1.0}  # an equal digest is one file, whatever was drawn
ENOUGH, MOST = 100, 0.999  # pairs for a figure; no measured evidence is certain


def measured(count: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Return for each kind and grade how many links there were and how many joined one series."""
    found = drawn(SEED, count, false=FALSE)
    every: Counter[tuple[str, str]] = Counter()
    same: Counter[tuple[str, str]] = Counter()
    for each in found.links:
        key = (str(each.kind), each.grade)
        every[key] += 1
        same[key] += found.truth[each.a] == found.truth[each.b]
    return {key: (same[key], n) for key, n in every.items()}


def main() -> None:
    """Fit and write."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    told = measured(count)
    out = [
        "# How much a link of each kind and grade weighs: the share of such links that joined one series.",
        "# Written by tools/fit_link_weights.py. Drawn data is drawn data: docs/methods/series.md.",
        "# A row without `of` was judged, not measured.",
        f'version = "{VERSION}"',
        f'source = "benchmarks/drawn_series.py: {count} items, seed {SEED}, {FALSE:.0%} false links"',
    ]
    for kind, grades in tomllib.loads(TABLE.read_text(encoding="utf-8"))["kinds"].items():
        out += ["", f'[kinds."{kind}"]']
        out += [_row(kind, grade, row, told.get((kind, grade))) for grade, row in grades.items()]
    TABLE.write_text("\n".join(out) + "\n", encoding="utf-8")


def _row(kind: str, grade: str, before: dict[str, float], told: tuple[int, int] | None) -> str:
    if kind in BY_DEFINITION:
        return f'"{grade}" = {{ weight = {BY_DEFINITION[kind]} }}'
    if told is None or told[1] < ENOUGH:
        kept = ", ".join(f"{name} = {value}" for name, value in before.items())
        return f'"{grade}" = {{ {kept} }}'
    same, of = told
    weight = min(round((same + 1) / (of + 2), 3), MOST)
    return f'"{grade}" = {{ weight = {weight}, same = {same}, of = {of} }}'


if __name__ == "__main__":
    main()
