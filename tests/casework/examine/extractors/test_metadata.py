"""Clues from tags: nothing invented, nonsense left out."""

from __future__ import annotations

import pytest

from entente.casework.examine.extractors import Material
from entente.casework.examine.extractors.metadata import MetadataExtractor


def found(**metadata: object) -> dict[str, object]:
    return {clue.kind.value: clue.value for clue in MetadataExtractor().find(Material("m", metadata))}


def test_an_offset_is_a_clue_of_the_device_group() -> None:
    (clue,) = MetadataExtractor().find(Material("m", {"offset_minutes": 120}))
    assert (clue.value, clue.group, clue.evaluation) == (120, "device", "X4")
    assert "UTC+02:00" in clue.because


@pytest.mark.parametrize("minutes", [7, 20_000, None, "120", True])
def test_an_offset_that_no_clock_is_set_to_is_left_out(minutes: object) -> None:
    assert found(offset_minutes=minutes) == {}


def test_a_negative_offset_is_written_as_one() -> None:
    (clue,) = MetadataExtractor().find(Material("m", {"offset_minutes": -210}))
    assert "UTC-03:30" in clue.because


@pytest.mark.parametrize(
    "gps",
    [
        {"lat": 0, "lon": 0},
        {"lat": 91, "lon": 8},
        {"lat": "north"},
        {},
        None,
        {"lat": float("nan"), "lon": 8},
    ],
)
def test_a_position_that_cannot_be_is_left_out(gps: object) -> None:
    assert found(gps=gps) == {}


def test_a_position_without_error_gets_that_of_a_phone() -> None:
    assert found(gps={"lat": 44.5, "lon": 7.7}) == {"gps": {"lat": 44.5, "lon": 7.7, "radius_m": 50.0}}


def test_a_serial_alone_names_a_device() -> None:
    assert found(serial=" 4102207 ") == {"device": {"make": "", "model": "", "serial": "4102207"}}


def test_empty_tags_give_nothing() -> None:
    assert found(make="", model=" ", taken_at=None) == {}
