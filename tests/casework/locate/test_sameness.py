"""What is told twice, or read twice from one sign, counts once; and in any order it gives the same bytes."""

from __future__ import annotations

import json
import random

import pytest
from tests.casework.locate.clues import PARTNER, SIGN, VAN, article, clue

from entente.casework.locate import fine
from entente.casework.locate.engine import believe, locate, most_trusted, sift
from entente.casework.locate.explain import explain
from entente.casework.locate.sameness import counted

BOX, FAR = [0.1, 0.1, 0.3, 0.1], [0.6, 0.6, 0.2, 0.1]


def words(name="t", string="Καλημέρα σας", **more):
    return clue(name, "text", {"string": string}, 0.9, **more)


def tongue(name="l", weights=None, **more):
    return clue(name, "language", weights or {"el": 0.97, "it": 0.03}, 0.9, **more)


def shares(*clues) -> list:
    return [(c.code, c.p) for c in locate(clues).countries]


@pytest.mark.parametrize(
    "where",
    [
        ({}, {}),  # nobody said that they are two signs
        ({"medium": "a", "region": BOX}, {"medium": "a", "region": BOX}),
        ({"medium": "a"}, {"medium": "a", "region": BOX}),
    ],
)
def test_a_sign_counts_once_as_text_and_as_the_language_read_from_it(where):
    text, language = words(**where[0]), tongue(**where[1])
    assert shares(text, language) == shares(language)
    weights = {w.id: w for w in locate([text, language]).clues}
    assert weights["t"].log10_bf == 0.0 and weights["l"].log10_bf > 0.5
    (said,) = [s for s in explain(locate([text, language]), [text, language]) if "counts once" in s]
    assert "Καλημέρα" in said and "language" in said


@pytest.mark.parametrize(
    "other",
    [
        {"medium": "b", "region": BOX},
        {"medium": "a", "region": FAR},
        {"medium": "a", "region": BOX, "group": "person"},
    ],
)
def test_two_signs_count_twice(other):
    text, language = words(medium="a", region=BOX), tongue(**other)
    assert dict(shares(text, language))["GR"] > dict(shares(language))["GR"]


def test_where_the_language_is_not_there_or_is_refused_the_text_counts():
    text, bad = words(), tongue(weights={"tlh": 1.0})
    kept, refused = sift([text, bad])
    assert [c.id for c in kept] == ["t"] and [r.clue_id for r in refused] == ["l"]
    assert dict(shares(*kept))["GR"] > 0.1
    assert [c.id for c in counted([text, tongue(negated=True)])[0]] == ["l", "t"]  # "not Greek" reads no sign


def test_however_many_lines_of_one_script_it_is_seen_once():
    lines = [clue(f"t{i:03}", "text", {"string": f"scuola {i}"}, 0.8) for i in range(120)]
    best = clue("best", "text", {"string": "farmacia"}, 0.95)
    assert shares(*lines, best) == shares(best)
    assert [c.id for c in counted([*lines, best])[0]] == ["best"]
    umlaut = clue("u", "text", {"string": "Straße"}, 0.95)  # a letter that the others lack tells more
    assert [c.id for c in counted([*lines, best, umlaut])[0]] == ["u", "best"]
    assert most_trusted([*lines, best, umlaut]) == ([*lines, best, umlaut], 0)


def test_a_text_that_counts_with_a_text_counts_with_that_one_s_language():
    one, two = words("a", "Καλημέρα", medium="m"), words("b", "Φαρμακείο", medium="n")
    weighed, with_it = counted([one, two, tongue(medium="m")])
    assert [c.id for c in weighed] == ["l"] and {c.id for c in with_it.values()} == {"l"}


def everything() -> list:
    near = {"lat": 44.55, "lon": 7.72, "radius_m": 3000}
    signs = [words("t1", "Via Roma", medium="a"), words("t2", "Straße"), tongue(medium="a")]
    return [*article(), PARTNER, VAN, SIGN, clue("fix", "gps", near, 0.9), *signs, *signs]


def test_any_order_of_the_same_clues_gives_the_same_bytes_down_to_resolution_7():
    clues = everything()
    first = locate(clues)
    assert len(first.fine) > 3
    told = json.dumps(first.as_json())
    for seed in range(3):
        random.Random(seed).shuffle(clues)
        assert json.dumps(locate(clues).as_json()) == told


def test_no_order_in_which_clues_share_out_a_cell_is_better_than_another():
    belief = believe(everything())
    inside = belief.region.inside50
    first = fine.refined(belief.world, belief.posterior, belief.weighed, inside)
    for seed in range(3):
        turned = list(belief.weighed)
        random.Random(seed).shuffle(turned)
        assert fine.refined(belief.world, belief.posterior, turned, inside) == first
