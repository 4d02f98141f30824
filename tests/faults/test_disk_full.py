"""The disk is really full: nothing is lost, what cannot be done says why, and room made is work again."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tests.evidence.drawn import encoded
from tests.faults.conftest import LONG
from tests.faults.imports import Import
from tests.faults.warm import ROOT

TRIALS = 10 if LONG else 2
PICTURES = 6


def mountable() -> bool:
    """Whether this process may have a mount of its own."""
    try:
        own = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"]
        return subprocess.run(own, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def trials(ground: Import, seeds: range) -> list[dict[str, Any]]:
    """Fill a disk for each seed; return what happened."""
    big = ground.folder / "big"
    if not big.exists():
        big.mkdir()
        for n in range(PICTURES):
            noise = np.random.default_rng(n).integers(0, 255, (300, 300, 3), dtype=np.uint8)
            (big / f"{n}.png").write_bytes(encoded(noise, "PNG"))
    command = ["unshare", "-m", sys.executable, "-m", "tests.faults.full", str(ground.folder)]
    run = subprocess.run([*command, *map(str, seeds)], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stderr[-3000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.skipif(not mountable(), reason="no mount of our own: only root can fill a small disk for real")
def test_a_full_disk_loses_nothing_and_says_so(ground):
    made = trials(ground, range(TRIALS))
    assert [m for m in made if m["bad"]] == []
    assert len(made) == TRIALS
    assert sum(m["refused"] for m in made) > 0  # the disk was full for real
