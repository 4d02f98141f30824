"""Films of hashes alone: scenes that change bit by bit, sampled at any rate, disturbed as by re-encoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entente.casework.match.index import packed
from entente.casework.match.video.turns import turned
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import Transform

MOTION = 14.0  # bits that change in a second of one scene
Film = Callable[[float], NDArray[np.bool_]]  # bits (256,) at a second


def film(seed: int, seconds: float, *, motion: float = MOTION) -> Film:
    """A film of scenes of three to eight seconds; the same seed is the same film."""
    rng = np.random.default_rng(seed)
    starts = [0.0]
    while starts[-1] < seconds:
        starts.append(starts[-1] + float(rng.uniform(3, 8)))
    bases = rng.integers(0, 2, (len(starts), 256)).astype(bool)
    turns = rng.uniform(0, 256 / motion, (len(starts), 256))  # when each bit turns over

    def at(t: float) -> NDArray[np.bool_]:
        scene = max(0, int(np.searchsorted(starts, t, side="right")) - 1)
        return np.asarray(bases[scene] ^ (turns[scene] < t - starts[scene]))

    return at


def still(seed: int) -> Film:
    """One picture for ever."""
    bits = np.random.default_rng(seed).integers(0, 2, 256).astype(bool)
    return lambda _: bits


def hex_of(bits: NDArray[np.bool_]) -> str:
    """Bits as 64 hex digits."""
    return np.packbits(bits).tobytes().hex()


def shot(
    of: Film,
    start: float,
    end: float,
    *,
    rate: float = 6.0,
    at: float = 0.0,
    speed: float = 1.0,
    noise: int = 0,
    phase: float = 0.0,
    seed: int = 0,
    quality: int = 100,
) -> list[FrameHash]:
    """Frames of a film's stretch, shown from second ``at`` on ``speed`` times as fast."""
    rng = np.random.default_rng(seed + 77)
    frames, t = [], phase
    while start + t * speed < end:
        bits = of(start + t * speed).copy()
        bits[rng.choice(256, int(rng.integers(0, noise + 1)), replace=False)] ^= True
        frames.append(FrameHash(at + t, hex_of(bits), quality))
        t += 1 / rate
    return frames


def mirrored(frames: list[FrameHash], turn: Transform = Transform.MIRROR_Y) -> list[FrameHash]:
    """The frames as of the turned film."""
    words = turned(packed([f.pdq for f in frames]), turn)
    return [
        replace(f, pdq="".join(f"{int(w):016x}" for w in row)) for f, row in zip(frames, words, strict=True)
    ]
