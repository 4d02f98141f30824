r"""Build the towns of area codes; run by hand, never at run time.

Usage, in a scratch environment (not the project's), after ``build.py``::

    pip install phonenumbers==9.0.43 h3 numpy
    PYTHONPATH=src python tools/world/codes.py --out src/entente/casework/locate/data

Source: the geocoding table of libphonenumber (Apache-2.0), joined by name to places of the gazetteer
(GeoNames, CC BY 4.0), in the division that ``build.py`` found for the code. Up to five digits after the
calling code, for longer ones are exchanges, which people take along. A code reaches to the next.
"""

from __future__ import annotations

import argparse
import io
import json
import lzma
from collections import defaultdict
from pathlib import Path

import numpy as np
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.geodata import GEOCODE_DATA

from entente.casework.examine.gazetteer import gazetteer, plain
from entente.casework.locate.likelihood.phone import division
from entente.casework.locate.world import EARTH_KM, World, unit, world

DIGITS = 5
PEOPLE_A_KM2 = 2000.0  # of a large town, for its radius
LEAST_KM, MOST_KM = 8.0, 80.0  # a cell is no smaller; beyond that the next code is unknown, not far


def named() -> dict[tuple[str, int], list[int]]:
    """Return the rows of the gazetteer by name and country, the largest first."""
    listed, found = gazetteer(), defaultdict(list)
    for row, name in enumerate(listed.names.strip("\n").split("\n")):
        found[name, int(listed.country[row])].append(row)
    return {k: sorted(v, key=lambda r: (-listed.people[r], r)) for k, v in found.items()}


def districts(here: World) -> np.ndarray:
    """Return the division of each line of the gazetteer: that of the nearest cell in its country."""
    listed, found = gazetteer(), np.zeros(len(gazetteer().country), np.int64)
    for country in range(len(here.countries)):
        mine, cells = np.flatnonzero(listed.country == country), np.flatnonzero(here.country == country)
        for part in np.array_split(mine, len(mine) // 500 + 1):
            if len(part):
                near = unit(listed.lat[part], listed.lon[part]) @ here.units[:, cells]
                found[part] = here.district[cells[near.argmax(axis=1)]]
    return found


def town(here: World, code: str, digits: str, said: list[str], rows: dict, home: np.ndarray) -> int | None:
    """Return the gazetteer's row of the town that a code is named after, in the code's own division."""
    admin = division(here, code, digits)
    for text in said:
        name = plain(text.partition(", ")[0].partition("/")[0])
        for row in rows.get((name, here.at_country[code]), ()):
            if admin is None or here.at_district.get((code, admin)) == home[row]:
                return row
    return None


def reach(rows: np.ndarray) -> np.ndarray:
    """Return km to the nearest other town of the same country's codes, at least the town's own radius."""
    listed = gazetteer()
    towns = np.unique(rows)
    way = unit(listed.lat[towns], listed.lon[towns])
    near = np.full(len(towns), MOST_KM)
    for i in range(len(towns)):
        cosine = np.delete(way @ way[i], i)
        if len(cosine):
            near[i] = EARTH_KM * np.arccos(min(cosine.max(), 1.0))
    near = np.maximum(near, np.sqrt(listed.people[towns] / PEOPLE_A_KM2 / np.pi))
    return np.clip(near, LEAST_KM, MOST_KM)[np.searchsorted(towns, rows)]


def trimmed(table: dict[str, int]) -> dict[str, int]:
    """Leave out what a shorter code already says."""
    return {
        p: row
        for p, row in table.items()
        if row != next((table[p[:k]] for k in range(len(p) - 1, 0, -1) if p[:k] in table), None)
    }


def main() -> None:
    """Build the one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    here, rows = world(), named()
    home = districts(here)
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for prefix, said in sorted(GEOCODE_DATA.items()):
        calling = next(n for n in (1, 2, 3) if int(prefix[:n]) in COUNTRY_CODE_TO_REGION_CODE)
        digits = prefix[calling:]
        if len(digits) > DIGITS:
            continue
        for code in COUNTRY_CODE_TO_REGION_CODE[int(prefix[:calling])]:
            names = [said[tongue] for tongue in sorted(said)]
            row = town(here, code, digits, names, rows, home) if code in here.at_country else None
            if row is not None:
                found[code][digits] = row
                break
    tables = {code: trimmed(found[code]) for code in sorted(found)}
    lines = [(code, digits, row) for code, table in tables.items() for digits, row in sorted(table.items())]
    town_rows = [np.array(list(dict(sorted(t.items())).values())) for t in tables.values()]
    at = np.concatenate(town_rows)
    about = {"version": "codes-1", "phonenumbers": "9.0.43"}
    buffer = io.BytesIO()
    np.savez(
        buffer,
        codes=np.frombuffer("\n".join(f"{c}{d}" for c, d, _ in lines).encode(), np.uint8),
        town=at.astype(np.int32),
        reach=np.concatenate([np.round(reach(t)) for t in town_rows]).astype(np.uint8),
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
    )
    packed = lzma.compress(buffer.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    (given.out / "codes.npz.xz").write_bytes(packed)
    print(f"{len(packed) / 1024:.0f} KiB; {len(lines)} codes of {len(tables)} countries")


if __name__ == "__main__":
    main()
