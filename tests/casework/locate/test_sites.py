"""A series of places: closed forms, symmetry, outliers, weights, coverage on drawn series, and refusals."""

from __future__ import annotations

import random

import h3.api.numpy_int as h3
import numpy as np
import pytest
from tests.casework.locate.clues import clue

from entente.casework.locate import credible
from entente.casework.locate.combine import group_factor, normalised, weigh
from entente.casework.locate.engine import ClueRefused, locate
from entente.casework.locate.likelihood import likelihood, sites
from entente.casework.locate.world import EARTH_KM, unit, world

TURIN = (45.07, 7.69)


def series(*places, **more):
    value = [dict(zip(("lat", "lon", "weight"), p, strict=False)) for p in places]
    return clue("s", "sites", value, 0.9, **more)


def about(lat, lon, km_north, km_east):
    """Return latitudes and longitudes so many km from a point."""
    degree = np.degrees(1 / EARTH_KM)
    return lat + km_north * degree, lon + km_east * degree / np.cos(np.radians(lat))


def chords(points, lat, lon):
    return 2 * EARTH_KM**2 * (1 - unit(*points) @ unit(lat, lon))


def test_without_outliers_and_bounds_it_is_the_closed_form():
    # ∫ Π N(x; z, σ) dσ/σ ∝ (Σ d²)^(−m), here with anchors for which the best scale lies well within bounds
    draw = np.random.default_rng(3)
    places = [about(*TURIN, *xy) for xy in draw.normal(0, 30, (6, 2))]
    anchors = np.array([about(*TURIN, x, y) for x in (-40, -10, 0, 25) for y in (-30, 0, 35)])
    squares = np.array([sum(chords(p, *a) for p in places) for a in anchors])
    said = sites.anchored(
        unit(anchors[:, 0], anchors[:, 1]).T,
        np.array([unit(*p) for p in places]),
        np.full(6, 1 - 1e-9),
        land_km2=1.3e8,
        spread=0.01,
    )
    closed = -6 * np.log(squares)
    assert np.allclose(said - said[0], closed - closed[0], atol=0.05)
    assert np.ptp(closed) > 3  # and they differ by far more than that


def test_two_places_are_symmetric_and_the_middle_is_the_best():
    north, south = about(*TURIN, 20, 0), about(*TURIN, -20, 0)
    anchors = np.array([about(*TURIN, x, 0) for x in (-60, -35, 0, 35, 60)])
    said = sites.anchored(
        unit(anchors[:, 0], anchors[:, 1]).T,
        np.array([unit(*north), unit(*south)]),
        np.full(2, 0.95),
        1.3e8,
        6.0,
    )
    assert said[2] == said.max()
    assert said[0] == pytest.approx(said[4], abs=0.02) and said[1] == pytest.approx(said[3], abs=0.02)


def test_one_outlier_does_not_draw_the_anchor_away_and_a_doubted_place_even_less():
    near = [about(*TURIN, *xy) for xy in ((5, 3), (-4, 8), (7, -6), (-8, -5), (2, 9))]
    naples, cell = (40.85, 14.27), h3.latlng_to_cell(*TURIN, 5)
    alone = world().starts[np.searchsorted(world().cell[world().starts], cell)]
    values = [
        likelihood(series(*near, *more), world()).over_cells() for more in ([], [naples], [(*naples, 0.1)])
    ]
    for one in values:
        assert h3.grid_distance(int(world().cell[one.argmax()]), cell) <= 1
    shares = [v[alone] / (world().prior @ v) for v in values]
    assert shares[0] > shares[2] >= shares[1] > 0.5 * shares[0]


def test_places_all_over_the_world_are_told_apart_by_nothing_and_exclude_nothing():
    four = (TURIN, (-33.9, 18.4), (35.7, 139.7), (40.7, -74.0))
    here = world()
    far = likelihood(series(*four), here).over_cells()
    at = [far[np.searchsorted(here.cell, np.uint64(h3.latlng_to_cell(*p, 5)))] for p in four]
    assert max(at) < 3 * min(at) and far.min() > 1e-8 * far.max()


