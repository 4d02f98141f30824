"""The drawings of a match: lines and boxes that say what the numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.match import overlay
from entente.vocabulary.media_hash import Transform

APPLY = {
    Transform.ORIGINAL: lambda a: a,
    Transform.ROTATE_90: lambda a: np.rot90(a, -1),
    Transform.ROTATE_180: lambda a: np.rot90(a, 2),
    Transform.ROTATE_270: lambda a: np.rot90(a, 1),
    Transform.MIRROR_X: lambda a: a[::-1],
    Transform.MIRROR_Y: lambda a: a[:, ::-1],
    Transform.TRANSPOSE: lambda a: a.T,
    Transform.ANTITRANSPOSE: lambda a: np.rot90(a, 2).T,
}


def _dots(points: str, left: float, side: float) -> np.ndarray:
    """Put the corners of a stroke on a grid of 11 by 11."""
    grid = np.zeros((11, 11), int)
    for order, pair in enumerate(points.split(), 1):
        x, y = (float(v) for v in pair.split(","))
        grid[round(y / side * 10), round((x - left) / side * 10)] += order
    return grid


@pytest.mark.parametrize("turn", Transform)
def test_turning_the_left_letter_as_told_gives_the_right_one(turn: Transform) -> None:
    drawing = overlay.turned(turn)
    asked, held = (
        _dots(stroke, frame[0], frame[2])
        for stroke, frame in zip(drawing.strokes, drawing.frames, strict=True)
    )
    assert (APPLY[turn](asked) == held).all()


def test_a_region_lies_in_its_frame_where_its_fractions_say() -> None:
    drawing = overlay.regions((0.5, 0.25, 0.5, 0.5), (0.1, 0.2, 0.3, 0.4), (400, 200), (300, 600))
    assert drawing.frames[1][3] / drawing.frames[1][2] == pytest.approx(2)
    (left, right), (a, b) = drawing.frames, drawing.marks
    assert left[2] / left[3] == pytest.approx(2)
    assert a == pytest.approx((left[2] / 2, left[3] / 4, left[2] / 2, left[3] / 2))
    assert b[0] == pytest.approx(right[0] + 0.1 * right[2])
    assert len(drawing.ties) == 1 and not drawing.strokes


def test_a_stretch_stands_on_both_bars_and_a_still_second_is_wide_enough_to_see() -> None:
    segments = [
        {"query_start": 0, "query_end": 30, "match_start": 60, "match_end": 90},
        {"query_start": 0, "query_end": 0, "match_start": 5, "match_end": 5},
    ]
    drawing = overlay.stretches(segments, 60, 120)
    first, below, still, _ = drawing.marks
    assert first[0] == 0 and first[2] == pytest.approx(drawing.width / 2)
    assert below[0] == pytest.approx(drawing.width / 2) and below[2] == pytest.approx(drawing.width / 4)
    assert still[2] >= 3


def test_a_stretch_beyond_the_known_length_stays_on_its_bar() -> None:
    segments = [{"query_start": 0, "query_end": 9, "match_start": 100, "match_end": 109}]
    drawing = overlay.stretches(segments, 0, 0)
    assert all(x + w <= drawing.width + 1e-6 for x, _, w, _ in drawing.marks)


def test_each_bit_that_differs_is_one_dot_at_its_own_place() -> None:
    drawing = overlay.bits(f"{0:064x}", f"{1 | 1 << 17 | 1 << 255:064x}")
    at = {(round((x - 1) / overlay.CELL), round((y - 1) / overlay.CELL)) for x, y, _, _ in drawing.dots}
    assert at == {(0, 0), (1, 1), (15, 15)}
