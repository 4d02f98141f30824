"""The scenario of the reference, order, negation, contradictions, refusals and time."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime

import pytest
from tests.casework.locate.clues import NORTH, PARTNER, SIGN, VAN, article, clue

from entente.casework.locate import engine
from entente.casework.locate.combine import error_of
from entente.casework.locate.engine import distinct, locate, most_trusted, sift
from entente.casework.locate.refusal import ClueRefused
from entente.vocabulary.place import Posterior


def text(found: Posterior) -> str:
    return json.dumps(found.as_json())


def share(found: Posterior, country: str) -> float:
    return next((c.p for c in found.countries if c.code == country), 0.0)


def north(found: Posterior) -> float:
    return sum(r.p for r in found.regions if r.country == "IT" and r.admin1 in NORTH)


def test_the_automatic_clues_lead_to_italy_but_not_to_a_region():
    found = locate(article())
    assert found.countries[0].code == "IT" and found.countries[0].p > 0.95
    assert found.regions[0].p < 0.5


def test_the_partners_region_lifts_northern_italy_and_piedmont():
    before, after = locate(article()), locate([*article(), PARTNER])
    assert north(after) > north(before) + 0.15 and north(after) > 0.9
    assert (after.regions[0].country, after.regions[0].admin1) == ("IT", "12")


def test_local_clues_narrow_the_region_to_a_district():
    found = locate([*article(), PARTNER, VAN, SIGN])
    assert found.regions[0].admin1 == "12" and found.regions[0].p > 0.99
    assert found.area90_km2 < 6_000


def test_the_same_clues_in_any_order_give_the_same_bytes():
    clues = [*article(), PARTNER, VAN, SIGN]
    first = text(locate(clues))
    for seed in range(4):
        random.Random(seed).shuffle(clues)
        assert text(locate(clues)) == first


def test_no_clue_gives_the_prior():
    found = locate([])
    assert found.clues == () and found.contradictions == ()
    assert {c.code for c in found.countries[:2]} == {"CN", "IN"}
    assert found.area90_km2 > 2e7
    assert found.next_questions


def test_a_german_barcode_does_not_turn_the_country():
    with_it, without = locate(article()), locate(article()[:-1])
    assert with_it.countries[0].code == "IT"
    assert abs(share(with_it, "IT") - share(without, "IT")) < 0.02
    lead = next(c for c in with_it.clues if c.id == "lead")
    assert lead.log10_bf < 0


def test_a_false_clue_is_shown_and_not_averaged():
    found = locate([*article(), clue("coin", "currency", "JPY", 0.9)])
    assert any("JPY" in said and "Italy" in said for said in found.contradictions)
    assert next(c for c in found.clues if c.id == "coin").p_misleading > 0.7  # money travels
    assert share(found, "IT") > 0.9


def test_two_sure_sources_that_part_are_named():
    found = locate(
        [
            clue("a", "socket", "L", 0.97),
            clue("b", "mains_hz", 50, 0.97),
            clue("c", "currency", "JPY", 0.97),
            clue("d", "language", {"ja": 1.0}, 0.97),
        ]
    )
    assert any(said.startswith("The sources part") for said in found.contradictions)


def test_not_ours_lowers_a_region_and_a_country():
    base = locate(article()[:3])
    no_lombardy = locate(
        [*article()[:3], clue("n", "region", {"country": "IT", "admin1": "Lombardy"}, 0.95, negated=True)]
    )
    before = next(r.p for r in base.regions if (r.country, r.admin1) == ("IT", "09"))
    after = next(r.p for r in no_lombardy.regions if (r.country, r.admin1) == ("IT", "09"))
    assert after < 0.6 * before
    no_italy = locate([*article()[:3], clue("n", "country", "IT", 0.95, negated=True)])
    assert share(no_italy, "IT") < share(base, "IT")


@pytest.mark.parametrize(
    ("kind", "value", "country"),
    [
        ("socket", "G", "GB"),
        ("mains_hz", 60, "US"),
        ("driving_side", "left", "GB"),
        ("currency", "EUR", "IT"),
        ("phone_number", "+39 0171 692345", "IT"),
        ("utc_offset", 540, "JP"),
        ("ip_country", "FR", "FR"),
        ("language", {"el": 1.0}, "GR"),
        ("speech", {"pl": 1.0}, "PL"),
        ("toponym", "Torino", "IT"),
        ("barcode", "4006381333931", "DE"),
        ("text", {"string": "Καλημέρα"}, "GR"),
        ("gps", {"lat": 48.85, "lon": 2.35, "radius_m": 100}, "FR"),
        ("country", "SE", "SE"),
        ("region", {"country": "ES", "admin1": "56"}, "ES"),
        ("holiday", "2025-07-14", "FR"),
        ("relief", "flat", "NL"),
        ("relief", "mountain", "CH"),
        ("plate", "LB-12 CDE", "GB"),
        ("plate", "1234 BCD", "ES"),
    ],
)
def test_each_kind_raises_its_country_and_its_negation_lowers_it(kind, value, country):
    prior = share(locate([]), country)
    assert share(locate([clue("x", kind, value, 0.9)]), country) > prior
    assert share(locate([clue("x", kind, value, 0.9, negated=True)]), country) <= prior


def test_the_same_observation_told_twice_counts_once_but_two_partners_count_twice():
    once, twice = article()[:2], [*article()[:2], clue("hum2", "mains_hz", 50, 0.97)]
    assert locate(once).countries == locate(twice).countries
    one = [clue("p1", "country", "IT", 0.8, source="a", group="partner")]
    two = [*one, clue("p2", "country", "IT", 0.8, source="b", group="partner")]
    assert share(locate(two), "IT") > share(locate(one), "IT") + 0.005


def test_what_says_nothing_of_place_is_reported_and_moves_nothing():
    silent = [
        clue("lamp", "object", "a red lamp"),
        clue("phone", "device", {"make": "x"}),
        clue("hill", "time", "2026-06-06T18:41:07+02:00"),
    ]
    found = locate([*article(), *silent])
    assert found.countries == locate(article()).countries
    assert [c.log10_bf for c in found.clues if c.id in {"lamp", "phone", "hill"}] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("socket", "7"),
        ("socket", ""),
        ("mains_hz", 55),
        ("driving_side", "up"),
        ("currency", "XXQ"),
        ("phone_number", "hello"),
        ("phone_number", "+999 12345"),
        ("barcode", "4006381333932"),
        ("barcode", "abc"),
        ("utc_offset", 9999),
        ("utc_offset", "x"),
        ("posting_hours", [1, 2]),
        ("posting_hours", [0] * 24),
        ("posting_hours", [-1] + [1] * 23),
        ("sun_elevation", {"deg": 95, "sd": 1, "utc": "2026-05-04T08:00:00Z"}),
        ("sun_elevation", {"deg": 20, "sd": 1, "utc": "yesterday"}),
        ("sun_elevation", {"deg": 20, "sd": 0, "utc": "2026-05-04"}),
        ("sun_elevation", 20),
        ("gps", {"lat": 91, "lon": 0}),
        ("gps", {"lat": 0, "lon": 0}),
        ("gps", {"lat": float("nan"), "lon": 1}),
        ("country", "ZZ"),
        ("region", {"country": "IT", "admin1": "Atlantis"}),
        ("region", "IT"),
        ("ip_country", ""),
        ("language", {}),
        ("language", {"it": -1}),
        ("language", {"tlh": 1.0}),
        ("text", ""),
        ("text", {"string": "a", "script": "Qaaa"}),
        ("toponym", "Nowhereville-sur-Rien"),
        ("toponym", None),
        ("holiday", "Ferragosto"),
        ("holiday", "2025-02-30"),
        ("holiday", "1985-08-15"),
        ("holiday", 24),
        ("plate", "AB*"),
        ("plate", "*******"),
        ("plate", "Ferrari!"),
        ("plate", "A1A1A1A1A1"),
        ("plate", "AB 123 CD 456 EF"),
        ("plate", 7),
        ("relief", "steep"),
        ("relief", None),
    ],
)
def test_a_bad_value_is_refused_by_name(kind, value):
    with pytest.raises(ClueRefused, match=r"clue bad: .{15,}") as refused:
        locate([*article(), clue("bad", kind, value)])
    assert refused.value.clue_id == "bad"


def test_a_density_cannot_be_negated():
    with pytest.raises(ClueRefused, match="cannot be negated"):
        locate([clue("x", "posting_hours", [1] * 24, negated=True)])


def test_sift_keeps_everything_but_the_bad_one():
    kept, refused = sift([*article(), clue("bad", "socket", "7"), clue("lamp", "object", "lamp")])
    assert [c.id for c in kept] == [c.id for c in article()] + ["lamp"]
    assert [r.clue_id for r in refused] == ["bad"]


def test_a_sun_seen_in_the_future_is_refused():
    with pytest.raises(ClueRefused, match="future"):
        locate(article(), now=datetime(2026, 1, 1, tzinfo=UTC))


def test_too_many_clues_are_refused_and_many_equal_ones_are_not():
    many = [clue(f"u{i}", "phone_number", f"+39 0171 {i:06d}") for i in range(10_000)]
    with pytest.raises(ClueRefused, match="10000 different clues: keep the 100 best") as refused:
        locate(many)
    assert refused.value.clue_id in {c.id for c in many}
    with pytest.raises(ClueRefused, match="101 different"):
        locate(many[:101])
    assert len(locate([clue(f"h{i}", "mains_hz", 50) for i in range(3000)]).clues) == 3000


def test_of_equal_ones_the_most_trusted_counts():
    pairs = [
        ({"reliability": 0.3}, {"evaluation": "A1"}),
        ({"evaluation": "C4"}, {"evaluation": "X4"}),
        ({"evaluation": "A4"}, {"evaluation": "B1"}),
    ]
    for pair in pairs:
        for worse, better in (pair, pair[::-1]):  # whatever their ids
            two = [clue("a", "socket", "L", **worse), clue("b", "socket", "L", **better)]
            (best,), _ = distinct(two)
            assert error_of(best) == min(map(error_of, two)) < max(map(error_of, two))


def test_of_more_than_are_weighed_the_most_trusted_stay_and_only_they_are_tried(monkeypatch):
    many = [clue(f"u{i}", "phone_number", f"+39 0171 {i:06d}", 0.5) for i in range(10_000)]
    better = [clue(f"b{i}", "phone_number", f"+39 011 {i:06d}", 0.9) for i in range(99)]
    bad, lamp = clue("bad", "socket", "7", 0.95), clue("lamp", "object", "lamp")
    tried = []
    monkeypatch.setattr(
        engine,
        "_fault",
        lambda said: tried.append(said) or (ClueRefused("", "no") if said.clue is bad else None),
    )
    kept, refused = sift([*many, lamp, *better, bad])
    assert [r.clue_id for r in refused] == ["bad"] and len(kept) == 10_100 and len(tried) == 101
    best, left_out = most_trusted(kept)
    assert {c.id for c in best} == {"u0", "lamp", *(c.id for c in better)} and left_out == 9999


def test_a_better_grade_weighs_more():
    graded = {
        g: share(locate([clue("r", "country", "IT", evaluation=g)]), "IT") for g in ("A1", "B3", "C4", "X4")
    }
    assert graded["A1"] > graded["B3"] > graded["X4"] > graded["C4"]


def test_twelve_clues_are_explained_in_about_a_second():
    clues = [
        *article(),
        PARTNER,
        VAN,
        SIGN,
        clue("s", "speech", {"it": 1.0}, 0.9),
        clue("e", "currency", "EUR", 0.9),
        clue("d", "driving_side", "right", 0.9),
    ]
    locate(clues)
    took = []
    for _ in range(3):
        start = time.perf_counter()
        assert len(locate(clues).clues) == 12
        took.append(time.perf_counter() - start)
    assert min(took) < 1.5  # .4 s on two idle cores
