"""The world as hypotheses: H3 cells of resolution 5 by country, with division, time zone and people.

This file reads two packaged tables by ``importlib.resources``. They are part of the program, as constant as
a table of numbers in a source file; no case, desk or user file is opened here, so it stays arithmetic.
Built by ``tools/world/build.py``; attribution in ``data/NOTICE.txt``.
"""

from __future__ import annotations

import io
import json
import lzma
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import h3.api.numpy_int as h3
import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.prior import robust

ATTRIBUTION = "Places: GeoNames, CC BY 4.0. Outlines: Natural Earth by world-atlas."
EARTH_KM = 6371.0088
_RESOLUTION_5 = (1 << 59) | (5 << 52) | ((1 << 30) - 1)  # H3: cell mode, resolution, unused digits set

Floats = NDArray[np.float64]


def unit(lat: Any, lon: Any) -> Floats:
    """Return (n, 3) unit vectors of latitudes and longitudes in degrees."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def along(units: Floats, way: Floats) -> Floats:
    """Return the cosine between each of (3, n) unit vectors and one, (n,)."""
    cosine: Floats = np.clip(units[0] * way[0] + units[1] * way[1] + units[2] * way[2], -1.0, 1.0)
    return cosine


@dataclass(frozen=True, eq=False)  # two worlds are the same only if they are one object
class World:
    """``n`` hypotheses sorted by cell, then country.

    Attributes
    ----------
    cell : uint64 (n,), H3 indexes; ``country``, ``district``, ``zone`` : (n,) rows of the lists below
    people : float64 (n,), inhabitants; area : float64 (n,), km² of the whole cell
    countries : ISO 3166-1 codes; ``facts`` holds each one's names, currency, phone and languages
    districts : (country, GeoNames admin-1 code, name); zones : (tz name, {offset minutes: share of a year})
    """

    cell: NDArray[np.uint64]
    country: NDArray[np.intp]
    district: NDArray[np.intp]
    zone: NDArray[np.intp]
    people: Floats
    area: Floats
    countries: tuple[str, ...]
    facts: dict[str, dict[str, Any]]
    districts: tuple[tuple[str, str, str], ...]
    zones: tuple[tuple[str, dict[str, float]], ...]
    area_codes: dict[str, dict[str, str]]
    version: str

    @cached_property
    def resolution(self) -> int:
        """H3 resolution of the cells: 5, or 7 where a region was looked at more closely."""
        return int(self.cell[0] >> np.uint64(52)) & 15

    @cached_property
    def at_country(self) -> dict[str, int]:
        """Row of each country code."""
        return {code: i for i, code in enumerate(self.countries)}

    @cached_property
    def at_district(self) -> dict[tuple[str, str], int]:
        """Row of each (country, admin-1 code)."""
        return {(c, a): i for i, (c, a, _) in enumerate(self.districts)}

    @cached_property
    def country_of_district(self) -> NDArray[np.intp]:
        """Country row of each district row."""
        return np.array([self.at_country[c] for c, _, _ in self.districts], np.intp)

    @cached_property
    def prior(self) -> Floats:
        """Belief before any clue; see ``prior.robust``."""
        return robust(self.people, self.area)

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """First hypothesis of each distinct cell; a cell on a border stands once for each country."""
        return np.flatnonzero(np.diff(self.cell, prepend=np.uint64(0)))

    @cached_property
    def country_runs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where neighbours of one country begin in the order of cells, and whose they are: quick to sum."""
        return _runs(self.country)

    @cached_property
    def district_runs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The same of first-order divisions."""
        return _runs(self.district)

    @cached_property
    def rows_of_country(self) -> list[NDArray[np.intp]]:
        """Hypotheses of each country."""
        order = np.argsort(self.country, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.country, minlength=len(self.countries)))[:-1])

    @cached_property
    def cell_of(self) -> NDArray[np.intp]:
        """Row of ``starts`` of each hypothesis."""
        first = np.zeros(len(self.cell), np.intp)
        first[self.starts] = 1
        return np.cumsum(first) - 1

    @cached_property
    def shared_cells(self) -> NDArray[np.intp]:
        """Hypotheses that are not the first of their cell."""
        return np.setdiff1d(np.arange(len(self.cell)), self.starts)

    @cached_property
    def cell_area(self) -> Floats:
        """km² of each distinct cell."""
        return self.area[self.starts]

    @cached_property
    def twenty_lands(self) -> float:
        """km² of all cells, twenty times."""
        return 20 * float(self.cell_area.sum())

    @cached_property
    def centres(self) -> Floats:
        """Latitude and longitude in degrees of every hypothesis's cell, (n, 2)."""
        distinct = np.array([h3.cell_to_latlng(c) for c in self.cell[self.starts].tolist()])
        counts = np.diff(np.append(self.starts, len(self.cell)))
        return np.repeat(distinct, counts, axis=0)

    @cached_property
    def units(self) -> Floats:
        """Unit vector from the earth's centre to every hypothesis's cell, (3, n)."""
        return unit(self.centres[:, 0], self.centres[:, 1]).T.copy()

    def name(self, code: str, language: str = "en") -> str:
        """Return a country's name in ``en``, ``fr`` or ``it``; the code itself where it is unknown."""
        return str(self.facts.get(code, {}).get("names", {}).get(language, code))


def _runs(rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    return starts, rows[starts]


def packed(name: str) -> bytes:
    """Return a packaged file of the step, unpacked."""
    return lzma.decompress((files("entente.casework.locate") / "data" / name).read_bytes())


@cache
def world() -> World:
    """Load the packaged hypotheses; once in a process, about 0.2 s."""
    read = np.load(io.BytesIO(packed("world.npz.xz")))
    about = json.loads(read["about"].tobytes())
    short = np.cumsum(read["cell"].astype(np.int64)).astype(np.uint64)
    return World(
        cell=(short << np.uint64(30)) | np.uint64(_RESOLUTION_5),
        country=read["country"].astype(np.intp),
        district=read["admin"].astype(np.intp),
        zone=read["zone"].astype(np.intp),
        people=np.exp(read["people"] / 255 * np.log(2e7)),
        area=np.cumsum(read["area"].astype(np.int64)).astype(np.float64),
        countries=tuple(sorted(about["countries"])),
        facts=about["countries"],
        districts=tuple((c, a, n) for c, a, n in about["admins"]),
        zones=tuple((z, shares) for z, shares in about["zones"]),
        area_codes=about["area_codes"],
        version=about["version"],
    )


@cache
def outlines() -> dict[str, Any]:
    """Load the packaged country outlines: ``countries`` of rings of arcs, ``arcs``, ``transform``."""
    loaded: dict[str, Any] = json.loads(packed("outlines.json.xz"))
    return loaded
