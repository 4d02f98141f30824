"""A kill, a failing disk and a full one at the system calls of an import: nothing acknowledged is missing."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.faults import calls
from tests.faults.conftest import LONG

SAMPLE = 100_000 if LONG else 36


def test_an_import_writes_as_it_must(disturbed):
    assert disturbed.calls["fsync"] + disturbed.calls["fdatasync"] > 10
    assert disturbed.calls["link"] + disturbed.calls["rename"] + disturbed.calls["renameat2"] >= 3
    assert {f.what for f in disturbed.faults} == set(calls.FAULTS)


def test_no_fault_of_an_import_leaves_a_bad_state_or_one_that_cannot_be_mended_by_importing_again(disturbed):
    made = [disturbed.under(f) for f in calls.sampled(disturbed.faults, SAMPLE)]
    assert [(str(v.fault), v.left_bad) for v in made if v.left_bad] == []
    assert [(str(v.fault), v.resumed_bad) for v in made if v.resumed_bad] == []
    missed = [str(v.fault) for v in made if not v.hit]
    assert len(missed) <= len(made) // 20, missed
    assert min(Counter(v.fault.what for v in made).values()) >= 10


@pytest.mark.parametrize(
    ("double", "where"),
    [("sloppy_writer", {"write"}), ("row_first", {"rename", "fdatasync", "pwrite64"})],
)
def test_a_writer_that_is_wrong_is_found(disturbed, double, where):
    kills = [f for f in disturbed.faults_of(double) if f.what == "kill" and f.call in where]
    made = [disturbed.under(f, double) for f in calls.sampled(kills, 8)]
    assert [v for v in made if v.left_bad or v.resumed_bad]
