"""Turned hashes: of the turned frame to a few bits, and undone by turning back."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.match.hashes.pdq import PDQ
from entente.casework.match.index import packed
from entente.casework.match.video.turns import turned
from entente.vocabulary.media_hash import Transform
from tests.evidence.drawn import scene

BACK = {Transform.ROTATE_90: Transform.ROTATE_270, Transform.ROTATE_270: Transform.ROTATE_90}
SHOWN = {
    Transform.ORIGINAL: lambda p: p,
    Transform.ROTATE_90: lambda p: np.rot90(p, -1),
    Transform.ROTATE_180: lambda p: np.rot90(p, 2),
    Transform.ROTATE_270: lambda p: np.rot90(p),
    Transform.MIRROR_X: lambda p: p[::-1],
    Transform.MIRROR_Y: lambda p: p[:, ::-1],
    Transform.TRANSPOSE: lambda p: p.T,
    Transform.ANTITRANSPOSE: lambda p: np.rot90(p, 2).T,
}


def _hash(luma: np.ndarray) -> np.ndarray:
    return packed([PDQ.of_luma(np.ascontiguousarray(luma))[0][0]])


@pytest.mark.parametrize("turn", list(Transform))
def test_a_turned_hash_is_nearer_to_that_of_the_turned_picture_than_any_stranger_s(turn: Transform) -> None:
    apart = []
    for seed in range(12):
        luma = scene(seed=seed).mean(axis=2).astype(np.uint8)
        given = turned(_hash(luma), turn) ^ _hash(SHOWN[turn](luma))
        apart.append(int(np.bitwise_count(given).sum()))
    assert max(apart) <= 40 and np.median(apart) <= 20, apart  # drawn slopes are the worst; films have 6


@pytest.mark.parametrize("turn", list(Transform))
def test_turning_back_gives_the_same_hash(turn: Transform) -> None:
    hashes = np.random.default_rng(1).integers(0, 1 << 63, (50, 4)).astype(np.uint64)
    assert (turned(turned(hashes, turn), BACK.get(turn, turn)) == hashes).all()
