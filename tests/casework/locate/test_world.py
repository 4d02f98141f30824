"""The packaged world: its size, its areas, its sums, its names and its codes."""

from __future__ import annotations

from importlib.resources import files

import h3.api.numpy_int as h3
import numpy as np
import pytest

from entente.casework.examine.gazetteer import gazetteer, plain
from entente.casework.locate import tables
from entente.casework.locate.likelihood.goods import gs1_country
from entente.casework.locate.likelihood.grid import installed
from entente.casework.locate.likelihood.phone import division
from entente.casework.locate.prior import robust
from entente.casework.locate.world import outlines, world


def test_the_cells_are_valid_and_sorted_and_their_areas_are_those_of_h3():
    here = world()
    assert np.all(np.diff(here.cell.astype(np.int64)) >= 0)
    for row in range(0, len(here.cell), 9973):
        cell = int(here.cell[row])
        assert h3.is_valid_cell(cell) and h3.get_resolution(cell) == 5
        assert here.area[row] == pytest.approx(h3.cell_area(cell, unit="km^2"), abs=0.51)


def test_the_areas_lie_about_the_published_mean_of_resolution_5():
    # H3 documentation, table of cell statistics: 252.903858182 km² on average.
    assert float(world().area.mean()) == pytest.approx(252.903858182, rel=0.10)


def test_each_country_has_its_people_within_the_rounding():
    here = world()
    counted = np.bincount(here.country, here.people, len(here.countries))
    for code in ("IT", "FR", "DE", "IN", "BD", "AU", "US", "BR", "NG"):
        assert counted[here.at_country[code]] == pytest.approx(here.facts[code]["population"], rel=0.02)


def test_the_prior_is_robust_and_sums_to_one():
    prior = robust(np.array([0.0, 100.0, 10_000.0]), np.array([250.0, 250.0, 250.0]))
    assert prior.sum() == pytest.approx(1.0) and prior[0] == pytest.approx(0.02 / 3)
    assert 1 < prior[2] / prior[1] < 100  # less than people alone would say
    assert world().prior.sum() == pytest.approx(1.0)


def test_the_tables_name_only_countries_and_regions_of_the_world():
    here = world()
    named = (
        set(installed())
        | tables.DRIVES_LEFT
        | tables.HERTZ_60
        | {c for _, _, c in tables.GS1}
        | set(tables.EXITS)
    )
    assert named - set(here.countries) <= {"GI"}
    listed = [c for codes in tables.SOCKETS_BY_TYPES.values() for c in codes.split()]
    assert len(listed) == len(set(listed))
    regions = {p for places in tables.REGIONAL_LANGUAGES.values() for p in places}
    assert regions <= set(here.at_district)
    names = {n.removesuffix(" Prefecture") for c, _, n in here.districts if c == "JP"}
    assert names >= tables.JAPAN_50


def test_chile_has_two_socket_types_and_italy_leads_with_l():
    assert set(installed()["CL"]) == {"C", "L"}
    assert max(installed()["IT"], key=installed()["IT"].get) == "L"


@pytest.mark.parametrize(
    ("country", "digits", "region"),
    [
        ("IT", "0171692345", "Piedmont"),
        ("IT", "0103", "Liguria"),
        ("IT", "0612345", "Latium"),
        ("FR", "142000000", "Île-de-France"),
        ("US", "2125550100", "New York"),
        ("ES", "934000000", "Catalonia"),
    ],
)
def test_an_area_code_names_its_region(country, digits, region):
    here = world()
    row = here.at_district[country, division(here, country, digits)]
    assert plain(here.districts[row][2]) == plain(region)


@pytest.mark.parametrize(
    ("digits", "country"),
    [
        ("4006381333931", "DE"),
        ("8000500310427", "IT"),
        ("9780306406157", None),
        ("036000291452", "US"),
        ("2000000000008", None),
    ],
)
def test_a_barcode_names_its_registering_body(digits, country):
    assert gs1_country(digits) == country


def test_homonyms_are_all_found_and_other_names_too():
    assert len(gazetteer().rows("springfield")) > 5
    assert gazetteer().rows("torino") and gazetteer().rows("fossano")
    assert gazetteer().rows("") == [] and gazetteer().rows("nowhereville") == []


def test_every_line_of_the_gazetteer_has_its_figures():
    names = gazetteer()
    assert names.names.count("\n") - 1 == len(names.lat) == len(names.country) == len(names.people)


def test_the_files_are_small_and_carry_their_attribution():
    for step, count in (("examine", 1), ("locate", 5)):
        folder = files(f"entente.casework.{step}") / "data"
        notice = (folder / "NOTICE.txt").read_text()
        names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".xz"))
        assert len(names) == count
        for name in names:
            assert name in notice
            assert len((folder / name).read_bytes()) < 2 * 1024 * 1024
        assert "GeoNames" in notice and "Attribution" in notice
    assert "ISC" in notice
    assert len(outlines()["countries"]) > 200
