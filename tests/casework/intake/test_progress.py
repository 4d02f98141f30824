"""How long an intake will still take, told once it can be known."""

from __future__ import annotations

import pytest

from entente.casework.intake.service.receiving import time_left


@pytest.mark.parametrize(
    ("done", "total", "seconds", "says"),
    [
        (10, 1000, 1.0, ""),  # too early to tell
        (1000, 1000, 60.0, ""),
        (100_000, 1_000_000, 600.0, "; about 90 min left"),
        (900, 1000, 90.0, "; less than a minute left"),
        (1200, 1000, 90.0, ""),  # an archive's members are files too
    ],
)
def test_the_rest_is_told_in_minutes(done: int, total: int, seconds: float, says: str) -> None:
    assert time_left(done, total, seconds) == says
