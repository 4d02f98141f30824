"""The region drawn: countries, a graticule and the 50 and 90 % areas as SVG text, with an equal table.

One drawing serves page, print and product: no script, no style sheet, greys that survive a printer. The
areas are drawn as H3 cells of resolution 5, joined where they are too many, and of resolution 7 where the
engine looked more closely; never finer and never a pin.
What a page's own style sheet may colour anew has a class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape

import h3.api.basic_int as h3
import numpy as np
from numpy.typing import NDArray

from entente.casework.locate.frame import WORLD, Frame, fitted, world_frame
from entente.casework.locate.world import ATTRIBUTION, Floats, outlines, world
from entente.vocabulary.place import Posterior

Cells = NDArray[np.uint64]
_MOST_DRAWN = 4000  # more cells than this are joined into their parents
_SEA, _LAND, _BORDER, _GRID = "#eef2f6", "#fbfbf9", "#8a8f98", "#c9d0d8"
_SHADE50, _SHADE90, _FINE_SHADE = "#8c2d04", "#fdae6b", "#3f1201"
_FINE = 10  # strokes of an area are drawn to a tenth of a unit, in whole numbers


@dataclass(frozen=True)
class Said:
    """The words of a drawing; ``outside`` leaves its key and its sources to the page about it."""

    title: str = "Where the clues point"
    about: str = ""
    outside: bool = False


def indexes(cells: Sequence[str]) -> Cells:
    """Return H3 indexes as numbers."""
    return np.fromiter((int(c, 16) for c in cells), np.uint64, len(cells))


def centres(cells: Cells) -> Floats:
    """Return (n, 2) latitudes and longitudes; those of the packaged world are known without reckoning."""
    here = world()
    known, first = here.cell, np.searchsorted(here.cell, cells)
    found = known[np.minimum(first, len(known) - 1)] == cells
    at = np.empty((len(cells), 2))
    at[found] = here.centres[first[found]]
    others = np.flatnonzero(~found)
    if len(others):
        at[others] = [h3.cell_to_latlng(int(c)) for c in cells[others]]
    return at


def draw(
    posterior: Posterior,
    cells90: Sequence[str] | Cells = (),
    title: str = "",
    frame: Frame | None = None,
    said: Said | None = None,
) -> str:
    """Return the SVG text of a posterior, with a small world in the corner.

    Parameters
    ----------
    cells90 : H3 indexes of the 90 % area, as ``engine.cells90`` gives them; without it only 50 %
    frame : the window; without it the one that fits the 50 % area
    """
    words = said or Said(title or Said.title)
    inner = indexes(posterior.cells50)
    outer = cells90 if isinstance(cells90, np.ndarray) else indexes(cells90)
    at50, at90 = centres(inner), centres(outer)
    frame = frame or fitted(at50)
    parts = [
        f'<rect class="sea" width="{frame.width:g}" height="{frame.height:.1f}" fill="{_SEA}"/>',
        f'<use href="#map-land" class="land" fill="{_LAND}" fill-rule="evenodd"/>',
        _graticule(frame),
        _area("share90", outer[frame.holds(at90)], frame, _SHADE90, 0.55),
        _area("share50", inner[frame.holds(at50)], frame, _SHADE50, 0.7),
        _area("fine", indexes([c.cell for c in posterior.fine]), frame, _FINE_SHADE, 0.9),
        f'<use href="#map-land" class="border" fill="none" stroke="{_BORDER}" stroke-width="0.8"/>',
        "" if words.outside else _legend(posterior, frame),
        _inset(at50, frame),
    ]
    foot = 0.0 if words.outside else 24.0
    source = f'<text x="4" y="{frame.height + 16:.1f}" fill="#333">{escape(ATTRIBUTION)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {frame.width:g} '
        f'{frame.height + foot:.1f}" aria-labelledby="map-title map-desc" font-family="sans-serif" '
        f'font-size="12"><title id="map-title">{escape(words.title)}</title>'
        f'<desc id="map-desc">{escape(words.about or _described(posterior))}</desc>'
        f'<defs><clipPath id="map-clip">'
        f'<rect width="{frame.width:g}" height="{frame.height:.1f}"/></clipPath>'
        f'<path id="map-land" d="{land(frame)}"/></defs>'
        f'<rect class="paper" width="{frame.width:g}" height="{frame.height + foot:.1f}" fill="#fff"/>'
        f'<g clip-path="url(#map-clip)">{"".join(parts)}</g>'
        f"{'' if words.outside else source}</svg>\n"
    )


def small(cells: Sequence[str], frame: Frame) -> str:
    """Return a small map of one area without words; the row that it stands in says the same."""
    inside = indexes(cells)
    size = f'width="{frame.width:g}" height="{frame.height:.1f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width:g} {frame.height:.1f}" {size} '
        f'aria-hidden="true" focusable="false">'
        f'<rect class="sea" {size} fill="{_SEA}"/>'
        f'<path class="land" d="{land(frame)}" fill="{_LAND}" fill-rule="evenodd"/>'
        f'<path class="border" d="{land(frame)}" fill="none" stroke="{_BORDER}" stroke-width="0.5"/>'
        f"{_area('share50', inside[frame.holds(centres(inside))], frame, _SHADE50, 0.8)}</svg>"
    )


def _described(posterior: Posterior) -> str:
    about = "; ".join(f"{world().name(c.code)} {c.p:.0%}" for c in posterior.countries[:5])
    return (
        f"Half of the belief lies in {posterior.area50_km2:,.0f} km², nine tenths in "
        f"{posterior.area90_km2:,.0f} km². Countries: {about}. The table beside says the same. {ATTRIBUTION}"
    )


def joined(cells: Cells, most: int = _MOST_DRAWN) -> Cells:
    """Return cells, or so many of their parents that at most ``most`` are left.

    An H3 index holds its resolution in bits 52 to 55 and three bits for each step from there down, all set
    where there is none.
    """
    level = int(cells[0] >> np.uint64(52)) & 15 if len(cells) else 0
    while len(cells) > most and level > 0:
        level -= 1
        unused = (1 << 3 * (15 - level)) - 1
        bare = (cells | np.uint64(unused)) & np.uint64(~(15 << 52) & (1 << 64) - 1)
        cells = np.unique(bare | np.uint64(level << 52))
    return cells


def _area(name: str, cells: Cells, frame: Frame, colour: str, opacity: float) -> str:
    """Return one path of hexagons, each on the side of the date line where the window is."""
    found = []
    for cell in joined(cells).tolist():
        edge = np.array(h3.cell_to_boundary(cell))[:, ::-1]
        middle = frame.middle + (edge[0, 0] - frame.middle + 180) % WORLD - 180
        edge[:, 0] = middle + (edge[:, 0] - edge[0, 0] + 180) % WORLD - 180
        found.append(edge)
    if not found:
        return ""
    xy = np.rint(frame.xy(np.concatenate(found)) * _FINE).astype(np.int64)
    pairs = [f"{x} {y}" for x, y in xy.tolist()]
    d, start = [], 0
    for edge in found:
        d.append("M" + "L".join(pairs[start : start + len(edge)]) + "Z")
        start += len(edge)
    return (
        f'<path class="{name}" transform="scale({1 / _FINE:g})" d="{"".join(d)}" fill="{colour}" '
        f'fill-opacity="{opacity}"/>'
    )


@cache
def rings() -> list[NDArray[np.float64]]:
    """Return every country's rings as (n, 2) longitudes and latitudes; once in a process."""
    packed = outlines()
    scale, shift = np.array(packed["transform"]["scale"]), np.array(packed["transform"]["translate"])
    arcs = [np.cumsum(np.array(a, float), axis=0) * scale + shift for a in packed["arcs"]]
    return [
        piece for c in packed["countries"] for part in c["arcs"] for r in part for piece in _ring(arcs, r)
    ]


