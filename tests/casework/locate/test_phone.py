"""Area codes: the country, the division, and the town as far as the next code's."""

from __future__ import annotations

import numpy as np
import pytest
from tests.casework.locate.clues import PARTNER, VAN, article, clue

from entente.casework.examine.gazetteer import gazetteer
from entente.casework.locate.engine import cells90, locate
from entente.casework.locate.likelihood import likelihood
from entente.casework.locate.likelihood.phone import towns
from entente.casework.locate.likelihood.statements import distance_km
from entente.casework.locate.world import world


@pytest.mark.parametrize(
    ("country", "digits", "name"),
    [("IT", "0171692345", "cuneo"), ("IT", "0612345", "rome"), ("DE", "8912345", "munchen"),
     ("ES", "934000000", "barcelona"), ("GB", "1612345678", "manchester"), ("US", "2125550100", "new york")],
)  # fmt: skip
def test_a_code_names_its_town(country, digits, name):
    row, reach = towns().of(country, digits)
    assert gazetteer().names.split("\n")[row + 1] == name
    assert 8 <= reach <= 80


def test_a_mobile_number_and_an_unknown_code_name_no_town():
    assert towns().of("IT", "3471234567") is None
    assert towns().of("ZZ", "0171") is None


def test_0171_is_likelier_about_cuneo_than_in_turin_and_there_than_in_rome():
    here = world()
    said = likelihood(clue("v", "phone_number", "+39 0171 692345"), here).over_cells()
    mine = here.country == here.at_country["IT"]

    def at(lat: float, lon: float) -> float:
        return float(said[np.where(mine, distance_km(here, lat, lon), np.inf).argmin()])

    cuneo, fossano, turin, rome = at(44.39, 7.55), at(44.55, 7.73), at(45.07, 7.69), at(41.9, 12.5)
    assert cuneo > fossano > 3 * turin > 3 * rome > 0
    assert said.max() <= 1.0 and said.min() > 0


def test_a_van_narrows_the_articles_case_to_a_district_and_keeps_the_truth():
    clues = [*article(), PARTNER, VAN]
    before, after = locate([*article(), PARTNER]), locate(clues)
    assert after.regions[0].name == "Piedmont" and after.regions[0].p > 0.98
    assert after.area90_km2 < 0.5 * before.area90_km2 and after.area90_km2 < 15_000
    assert "851f9aabfffffff" in cells90(clues)


def test_between_countries_a_national_number_says_what_it_said():
    italy = {c.code: c.p for c in locate([VAN]).countries}["IT"]
    assert italy == pytest.approx({c.code: c.p for c in locate([]).countries}["IT"] * 1.5, rel=0.6)
