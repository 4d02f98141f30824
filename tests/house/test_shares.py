"""How several workers share the suite: what is named to be begun first is there."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import LONGEST, TOGETHER, share_of

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_begun_first_is_there() -> None:
    assert [name for name in LONGEST if not (ROOT / name).exists()] == []
    assert [name for name in TOGETHER if not (ROOT / name).is_dir()] == []
    assert set(TOGETHER) <= set(LONGEST)


def test_a_folder_that_shares_what_is_dear_is_one_worker_s() -> None:
    assert share_of("tests/worlds/test_two_worlds.py::test_x[a/b::c]") == "tests/worlds"
    assert share_of("tests/records/test_log.py::test_x") == "tests/records/test_log.py"