def _ring(arcs: list[Floats], steps: Sequence[int]) -> list[Floats]:
    """Return a ring; one that crosses the date line comes twice, once at each edge of the world."""
    ring = np.concatenate([arcs[i] if i >= 0 else arcs[~i][::-1] for i in steps])
    turned = np.stack([np.unwrap(ring[:, 0], period=360), ring[:, 1]], axis=1)
    if np.array_equal(turned, ring):
        return [ring]
    return [turned + np.array([around, 0.0]) for around in (-360.0, 0.0, 360.0)]


@cache
def _reach() -> NDArray[np.float64]:
    """Return west, south, east and north of every ring, (n, 4)."""
    return np.array([[*ring.min(axis=0), *ring.max(axis=0)] for ring in rings()])


def _visible(frame: Frame) -> Iterable[Floats]:
    """Yield the rings that a window shows, beyond the date line too."""
    reach, listed = _reach(), rings()
    for around in (-WORLD, 0.0, WORLD):
        west, east = frame.west - around, frame.east - around
        if west > 190 or east < -190:
            continue
        shown = (reach[:, 0] < east) & (reach[:, 2] > west)
        shown &= (reach[:, 1] < frame.north) & (reach[:, 3] > frame.south)
        for n in np.flatnonzero(shown).tolist():
            yield listed[n] + np.array([around, 0.0]) if around else listed[n]


