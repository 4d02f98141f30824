"""What the fault tests share: how deep they go."""

from __future__ import annotations

import os

import pytest

from tests.faults import calls
from tests.faults.imports import an_import

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


@pytest.fixture(scope="session")
def ground():
    """One desk with one case, its warm program, and pictures to import; put it back before use."""
    with an_import() as made:
        yield made


@pytest.fixture(scope="session")
def disturbed(ground):
    """The desk with each call of its import known; skipped visibly where nothing can be traced."""
    if calls.MISSING:
        pytest.skip("strace is not installed: no system call can be made to fail")
    if not ground.faults:
        ground.trace_all()
    return ground
