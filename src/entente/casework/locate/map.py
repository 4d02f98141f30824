"""The region drawn: countries, a graticule and the 50 and 90 % areas as SVG text, with an equal table.

One drawing serves page, print and product: no script, no style sheet, greys that survive a printer. The
areas are drawn as H3 cells of resolution 5, never finer and never a pin.

References
----------
Equirectangular projection with the standard parallel at the middle latitude (Snyder, USGS PP 1395, p. 90).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import h3.api.basic_str as h3
import numpy as np

from entente.casework.locate.world import ATTRIBUTION, outlines, world
from entente.vocabulary.place import Posterior

_MOST_DRAWN = 6000  # more cells than this are joined into their parents
_SEA, _LAND, _BORDER, _GRID = "#eef2f6", "#fbfbf9", "#8a8f98", "#c9d0d8"
_SHADE50, _SHADE90 = "#8c2d04", "#fdae6b"


@dataclass(frozen=True)
class Frame:
    """A window of the world, degrees, and its size on paper."""

    west: float
    south: float
    east: float
    north: float
    width: float
    height: float

    def xy(self, points: np.ndarray) -> np.ndarray:
        """Return (n, 2) paper coordinates of (n, 2) longitudes and latitudes."""
        x = (points[:, 0] - self.west) / (self.east - self.west) * self.width
        y = (self.north - points[:, 1]) / (self.north - self.south) * self.height
        return np.stack([x, y], axis=1)


def rings() -> list[tuple[str, list[np.ndarray]]]:
    """Return each country's code and its rings as (n, 2) longitudes and latitudes."""
    packed = outlines()
    scale, shift = np.array(packed["transform"]["scale"]), np.array(packed["transform"]["translate"])
    arcs = [np.cumsum(np.array(a, float), axis=0) * scale + shift for a in packed["arcs"]]
    return [
        (c["code"], [piece for part in c["arcs"] for r in part for piece in _ring(arcs, r)])
        for c in packed["countries"]
    ]


def _ring(arcs: list[np.ndarray], indexes: Sequence[int]) -> list[np.ndarray]:
    """Return a ring; one that crosses the date line comes twice, once at each edge of the world."""
    ring = np.concatenate([arcs[i] if i >= 0 else arcs[~i][::-1] for i in indexes])
    turned = np.stack([np.unwrap(ring[:, 0], period=360), ring[:, 1]], axis=1)
    if np.array_equal(turned, ring):
        return [ring]
    return [turned + np.array([around, 0.0]) for around in (-360.0, 0.0, 360.0)]


def fitted(cells: Sequence[str], width: float = 800.0) -> Frame:
    """Return a frame about the cells with a margin, wide enough to recognise a coast."""
    if not cells:
        return Frame(-180, -60, 180, 80, width, width * 140 / 360)
    at = np.array([h3.cell_to_latlng(c) for c in cells])
    # A few cells far away must not shrink the rest to a dot; the inset shows them.
    (south, west), (north, east) = np.quantile(at, (0.03, 0.97), axis=0)
    middle = min(max((south + north) / 2, -75.0), 75.0)
    tall, squeeze = max((north - south) * 1.5, 4.0), float(np.cos(np.radians(middle)))
    broad = max((east - west) * 1.5, 6.0, tall * 1.25 / squeeze)
    tall = max(tall, broad * squeeze / 1.6)
    centre = (west + east) / 2
    if broad >= 360 or tall >= 150:
        return Frame(-180, -60, 180, 80, width, width * 140 / 360)
    south, north = max(middle - tall / 2, -89.0), min(middle + tall / 2, 89.0)
    height = width * (north - south) / (broad * squeeze)
    return Frame(centre - broad / 2, south, centre + broad / 2, north, width, height)


