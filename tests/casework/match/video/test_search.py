"""Segments of videos: found where they are, at their speed, turned or not; a common frame is no match."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.match.video import VideoIndex, VideoMatch
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import Transform
from tests.casework.match.video.films import film, mirrored, shot, still

HELD = {n: film(n, 90) for n in range(20)}
INDEX = VideoIndex.build([(n, shot(f, 0, 90)) for n, f in HELD.items()])


def _one(found: list[VideoMatch], expected: int) -> VideoMatch:
    assert [m.id for m in found] == [expected]
    return found[0]


@pytest.mark.parametrize("number", range(6))
def test_ten_seconds_inside_two_minutes_of_another_film_are_found_to_the_second(number: int) -> None:
    other = film(1000 + number, 120)
    query = shot(other, 0, 55, rate=2)
    query += shot(HELD[number], 30, 40, rate=2, at=55, noise=12, phase=0.13, seed=number)
    query += shot(other, 55, 110, rate=2, at=65)
    (segment,) = _one(INDEX.search(query), number).segments
    assert abs(segment.query_start - 55) <= 1 and abs(segment.query_end - 65) <= 1
    assert abs(segment.held_start - 30) <= 1 and abs(segment.held_end - 40) <= 1
    assert segment.slope == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("speed", [0.8, 0.96, 1.001, 25 / 24, 1.1, 1.25])
def test_a_changed_speed_is_told(speed: float) -> None:
    query = shot(HELD[4], 5, 75, rate=2, speed=speed, noise=8)
    match = _one(INDEX.search(query), 4)
    assert match.segments[0].slope == pytest.approx(speed, abs=0.01)
    assert sum(s.query_end - s.query_start for s in match.segments) >= 0.9 * (70 / speed)
    for segment in match.segments:
        assert segment.held_start == pytest.approx(5 + speed * segment.query_start, abs=0.8)
        assert segment.held_end == pytest.approx(5 + speed * segment.query_end, abs=0.8)


def test_a_speed_outside_is_not_taken_for_one_line() -> None:
    for segment in (s for m in INDEX.search(shot(HELD[4], 5, 75, rate=2, speed=2.0)) for s in m.segments):
        assert 0.79 <= segment.slope <= 1.26


def test_a_long_film_that_runs_a_thousandth_fast_is_one_segment() -> None:
    long = film(77, 1800)
    index = VideoIndex.build([(1, shot(long, 0, 1800, rate=3))])
    (segment,) = _one(index.search(shot(long, 0, 1800, rate=1, speed=1.001, noise=4)), 1).segments
    assert segment.slope == pytest.approx(1.001, abs=3e-4)
    assert segment.query_end - segment.query_start >= 1750


@pytest.mark.parametrize("turn", list(Transform))
def test_a_turned_copy_is_met_by_turning_it_back(turn: Transform) -> None:
    back = {Transform.ROTATE_90: Transform.ROTATE_270, Transform.ROTATE_270: Transform.ROTATE_90}
    query = mirrored(shot(HELD[2], 10, 30, rate=2, noise=6), turn)
    match = _one(INDEX.search(query), 2)
    assert match.transform is back.get(turn, turn)
    assert match.segments[0].held_start == pytest.approx(10, abs=1)


def test_shots_in_another_order_give_a_segment_each() -> None:
    query = [
        *shot(HELD[7], 60, 70, rate=2),
        *shot(HELD[7], 5, 15, rate=2, at=10),
        *shot(HELD[7], 30, 40, rate=2, at=20),
    ]
    match = _one(INDEX.search(query), 7)
    starts = [(s.query_start, s.held_start) for s in match.segments]
    assert np.abs(np.array(starts) - [(0, 60), (10, 5), (20, 30)]).max() <= 1


def test_a_compilation_names_every_film_in_it() -> None:
    query = [f for n in range(5) for f in shot(HELD[n], 20, 32, rate=2, at=12 * n, noise=6)]
    found = INDEX.search(query)
    assert {m.id for m in found} == set(range(5))
    assert all(len(m.segments) == 1 for m in found)


def test_padding_before_and_after_does_not_hide_a_whole_film() -> None:
    query = [
        *shot(film(501, 60), 0, 60, rate=2),
        *shot(HELD[9], 0, 90, rate=2, at=60, noise=10),
        *shot(film(502, 60), 0, 60, rate=2, at=150),
    ]
    (segment,) = _one(INDEX.search(query), 9).segments
    assert (round(segment.query_start), round(segment.query_end)) == (60, 150)


def test_a_trailer_that_many_unlike_films_share_is_no_match_but_what_follows_is() -> None:
    card = film(900, 8)
    held = [(n, [*shot(card, 0, 6), *shot(f, 0, 60, at=6)]) for n, f in HELD.items()]
    index = VideoIndex.build(held)
    stranger = [*shot(card, 0, 6, rate=2), *shot(film(600, 60), 0, 60, rate=2, at=6)]
    assert index.search(stranger) == []
    known = [*shot(card, 0, 6, rate=2), *shot(HELD[3], 20, 50, rate=2, at=6, noise=6)]
    match = _one(index.search(known), 3)
    assert match.segments[0].held_start == pytest.approx(26, abs=1)


def test_a_still_title_card_alone_is_no_match_even_where_only_one_film_has_it() -> None:
    card = still(44)
    index = VideoIndex.build([(1, [*shot(card, 0, 20), *shot(HELD[1], 0, 60, at=20)])])
    query = [*shot(card, 0, 30, rate=2), *shot(film(700, 60), 0, 60, rate=2, at=30)]
    assert index.search(query) == []


def test_a_film_held_in_a_hundred_copies_is_found_in_all_of_them() -> None:
    copies = [(n, shot(HELD[5], 0, 40, noise=6, seed=n, rate=1)) for n in range(100)]
    index = VideoIndex.build([*copies, *((1000 + n, shot(f, 0, 40)) for n, f in HELD.items() if n != 5)])
    found = index.search(shot(HELD[5], 10, 22, rate=2, noise=6), [Transform.ORIGINAL])
    assert {m.id for m in found} == set(range(100))


def test_a_compilation_among_the_held_does_not_make_its_parts_copies_of_each_other() -> None:
    card = film(900, 8)
    parts = [(n, [*shot(card, 0, 6), *shot(f, 0, 60, at=6)]) for n, f in HELD.items()]
    everything = [f for n in HELD for f in shot(HELD[n], 0, 60, at=60 * n)]
    index = VideoIndex.build([*parts, (99, everything)])
    assert index.search([*shot(card, 0, 6, rate=2), *shot(film(600, 60), 0, 60, rate=2, at=6)]) == []


def test_black_blank_and_blurred_frames_meet_nothing() -> None:
    rows = [("0" * 64, 100), ("f" * 64, 100), ("0" * 63 + "7", 100), ("ab" * 32, 49)]
    for pdq, quality in rows:
        frames = [FrameHash(t / 2, pdq, quality) for t in range(60)]
        index = VideoIndex.build([(1, frames), (2, shot(HELD[0], 0, 30))])
        assert index.search(frames) == []


def test_a_wholly_still_film_is_met_by_a_wholly_still_one_and_votes_once() -> None:
    index = VideoIndex.build([(1, shot(still(3), 0, 30)), (2, shot(HELD[0], 0, 30))])
    match = _one(index.search(shot(still(3), 0, 30, rate=2, noise=2)), 1)
    assert match.segments[0].weight <= 2
    assert match.segments[0].query_end - match.segments[0].query_start >= 25


def test_how_densely_the_query_was_looked_at_does_not_change_its_weight_much() -> None:
    sparse, dense = (INDEX.search(shot(HELD[6], 10, 40, rate=rate))[0] for rate in (3.0, 30.0))
    assert dense.weight == pytest.approx(sparse.weight, rel=0.2)


def test_strangers_meet_nothing() -> None:
    for seed in range(2000, 2010):
        assert INDEX.search(shot(film(seed, 60), 0, 60, rate=2)) == []


def test_nothing_held_or_nothing_asked_meets_nothing() -> None:
    assert VideoIndex.build([]).search(shot(HELD[0], 0, 10)) == []
    assert VideoIndex.build([(1, [])]).search(shot(HELD[0], 0, 10)) == []
    assert INDEX.search([]) == []
    assert len(VideoIndex.build([(1, [])])) == 1


def test_unordered_and_double_frames_change_nothing() -> None:
    frames = shot(HELD[8], 20, 40, rate=2)
    shuffled = [frames[i] for i in np.random.default_rng(0).permutation(len(frames))]
    assert INDEX.search(shuffled + shuffled)[0].segments == INDEX.search(frames)[0].segments


def test_a_list_of_one_frame_a_second_is_enough_for_a_whole_copy() -> None:
    index = VideoIndex.build([(n, shot(f, 0, 90, rate=1)) for n, f in HELD.items()])
    query = shot(HELD[11], 0, 90, rate=2, phase=0.4, noise=6)
    match = _one(index.search(query), 11)
    assert sum(s.query_end - s.query_start for s in match.segments) > 70
    assert match.vpdq_query_pct > 0


def test_a_stretch_begins_where_it_begins_though_its_first_frames_are_too_noisy_to_be_searched() -> None:
    other = film(1500, 40)
    first = shot(HELD[10], 30, 33, rate=2, at=20, noise=0)
    rng = np.random.default_rng(3)
    noisy = []
    for frame in first:  # 45 bits each: beyond the radius, far below strangers' 128
        value = int(frame.pdq, 16)
        for bit in rng.choice(256, 45, replace=False).tolist():
            value ^= 1 << bit
        noisy.append(FrameHash(frame.t, f"{value:064x}", 100))
    query = [
        *shot(other, 0, 20, rate=2),
        *noisy,
        *shot(HELD[10], 33, 43, rate=2, at=23),
        *shot(other, 20, 40, rate=2, at=33),
    ]
    (segment,) = _one(INDEX.search(query), 10).segments
    assert (segment.query_start, segment.query_end) == pytest.approx((20, 32.5), abs=0.6)
    assert segment.held_start == pytest.approx(30, abs=0.6)


def test_frames_along_a_line_are_no_evidence_without_frames_that_were_met() -> None:
    rng = np.random.default_rng(4)
    query = []
    for frame in shot(HELD[10], 30, 50, rate=2):
        value = int(frame.pdq, 16)
        for bit in rng.choice(256, 50, replace=False).tolist():
            value ^= 1 << bit
        query.append(FrameHash(frame.t, f"{value:064x}", 100))
    assert INDEX.search(query) == []
