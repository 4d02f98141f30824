"""A worker is killed in the middle of each kind of task; the next one ends it as if nothing had been."""

from __future__ import annotations

import shutil

import pytest

from tests.faults import calls
from tests.faults.calls import Fault
from tests.faults.conftest import LONG

POINTS = 12 if LONG else 2
KINDS = (
    "examine.suggest",
    "intake.look-closer",
    "intake.receive",
    "link.cameras",
    "link.find",
    "link.propose",
    "link.scenes",
    "lists.purge",
    "locate.weigh",
    "match.backwards",
    "match.check",
    "match.scenes",
    "prioritise.rank",
    "retention.sweep",
    "seize.compare",
    "trends.count",
)


@pytest.fixture(scope="module")
def laid_out(disturbed):
    """A desk on which every kind of task has something to do; ``ready`` is a copy of it."""
    disturbed.put_back()
    disturbed.warm.do("prepared", str(disturbed.phone))
    ready = disturbed.folder / "ready"
    shutil.copytree(disturbed.desk, ready)
    yield disturbed, ready
    shutil.rmtree(ready)


def put_back(ground, ready):
    shutil.rmtree(ground.desk)
    shutil.copytree(ready, ground.desk)


def test_every_kind_of_task_is_tried_here(ground):
    assert set(ground.warm.do("tasks")) == set(KINDS)


@pytest.mark.parametrize("task", KINDS)
def test_a_task_whose_worker_is_killed_is_done_by_the_next(laid_out, task):
    ground, ready = laid_out
    put_back(ground, ready)
    before = ground.warm.do("done_so_far")
    job = ground.warm.do("asked", task, str(ground.phone))
    pid = ground.warm.begin("worked", job, stopped=True)
    with calls.traced(pid, out=ground.trace):
        code, stands = ground.warm.end()
    assert (code, stands) == (0, "done"), ground.warm.errors.read_text()[-1500:]
    undisturbed = ground.warm.do("done_so_far")
    assert undisturbed != before
    counts = calls.counted(ground.trace)
    points = [Fault(c, n, "kill") for c in ("pwrite64", "fdatasync") for n in range(1, counts[c] + 1)]
    for fault in calls.sampled(points[2:], POINTS + 1)[1:]:
        put_back(ground, ready)
        job = ground.warm.do("asked", task, str(ground.phone))
        pid = ground.warm.begin("worked", job, stopped=True)
        with calls.traced(pid, out=ground.trace, inject=fault.injection, only=fault.call):
            code, _ = ground.warm.end()
        assert code == -9, str(fault)
        stands = ground.warm.do("worked", job, True)
        assert stands == "done", f"{fault}: {ground.warm.errors.read_text()[-1500:]}"
        left = ground.warm.do("done_so_far")
        assert {t: (left[t], undisturbed[t]) for t in left if left[t] != undisturbed[t]} == {}, str(fault)
        assert ground.warm.do("command", "log", "verify")["told"]["faults"] == []
