"""The waterfall adds up, the same set is reckoned once, and nobody gets the answer to another's clues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import numpy as np
import pytest
from tests.casework.locate.clues import PARTNER, article, clue

from entente.casework.locate.engine import believe, cells90, groups, leading, locate
from entente.casework.locate.history import MOVED, both, changed, read
from entente.casework.locate.reckon import reckon
from entente.casework.locate.waterfall import WIDTH, bar, scale_of

CLUES = [*article(), PARTNER, clue("coin", "currency", "JPY", 0.95)]


def test_the_steps_lead_from_the_prior_to_the_belief():
    found = reckon(CLUES)
    belief = believe(CLUES)
    inside = leading(belief.world, belief.posterior)[2]
    for odds, shares in zip(found.odds, (belief.world.prior, belief.posterior), strict=True):
        p = float(shares[inside].sum())
        assert odds == pytest.approx(np.log10(p / (1 - p)), abs=1e-3)
    assert found.steps[0].before == found.odds[0] and found.steps[-1].after == found.odds[1]
    assert all(a.after == b.before for a, b in zip(found.steps, found.steps[1:], strict=False))
    alone = [abs(s.weight.log10_bf) for s in found.steps]
    assert alone == sorted(alone, reverse=True)
    assert {s.weight for s in found.steps} == set(groups(CLUES)) == set(found.groups)
    assert tuple(f"{c:x}" for c in found.cells90.tolist()) == cells90(CLUES)


def test_what_does_not_fit_is_named():
    found = reckon(CLUES)
    assert [w.id for w in found.doubted] == ["coin"]
    parted = reckon([clue("a", "country", "IT", 0.99), clue("b", "phone_number", "+81 3 1234 5678", 0.99)])
    assert [(p.one, p.here, p.two, p.there) for p in parted.parted] == [("analyst", "IT", "objects", "JP")]


def test_the_same_clues_are_reckoned_once_in_any_order():
    assert reckon(CLUES) is reckon(list(reversed(CLUES)))
    assert reckon(CLUES).posterior == locate(CLUES)


@pytest.mark.parametrize(
    "other", [{"id": "z"}, {"value": 60}, {"negated": True}, {"evaluation": "A1"}, {"reliability": 0.5}]
)
def test_a_clue_that_is_another_in_anything_is_reckoned_anew(other):
    hum = clue("m", "mains_hz", 50)
    assert reckon([replace(hum, **other)]) is not reckon([hum])


def test_a_bar_stands_where_its_numbers_say():
    scale = scale_of([-2.2, 3.5])
    assert (scale.low, scale.high) == (-3.0, 4.0)
    drawn = ElementTree.fromstring(bar(scale, 1.0, -1.0))
    rect = next(e for e in drawn.iter() if e.tag.endswith("rect"))
    assert rect.get("class") == "against" and drawn.get("aria-hidden") == "true"
    assert float(rect.get("x")) == pytest.approx(2 / 7 * WIDTH, abs=0.1)
    assert float(rect.get("width")) == pytest.approx(2 / 7 * WIDTH, abs=0.1)
    assert scale_of([]).low == -1.0


def test_two_states_say_what_came_went_and_weighs_otherwise():
    at = datetime(2026, 6, 9, tzinfo=UTC)
    one = read("1", at, "IT-1001", [c.id for c in article()], locate(article()).as_json())
    two = read("2", at, "IT-1001", [c.id for c in CLUES[1:]], locate(CLUES[1:]).as_json())
    found = changed(one, two)
    assert set(found.come) == {"coin", PARTNER.id}
    assert found.gone == (CLUES[0].id,)
    assert all(abs(now - was) >= MOVED for _, was, now in found.otherwise)
    assert set(changed(None, one).come) == set(one.clues) and changed(one, one) == changed(two, two)
    shares = both(one.countries, two.countries, 3)
    assert shares[0][0].country == "IT" and len(shares) == 3
