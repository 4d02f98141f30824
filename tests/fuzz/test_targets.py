"""The fuzz targets in short, on seeds that are cut, joined, overwritten; `make fuzz` runs them for long."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import SEEDS, TARGETS, seeds


def test_every_target_has_seeds_and_no_other_has() -> None:
    assert {path.name for path in SEEDS.iterdir()} == set(TARGETS)
    assert all(len(seeds(name)) >= 2 for name in TARGETS)
    assert sum(len(data) for name in TARGETS for data in seeds(name)) < 64 << 10


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_keeps_its_promise_for_its_seeds(name: str) -> None:
    for data in seeds(name):
        TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(drawn=st.data())
def test_a_target_keeps_its_promise_for_any_bytes(name: str, drawn: st.DataObject) -> None:
    first = drawn.draw(st.sampled_from(seeds(name)))
    second = drawn.draw(st.sampled_from(seeds(name)))
    at, until = drawn.draw(st.integers(0, len(first))), drawn.draw(st.integers(0, len(second)))
    between = drawn.draw(st.binary(max_size=60) | st.text(max_size=20).map(str.encode))
    TARGETS[name](first[:at] + between + second[until:])