@lru_cache(maxsize=16)
def land(frame: Frame) -> str:
    """Return the outlines in a window as a path's data, to half a unit; of a wide window to a whole."""
    grain = 2.0 if frame.east - frame.west < 60 else 1.0
    return "".join(_path(ring, frame, grain) for ring in _visible(frame))


def _path(points: Floats, frame: Frame, grain: float = 2.0) -> str:
    """Return a closed path, rounded to a ``grain``-th of a unit, without points that fall together."""
    xy = np.round(frame.xy(points) * grain) / grain
    kept = xy[np.append(True, np.any(np.diff(xy, axis=0) != 0, axis=1))]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in kept.tolist()) + "Z" if len(kept) > 2 else ""


def _graticule(frame: Frame) -> str:
    """Return meridians and parallels at a round step with their degrees."""
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 30, 60) if (frame.east - frame.west) / s <= 10 or s == 60)
    lines, words = [], []
    for n in range(int(np.ceil(frame.west / step)), int(np.floor(frame.east / step)) + 1):
        x = (n * step - frame.west) / (frame.east - frame.west) * frame.width
        lines.append(f"M{x:.1f} 0V{frame.height:.1f}")
        turned = (n * step + 180) % WORLD - 180
        letter = "W" if turned < 0 else "E"
        words.append(f'<text x="{x + 2:.1f}" y="{frame.height - 4:.1f}">{abs(turned):g}°{letter}</text>')
    for n in range(int(np.ceil(frame.south / step)), int(np.floor(frame.north / step)) + 1):
        y = (frame.north - n * step) / (frame.north - frame.south) * frame.height
        lines.append(f"M0 {y:.1f}H{frame.width:g}")
        letter = "S" if n < 0 else "N"
        if y > frame.height - 12:
            continue  # the meridians' degrees stand there
        words.append(f'<text x="2" y="{y - 2:.1f}">{abs(n * step):g}°{letter}</text>')
    drawn = f'<path class="lines" d="{"".join(lines)}" fill="none" stroke="{_GRID}" stroke-width="0.6"/>'
    return drawn + f'<g class="degrees" fill="#5a6270" font-size="10">{"".join(words)}</g>'


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


@cache
def _small_world() -> tuple[Frame, str]:
    """Return the whole world, small, without its small islands."""
    frame = world_frame(180.0)
    large = [ring for ring in _visible(frame) if np.all(np.ptp(ring, axis=0) > 1.5)]
    return frame, "".join(_path(ring[:: max(len(ring) // 60, 1)], frame) for ring in large)


def _inset(at: Floats, frame: Frame) -> str:
    """Return the whole world, small, with the window marked; nothing where the window is the world."""
    if frame.is_world:
        return ""
    whole, drawn = _small_world()
    (x, y), (x2, y2) = whole.xy(np.array([[frame.west, frame.north], [frame.east, frame.south]]))
    wide, tall = max(x2 - x, 5.0), max(y2 - y, 5.0)
    return (
        f'<g class="inset" transform="translate(4 {frame.height - 92:.1f})">'
        f'<rect class="sea" width="180" height="70" fill="#fff" stroke="{_BORDER}"/>'
        f'<path class="far" d="{drawn}" fill="{_GRID}"/>'
        f'<rect class="border" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" '
        f'height="{tall:.1f}" fill="none" stroke="{_BORDER}" stroke-width="1.5"/>'
        f'<path class="share50" d="{_dots(at, whole)}" fill="{_SHADE50}"/></g>'
    )


def _dots(at: Floats, whole: Frame) -> str:
    """Return a square for each cell's place on the small world, each place once."""
    if not len(at):
        return ""
    places = np.unique(np.round(whole.xy(at[:, ::-1])), axis=0)
    return "".join(f"M{x:g} {y:g}h1.5v1.5h-1.5Z" for x, y in places.tolist())


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
