"""The flicker of lamps: the alias of the mains in the frames, or nothing."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from entente.casework.examine.extractors import FIND_ALL
from entente.casework.examine.extractors.flicker import alias, lit, mains_of, wander
from entente.evidence.open import read
from entente.evidence.sandbox import Sandbox


@pytest.mark.parametrize(
    ("rate", "of_100", "of_120"),
    [(30, 10, 0), (25, 0, 5), (24, 4, 0), (60, 20, 0), (50, 0, 20), (30 / 1.001, 10.09, 0.12)],
)
def test_the_table_of_aliases(rate: float, of_100: float, of_120: float) -> None:
    assert alias(100, rate) == pytest.approx(of_100, abs=0.01)
    assert alias(120, rate) == pytest.approx(of_120, abs=0.01)


@pytest.mark.parametrize(
    ("mains", "rate", "called"),
    [
        (50, 30, 50),
        (50, 30 / 1.001, 50),
        (50, 24, 50),
        (60, 25, 60),
        (60, 30, None),
        (50, 25, None),
        (60, 24, None),
    ],
)
def test_what_stands_still_is_not_called(mains: int, rate: float, called: int | None) -> None:
    found = mains_of(*lit(mains, rate))
    assert (found[0] if found else None) == called


def test_movement_daylight_and_noise_are_never_called() -> None:
    """The figure: 0 wrong calls, over steady and broken rhythms near to the aliases and far from them."""
    rng = np.random.default_rng(4)
    wrong = 0
    for n in range(240):
        rate = (24.0, 25.0, 30.0)[n % 3]
        times, values = lit(None, rate)
        beat = rng.uniform(0.3, rate / 2)
        phase = np.cumsum(2 * np.pi * beat / rate * (1 + rng.normal(0, 0.3, times.size)))  # no clockwork
        values = values + rng.uniform(0, 6) * np.sin(phase) + rng.normal(0, rng.uniform(0, 4), times.size)
        wrong += mains_of(times, values) is not None
    assert wrong == 0


def test_frames_that_come_unsteadily_or_are_few_say_nothing() -> None:
    times, values = lit(50, 30)
    assert mains_of(times[:60], values[:60]) is None
    jolted = times + np.random.default_rng(1).uniform(-0.01, 0.01, times.size)
    assert mains_of(np.sort(jolted), values) is None
    assert mains_of(times[::-1], values) is None


def in_strips(times, whole, lamp, moving, draw):
    """Brightness of the frame and of four strips: a lamp is in all of them, what moves in one or two."""
    strips = np.tile(whole[:, None] + lamp[:, None], 4) + draw.normal(0, 0.3, (times.size, 4))
    first, wide = int(draw.integers(0, 4)), int(draw.integers(1, 3))
    strips[:, first : first + wide] += moving[:, None]
    return np.column_stack([strips.mean(axis=1), strips])


def test_a_rhythm_like_a_clock_in_a_part_of_the_frame_is_no_lamp() -> None:
    """The figure: 0 wrong calls (of 600, drawn once); nearly or fully a clock, at the aliases themselves."""
    draw, alone, wrong = np.random.default_rng(12), 0, 0
    for n in range(240):
        rate, at = ((24.0, 4.0), (25.0, 5.0), (30.0, 10.0))[n % 3]
        times, whole = lit(None, rate)
        phase = np.cumsum(2 * np.pi * at / rate * (1 + draw.normal(0, draw.uniform(0, 0.05), times.size)))
        values = in_strips(times, whole, 0 * times, draw.uniform(1, 12) * np.sin(phase), draw)
        alone += mains_of(times, values[:, 0]) is not None
        wrong += mains_of(times, values) is not None
    assert wrong == 0 and alone > 24  # the whole frame alone would be taken for a lamp


def test_a_lamp_is_in_every_strip_and_dark_bars_are_not_asked() -> None:
    draw, right = np.random.default_rng(13), 0
    for n in range(60):
        mains, rate = ((50, 24.0), (60, 25.0), (50, 30.0))[n % 3]
        times, whole = lit(None, rate)
        lamp = 110 * 0.02 * np.cos(2 * np.pi * 2 * mains * times + draw.uniform(0, 6))
        values = in_strips(times, whole, lamp, 0 * times, draw)
        if n % 2:  # a tall film between two bars
            values[:, [1, 4]] = 16.0
            values[:, 0] = values[:, 1:].mean(axis=1)
        found = mains_of(times, values)
        right += found is not None and found[0] == mains
    assert right >= 57


def test_a_phase_that_walks_is_no_grids() -> None:
    draw, times = np.random.default_rng(14), np.arange(150) / 30
    walk = np.cumsum(2 * np.pi / 3 * (1 + draw.normal(0, 0.04, 150)))
    assert wander(110 + 3 * np.cos(2 * np.pi * 10 * times), 30.0, 10.0) < 1
    assert wander(110 + 3 * np.cos(walk), 30.0, 10.0) > 2


def test_a_clip_under_a_lamp_is_called_in_the_closed_decoder(tmp_path: Path) -> None:
    _, values = lit(50, 30.0, depth=0.04)
    with av.open(str(tmp_path / "lamp.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for value in values:
            plane = np.full((120, 160, 3), round(value), np.uint8)
            plane[:, :80] //= 2
            out.mux(stream.encode(av.VideoFrame.from_ndarray(plane, "rgb24")))
        out.mux(stream.encode(None))
    sandbox = Sandbox(1)
    try:
        opened = read(tmp_path / "lamp.mp4", extract=[FIND_ALL], sandbox=sandbox, limit_s=60)
    finally:
        sandbox.close()
    clues = opened.extracted[FIND_ALL]["value"]["clues"]
    assert [(c["kind"], c["value"]) for c in clues if c["method"] == "flicker"] == [("mains_hz", 50)]
