"""The sun against printed figures of Meeus, Astronomical Algorithms, 2nd ed., and against pvlib."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from entente.casework.locate.sun import ecliptic, elevation


def test_it_gives_the_declination_and_ascension_of_meeus_example_25a():
    declination, ascension, _ = ecliptic(datetime(1992, 10, 13, tzinfo=UTC))
    assert np.degrees(declination) == pytest.approx(-7.78507, abs=0.003)
    assert np.degrees(ascension) % 360 == pytest.approx(198.38083, abs=0.005)


def test_it_gives_the_sidereal_time_of_meeus_example_12a():
    _, _, sidereal = ecliptic(datetime(1987, 4, 10, tzinfo=UTC))
    assert np.degrees(sidereal) == pytest.approx(197.693195, abs=0.001)


def test_the_sun_stands_at_the_pole_as_high_as_its_declination():
    moment = datetime(2024, 6, 20, 20, 51, tzinfo=UTC)  # the solstice as almanacs print it
    assert elevation(moment, np.array([[90.0, 0.0]]))[0] == pytest.approx(23.44, abs=0.01)


def test_it_is_within_two_hundredths_of_a_degree_of_pvlib():
    _, _, *rows = csv.reader((Path(__file__).parent / "sun_of_pvlib.csv").read_text().splitlines())
    ours = [elevation(datetime.fromisoformat(t), np.array([[float(a), float(o)]]))[0] for t, a, o, _ in rows]
    assert len(rows) == 200
    assert np.abs(np.array(ours) - [float(r[3]) for r in rows]).max() <= 0.02  # .0112 when it was made


def test_morning_and_afternoon_mirror_each_other_about_noon():
    place = np.array([[45.0, 0.0]])
    day = [elevation(datetime(2024, 4, 15, h, m, tzinfo=UTC), place)[0] for h in (9, 15) for m in (0,)]
    assert day[0] == pytest.approx(day[1], abs=0.3)  # the equation of time is near zero in mid April
