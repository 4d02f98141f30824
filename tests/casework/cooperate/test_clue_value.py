"""A partner's line, read by the kind of clue."""

from __future__ import annotations

import pytest

from entente.casework.cooperate.clue_value import STATED, ValueRefused, parse, said
from entente.vocabulary.clue import ClueKind


@pytest.mark.parametrize(
    ("kind", "line", "value"),
    [
        (ClueKind.COUNTRY, " it ", "IT"),
        (ClueKind.REGION, "it, Tuscany", {"country": "IT", "admin1": "Tuscany"}),
        (ClueKind.GPS, "43.77, 11.25", {"lat": 43.77, "lon": 11.25, "radius_m": 1000.0}),
        (ClueKind.LANGUAGE, "it, sc", {"it": 0.5, "sc": 0.5}),
        (ClueKind.DRIVING_SIDE, "Left", "left"),
        (ClueKind.TOPONYM, "Siena", "Siena"),
        (ClueKind.TEXT, "Latte fresco", {"string": "Latte fresco", "script": ""}),
    ],
)
def test_it_reads_a_line_by_its_kind(kind, line, value):
    assert parse(kind, line) == value


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (ClueKind.COUNTRY, "Italy"),
        (ClueKind.REGION, "Tuscany"),
        (ClueKind.GPS, "here"),
        (ClueKind.GPS, "143, 11"),
        (ClueKind.GPS, "nan, nan"),
        (ClueKind.LANGUAGE, "it and sc"),
        (ClueKind.RELIEF, "steep"),
        (ClueKind.HOLIDAY, "Ferragosto"),
        (ClueKind.TOPONYM, "   "),
        (ClueKind.MAINS_HZ, "50"),
    ],
)
def test_it_refuses_a_line_with_the_mend(kind, line):
    with pytest.raises(ValueRefused) as refused:
        parse(kind, line)
    assert len(str(refused.value)) > 20


def test_every_stated_kind_can_be_read_back_as_one_line():
    lines = {
        "region": "IT, Tuscany",
        "country": "IT",
        "gps": "43, 11, 5",
        "language": "it",
        "speech": "it",
        "driving_side": "left",
        "relief": "flat",
        "holiday": "2025-06-24",
    }
    for kind in STATED:
        assert said(parse(kind, lines.get(str(kind), "ABC 123")))
