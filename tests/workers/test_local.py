"""The engines, one behaviour: every item has one outcome, whatever happens to its worker."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from itertools import count, islice

import pytest

from entente.workers import Engine
from entente.workers.local import LocalEngine


def square(n: int) -> int:
    return n * n


def fussy(n: int) -> int:
    if n % 5 == 0:
        raise ValueError(f"{n} is a multiple of five")
    return n


def deadly(n: int) -> int:
    if n == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def unsendable(n: int) -> object:
    return threading.Lock() if n == 2 else n


@pytest.fixture(scope="module")
def cluster() -> Iterator[Engine]:
    pytest.importorskip("ray", reason="Ray, of the extra scale, is not installed")
    from entente.workers.ray import RayEngine

    made = RayEngine(2, variables={"PYTHONPATH": os.pathsep.join(sys.path)})
    yield made
    made.close()


@pytest.fixture(params=["processes", "threads", "ray"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "ray":
        yield request.getfixturevalue("cluster")
        return
    made = LocalEngine(2, threads=request.param == "threads")
    yield made
    made.close()


@pytest.fixture(params=["processes", "ray"])
def killable(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "ray":
        yield request.getfixturevalue("cluster")
        return
    made = LocalEngine(2)
    yield made
    made.close()


def test_every_item_has_its_own_outcome(engine: Engine) -> None:
    outcomes = {o.index: o for o in engine.map_batches(square, range(50), 7)}
    assert len(outcomes) == 50
    assert all(outcomes[i].value == i * i and not outcomes[i].error for i in range(50))
    assert list(engine.map_batches(square, [], 7)) == []


def test_an_error_stays_with_its_item(engine: Engine) -> None:
    outcomes = {o.index: o for o in engine.map_batches(fussy, range(20), 6)}
    assert [i for i in range(20) if outcomes[i].error] == [0, 5, 10, 15]
    assert outcomes[5].error == "ValueError: 5 is a multiple of five"
    assert outcomes[6].value == 6


def test_items_without_end_are_taken_as_they_are_needed(engine: Engine) -> None:
    taken = []

    def items() -> Iterator[int]:
        for n in count():
            taken.append(n)
            yield n

    outcomes = list(islice(engine.map_batches(square, items(), 2), 10))
    assert len(outcomes) == 10 and len(taken) < 60


def test_a_killed_worker_costs_only_the_item_that_kills(killable: Engine) -> None:
    outcomes = {o.index: o for o in killable.map_batches(deadly, range(40), 4)}
    assert sorted(outcomes) == list(range(40))
    assert [i for i, o in outcomes.items() if o.error] == [13]
    assert "killed" in outcomes[13].error
    assert all(outcomes[i].value == i for i in range(40) if i != 13)


def test_an_answer_that_cannot_travel_is_an_error_and_not_a_hang(killable: Engine) -> None:
    outcomes = {o.index: o for o in killable.map_batches(unsendable, range(4), 1)}
    assert outcomes[2].error and [outcomes[i].value for i in (0, 1, 3)] == [0, 1, 3]


def test_a_batch_of_nothing_is_wrong_use(engine: Engine) -> None:
    with pytest.raises(ValueError, match="at least one"):
        next(engine.map_batches(square, [1], 0))


class Part:
    def __init__(self, numbers: range) -> None:
        self.numbers = numbers

    def nearest(self, wanted: int) -> int:
        return min(self.numbers, key=lambda n: abs(n - wanted))


def test_shards_answer_together_in_their_order_and_one_may_fail(engine: Engine) -> None:
    shards = engine.shards(Part, [range(0, 10), range(0), range(20, 30)])
    first, broken, third = shards.ask("nearest", 17)
    shards.close()
    assert (first.value, third.value) == (9, 20)
    assert broken.index == 1 and broken.error.startswith("ValueError")


def test_a_part_that_cannot_be_built_says_why(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        engine.shards(reciprocal, [1, 0])


def reciprocal(n: int) -> float:
    return 1 / n
