"""Loudness as columns to draw and as stretches to read."""

from __future__ import annotations

from entente.casework.examine.waveform import FLOOR, MOST, Loud, columns_of, loud_stretches, path_of


def seconds(*parts):
    """Levels at twenty a second from (seconds, level) pairs."""
    return b"".join(bytes([level]) * round(20 * length) for length, level in parts)


def test_each_column_is_the_loudest_of_its_part():
    assert columns_of(bytes([1, 9, 2, 3, 8, 0]), 3) == [9, 3, 8]
    assert columns_of(bytes([5, 6]), 600) == [5, 6]
    levels = bytes(1000) + b"\xff" + bytes(999)
    assert columns_of(levels).count(255) == 1


def test_the_outline_is_the_same_above_and_below():
    assert path_of([255, 0], 10, 4) == "M0.0 0.0L5.0 2.0L10.0 2.0L10.0 2.0L5.0 2.0L0.0 4.0Z"
    assert path_of([]) == ""


def test_loud_stretches_are_told_in_seconds_and_short_gaps_join_them():
    levels = seconds((1, 5), (0.5, 200), (0.3, 5), (0.2, 255), (2, 40), (1, 128), (1, 0))
    assert loud_stretches(levels, 20) == [Loud(1.0, 2.0, 1.0), Loud(4.0, 5.0, 0.5)]


def test_nothing_is_loud_in_silence_and_of_many_the_loudest_are_told():
    assert loud_stretches(b"", 20) == loud_stretches(bytes([FLOOR - 1] * 200), 20) == []
    many = seconds(*((0.1, 200 + n) if half else (1, 0) for n in range(40) for half in (1, 0)))
    told = loud_stretches(many, 20)
    assert len(told) == MOST
    assert told == sorted(told, key=lambda each: each.start)
    assert min(each.peak for each in told) > 0.85
