"""vPDQ's percentages: by its rule, which is written out here as its description has it."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.match.video.share import Shares, shares
from entente.vocabulary.media import FrameHash


def _written_out(query: list[FrameHash], held: list[FrameHash]) -> tuple[float, float]:
    """The rule one pair at a time."""

    def kept(frames: list[FrameHash]) -> list[int]:
        return [int(h, 16) for h in dict.fromkeys(f.pdq for f in frames if f.quality >= 50)]

    def percent(ones: list[int], others: list[int]) -> float:
        met = sum(any((a ^ b).bit_count() <= 31 for b in others) for a in ones)
        return met * 100 / len(ones) if ones and others else 0.0

    a, b = kept(query), kept(held)
    return percent(a, b), percent(b, a)


def _frames(rng: np.random.Generator, count: int, pool: list[int]) -> list[FrameHash]:
    frames = []
    for t in range(count):
        value = pool[int(rng.integers(len(pool)))]
        for bit in rng.choice(256, int(rng.integers(0, 40)), replace=False).tolist():
            value ^= 1 << bit
        frames.append(FrameHash(float(t), f"{value:064x}", int(rng.integers(30, 101))))
    return frames


@pytest.mark.parametrize("seed", range(20))
def test_the_percentages_are_those_of_the_rule_written_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool = [int.from_bytes(rng.bytes(32), "big") for _ in range(12)]
    query = _frames(rng, int(rng.integers(1, 60)), pool[:8])
    held = _frames(rng, int(rng.integers(1, 200)), pool[4:])
    held += held[:5]  # equal frames count once
    assert shares(query, held) == pytest.approx(_written_out(query, held))


def test_the_radius_is_inclusive_and_low_quality_counts_on_neither_side() -> None:
    zero, at_31, at_32 = "0" * 64, f"{(1 << 31) - 1:064x}", f"{(1 << 32) - 1:064x}"
    frame = [FrameHash(0, zero, 100)]
    assert shares(frame, [FrameHash(0, at_31, 50)]) == Shares(100.0, 100.0)
    assert shares(frame, [FrameHash(0, at_32, 100)]) == Shares(0.0, 0.0)
    assert shares(frame, [FrameHash(0, zero, 49)]) == Shares(0.0, 0.0)
    assert shares([], frame) == shares([], []) == Shares(0.0, 0.0)


def test_the_library_says_the_same() -> None:
    matcher = pytest.importorskip(
        "threatexchange.extensions.vpdq.vpdq_brute_matcher", reason="the vpdq extension is not built here"
    )
    from threatexchange.extensions.vpdq.vpdq_util import VpdqCompactFeature

    rng = np.random.default_rng(3)
    pool = [int.from_bytes(rng.bytes(32), "big") for _ in range(12)]
    query, held = _frames(rng, 50, pool[:8]), _frames(rng, 120, pool[4:])
    theirs = matcher.match_VPDQ_hash_brute(
        *([VpdqCompactFeature(f.pdq, f.quality, f.t) for f in each] for each in (query, held)), 50, 31
    )
    assert shares(query, held) == pytest.approx((theirs.query_match_percent, theirs.compared_match_percent))
