"""z becomes a likelihood ratio that its pairs can bear; class and metadata are told before any pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest

from entente.casework.link.camera import (
    CALIBRATED,
    Described,
    Fitness,
    Likeness,
    Told,
    auc,
    cllr,
    evaluated,
    held_out,
    learned,
    told,
    worth,
)

RNG = np.random.default_rng(5)
APART = [list(RNG.normal(12, 3, 60)), list(RNG.normal(0, 1.4, 300))]


def test_a_ratio_rises_with_z_and_never_over_what_the_pairs_bear() -> None:
    taught = learned(*APART)
    ratios = [taught.log10_lr(z) for z in (-5, 0, 3, 5, 8, 500)]
    assert ratios == sorted(ratios)
    assert ratios[0] >= -math.log10(61) and ratios[-1] == pytest.approx(math.log10(301))
    assert taught.log10_lr(0) < -0.5 and taught.log10_lr(10) > 1


def test_pairs_that_are_told_apart_without_a_fault_give_no_infinite_ratio() -> None:
    taught = learned([50.0, 60.0], [0.0, 1.0])
    assert 0 < taught.slope < 1
    assert abs(taught.log10_lr(1e9)) <= math.log10(3)


def test_cllr_says_how_good_ratios_are() -> None:
    assert cllr([3, 3], [-3, -3]) < 0.01
    assert cllr([0, 0], [0, 0]) == pytest.approx(1)
    assert cllr([-3], [3]) > 5


def test_held_out_pairs_cost_more_than_nothing_and_less_than_silence() -> None:
    groups = [(APART[0][n::4], APART[1][n::4]) for n in range(4)]
    taught = held_out(groups)
    assert 0 < taught.cllr < 0.2
    assert (taught.same, taught.other) == (60, 300)


def test_one_side_alone_teaches_nothing() -> None:
    with pytest.raises(ValueError, match="pairs of two"):
        learned([1.0], [])


def test_auc_counts_ties_half() -> None:
    assert auc([2, 3], [0, 1]) == 1
    assert auc([1], [1]) == 0.5
    assert auc([0, 2], [1]) == 0.5


def test_every_class_but_unfit_has_its_calibration() -> None:
    assert set(CALIBRATED) == set(Fitness) - {Fitness.UNFIT}
    for taught in CALIBRATED.values():
        assert taught.log10_lr(0) < 0 < taught.log10_lr(30)
        assert 0 < taught.cllr < 1


SENSOR = (3000, 4000)
ORIGINAL = Described("picture", 3000, 4000, "Nordica", "D410", "4102207", layout=frozenset({"Image Make"}))


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (ORIGINAL, (Fitness.ORIGINAL, "whole")),
        (Described("picture", 4000, 3000, "Nordica", "D410"), (Fitness.ORIGINAL, "whole")),
        (Described("picture", 3000, 4000), (Fitness.RE_SAVED, "stripped")),
        (Described("picture", 3000, 4000, "N", "D", software="GIMP 2.10"), (Fitness.RE_SAVED, "edited")),
        (Described("picture", 1500, 2000, "N", "D"), (Fitness.RESIZED, "smaller")),
        (Described("picture", 900, 1600), (Fitness.UNFIT, "shape")),
        (Described("picture", 2400, 3200, "N", "D"), (Fitness.RESIZED, "smaller")),
        (Described("picture", 3000, 4000, "N", "D", zoom=1.5), (Fitness.UNFIT, "zoomed")),
        (Described("video", 3000, 4000, "N", "D"), (Fitness.UNFIT, "video")),
    ],
    ids=["original", "upright", "stripped", "edited", "smaller", "cut", "cut in shape", "zoomed", "video"],
)
def test_the_class_of_a_picture(picture, expected) -> None:
    found = worth(picture, SENSOR)
    assert (found.fitness, found.because) == expected
    assert (found.how is None) == (found.fitness is Fitness.UNFIT)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (ORIGINAL, Told.SERIAL),
        (Described(make="NORDICA", model="D410", serial="4102208"), Told.OTHER_SERIAL),
        (Described(make="nordica ", model="D410"), Told.MODEL),
        (Described(make="nordica", model="D410", serial="0000"), Told.MODEL),
        (Described(make="Kestrel", model="K2"), Told.OTHER_MODEL),
        (Described(layout=frozenset({"Image Make"})), Told.LAYOUT),
        (Described(), Told.NOTHING),
    ],
    ids=lambda v: str(v) if isinstance(v, Told) else "",
)
def test_what_the_files_say_by_themselves(picture, expected) -> None:
    assert told(picture, [ORIGINAL]) is expected


def test_references_that_say_nothing_tell_nothing() -> None:
    assert told(ORIGINAL, [Described()]) is Told.NOTHING


@pytest.mark.parametrize(
    ("fitness", "z", "overlap", "why"),
    [
        (Fitness.ORIGINAL, 40.0, 10**6, ""),
        (Fitness.ORIGINAL, -1.0, 10**6, ""),
        (Fitness.RE_SAVED, 40.0, 10**6, ""),
        (Fitness.RE_SAVED, -1.0, 10**6, "no sign"),
        (Fitness.RESIZED, -1.0, 10**6, "no sign"),
        (Fitness.ORIGINAL, 40.0, 10**4, "too little"),
        (Fitness.UNFIT, 40.0, 10**6, "too little"),
    ],
    ids=str,
)
def test_nothing_is_said_where_nothing_can_be(fitness, z, overlap, why) -> None:
    ratio, because = evaluated(fitness, Likeness(z, overlap, 0, 1.0))
    assert because == why
    assert (ratio is None) == bool(why)
    assert ratio is None or (ratio > 0) == (z > 0)


def test_what_lies_between_is_not_said() -> None:
    taught = CALIBRATED[Fitness.ORIGINAL]
    found = Likeness(-taught.offset / taught.slope, 10**6, 0, 1.0)
    assert evaluated(Fitness.ORIGINAL, found) == (None, "between")
