"""What an officer types becomes the value of DESIGN section 5, or is refused with the mend."""

from __future__ import annotations

import pytest

from entente.casework.examine.values import HINTS, ValueRefused, as_text, parse
from entente.vocabulary.clue import ClueKind

READ = [
    (ClueKind.GPS, "44.55, 7.73", {"lat": 44.55, "lon": 7.73, "radius_m": 50.0}),
    (ClueKind.GPS, "44.55 -7.73 12", {"lat": 44.55, "lon": -7.73, "radius_m": 12.0}),
    (ClueKind.TEXT, "  latte   intero ", {"string": "latte intero", "script": "Latn"}),
    (ClueKind.TEXT, "Молоко", {"string": "Молоко", "script": "Cyrl"}),
    (ClueKind.TEXT, "駅はこちら", {"string": "駅はこちら", "script": "Jpan"}),
    (ClueKind.TEXT, "火車站", {"string": "火車站", "script": "Hani"}),
    (ClueKind.TEXT, "12:30", {"string": "12:30", "script": "Latn"}),
    (ClueKind.LANGUAGE, "IT", {"it": 1.0}),
    (ClueKind.SPEECH, "it 0.8, pt-BR 0.2", {"it": 0.8, "pt-BR": 0.2}),
    (ClueKind.MAINS_HZ, "50 Hz", 50),
    (ClueKind.SOCKET, "c, f", "CF"),
    (ClueKind.DRIVING_SIDE, "Left", "left"),
    (ClueKind.CURRENCY, "eur", "EUR"),
    (ClueKind.PHONE_NUMBER, "+39 0171 445566", "+390171445566"),
    (ClueKind.BARCODE, "4006381333931", "4006381333931"),
    (ClueKind.BARCODE, "96385074", "96385074"),
    (ClueKind.UTC_OFFSET, "+02:00", 120),
    (ClueKind.UTC_OFFSET, "UTC-3:30", -210),
    (ClueKind.UTC_OFFSET, "5", 300),
    (ClueKind.POSTING_HOURS, " ".join(["0"] * 23 + ["7"]), [0] * 23 + [7]),
    (ClueKind.SUN_ELEVATION, "23.5 ± 2 at 2026-06-06T16:40Z", None),
    (ClueKind.REGION, "it Piedmont", {"country": "IT", "admin1": "Piedmont"}),
    (ClueKind.COUNTRY, "it", "IT"),
    (ClueKind.COUNTRY, "IT (asked)", {"country": "IT", "asked": True}),
    (ClueKind.REGION, "IT 12 (asked)", {"country": "IT", "admin1": "12", "asked": True}),
    (ClueKind.RELIEF, "Hilly", "hilly"),
    (ClueKind.PLATE, "ab*23", "AB*23"),
    (ClueKind.DEVICE, "Nordica / D410", {"make": "Nordica", "model": "D410", "serial": ""}),
    (ClueKind.OBJECT, "green floor tiles", "green floor tiles"),
]


@pytest.mark.parametrize(("kind", "text", "value"), READ)
def test_it_reads_each_kind_and_writes_it_back(kind, text, value):
    read = parse(kind, text)
    if value is not None:
        assert read == value
    assert parse(kind, as_text(kind, read)) == read


def test_it_reads_the_sun_with_its_error_and_moment():
    read = parse(ClueKind.SUN_ELEVATION, "23.5, 2, 2026-06-06T16:40Z")
    assert (read["deg"], read["sd"], read["utc"]) == (23.5, 2.0, "2026-06-06T16:40:00+00:00")


REFUSED = [
    (ClueKind.GPS, "north of Cuneo"),
    (ClueKind.GPS, "94, 7"),
    (ClueKind.GPS, "nan, 7"),
    (ClueKind.GPS, "44.5"),
    (ClueKind.LANGUAGE, "Italian, perhaps"),
    (ClueKind.SPEECH, "it 0"),
    (ClueKind.MAINS_HZ, "55"),
    (ClueKind.SOCKET, "Z"),
    (ClueKind.DRIVING_SIDE, "both"),
    (ClueKind.CURRENCY, "euro"),
    (ClueKind.PHONE_NUMBER, "12"),
    (ClueKind.BARCODE, "4006381333932"),
    (ClueKind.BARCODE, "40063813"),
    (ClueKind.UTC_OFFSET, "+02:10"),
    (ClueKind.UTC_OFFSET, "+15:00"),
    (ClueKind.POSTING_HOURS, "1 2 3"),
    (ClueKind.POSTING_HOURS, " ".join(["0"] * 24)),
    (ClueKind.SUN_ELEVATION, "23.5, 2, 2026-06-06T16:40"),
    (ClueKind.SUN_ELEVATION, "123, 2, 2026-06-06T16:40Z"),
    (ClueKind.REGION, "Piedmont"),
    (ClueKind.COUNTRY, "Italy"),
    (ClueKind.DEVICE, "a / b / c / d"),
    (ClueKind.DEVICE, " / / "),
    (ClueKind.TIME, "6 June"),
    (ClueKind.TOPONYM, "x" * 501),
]


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_it_refuses_what_is_no_value_of_the_kind(kind, text):
    with pytest.raises(ValueRefused) as refused:
        parse(kind, text)
    assert len(str(refused.value)) > 15


@pytest.mark.parametrize("kind", ClueKind)
def test_every_kind_has_a_hint_and_refuses_nothing_written(kind):
    assert HINTS[kind]
    with pytest.raises(ValueRefused, match="write the value"):
        parse(kind, "   ")


def test_a_value_of_an_unknown_shape_is_still_shown():
    assert as_text(ClueKind.GPS, "somewhere") == "somewhere"
    assert "lat" in as_text(ClueKind.GPS, {"lat": 1})
