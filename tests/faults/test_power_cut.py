"""The power goes off while officers work: what was acknowledged is there, and the rest is whole."""

from __future__ import annotations

import shutil

import pytest

from tests.faults import power
from tests.faults.conftest import LONG
from tests.faults.imports import spare_folder

CUTS = 2000 if LONG else 400


@pytest.fixture(scope="module")
def spare():
    folder = spare_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def recorded(ground):
    return power.record(ground)


def less(pragmas: list[str], word: str) -> list[str]:
    return [p.replace("synchronous=FULL", f"synchronous={word}") for p in pragmas]


def test_no_power_cut_loses_what_was_acknowledged(recorded, spare):
    story, proved = recorded
    made = power.cuts(story, list(proved), range(CUTS), power.desk_pragmas(), spare)
    assert [m for m in made if power.lost(m)] == []
    assert len({m.acknowledged for m in made}) > len(story.transactions) // 2  # cuts fell all along the story


def test_the_log_of_every_state_that_a_cut_can_leave_is_proved(recorded):
    story, proved = recorded
    assert len(proved) == len(story.transactions) + 1 > 20
    assert [faults for faults in proved.values() if faults] == []


def test_a_weaker_setting_loses_acknowledged_work_so_the_test_can_fail(recorded, spare):
    story, proved = recorded
    normal = power.cuts(story, list(proved), range(60), less(power.desk_pragmas(), "NORMAL"), spare)
    assert sum(map(power.lost, normal)) > 5
    off = power.cuts(story, list(proved), range(40), less(power.desk_pragmas(), "OFF"), spare)
    assert sum(m.present is None for m in off) > 5


def test_another_journal_is_not_taken_for_a_proof(recorded):
    story, _ = recorded
    rolled_back = [p.replace("journal_mode=WAL", "journal_mode=DELETE") for p in power.desk_pragmas()]
    with pytest.raises(AssertionError, match="would prove nothing"):
        power.play(story, power.Disk("rolled back", story.base), rolled_back, 1000)