def draw(posterior: Posterior, cells90: Sequence[str] = (), title: str = "Where the clues point") -> str:
    """Return the SVG text of a posterior, with a small world in the corner.

    Parameters
    ----------
    cells90 : H3 indexes of the 90 % area, as ``engine.cells90`` gives them; without it only 50 %
    """
    inner, outer = list(posterior.cells50), list(cells90)
    coarse50, coarse90 = _fewer(inner), _fewer(outer)
    frame = fitted(inner)
    shapes = rings()
    parts = [
        f'<rect width="{frame.width:g}" height="{frame.height:.1f}" fill="{_SEA}"/>',
        f'<use href="#map-land" fill="{_LAND}" fill-rule="evenodd"/>',
        _graticule(frame),
        _cells(coarse90, frame, _SHADE90, 0.55),
        _cells(coarse50, frame, _SHADE50, 0.7),
        f'<use href="#map-land" fill="none" stroke="{_BORDER}" stroke-width="0.8"/>',
        _legend(posterior, frame),
        _inset(shapes, inner, frame),
    ]
    about = "; ".join(f"{world().name(c.code)} {c.p:.0%}" for c in posterior.countries[:5])
    described = (
        f"Half of the belief lies in {posterior.area50_km2:,.0f} km², nine tenths in "
        f"{posterior.area90_km2:,.0f} km². Countries: {about}. The table beside says the same. {ATTRIBUTION}"
    )
    tall = frame.height + 24
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {frame.width:g} {tall:.1f}" '
        f'aria-labelledby="map-title map-desc" font-family="sans-serif" font-size="12">'
        f'<title id="map-title">{escape(title)}</title><desc id="map-desc">{escape(described)}</desc>'
        f'<defs><clipPath id="map-clip">'
        f'<rect width="{frame.width:g}" height="{frame.height:.1f}"/></clipPath>'
        f"{_land(shapes, frame)}</defs>"
        f'<rect width="{frame.width:g}" height="{tall:.1f}" fill="#fff"/>'
        f'<g clip-path="url(#map-clip)">{"".join(parts)}</g>'
        f'<text x="4" y="{frame.height + 16:.1f}" fill="#333">{escape(ATTRIBUTION)}</text></svg>\n'
    )


def _fewer(cells: list[str]) -> list[str]:
    """Join cells into parents where there are too many to draw."""
    drawn = cells
    while len(drawn) > _MOST_DRAWN:
        level = h3.get_resolution(drawn[0]) - 1
        drawn = sorted({h3.cell_to_parent(c, level) for c in drawn})
    return drawn


def _path(points: np.ndarray, frame: Frame, grain: float = 2.0) -> str:
    """Return a closed path, rounded to a ``grain``-th of a unit, without points that fall together."""
    xy = np.round(frame.xy(points) * grain) / grain
    kept = xy[np.append(True, np.any(np.diff(xy, axis=0) != 0, axis=1))]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept) + "Z" if len(kept) > 2 else ""


def _visible(shapes: Iterable[tuple[str, list[np.ndarray]]], frame: Frame) -> Iterable[np.ndarray]:
    for _, country in shapes:
        for ring in country:
            low, high = ring.min(axis=0), ring.max(axis=0)
            if (
                low[0] < frame.east
                and high[0] > frame.west
                and low[1] < frame.north
                and high[1] > frame.south
            ):
                yield ring


def _land(shapes: list[Any], frame: Frame) -> str:
    d = "".join(_path(ring, frame) for ring in _visible(shapes, frame))
    return f'<path id="map-land" d="{d}"/>'


def _cells(cells: Sequence[str], frame: Frame, colour: str, opacity: float) -> str:
    """Return one path of all hexagons; those that cross the date line are left to the table."""
    found = []
    for cell in cells:
        edge = np.array([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])
        if np.ptp(edge[:, 0]) < 180:
            found.append(_path(edge, frame, 10.0))
    return f'<path d="{"".join(found)}" fill="{colour}" fill-opacity="{opacity}"/>'


