"""What the sources print, fact by fact: corrected sockets, the two grids of Japan, capped counts, floors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.casework.locate.clues import clue

from entente.casework.locate import credible
from entente.casework.locate.engine import believe, locate
from entente.casework.locate.likelihood import READERS, likelihood
from entente.casework.locate.likelihood.grid import installed
from entente.casework.locate.likelihood.shares import country_weights
from entente.casework.locate.questions import information
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.tables import EXITS, FALSE_YES, FROM_ELSEWHERE, POSTING_CAP, RECOGNISED
from entente.casework.locate.world import world


@pytest.mark.parametrize(
    ("country", "types"),
    [("CL", "CL"), ("JP", "AB"), ("IT", "CFL"), ("CH", "CJ"), ("BR", "CN"), ("IN", "CDM"), ("TH", "ABCO"),
     ("NG", "DG"), ("PE", "ABC"), ("RW", "CJ"),
     ("CN", "ACI"), ("ZA", "CMN"), ("IL", "CH"), ("DK", "CEFK"), ("GB", "G"), ("AR", "CI"), ("UY", "CFIL")],
)  # fmt: skip
def test_the_socket_types_are_those_of_iec(country, types):
    assert "".join(sorted(installed()[country])) == types
    assert sum(installed()[country].values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("prefecture", "hertz"),
    [("Tokyo", 50), ("Hokkaido", 50), ("Miyagi", 50), ("Osaka", 60), ("Aichi", 60), ("Fukuoka", 60)],
)
def test_japan_has_two_grids(prefecture, hertz):
    here = world()
    row = next(i for i, (c, _, n) in enumerate(here.districts) if c == "JP" and n.startswith(prefecture))
    own = likelihood(clue("h", "mains_hz", hertz), here).values[row]
    other = likelihood(clue("h", "mains_hz", 110 - hertz), here).values[row]
    assert own > 0.99 > 0.01 > other


@pytest.mark.parametrize(
    ("country", "hertz"),
    [("US", 60), ("BR", 60), ("SA", 60), ("KR", 60), ("PH", 60), ("PE", 60), ("SX", 60),
     ("CL", 50), ("AR", 50), ("PY", 50), ("IT", 50), ("CN", 50), ("IN", 50), ("JM", 50)],
)  # fmt: skip
def test_the_grid_of_a_country_is_the_published_one(country, hertz):
    here = world()
    values = likelihood(clue("h", "mains_hz", hertz), here).over_cells()
    assert values[here.country == here.at_country[country]].min() > 0.99


def test_a_thousand_posts_say_no_more_than_the_cap():
    here = world()
    night = [3, 2, 1, 0, 0, 1, 2, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 7, 7, 8, 8, 7, 5]
    few, many = (
        likelihood(clue("p", "posting_hours", [n * times for n in night]), here).values for times in (1, 50)
    )
    assert sum(night) > POSTING_CAP
    assert np.allclose(few, many)
    assert few.min() > 1e-3 * few.max()  # no zone is excluded by one person's habits


def test_the_capped_posting_set_covers_and_a_plain_count_would_not():
    here, draw = world(), np.random.default_rng(5)
    zone = next(i for i, (name, _) in enumerate(here.zones) if name == "Asia/Tokyo")
    shares = np.bincount(here.zone, here.prior, len(here.zones))
    own_day = np.roll(
        np.array([3, 2, 1, 1, 1, 1, 2, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 7, 7, 5.0]), -9
    )
    held = 0
    for _ in range(40):
        habits = np.roll(own_day, int(draw.integers(-2, 3))) * draw.gamma(6.0, 1 / 6.0, 24)
        counts = draw.multinomial(1000, habits / habits.sum()).tolist()
        belief = shares * likelihood(clue("p", "posting_hours", counts), here).values
        order = np.argsort(-belief / shares)
        ahead = np.cumsum(belief[order] / belief.sum())
        held += bool(ahead[np.flatnonzero(order == zone)[0]] - belief[zone] / belief.sum() < 0.9)
    assert held / 40 >= 0.85


@pytest.mark.parametrize(
    ("kind", "value", "country"),
    [("socket", "L", "JP"), ("driving_side", "left", "US"), ("currency", "JPY", "IT"), ("mains_hz", 60, "FR"),
     ("barcode", "4006381333931", "IT"), ("phone_number", "+81 3 12345678", "BR")],
)  # fmt: skip
def test_a_floor_is_the_share_from_elsewhere_times_how_common_the_value_is(kind, value, country):
    here, away = world(), FROM_ELSEWHERE[kind]
    values = likelihood(clue("f", kind, value), here).over_cells()
    mean = float(here.prior @ values)  # (1 − away)·m + away·m = m: the world's own share of the value
    floor = float(values[here.country == here.at_country[country]].min())
    assert floor == pytest.approx(away * mean, rel=0.02)


def test_an_exit_that_nobody_names_lies_as_people_do():
    here, weights = world(), country_weights(world())
    unnamed = [c for c in ("BR", "IN", "IT") if c not in EXITS]
    floors = [likelihood(clue("i", "ip_country", c), here).values.min() for c in unnamed]
    order = np.argsort([weights[here.at_country[c]] for c in unnamed])
    assert list(np.argsort(floors)) == list(order)


def test_a_partner_says_yes_and_not_ours_at_the_published_rates():
    here = world()
    yes = likelihood(clue("y", "country", "IT"), here).values
    no = likelihood(clue("n", "country", "IT", negated=True), here).values
    italy, france = here.at_country["IT"], here.at_country["FR"]
    assert yes[italy] == RECOGNISED["country"] and no[italy] == pytest.approx(1 - RECOGNISED["country"])
    assert no[france] == pytest.approx(1 - FALSE_YES)
    place = {"country": "IT", "admin1": "12"}
    piedmont = here.at_district["IT", "12"]
    assert likelihood(clue("y", "region", place), here).values[piedmont] == RECOGNISED["region"]
    not_ours = likelihood(clue("n", "region", place, negated=True), here).values
    assert not_ours[piedmont] == pytest.approx(1 - RECOGNISED["region"])


def test_a_yes_to_is_this_yours_is_said_elsewhere_at_the_rate_of_a_false_yes():
    here = world()
    yes = likelihood(clue("y", "country", {"country": "IT", "asked": True}), here).values
    elsewhere = np.array(here.countries) != "IT"
    assert (yes[elsewhere] == FALSE_YES).all() and yes[~elsewhere] == [RECOGNISED["country"]]
    free = likelihood(clue("y", "country", "IT"), here).values
    assert likelihood(clue("y", "country", {"country": "IT"}), here).values.tolist() == free.tolist()
    place = {"country": "IT", "admin1": "12"}
    one = likelihood(clue("y", "region", place | {"asked": True}), here).values
    # whichever region of it they name: a false yes from abroad is as frequent as one that names none
    named = [likelihood(clue("y", "region", {"country": "IT", "admin1": a, "asked": True}), here).values[0]
             for c, a, _ in here.districts if c == "IT"]  # fmt: skip
    assert here.districts[0][0] != "IT" and sum(named) == pytest.approx(FALSE_YES)
    assert one[here.at_district["IT", "12"]] == RECOGNISED["region"]
    for bad in ({"country": "IT", "asked": "yes"}, {"asked": True}, {"country": "XX", "asked": True}):
        with pytest.raises(ClueRefused):
            likelihood(clue("y", "country", bad), here)


def test_the_gain_of_is_this_yours_is_reckoned_with_the_rates_that_its_answer_is_weighed_with():
    here, clues = world(), [clue("s", "socket", "L", 0.9)]
    asks = [q for q in locate(clues).next_questions if q.kind == "country" and q.about == "IT"]
    posterior = believe(clues).posterior
    p = float(credible.countries(here, posterior)[here.at_country["IT"]])
    told = [clue("y", "country", {"country": "IT", "asked": True}), clue("n", "country", "IT", negated=True)]
    said = np.array([likelihood(c, here).values for c in told])  # (answers, countries)
    inside, outside = said[:, here.at_country["IT"]], said[:, here.at_country["FR"]]
    assert inside.sum() == pytest.approx(1) and outside.sum() == pytest.approx(1)
    gain = information(np.array([p, 1 - p]), np.stack([inside, outside]))
    assert [q.gain_bits for q in asks] == [round(0.6 * gain, 4)]


def test_a_clue_told_again_under_another_name_keeps_its_own_name():
    first = locate([clue("a", "socket", "L", 0.9)])
    second = locate([clue("b", "socket", "L", 0.9)])
    assert [c.id for c in first.clues] == ["a"] and [c.id for c in second.clues] == ["b"]
    assert first.countries == second.countries
    weaker = locate([clue("b", "socket", "L", 0.5)])
    assert weaker.countries != second.countries


def test_every_kind_that_is_weighed_has_its_page_of_methods():
    pages = Path(__file__).parents[3] / "docs" / "methods" / "likelihoods"
    assert {p.stem for p in pages.glob("*.md")} == {*map(str, READERS), "fine"}
    for page in pages.glob("*.md"):
        parts = ("**Claim.**", "**Source.**", "**Measured.**", "**Limits, and how a court may attack it.**")
        assert all(part in page.read_text(encoding="utf-8") for part in parts), page.name
