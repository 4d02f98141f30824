"""Sentences in three languages, the verbal scale, and the drawing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from tests.casework.locate.clues import PARTNER, article, clue

from entente.casework.locate.engine import cells90, groups, locate
from entente.casework.locate.explain import explain, explain_groups, strength
from entente.casework.locate.map import draw, fitted, table


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
    frame = fitted(list(locate([*article(), PARTNER]).cells50))
    assert frame.west < 7.7 < frame.east and frame.south < 44.5 < frame.north
    assert frame.east - frame.west >= 6


def test_the_table_says_what_the_map_says():
    found = locate(article())
    rows = table(found, "it")
    assert rows[0].country == "Italia" and rows[0].share == found.countries[0].p
    assert len(rows) == len(found.countries) + len(found.regions)
