"""A leak that was planted is found: the test of two worlds is shown to see what it is there to see."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.worlds.drawing import STRATA, examples
from tests.worlds.plants import PLANTED, Planted
from tests.worlds.replay import Leak, compare

pytestmark = pytest.mark.django_db
MOST = 60
NEAR = ("au", "au_second")  # those who see the most of what is next to what is hidden
tried: set[str] = set()
found: dict[str, int] = {}


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: p.name)
def test_a_planted_leak_is_found(world, planted: Planted):
    assert set(planted.near) <= set(STRATA)
    tried.add(planted.name)
    count = 0

    @seed(crc32(planted.name.encode()))
    @settings(
        max_examples=MOST,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of([examples(world, stratum, askers=NEAR) for stratum in planted.near]))
    def same(example):
        nonlocal count
        who, hidden, asks = example
        count += planted.name not in found  # the example that found it is asked once more
        try:
            compare(world, who, asks, [world.hidden[h] for h in hidden])
        except Leak:
            found[planted.name] = count
            raise

    with planted.plant(), pytest.raises(Leak):
        same()
    print(f"\nplanted: {planted.name}, found after {count} examples")


def test_every_planted_leak_was_found():
    if len(tried) < len(PLANTED):
        pytest.skip("the whole file has to run for this")
    print(
        f"\nB1: {len(found)} of {len(PLANTED)} planted leaks found, after {sorted(found.values())} examples"
    )
    assert found.keys() == {p.name for p in PLANTED}
