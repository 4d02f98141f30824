"""A picture model is one graded clue: bounded by its error rate, pooled, never finer than a district."""

from __future__ import annotations

import json

import h3.api.numpy_int as h3
import numpy as np
import pytest
from tests.casework.locate.clues import article, clue

from entente.casework.locate.engine import ClueRefused, believe, locate
from entente.casework.locate.explain import explain
from entente.casework.locate.likelihood import likelihood
from entente.casework.locate.likelihood.pictures import LEAST_ERROR, parents
from entente.casework.locate.world import world

TURIN, OSLO = (h3.latlng_to_cell(lat, lon, 3) for lat, lon in ((45.07, 7.69), (59.91, 10.75)))


def model(cells, error=0.3, name="tiles", version="1", **more):
    named = {h3.int_to_str(c): v for c, v in cells.items()}
    return {"model": name, "version": version, "error_rate": error, "cells": named, **more}


def share(found, country):
    return next((c.p for c in found.countries if c.code == country), 0.0)


@pytest.mark.parametrize("error", [0.1, 0.3, 0.6])
def test_however_sure_a_model_is_what_it_excludes_keeps_its_error_rate(error):
    said = clue("m", "picture_model", model({TURIN: 0.0, OSLO: -1e5}, error), 0.995)
    belief, here = believe([said]), world()
    inside = parents(here.cell, 3) == TURIN
    outside = float(belief.posterior[~inside].sum())
    assert outside >= error * float(here.prior[~inside].sum())
    surer = believe([clue("m", "picture_model", model({TURIN: 0.0, OSLO: -9e5}, error), 0.995)])
    assert np.allclose(surer.posterior, belief.posterior)


def test_a_model_may_not_declare_itself_faultless():
    here = world()
    least, none = (
        likelihood(clue("m", "picture_model", model({TURIN: 0.0, OSLO: -50.0}, e)), here).values
        for e in (LEAST_ERROR, 1e-9)
    )
    assert np.array_equal(least, none)


def test_its_likelihood_is_what_it_says_and_the_finer_cell_counts():
    here, child = world(), h3.latlng_to_cell(45.07, 7.69, 5)
    values = likelihood(
        clue("m", "picture_model", model({TURIN: 0.0, child: 2.0, OSLO: -1.0}, 0.3, elsewhere=-3.0)), here
    ).over_cells()
    assert float(here.prior @ values) == pytest.approx(1.0)  # of a random place it says nothing
    bare = {
        name: float(np.median(values[at])) - 0.3
        for name, at in {
            "child": here.cell == child,
            "turin": (parents(here.cell, 3) == TURIN) & (here.cell != child),
            "oslo": parents(here.cell, 3) == OSLO,
        }.items()
    }
    assert bare["child"] / bare["turin"] == pytest.approx(np.exp(2))
    assert bare["turin"] / bare["oslo"] == pytest.approx(np.exp(1))
    assert values.min() == pytest.approx(0.3 + bare["turin"] * np.exp(-3))


def test_the_parents_are_those_of_the_library():
    cells = world().cell[::20_000]
    for resolution in (0, 2, 4, 5):
        assert parents(cells, resolution).tolist() == [h3.cell_to_parent(int(c), resolution) for c in cells]


def test_many_pictures_and_models_weigh_as_one_clue():
    one = [clue("m0", "picture_model", model({TURIN: 0.0, OSLO: -4.0}), 0.8)]
    many = [
        clue(f"m{i}", "picture_model", model({TURIN: 0.0, OSLO: -4.0 - i / 1000}, name=f"tiles{i % 3}"), 0.8)
        for i in range(9)
    ]
    assert share(locate(many), "IT") == pytest.approx(share(locate(one), "IT"), abs=0.01)


def test_it_is_no_judge_of_the_other_clues():
    wrong = clue("m", "picture_model", model({OSLO: 0.0, TURIN: -1e5}, 0.3), 0.8)
    found = locate([*article(), wrong])
    assert found.countries[0].code == "IT" and share(found, "IT") > 0.9
    assert "tiles 1" in " ".join(explain(found, [*article(), wrong]))


def test_the_same_bytes_in_any_order():
    clues = [*article(), clue("m", "picture_model", model({OSLO: 0.0, TURIN: -2.0}), 0.8)]
    assert json.dumps(locate(clues).as_json()) == json.dumps(locate(clues[::-1]).as_json())


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("Italy", "picture model says"),
        ({"model": "m", "version": "1", "error_rate": 0.3}, "picture model says"),
        (model({TURIN: 0.0}, 0.0), "between 0 and 1"),
        (model({TURIN: 0.0}, "high"), "is a number"),
        (model({TURIN: 0.0}, name=""), "name and version"),
        (model({TURIN: 0.0}, version=" "), "name and version"),
        (model({TURIN: float("inf")}), "finite"),
        (model({TURIN: 1e9}), "out of bounds"),
        ({**model({TURIN: 0.0}), "cells": {"Turin": 1.0}}, "no H3 cell"),
        ({**model({TURIN: 0.0}), "cells": {"ffffffffffffffffff": 1.0}}, "no H3 cell"),
        (model({h3.latlng_to_cell(45.07, 7.69, 8): 0.0}), "finer than resolution 5"),
        (model({h3.latlng_to_cell(-40.0, -120.0, 3): 0.0}), "on land"),
    ],
)
def test_what_is_no_answer_of_a_model_is_refused_with_the_mend(value, says):
    with pytest.raises(ClueRefused, match=rf"clue bad: .*{says}"):
        locate([clue("bad", "picture_model", value)])


def test_it_cannot_be_negated():
    with pytest.raises(ClueRefused, match="cannot be negated"):
        locate([clue("m", "picture_model", model({TURIN: 0.0, OSLO: -1.0}), negated=True)])
