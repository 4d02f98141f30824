"""Sentences in three languages, the verbal scale, and the drawing."""

from __future__ import annotations

from xml.etree import ElementTree

import h3
import numpy as np
import pytest
from tests.casework.locate.clues import PARTNER, article, clue

from entente.casework.locate.engine import cells90, groups, locate
from entente.casework.locate.explain import explain, explain_groups, strength
from entente.casework.locate.frame import LEAST, MOVES, View, fitted, read_view, view_of, world_frame
from entente.casework.locate.map import Said, centres, draw, indexes, joined, small, table
from entente.casework.locate.world import world


@pytest.mark.parametrize(
    ("log10", "word"),
    [(0.1, None), (0.5, "weakly"), (-1.5, "moderately"), (2.5, "moderately strongly"), (3.5, "strongly"),
     (5.0, "very strongly"), (7.0, "extremely strongly"), (400.0, "extremely strongly")],
)  # fmt: skip
def test_the_verbal_scale_follows_the_guideline(log10, word):
    assert strength(log10) == word


@pytest.mark.parametrize(
    ("language", "supports", "place"),
    [("en", "supports Italy", "Italy"), ("fr", "soutient", "Italie"), ("it", "sostiene", "Italia")],
)
def test_each_language_says_what_supports_the_country(language, supports, place):
    clues = [*article(), clue("lamp", "object", "lamp"), clue("coin", "currency", "JPY", 0.95)]
    said = explain(locate(clues), clues, language)
    assert len(said) == len(clues)
    assert supports in said[0] + said[1] and all(place in s for s in said[:2])
    assert any("JPY" in s and "0." in s for s in said)


@pytest.mark.parametrize(
    ("language", "partner"), [("en", "partner (1)"), ("fr", "partenaire (1)"), ("it", "partner (1)")]
)
def test_each_source_group_has_its_ratio_and_what_stands_without_it(language, partner):
    clues = [*article(), PARTNER]
    parts = {g.group: g for g in groups(clues)}
    assert set(parts) == {"objects", "scene", "device", "partner"} and parts["objects"].clues == 2
    assert parts["partner"].without.area90_km2 == locate(article()).area90_km2
    assert parts["partner"].log10_bf > parts["device"].log10_bf > 0
    said = explain_groups(locate(clues), tuple(parts.values()), language)
    assert len(said) == 4 and partner in said[0]
    assert groups(list(reversed(clues))) == groups(clues) and groups([]) == ()


def test_the_map_is_well_formed_has_words_and_no_script():
    clues = [*article(), PARTNER]
    svg = draw(locate(clues), cells90(clues))
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    tags = {e.tag.split("}")[1] for e in root.iter()}
    assert {"title", "desc", "path"} <= tags and "script" not in tags
    assert "50 %" in svg and "90 %" in svg and "GeoNames" in svg and "Italy" in svg
    assert len(svg) < 1_000_000
    assert draw(locate(clues), cells90(clues)) == svg


def test_the_map_of_no_clue_is_the_world():
    svg = draw(locate([]), cells90([]))
    ElementTree.fromstring(svg)
    assert len(svg) < 3_000_000


def test_a_title_is_escaped():
    assert "<b>" not in draw(locate(article()), title="<b>&")


def test_the_window_holds_the_cells_and_is_never_a_pin():
    frame = fitted(centres(indexes(locate([*article(), PARTNER]).cells50)))
    assert frame.west < 7.7 < frame.east and frame.south < 44.5 < frame.north
    assert frame.east - frame.west >= 6


def test_the_table_says_what_the_map_says():
    found = locate(article())
    rows = table(found, "it")
    assert rows[0].country == "Italia" and rows[0].share == found.countries[0].p
    assert len(rows) == len(found.countries) + len(found.regions)


def test_too_many_cells_are_joined_as_h3_joins_them():
    cells = cells90(article()[:1])
    found = joined(indexes(cells), 500)
    level = h3.get_resolution(f"{int(found[0]):x}")
    assert len(found) <= 500 and level < 5
    assert [f"{c:x}" for c in found.tolist()] == sorted({h3.cell_to_parent(c, level) for c in cells})
    assert np.array_equal(joined(indexes(cells), len(cells)), indexes(cells))


def test_a_cell_beyond_the_packaged_ones_is_placed_too():
    fine = h3.latlng_to_cell(44.55, 7.73, 7)
    assert centres(indexes([fine]))[0] == pytest.approx((44.55, 7.73), abs=0.03)


@pytest.mark.parametrize("at", [(7.7, 44.5), (179.0, -17.8), (-170.0, 66.0)])
def test_a_window_moves_from_the_world_to_a_district_and_no_closer(at):
    view = View(*at, 40.0)
    for _ in range(12):
        view = view.moved("in")
    assert view.wide == LEAST and read_view(view.as_text()) == view
    for way in MOVES[2:]:
        assert view.moved(way) != view
    for _ in range(12):
        view = view.moved("out")
    assert view.frame() == world_frame() and view_of(world_frame()) == view
    assert view.moved("in").frame() != world_frame()


@pytest.mark.parametrize("text", ["", "7,44", "a,b,c", "nan,1,2", "7,44,inf"])
def test_an_address_that_names_no_window_has_none(text):
    assert read_view(text) is None


def test_an_area_about_the_date_line_is_drawn_where_it_is():
    here = world()
    fiji = [f"{c:x}" for c in here.cell[here.country == here.at_country["FJ"]].tolist()]
    frame = fitted(centres(indexes(fiji)))
    assert frame.east - frame.west < 20
    drawn = ElementTree.fromstring(small(fiji, frame))
    paths = {e.get("class"): e.get("d") for e in drawn.iter() if e.tag.endswith("path")}
    xs = [
        float(p.split()[0]) / 10 for p in paths["share50"].replace("M", "L").replace("Z", "").split("L")[1:]
    ]
    assert min(xs) > -50 and max(xs) < frame.width + 50 and paths["land"]


def test_what_was_looked_at_more_closely_is_drawn():
    found = locate(
        [*article(), PARTNER, clue("sign", "toponym", "Fossano", 0.99), clue("van", "phone_number", "0172 6")]
    )
    close = locate([clue("fix", "gps", {"lat": 44.55, "lon": 7.73, "radius_m": 500}, 0.99)])
    for each in (found, close):
        assert ('class="fine"' in draw(each)) is bool(each.fine)
    assert close.fine


def test_a_page_says_the_key_and_the_sources_itself():
    svg = draw(locate(article()), said=Said("t", "in words", outside=True))
    assert "GeoNames" not in svg and "in words" in svg and "50 %" not in svg
