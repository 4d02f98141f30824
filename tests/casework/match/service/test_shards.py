"""Shards answer as one index would, wherever they live, or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import numpy as np
import pytest

from entente.casework.match.service.holdings import Holdings
from entente.casework.match.service.shards import ShardedHoldings, ShardSilent
from entente.workers import Engine
from entente.workers.local import LocalEngine


@pytest.fixture(params=["local", "ray"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "local":
        made: Engine = LocalEngine(2)
    else:
        pytest.importorskip("ray", reason="Ray, of the extra scale, is not installed")
        from entente.workers.ray import RayEngine

        told = {k: v for k, v in os.environ.items() if k.startswith(("DJANGO_", "ENTENTE_", "DATABASE_"))}
        made = RayEngine(2, prepare=django.setup, variables={**told, "PYTHONPATH": os.pathsep.join(sys.path)})
    yield made
    made.close()


def test_three_shards_answer_as_one_index_does(engine: Engine, tmp_path: Path) -> None:
    hashes = np.random.default_rng(1).integers(0, 2**64, (5000, 4), dtype=np.uint64)
    asked = hashes[:400] ^ np.array([7, 0, 1, 0], np.uint64)  # four bits away
    ids = np.arange(5000) * 7
    shards = ShardedHoldings(engine, [tmp_path / f"shard-{n}" for n in range(3)])
    with Holdings(tmp_path / "one") as one:
        for held in (one, shards):
            held.add(hashes, ids)
            held.add(hashes[:1], [1])
            held.remove(ids[5:300])
        mine, theirs = one.search(asked, 31), shards.search(asked, 31)
        assert len(mine) == 106 and len(one) == len(shards) == 4706
        for name in ("query", "held", "distance"):
            assert np.array_equal(getattr(mine, name), getattr(theirs, name))
        shards.compact()
        assert np.array_equal(shards.search(asked, 31).held, mine.held)
    shards.close()


def test_a_shard_that_cannot_answer_makes_the_answer_an_error(tmp_path: Path) -> None:
    shards = ShardedHoldings(LocalEngine(2), [tmp_path / "a", tmp_path / "b"])
    shards.add(np.zeros((40, 4), np.uint64), np.arange(40))
    assert len(shards.search(np.zeros((1, 4), np.uint64), 31)) == 40
    (tmp_path / "b" / "MANIFEST").write_text("somebody was here")
    with pytest.raises(ShardSilent, match="b: IndexDamaged: the index file MANIFEST is damaged"):
        shards.search(np.zeros((1, 4), np.uint64), 31)
    shards.close()


def test_no_folder_is_no_index() -> None:
    with pytest.raises(ValueError, match="name a folder"):
        ShardedHoldings(LocalEngine(1), [])