def test_a_place_told_again_counts_once_and_order_does_not_matter():
    places = [about(*TURIN, *xy) for xy in ((5, 3), (-4, 8), (7, -6))]
    once = likelihood(series(*places), world()).values
    again = [*places, *[places[0]] * 30]
    random.Random(1).shuffle(again)
    assert np.array_equal(likelihood(series(*again), world()).values, once)


def test_a_thousand_places_say_no_more_than_the_cap():
    draw = np.random.default_rng(8)
    few, many = (
        likelihood(series(*[about(*TURIN, *xy) for xy in draw.normal(0, 25, (m, 2))]), world()).over_cells()
        for m in (12, 1000)
    )
    spread = [float(world().area[v > 0.1 * v.max()].sum()) for v in (few, many)]
    assert spread[1] > 0.4 * spread[0]  # a plain product of 1,000 would leave an eightieth


@pytest.mark.parametrize("number", [3, 8])
def test_the_region_of_drawn_series_holds_the_anchor(number):
    # scales from 4 to 100 km, one place in twenty from elsewhere, and directions that people prefer
    here, draw, held = world(), np.random.default_rng(11), 0
    people = np.cumsum(here.people / here.people.sum())
    for _ in range(25):
        cell = int(np.searchsorted(people, draw.random()))
        home, scale = here.centres[cell], np.exp(draw.uniform(np.log(4), np.log(100)))
        steps = draw.normal(0, scale, (number, 2)) * (1.4, 0.7)
        elsewhere = here.centres[np.searchsorted(people, draw.random(number))]
        places = [
            tuple(elsewhere[i]) if draw.random() < 0.05 else about(*home, *step)
            for i, step in enumerate(steps)
        ]
        said = series(*[(float(a), float((b + 180) % 360 - 180)) for a, b in places])
        weighed = weigh(said, likelihood(said, here), here.prior)
        belief = normalised([group_factor([weighed], here.prior)], here.prior)
        held += bool(np.isin(here.cell_of[cell], credible.areas(here, belief).inside90))
    assert held / 25 >= 0.85


def test_it_moves_the_region_through_the_engine_and_is_named_by_its_size():
    found = locate([series(TURIN, (44.55, 7.73), (44.9, 8.2))])
    assert found.countries[0].code == "IT" and found.regions[0].admin1 == "12"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("Turin", "list of"),
        ([], "at least two"),
        ([{"lat": 45, "lon": 7}], "at least two"),
        ([{"lat": 45, "lon": 7}] * 5, "at least two"),
        ([{"lat": 45, "lon": 7}, {"lat": 91, "lon": 7}], "place 2: no such position"),
        ([{"lat": 45, "lon": 7}, {"lat": 45}], r"lon \(2\) is a number"),
        ([{"lat": 45, "lon": 7}, {"lat": 0, "lon": 0}], "no fix"),
        ([{"lat": 45, "lon": 7}, {"lat": float("nan"), "lon": 7}], "finite"),
        ([{"lat": 45, "lon": 7}, {"lat": 46, "lon": 7, "weight": 0}], "weight"),
        ([{"lat": 45, "lon": 7}, {"lat": 46, "lon": 7, "weight": 2}], "weight"),
        ([{"lat": 45, "lon": i / 100} for i in range(1, 1002)], "at most 1,000"),
    ],
)
def test_a_series_that_is_none_is_refused_with_the_mend(value, says):
    with pytest.raises(ClueRefused, match=rf"clue bad: .*{says}"):
        locate([clue("bad", "sites", value)])


def test_a_series_cannot_be_negated():
    with pytest.raises(ClueRefused, match="cannot be negated"):
        locate([series(TURIN, (44.55, 7.73), negated=True)])
