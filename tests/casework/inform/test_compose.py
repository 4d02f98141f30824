"""The document: traced statements, union of handling, fixed order, refusals that say the mend."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from entente.casework.inform.compose import (
    Ask,
    ClueLine,
    Crop,
    NotComposed,
    ProductFacts,
    Statement,
    StatementType,
    compose,
)
from entente.vocabulary.handling import Audience, Handling, HandlingCode, Purpose
from entente.vocabulary.place import ClueWeight, CountryShare, Posterior, RegionShare, Without

H3 = Handling(frozenset({HandlingCode.H3}), "ask first")
CLUES = (
    ClueLine("c1", "Socket of type L", "V-0042/3", "DK-112", "Denmark", "A1", 14.0),
    ClueLine("c2", "Italian heard", "V-0042/4", "IT-7", "Italy", "B3", handling=H3),
    ClueLine("c3", "Red bag", "V-0042/4", "IT-7", "Italy"),
)
WEIGHTS = tuple(ClueWeight(i, b, 0.1, Without(9, "IT")) for i, b in (("c1", 0.5), ("c2", -1.256)))
POSTERIOR = Posterior(
    (*(CountryShare(f"C{i}", 0.1) for i in range(9)), CountryShare("IT", 0.1)),
    (RegionShare("IT", "09", "Lombardia", 0.62),),
    4210.4, 31877.6, (), WEIGHTS, ("c2 against c1",), (), "1", "2",
)  # fmt: skip
FACTS = ProductFacts(
    "OP-2026-014", "V-0042", 3, datetime(2026, 3, 4, 12, tzinfo=UTC), "Centre", Purpose.VICTIM_IDENTIFICATION,
    Audience.AMBER, (Handling(frozenset({HandlingCode.H1})),),
    (Statement("It points to Italy.", StatementType.ASSESSMENT, ("c2", "c1")),), CLUES, POSTERIOR,
    {"IT": "Italy"},
    "<svg/>", "Map", (Crop("a", "A socket", "Socket", "c1"),), ("b", "a", "b"),
    (Ask("Later?", datetime(2026, 3, 9, tzinfo=UTC), 1), Ask("Sooner?", datetime(2026, 3, 7, tzinfo=UTC), 4)),
)  # fmt: skip


def test_every_statement_leads_to_its_clues_items_and_persons():
    (statement,) = compose(FACTS)["statements"]
    assert statement["id"] == "S1"
    assert statement["evaluation"] == "X4"
    assert statement["trace"] == [
        {"clue": "c1", "item": "V-0042/3", "by": "DK-112", "agency": "Denmark"},
        {"clue": "c2", "item": "V-0042/4", "by": "IT-7", "agency": "Italy"},
    ]


def test_the_product_is_never_looser_than_any_clue():
    assert compose(FACTS)["handling"] == {"codes": "H0 H1 H3", "text": "ask first", "audience": "TLP:AMBER"}


def test_the_heaviest_clue_stands_first_and_the_weightless_last():
    assert [(c["id"], c["log10_bf"]) for c in compose(FACTS)["clues"]] == [
        ("c2", -1.26),
        ("c1", 0.5),
        ("c3", None),
    ]


def test_the_tables_sum_what_they_do_not_show():
    rows = compose(FACTS)["region"]["countries"]
    assert len(rows) == 9
    assert rows[-1] == {"name": None, "percent": 20.0}
    assert sum(r["percent"] for r in rows) == pytest.approx(100)


def test_the_order_in_which_clues_arrive_changes_nothing():
    first = json.dumps(compose(FACTS))
    for seed in range(5):
        clues, requests = list(CLUES), list(FACTS.requests)
        random.Random(seed).shuffle(clues)
        random.Random(seed).shuffle(requests)
        assert json.dumps(compose(replace(FACTS, clues=tuple(clues), requests=tuple(requests)))) == first


def test_requests_say_how_many_were_asked_and_never_who():
    assert compose(FACTS)["requests"][0] == {"question": "Sooner?", "due": "2026-03-07", "recipients": 4}


def test_a_product_without_a_region_is_one():
    assert compose(replace(FACTS, posterior=None, map_svg=""))["region"] is None


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ({"victim_number": "Anna"}, "V-number only"),
        ({"issued_at": datetime(2026, 3, 4)}, "time zone"),  # noqa: DTZ001
        ({"statements": ()}, "write a statement"),
        ({"statements": (Statement("x", StatementType.FACT, ()),)}, "name the clue"),
        ({"statements": (Statement("x", StatementType.FACT, ("c9",)),)}, "clue c9"),
        ({"clues": (*CLUES, CLUES[0])}, "give each clue once"),
        ({"clues": (replace(CLUES[0], evaluation="A9"), *CLUES[1:])}, "A1 to X4"),
        ({"crops": (Crop("a", "", "x"),)}, "description in words"),
        ({"crops": (Crop("a", "alt", "x", "c9"),)}, "clue c9"),
        ({"map_alt": ""}, "description in words"),
    ],
)
def test_what_cannot_be_traced_is_refused(change, mend):
    with pytest.raises(NotComposed, match=mend):
        compose(replace(FACTS, **change))
