"""The near index finds every pair within the radius and no other, as a set, whatever the data."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.match import index as module
from entente.casework.match.index import NearIndex, packed


def _random(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(0, 2**64, (count, 4), dtype=np.uint64)


def _flipped(rng: np.random.Generator, row: np.ndarray, bits: int) -> np.ndarray:
    out = row.copy()
    for bit in rng.choice(256, bits, replace=False):
        out[bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    return out


def _all_pairs(queries: np.ndarray, held: np.ndarray, radius: int) -> set[tuple[int, int, int]]:
    distance = np.bitwise_count(queries[:, None, :] ^ held[None, :, :]).sum(axis=2, dtype=int)
    return {
        (int(q), int(h), int(distance[q, h])) for q, h in zip(*np.nonzero(distance <= radius), strict=True)
    }


def _found(pairs: module.Pairs) -> set[tuple[int, int, int]]:
    rows = list(zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True))
    assert len(rows) == len(set(rows))
    return set(rows)


@pytest.fixture
def buckets_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCAN_BELOW", 0)


@pytest.mark.usefixtures("buckets_always")
@pytest.mark.parametrize("radius", [0, 1, 14, 15, 16, 31, 40, 47, 60])
def test_the_pairs_equal_those_of_a_full_comparison(radius: int) -> None:
    rng = np.random.default_rng(radius)
    held = _random(rng, 3000)
    planted = [
        _flipped(rng, held[i], int(d)) for i, d in zip(range(400), rng.integers(0, 64, 400), strict=True)
    ]
    queries = np.vstack([*planted, _random(rng, 100)])
    assert _found(NearIndex(held).search(queries, radius)) == _all_pairs(queries, held, radius)


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("below", [0, 5000])
def test_none_one_and_two_held_hashes_are_searched(
    count: int, below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SCAN_BELOW", below)
    held = _random(np.random.default_rng(1), 2)[:count]
    assert len(NearIndex(held).search(_random(np.random.default_rng(1), 2), 31)) == count


@pytest.mark.usefixtures("buckets_always")
def test_duplicates_each_keep_their_place() -> None:
    held = np.repeat(_random(np.random.default_rng(2), 1), 7, axis=0)
    assert _found(NearIndex(held).search(held[:1], 0)) == {(0, h, 0) for h in range(7)}


def test_fifty_thousand_near_identical_hashes_are_all_returned() -> None:
    rng = np.random.default_rng(3)
    centre = _random(rng, 1)[0]
    cluster = np.vstack([_flipped(rng, centre, 6) for _ in range(50_000)])
    held = np.vstack([_random(rng, 50_000), cluster])
    pairs = NearIndex(held).search(centre[None, :], 31)
    assert set(pairs.held.tolist()) == set(range(50_000, 100_000))
    assert len(pairs) == 50_000


@pytest.mark.usefixtures("buckets_always")
def test_each_query_may_have_its_own_radius_and_a_negative_one_finds_nothing() -> None:
    rng = np.random.default_rng(4)
    held = _random(rng, 10)
    queries = np.vstack([_flipped(rng, held[0], 20)] * 3)
    assert NearIndex(held).search(queries, [19, 20, -1]).query.tolist() == [1]


def test_it_refuses_a_hash_of_another_length() -> None:
    with pytest.raises(ValueError, match="64 hex"):
        packed(["abcd"])
