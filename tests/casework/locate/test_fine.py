"""Resolution 7 near the mode and no finer: sums, determinism, position, and only where belief is close."""

from __future__ import annotations

import json
import random

import h3.api.basic_str as h3
import numpy as np
import pytest
from tests.casework.locate.clues import PARTNER, SIGN, VAN, article, clue

from entente.casework.locate import fine
from entente.casework.locate.engine import believe, locate
from entente.casework.locate.world import world

FOSSANO = (44.55, 7.72)
CLOSE = [PARTNER, VAN, SIGN]


def centre(found) -> np.ndarray:
    at = np.array([h3.cell_to_latlng(c.cell) for c in found.fine])
    return np.average(at, axis=0, weights=[c.p for c in found.fine])


def km(a, b) -> float:
    return h3.great_circle_distance(tuple(a), tuple(b), unit="km")


def test_a_wide_region_is_not_looked_at_more_closely():
    found = locate(article())
    assert found.fine == () and "fine" not in found.as_json()
    assert locate([]).fine == ()


def test_a_close_one_is_and_half_of_the_belief_lies_in_the_cells():
    found = locate([*article(), *CLOSE])
    assert 5 < len(found.fine) < 49 * fine.MOST_CELLS
    assert {h3.get_resolution(c.cell) for c in found.fine} == {7}  # never finer
    assert {h3.cell_to_parent(c.cell, 5) for c in found.fine} <= set(found.cells50)
    total = sum(c.p for c in found.fine)
    assert total >= 0.5 - 1e-3 and total - found.fine[-1].p < 0.5 + 1e-3
    assert found.as_json()["fine"][0] == {"cell": found.fine[0].cell, "p": found.fine[0].p}
    assert km(centre(found), FOSSANO) < 12


def test_the_same_clues_in_any_order_give_the_same_cells():
    clues = [*article(), *CLOSE]
    first = json.dumps(locate(clues).as_json())
    random.Random(4).shuffle(clues)
    assert json.dumps(locate(clues).as_json()) == first


def test_the_children_share_out_what_their_cell_holds_and_make_nothing():
    here, belief = world(), believe([*article(), *CLOSE])
    parents = np.argsort(-belief.posterior)[:3]
    small, of = fine.children(here, parents)
    assert np.allclose(np.bincount(of, small.people), here.people[parents])
    assert np.allclose(np.bincount(of, small.area), here.area[parents])
    assert small.resolution == 7 and len(small.cell) == 3 * 49
    assert (small.people > 0).all()


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("gps", lambda lat, lon: {"lat": lat, "lon": lon, "radius_m": 300}),
        (
            "sites",
            lambda lat, lon: [
                {"lat": lat + d, "lon": lon + e} for d, e in ((0.01, 0), (-0.01, 0), (0, 0.01))
            ],
        ),
    ],
)
def test_a_clue_with_a_position_is_read_at_the_children(kind, at):
    # two points of one cell of resolution 5: the cells of resolution 7 follow the point
    cell = h3.latlng_to_cell(*FOSSANO, 5)
    lat, lon = h3.cell_to_latlng(cell)
    points = [(lat - 0.04, lon), (lat + 0.04, lon)]
    assert {h3.latlng_to_cell(*p, 5) for p in points} == {cell}
    near = [centre(locate([PARTNER, clue("x", kind, at(*p), 0.97)])) for p in points]
    assert near[1][0] - near[0][0] > 0.02
    assert all(km(n, p) < 4 for n, p in zip(near, points, strict=True))


def test_people_live_about_the_towns_that_are_known():
    here = world()
    cell = int(h3.latlng_to_cell(*FOSSANO, 5), 16)
    parents = np.flatnonzero(here.cell == cell)
    small, _ = fine.children(here, parents)
    densest = h3.cell_to_latlng(f"{small.cell[small.people.argmax()]:x}")
    assert km(densest, FOSSANO) < 3
    assert small.people.min() > 0.05 * small.people.mean()  # and some of them elsewhere


def test_a_clue_that_is_disbelieved_orders_no_children():
    sure = [PARTNER, clue("x", "gps", {"lat": 44.55, "lon": 7.72, "radius_m": 300}, 0.97)]
    far = clue("y", "gps", {"lat": 60.2, "lon": 24.9, "radius_m": 300}, 0.6)
    assert [c.cell for c in locate([*sure, far]).fine] == [c.cell for c in locate(sure).fine]
