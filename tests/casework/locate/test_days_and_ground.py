"""Days on which a place is closed, and what the ground looks like about it: the published tables, by name."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from tests.casework.locate.clues import article, clue

from entente.casework.locate.engine import cells90, locate
from entente.casework.locate.likelihood import likelihood
from entente.casework.locate.likelihood.days import days
from entente.casework.locate.likelihood.ground import RELIEF, ground, seen
from entente.casework.locate.refusal import ClueRefused
from entente.casework.locate.world import world


def kept(on: str, country: str) -> dict[str, float]:
    here, shares = world(), days().kept(world(), date.fromisoformat(on))
    return {n: float(s) for (c, _, n), s in zip(here.districts, shares, strict=True) if c == country}


@pytest.mark.parametrize(
    ("on", "country", "keeps", "does_not"),
    [
        (
            "2025-01-06",
            "DE",
            {"Bavaria", "Baden-Wuerttemberg", "Saxony-Anhalt"},
            {"Berlin", "Hesse"},
        ),
        ("2026-04-23", "ES", {"Aragon", "Castille and Leon"}, {"Madrid", "Galicia"}),
        ("2025-08-01", "CH", {"Ticino", "Zurich", "Vaud"}, set()),
        ("2025-06-24", "CA", {"Quebec"}, {"Ontario", "Alberta"}),
        ("2024-11-30", "GB", set(), {"England", "Wales"}),
        ("2025-03-17", "GB", {"Northern Ireland"}, {"England", "Scotland", "Wales"}),
        ("2025-11-27", "US", {"Texas", "New York"}, set()),
        ("2024-04-01", "FR", {"Brittany", "Ile-de-France"}, set()),  # Easter Monday moves
        ("2025-04-01", "FR", set(), {"Brittany", "Ile-de-France"}),
    ],
)
def test_the_law_of_each_division_is_in_the_table(on, country, keeps, does_not):
    shares = kept(on, country)
    assert {n for n in keeps | does_not if shares[n] == 1.0} == keeps
    assert all(shares[n] == 0.0 for n in does_not)


def test_a_towns_patron_counts_for_the_towns_share_of_its_region():
    shares = kept("2025-06-24", "IT")  # Saint John: Turin, Genoa, Florence and others
    assert {n for n, s in shares.items() if s > 0.05} == {"Piedmont", "Liguria", "Tuscany"}
    assert shares["Piedmont"] == pytest.approx(870_000 / 4_260_000, abs=0.08)
    assert kept("2025-12-07", "IT")["Lombardy"] > 0.05  # Saint Ambrose: Milan


def test_weekly_rest_says_less_and_friday_is_rest_elsewhere():
    here, friday = world(), date(2025, 5, 9)
    rest = days().resting(here, friday)
    assert rest[here.country_of_district == here.at_country["SA"]].all()
    assert not rest[here.country_of_district == here.at_country["IT"]].any()
    sunday = likelihood(clue("s", "holiday", "2025-05-11"), here).over_cells()
    italy, arabia = (sunday[here.country == here.at_country[c]].mean() for c in ("IT", "SA"))
    assert 0.3 < italy < 0.6 and arabia < 0.3


def test_a_day_without_year_is_the_mean_and_a_feast_that_moves_is_weak_there():
    here = world()
    fixed, moving = (
        likelihood(clue("d", "holiday", v), here).over_cells()[here.country == here.at_country["FR"]].mean()
        for v in ("07-14", "04-21")
    )
    assert fixed > 0.75 and moving < 0.4
    assert likelihood(clue("d", "holiday", "02-29"), here).values.max() <= 1.0


def test_open_on_a_holiday_speaks_against_those_who_keep_it():
    found = locate([clue("open", "holiday", "2025-07-14", 0.9, negated=True)])
    france = {c.code: c.p for c in locate([]).countries}["FR"]
    assert {c.code: c.p for c in found.countries}["FR"] < 0.5 * france


def test_a_place_whose_holidays_nobody_lists_is_neither_helped_nor_hurt():
    here = world()
    unknown = sorted(set(here.countries) - days().known)
    assert unknown and len(days().known) > 230
    said = likelihood(clue("d", "holiday", "2025-07-14"), here)
    row = here.country_of_district == here.at_country[unknown[0]]
    assert float(said.values[row][0]) == pytest.approx(float(here.prior @ said.over_cells()), rel=0.02)


def test_a_day_that_has_not_come_is_refused_by_name():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(ClueRefused, match="clue d: 2027-08-15 lies in the future"):
        locate([clue("d", "holiday", "2027-08-15")], now)
    assert locate([clue("d", "holiday", "08-15")], now).clues


def test_the_ground_of_known_lands_is_what_maps_print():
    here = world()

    def share(kind: str, country: str) -> float:
        inside = here.country == here.at_country[country]
        return float(here.prior[inside] @ seen(here, kind)[inside] / here.prior[inside].sum())

    assert min(share("flat", c) for c in ("NL", "DK", "BD")) > 0.85
    assert min(share("mountain", c) for c in ("NP", "CH", "BT")) > 0.6
    together = np.sum([seen(here, k) for k in RELIEF], axis=0)
    assert np.abs(together - 1).max() < 1e-6


def test_the_floor_of_relief_is_the_maps_own_error():
    here, table = world(), ground()
    assert 0.05 < table.differ < 0.3
    values = seen(here, "mountain")
    floor = float(values.min())
    assert 0.01 < floor < table.differ and values.max() > 0.8


@pytest.mark.parametrize("kind", RELIEF)
def test_a_town_between_plain_and_alps_stays_in_the_region_whatever_is_said_of_its_ground(kind):
    fossano = "851f9aabfffffff"
    assert fossano in cells90(article())
    assert fossano in cells90([*article(), clue("hill", "relief", kind, 0.8)])
