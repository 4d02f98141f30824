r"""Build the table of public holidays by division and year; run by hand, never at run time.

Usage, in a scratch environment (not the project's), after ``build.py``::

    pip install holidays==0.109 h3 numpy
    npm pack cldr-subdivisions-full@48.2.0 && tar xzf cldr-subdivisions-full-48.2.0.tgz
    PYTHONPATH=src python tools/world/days.py --names package/subdivisions/en/en.json \
        --out src/entente/casework/locate/data

Sources: the ``holidays`` package (MIT) for the days, Unicode CLDR for the English names of ISO 3166-2 codes.
A subdivision that is no first-order division here, such as an Italian province with its patron's day, counts
for the share of the division's people who live in the town of its name.
"""

from __future__ import annotations

import argparse
import io
import json
import lzma
from collections import defaultdict
from datetime import date
from pathlib import Path

import holidays
import numpy as np

from entente.casework.examine.gazetteer import gazetteer, plain
from entente.casework.locate.likelihood.statements import distance_km
from entente.casework.locate.world import World, world

FIRST, LAST = 2010, 2030
START = date(FIRST, 1, 1)
BY_LETTERS = {"US", "CH", "BE"}  # GeoNames keeps the codes of ISO 3166-2 here
WORDS = frozenset((
    "province", "region", "prefecture", "state", "canton", "county", "district", "governorate", "of", "city",
    "the", "department", "municipality", "parish", "oblast", "autonomous", "community", "metropolitan", "and",
))  # fmt: skip
# Names that differ between CLDR and GeoNames, and the towns of subdivisions that are called after none.
OTHER_NAMES = {("ES", "CL"): "castille leon", ("ES", "CM"): "castille la mancha", ("ES", "VC"): "valencia",
               ("ES", "NC"): "navarre",
               ("IN", "DH"): "dadra nagar haveli", ("IN", "LD"): "laccadives", ("FI", "01"): "Mariehamn",
               ("FR", "57"): "Metz", ("FR", "6AE"): "Strasbourg",
               ("IT", "MB"): "Monza", ("IT", "MS"): "Massa", ("IT", "SU"): "Carbonia",
               ("IT", "VB"): "Verbania"}  # fmt: skip


def bare(name: str) -> str:
    """Fold a name and leave out what kind of division it is."""
    folded = (
        plain(name).replace("ae", "a").replace("oe", "o").replace("ue", "u")
    )  # Wuerttemberg is Württemberg
    return " ".join(w for w in folded.split() if w not in WORDS) or folded


def division_of(here: World, code: str, part: str, names: set[str]) -> int | None:
    """Return the row of the first-order division that a subdivision of ``holidays`` is."""
    if code in BY_LETTERS and (code, part) in here.at_district:
        return here.at_district[code, part]
    wanted = {bare(n) for n in names if n}
    found = [i for i, (c, _, n) in enumerate(here.districts) if c == code and bare(n) in wanted]
    return found[0] if len(found) == 1 else None


def town_of(here: World, code: str, names: set[str]) -> tuple[int, float] | None:
    """Return the division of the largest town of one of these names, and the town's share of its people."""
    listed, at = gazetteer(), here.at_country[code]
    rows = [r for n in sorted(names) for r in listed.rows(plain(n)) if listed.country[r] == at]
    if not rows:
        return None
    best = max(rows, key=lambda r: (listed.people[r], -r))
    far = distance_km(here, listed.lat[best], listed.lon[best])
    row = int(here.district[np.where(here.country == at, far, np.inf).argmin()])
    people = float(here.people[here.district == row].sum())
    return row, min(float(listed.people[best]) / people, 1.0)


def kept(code: str, part: str | None = None) -> set[int]:
    """Return the public holidays of a place, in days since the first year's start."""
    found = holidays.country_holidays(code, subdiv=part, years=range(FIRST, LAST + 1), language=None)
    return {(day - START).days for day in found if FIRST <= day.year <= LAST}


def rows_of(
    here: World, code: str, parts: list[str], english: dict[str, str], lost: list[str]
) -> list[tuple]:
    """Return (day, row, share) of one country: its own row, and a division's where that differs."""
    base, at = kept(code), here.at_country[code]
    aliases = holidays.country_holidays(code).get_subdivision_aliases()
    differs: dict[tuple[int, int], float] = defaultdict(float)
    for part in parts:
        days = kept(code, part)
        names = {english.get(f"{code}{part}".lower(), ""), *aliases.get(part, ())}
        names |= {part if len(part) > 3 else "", OTHER_NAMES.get((code, part), "")}
        row, share = division_of(here, code, part, names - {""}), 1.0
        if row is None:
            town = town_of(here, code, names - {""}) if days != base else None
            if town is None:
                lost += [f"{code}-{part}"] if days != base else []
                continue
            row, share = town
        for day in days - base:
            differs[day, row] += share
        if share == 1.0:
            for day in base - days:
                differs[day, row] += 0.0
    own = [(day, at, 255) for day in base]
    return own + [(d, len(here.countries) + r, round(255 * min(s, 1.0))) for (d, r), s in differs.items()]


def main() -> None:
    """Build the one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--names", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    english = json.loads(given.names.read_text())["subdivisions"]["localeDisplayNames"]["subdivisions"]
    here, lost, rows = world(), [], []
    rest = np.zeros(len(here.countries), np.uint8)
    for code, parts in sorted(holidays.list_supported_countries(include_aliases=False).items()):
        if code in here.at_country:
            rows += rows_of(here, code, list(parts), english, lost)
            weekend = holidays.country_holidays(code).weekend
            rest[here.at_country[code]] = sum(1 << d for d in weekend)
    table = np.array(sorted(rows), np.int64)
    about = {"version": "days-1", "holidays": holidays.__version__, "years": [FIRST, LAST],
             "countries": [c for i, c in enumerate(here.countries) if i in table[:, 1]]}  # fmt: skip
    buffer = io.BytesIO()
    np.savez(
        buffer,
        day=np.diff(table[:, 0], prepend=0).astype(np.uint8),
        row=table[:, 1].astype(np.uint16),
        share=table[:, 2].astype(np.uint8),
        rest=rest,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
    )
    packed = lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    (given.out / "days.npz.xz").write_bytes(packed)
    split = len({r for r in table[:, 1] if r >= len(here.countries)})
    print(f"{len(packed) / 1024:.0f} KiB; {len(about['countries'])} countries, {split} divisions differ;",
          f"{len(lost)} subdivisions with days of their own found no place: {' '.join(lost)}")  # fmt: skip


if __name__ == "__main__":
    main()
