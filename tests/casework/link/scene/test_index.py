"""The fixed words say the same everywhere; the index names what shares them, and grows by one at a time."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest

from entente.casework.link.scene.index import NEAR, NEAREST, SceneIndex
from entente.casework.link.scene.loops import RADIUS
from entente.casework.link.scene.points import Points, points
from entente.casework.link.scene.words import (
    COUNT,
    MIDDLE,
    Coded,
    Vocabulary,
    opened,
    packed,
    signed,
    turn,
    turned,
    vocabulary,
)
from tests.casework.link.scene.drawn import ASIDE, room

SHIPPED = "1e1208085101dc92c03a145889df1d625885e71f0ed197e8a4d1eea640a6a544"


def test_the_words_that_come_with_the_program_are_those_that_were_measured() -> None:
    data = files("entente.casework.link.scene.data").joinpath("words.xz").read_bytes()
    assert sha256(data).hexdigest() == SHIPPED and len(data) < 1 << 20
    plain = Vocabulary(np.full((COUNT, 128), 7, np.uint8), np.full((COUNT, 64), -5, np.int16))
    again = opened(packed(plain))
    assert (again.centres == plain.centres).all() and (again.middles == plain.middles).all()


def test_a_points_words_are_the_nearest_reckoned_another_way() -> None:
    held = points(room(101, 3))
    coded = vocabulary().coded(held, NEAREST)
    centres = vocabulary().centres.astype(np.int64)
    for place in range(0, len(held), 200):
        far = ((centres - held.looks[place].astype(np.int64)) ** 2).sum(axis=1)
        assert list(far[coded.words[place]]) == sorted(far)[:NEAREST]
        shown = turn().astype(np.int64) @ held.looks[place].astype(np.int64)
        above = shown > vocabulary().middles[coded.words[place, 0]]
        assert int(coded.signs[place, 0]) == sum(1 << n for n in range(64) if above[n])
    assert (turned(held.looks) == np.round(turned(held.looks))).all(), "whole numbers on every machine"


def test_the_turn_is_at_right_angles_and_the_same_for_ever() -> None:
    assert (turn() @ turn().T == 128 * np.eye(64)).all()
    assert sha256(turn().astype(np.int8).tobytes()).hexdigest()[:16] == "8800b3bc6a3d0e9b"


def drawn(rng: np.random.Generator, points_: int) -> Coded:
    words = rng.integers(0, 40, (points_, 1)).astype(np.uint16)
    return Coded(words, rng.integers(0, 1 << 64, (points_, 1), dtype=np.uint64))


def test_votes_are_those_of_a_plain_count() -> None:
    rng = np.random.default_rng(8)
    held = [drawn(rng, int(n)) for n in rng.integers(1, 90, 12)]
    index = SceneIndex()
    for number, coded in enumerate(held):
        index.add(number, coded)
    noise = rng.integers(0, 1 << 64, (len(held[4]), NEAREST), dtype=np.uint64)
    noise &= rng.integers(0, 1 << 64, noise.shape, dtype=np.uint64)
    noise &= rng.integers(0, 1 << 64, noise.shape, dtype=np.uint64)
    words = np.hstack([held[4].words, held[4].words, (held[4].words + 1) % 40]).astype(np.uint16)
    asked = Coded(words, np.hstack([held[4].signs] * NEAREST) ^ noise)
    postings = np.bincount(np.concatenate([c.words[:, 0] for c in held]), minlength=COUNT)
    worth = np.log1p(postings.sum() / (1.0 + postings)) ** 2
    expected = []
    for coded in held:
        total = 0.0
        for i in range(len(asked)):
            best = 0.0
            for k in range(NEAREST):
                for j in range(len(coded)):
                    apart = int(asked.signs[i, k] ^ coded.signs[j, 0]).bit_count()
                    if coded.words[j, 0] == asked.words[i, k] and apart <= RADIUS:
                        best = max(best, worth[asked.words[i, k]] * NEAR[apart])
            total += best
        expected.append(total / np.sqrt(len(coded)))
    assert index._voted(asked) == pytest.approx(expected, rel=1e-4)
    assert index.candidates(asked)[0] == 4 == int(np.argmax(expected))


def test_a_picture_is_added_without_touching_those_before_it() -> None:
    rng = np.random.default_rng(9)
    held = [drawn(rng, 700) for _ in range(40)]
    growing, whole = SceneIndex(), SceneIndex()
    for number, coded in enumerate(held):
        growing.add(number, coded)
        assert growing.candidates(coded, 1) == [number], "found as soon as it is in"
    for number, coded in enumerate(held):
        whole.add(number, coded)
    assert growing.nbytes == whole.nbytes and growing.nbytes < 40 * 700 * 12 * 1.2 + 120_000
    assert growing.candidates(held[7]) == whole.candidates(held[7])


def test_a_poster_leads_to_the_room_where_it_hangs() -> None:
    index = SceneIndex()
    assert index.candidates(vocabulary().coded(points(room(101)))) == []
    for number in range(4):
        index.add(number, vocabulary().coded(points(room(200 + number))))
    index.add(99, vocabulary().coded(points(room(102, 3, ASIDE))))
    asked = vocabulary().coded(points(room(101, 3)), NEAREST)
    assert index.candidates(asked, 5)[0] == 99
    assert index.candidates(Coded(np.zeros((0, NEAREST), np.uint16), np.zeros((0, NEAREST), np.uint64))) == []


def test_looks_that_no_words_were_learnt_for_name_their_like_first() -> None:
    rng = np.random.default_rng(5)

    def looks(of: np.ndarray, noise: float) -> Points:
        moved = of + rng.normal(0, noise, of.shape)
        fine = np.clip(np.round(moved / np.linalg.norm(moved, axis=1, keepdims=True) * 400) + MIDDLE, 0, 255)
        places = rng.integers(0, 1 << 16, (len(of), 2)).astype(np.uint16)
        return Points(640, 480, places, fine.astype(np.uint8))

    pictures = [rng.normal(0, 1, (200, 128)) for _ in range(30)]
    index = SceneIndex()
    for number, each in enumerate(pictures):
        index.add(number, signed(looks(each, 0.2)))
    for number, each in enumerate(pictures):
        assert index.candidates(signed(looks(each, 0.2), NEAREST))[0] == number
    coded = signed(looks(pictures[0], 0), NEAREST)
    apart = [int(a ^ b).bit_count() for a, b in coded.words[:, :2].tolist()]
    assert set(apart) == {1} and coded.words.max() < COUNT, "the next words lie beyond one plane"
    empty = signed(Points(640, 480, np.zeros((0, 2), np.uint16), np.zeros((0, 128), np.uint8)))
    assert len(empty) == 0
