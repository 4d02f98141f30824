"""The sun's elevation from a height and its shadow, and hours from a list of times."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.examine.shadow import elevation_of
from entente.casework.examine.values import ValueRefused, as_text, parse
from entente.vocabulary.clue import ClueKind


def test_a_height_as_long_as_its_shadow_is_45_degrees() -> None:
    deg, sd = elevation_of(1.8, 1.8)
    assert deg == pytest.approx(45)
    assert sd == pytest.approx(3.0, abs=0.05), "what was given by eye until now"


def test_the_error_is_what_wrong_lengths_make() -> None:
    rng = np.random.default_rng(2)
    for height, shadow in ((1, 1), (1, 3), (2, 1)):
        deg, sd = elevation_of(height, shadow)
        drawn = [
            elevation_of(height * (1 + 0.03 * a), shadow * (1 + 0.1 * b))[0] - deg
            for a, b in rng.normal(0, 1, (2000, 2))
        ]
        assert np.std(drawn) == pytest.approx(sd, rel=0.1)


@pytest.mark.parametrize("lengths", [(0, 1), (1, 0), (-1, 2), (float("nan"), 1), (1, float("inf"))])
def test_lengths_that_are_none_are_refused(lengths: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="lengths above 0"):
        elevation_of(*lengths)


def test_a_height_and_a_shadow_are_read_where_an_elevation_is() -> None:
    value = parse(ClueKind.SUN_ELEVATION, "180/240, 2026-06-06T16:40Z")
    assert value == {"deg": 36.9, "sd": 2.9, "utc": "2026-06-06T16:40:00+00:00"}
    assert parse(ClueKind.SUN_ELEVATION, as_text(ClueKind.SUN_ELEVATION, value)) == value
    for wrong in ("180/0, 2026-06-06T16:40Z", "180/240", "180/240, noon", "180/240, 2026-06-06T16:40"):
        with pytest.raises(ValueRefused):
            parse(ClueKind.SUN_ELEVATION, wrong)


def test_posting_hours_are_counted_from_the_times_themselves() -> None:
    hours = parse(ClueKind.POSTING_HOURS, "2026-06-06T16:40Z, 2026-06-07T18:05+02:00; 2026-06-08T00:10Z")
    assert (hours[16], hours[0], sum(hours)) == (2, 1, 3)
    many = ", ".join(["2026-06-06T16:40Z"] * 500)
    assert parse(ClueKind.POSTING_HOURS, many)[16] == 500
    for wrong in ("2026-06-06T16:40", "16:40", "2026-06-06T25:00Z"):
        with pytest.raises(ValueRefused):
            parse(ClueKind.POSTING_HOURS, wrong)
