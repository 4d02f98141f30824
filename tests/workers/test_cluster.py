"""A cluster of two machines, as Ray's own test double starts it: losing one loses no item and no shard."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entente.workers.local import LocalEngine

ray = pytest.importorskip("ray", reason="Ray, of the extra scale, is not installed")


def slowly(n: int) -> int:
    time.sleep(0.15)
    return n * n


class Written:
    """A part that is a file: what a lost shard is built from again."""

    def __init__(self, path: Path) -> None:
        self.numbers = [int(n) for n in path.read_text().split()]

    def above(self, least: int) -> list[int]:
        return [n for n in self.numbers if n > least]


@pytest.fixture
def two_machines() -> Iterator[tuple[Any, Any]]:
    from ray.cluster_utils import Cluster

    from entente.workers.ray import RayEngine

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    engine = RayEngine(address=cluster.address, variables={"PYTHONPATH": os.pathsep.join(sys.path)})
    assert engine.workers == 2
    yield engine, lambda: cluster.remove_node(second, allow_graceful=False)
    engine.close()
    cluster.shutdown()


@pytest.mark.slow
def test_a_machine_that_is_lost_costs_no_item_and_no_shard(two_machines: Any, tmp_path: Path) -> None:
    engine, lose_one = two_machines
    files = [tmp_path / "a", tmp_path / "b", tmp_path / "c"]
    for k, file in enumerate(files):
        file.write_text(" ".join(str(n) for n in range(10 * k, 10 * k + 10)))
    shards = engine.shards(Written, files)
    outcomes = {}
    for outcome in engine.map_batches(slowly, range(40), 2):
        outcomes[outcome.index] = outcome
        if len(outcomes) == 6:
            lose_one()
    assert sorted(outcomes) == list(range(40))
    assert all(o.value == i * i and not o.error for i, o in outcomes.items())
    local = LocalEngine(2, threads=True).shards(Written, files)
    assert [o.value for o in shards.ask("above", 17)] == [o.value for o in local.ask("above", 17)]
    shards.close()