def _graticule(frame: Frame) -> str:
    """Return meridians and parallels at a round step with their degrees."""
    step = next(s for s in (1, 2, 5, 10, 20, 30, 60) if (frame.east - frame.west) / s <= 10 or s == 60)
    lines, words = [], []
    for lon in range(int(np.ceil(frame.west / step)) * step, int(frame.east) + 1, step):
        x = (lon - frame.west) / (frame.east - frame.west) * frame.width
        lines.append(f"M{x:.1f} 0V{frame.height:.1f}")
        side = abs((lon + 180) % 360 - 180)
        letter = "W" if (lon + 180) % 360 < 180 else "E"
        words.append(f'<text x="{x + 2:.1f}" y="{frame.height - 4:.1f}">{side}°{letter}</text>')
    for lat in range(int(np.ceil(frame.south / step)) * step, int(frame.north) + 1, step):
        y = (frame.north - lat) / (frame.north - frame.south) * frame.height
        lines.append(f"M0 {y:.1f}H{frame.width:g}")
        words.append(f'<text x="2" y="{y - 2:.1f}">{abs(lat)}°{"S" if lat < 0 else "N"}</text>')
    drawn = f'<path d="{"".join(lines)}" fill="none" stroke="{_GRID}" stroke-width="0.6"/>'
    return drawn + f'<g fill="#5a6270" font-size="10">{"".join(words)}</g>'


def _legend(posterior: Posterior, frame: Frame) -> str:
    rows = (
        (_SHADE50, f"50 %: {posterior.area50_km2:,.0f} km²"),
        (_SHADE90, f"90 %: {posterior.area90_km2:,.0f} km²"),
    )
    words = "".join(
        f'<rect x="{frame.width - 172:g}" y="{12 + 18 * i}" width="12" height="12" fill="{colour}"/>'
        f'<text x="{frame.width - 154:g}" y="{22 + 18 * i}">{said}</text>'
        for i, (colour, said) in enumerate(rows)
    )
    back = f'<rect x="{frame.width - 180:g}" y="4" width="176" height="44" fill="#fff" stroke="{_BORDER}"/>'
    return back + words


def _inset(shapes: list[Any], cells: Sequence[str], frame: Frame) -> str:
    """Return the whole world, small, with the window marked; nothing where the window is the world."""
    if frame.east - frame.west >= 359:
        return ""
    small = Frame(-180, -60, 180, 80, 180.0, 70.0)
    large = [ring for ring in _visible(shapes, small) if np.all(np.ptp(ring, axis=0) > 1.5)]
    land = "".join(_path(ring[:: max(len(ring) // 60, 1)], small) for ring in large)
    corner = small.xy(np.array([[frame.west, frame.north], [frame.east, frame.south]]))
    (x, y), (x2, y2) = corner
    wide, tall = max(x2 - x, 5.0), max(y2 - y, 5.0)
    return (
        f'<g transform="translate(4 {frame.height - 92:.1f})"><rect width="180" height="70" fill="#fff" '
        f'stroke="{_BORDER}"/><path d="{land}" fill="{_GRID}"/>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" '
        f'height="{tall:.1f}" fill="none" stroke="{_BORDER}" stroke-width="1.5"/>'
        f'<path d="{_dots(cells, small)}" fill="{_SHADE50}"/></g>'
    )


def _dots(cells: Sequence[str], small: Frame) -> str:
    """Return a square for each cell's place on the small world, each place once."""
    if not cells:
        return ""
    at = small.xy(np.array([h3.cell_to_latlng(c)[::-1] for c in cells]))
    return "".join(f"M{x:g} {y:g}h1.5v1.5h-1.5Z" for x, y in np.unique(np.round(at), axis=0))


@dataclass(frozen=True)
class Row:
    """One line of the table that equals the map."""

    country: str
    region: str
    share: float


def table(posterior: Posterior, language: str = "en") -> tuple[Row, ...]:
    """Return what the map shows as rows: countries (region empty), then regions, the likeliest first."""
    name = world().name
    countries = [Row(name(c.code, language), "", c.p) for c in posterior.countries]
    return tuple(countries + [Row(name(r.country, language), r.name, r.p) for r in posterior.regions])
