"""The near index finds every pair within the radius and no other, as a set, whatever the data."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.match.index import NearIndex, Pairs, Plan, Table, masking, near, packed, tables

from .drawn import all_pairs, flipped, random

CASES = 1000


def found(pairs: Pairs) -> set[tuple[int, int, int]]:
    rows = list(zip(pairs.query.tolist(), pairs.held.tolist(), pairs.distance.tolist(), strict=True))
    assert rows == sorted(set(rows))
    return set(rows)


@pytest.fixture
def buckets_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "SCAN_BELOW", 0)


@pytest.mark.usefixtures("buckets_always")
@pytest.mark.parametrize("radius", [0, 1, 14, 15, 16, 31, 40, 47, 60, 255, 256])
def test_the_pairs_equal_those_of_a_full_comparison(radius: int) -> None:
    rng = np.random.default_rng(radius)
    held = random(rng, 3000)
    queries = np.vstack([flipped(rng, held[:400], rng.integers(0, 64, 400)), random(rng, 20)])
    asked = queries if radius < 200 else queries[:3]
    assert found(NearIndex(held).search(asked, radius)) == all_pairs(asked, held, radius)


def test_random_sets_radii_and_plans_equal_a_flat_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn: sizes, clumps, copies, plans, sketches, radii per query, keys."""
    for case in range(CASES):
        rng = np.random.default_rng([4, case])
        patience = 1e5 if case % 5 else 100.0  # what a look at everything is said to cost: buckets, mostly
        monkeypatch.setattr(tables, "scanned", lambda count, patience=patience: patience)
        count = int(rng.choice([0, 1, 2, 3, 17, 200, 900]))
        centres = random(rng, int(rng.integers(1, 8)))
        clumps = flipped(rng, centres[rng.integers(0, len(centres), count)], rng.integers(0, 90, count))
        held = np.vstack([clumps[: count // 2], random(rng, count - count // 2)])
        if count and rng.random() < 0.5:  # copies, some far apart
            held = held[rng.integers(0, count, count + 20)]
        queries = np.vstack([flipped(rng, centres, rng.integers(0, 60, len(centres))), held[:5], ~held[:1]])
        radii = rng.choice([-1, 0, 3, 15, 30, 31, 32, 47, 70], len(queries))
        widths = rng.integers(1, 13, int(rng.integers(1, 40)))
        widths = tuple(widths[np.cumsum(widths) <= 256].tolist())
        plan = None if rng.random() < 0.3 else Plan(widths, bool(rng.random() < 0.7))
        order = masking(rng.bytes(32) if rng.random() < 0.3 else None)
        labels = rng.permutation(len(held)).astype(np.uint64)
        table = Table.of(order.apply(held), labels, plan)
        assert len(table) == len(held)
        query, label, distance = table.search(order.apply(queries), radii.astype(np.int64))
        got = Pairs.sorted(query, label, distance)
        expected = {(q, int(labels[h]), d) for q, h, d in all_pairs(queries, held, radii)}
        assert found(got) == expected, f"case {case}"


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("below", [0, 5000])
def test_none_one_and_two_held_hashes_are_searched(
    count: int, below: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near, "SCAN_BELOW", below)
    held = random(np.random.default_rng(1), 2)[:count]
    assert len(NearIndex(held).search(random(np.random.default_rng(1), 2), 31)) == count
    assert len(NearIndex(held).search(held[:0], 31)) == 0


@pytest.mark.usefixtures("buckets_always")
def test_duplicates_each_keep_their_place() -> None:
    held = np.repeat(random(np.random.default_rng(2), 3), 7, axis=0)[[0, 8, 1, 9, 2, 20, 3]]
    assert found(NearIndex(held).search(held[:2], 0)) == {
        (0, 0, 0), (0, 2, 0), (0, 4, 0), (0, 6, 0), (1, 1, 0), (1, 3, 0),
    }  # fmt: skip


def test_fifty_thousand_near_identical_hashes_are_all_returned() -> None:
    rng = np.random.default_rng(3)
    centre = random(rng, 1)
    cluster = flipped(rng, np.repeat(centre, 50_000, axis=0), np.full(50_000, 6))
    held = np.vstack([random(rng, 50_000), cluster])
    for sketch in (True, False):
        order = masking()
        table = Table.of(order.apply(held), np.arange(len(held)), Plan((16,) * 16, sketch))
        _, label, _ = table.search(order.apply(centre), np.array([31]))
        assert len(label) == 50_000 and set(label.tolist()) == set(range(50_000, 100_000))
    assert set(NearIndex(held).search(centre, 31).held.tolist()) == set(range(50_000, 100_000))


def test_ten_million_identical_hashes_are_one_hash_with_ten_million_places() -> None:
    count = 10_000_000
    one = random(np.random.default_rng(5), 1)
    table = Table.of(np.repeat(one, count, axis=0), np.arange(count, dtype=np.uint32))
    assert len(table) == count and len(table.held) == 1 and table.nbytes < 9 * count
    _, label, distance = table.search(one, np.array([31]))
    assert np.array_equal(np.sort(label), np.arange(count)) and not distance.any()


@pytest.mark.usefixtures("buckets_always")
@pytest.mark.parametrize("value", [0, 2**64 - 1])
def test_hashes_of_all_zeroes_and_all_ones_are_hashes_like_others(value: int) -> None:
    rng = np.random.default_rng(6)
    held = np.vstack([random(rng, 500), np.full((3, 4), value, np.uint64)])
    query = flipped(rng, np.full((1, 4), value, np.uint64), np.array([31]))
    assert found(NearIndex(held).search(query, 31)) == {(0, h, 31) for h in (500, 501, 502)}


@pytest.mark.usefixtures("buckets_always")
def test_each_query_may_have_its_own_radius_and_a_negative_one_finds_nothing() -> None:
    rng = np.random.default_rng(4)
    held = random(rng, 10)
    queries = flipped(rng, np.repeat(held[:1], 3, axis=0), np.full(3, 20))
    assert NearIndex(held).search(queries, [19, 20, -1]).query.tolist() == [1]


def test_radii_that_do_not_fit_the_queries_are_refused() -> None:
    with pytest.raises(ValueError, match="2 radii for 3 queries"):
        NearIndex(np.zeros((1, 4), np.uint64)).search(np.zeros((3, 4), np.uint64), [1, 2])


def test_it_refuses_a_hash_of_another_length() -> None:
    with pytest.raises(ValueError, match="64 hex"):
        packed(["abcd"])


def test_the_pairs_equal_those_of_faiss() -> None:
    faiss = pytest.importorskip("faiss", reason="faiss-cpu, the oracle, is not installed")
    rng = np.random.default_rng(7)
    held = random(rng, 60_000)
    held[:5000] = flipped(rng, held[rng.integers(5000, 5050, 5000)], rng.integers(0, 25, 5000))
    queries = np.vstack(
        [flipped(rng, held[rng.integers(0, 60_000, 400)], rng.integers(0, 41, 400)), random(rng, 100)]
    )
    flat = faiss.IndexBinaryFlat(256)
    flat.add(held.view(np.uint8).reshape(-1, 32))
    for radius in (0, 15, 31, 40):
        ends, apart, places = flat.range_search(queries.view(np.uint8).reshape(-1, 32), radius + 1)
        query = np.repeat(np.arange(len(queries)), np.diff(ends.astype(np.int64)))
        theirs = set(zip(query.tolist(), places.tolist(), apart.astype(int).tolist(), strict=True))
        assert found(NearIndex(held).search(queries, radius)) == theirs
