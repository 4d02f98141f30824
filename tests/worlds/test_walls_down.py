"""With both walls down the same test finds a difference at once: it is the walls that hide, not the test."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from entente.safeguards.access import Shape
from tests.records.walls import built_with
from tests.worlds.drawing import examples
from tests.worlds.replay import Leak, compare

pytestmark = pytest.mark.django_db


def test_with_both_walls_down_what_is_hidden_is_told(world, first_wall_off):
    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(["route case", "route examine:page"]).flatmap(lambda s: examples(world, s)))
    def same(example):
        who, hidden, asks = example
        compare(world, who, asks, [world.hidden[h] for h in hidden])

    open_to_all = dict.fromkeys(Shape, "1 = 1")
    with built_with(open_to_all, members="1 = 1"), pytest.raises(Leak):
        same()
