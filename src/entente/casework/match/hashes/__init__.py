"""What a perceptual hash type must offer; each kind is a file here or a stranger's package.

A type is found by the entry point ``entente.hashes`` and covered by the conformance tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from entente.vocabulary.media_hash import BLANK_HASHES, Profile, Transform, demand_pdq

TURNS: tuple[Transform, ...] = tuple(Transform)


def every_turn(turns: Mapping[str, Sequence[str]], raw: str = "") -> list[tuple[Profile, Transform, str]]:
    """Return each distinct hash to ask for, with its profile and turn: FULL first, the original first.

    ``raw`` is the hash of the stored pixels, which others may hold of a picture that is displayed otherwise.
    Blank ones, which would meet what means nothing, are left out. Raises ``HashRefused`` for what is no hash.
    """
    asked: dict[str, tuple[Profile, Transform, str]] = {}
    for profile in Profile:
        for turn, value in zip(TURNS, turns.get(profile, ()), strict=False):
            asked.setdefault(value, (profile, turn, value))
    if raw:
        asked.setdefault(raw, (Profile.FULL, Transform.ORIGINAL, raw))
    for blank in BLANK_HASHES & asked.keys():
        del asked[blank]
    for value in asked:
        demand_pdq(value)
    return list(asked.values())


@dataclass(frozen=True, slots=True)
class HashExample:
    """A picture with its known answer: luma (rows, columns) uint8, hash in hex, quality 0-100."""

    luma: NDArray[np.uint8]
    hash: str
    quality: int


@runtime_checkable
class HashType(Protocol):
    """A perceptual hash: how to make one, how far two are apart, and when they are near.

    A type that wants colour, or has profiles, may offer ``Pictured`` too.
    """

    name: str
    version: str
    near: int  # default radius, inclusive

    def of_luma(self, luma: NDArray[np.generic]) -> tuple[tuple[str, ...], int]:
        """Hash one picture, luma (rows, columns) uint8 or float32 in 0-255.

        Returns eight hashes in hex, in the order of ``Transform``, and the quality 0-100. ``turns[i]`` is the
        hash of the picture turned by ``TURNS[i]``, so a held hash that equals ``turns[i]`` is met by turning
        the query so. Rotations are clockwise.
        """
        ...

    def distance(self, a: str, b: str) -> int:
        """Return the number of differing bits of two hashes in hex."""
        ...

    def examples(self) -> Sequence[HashExample]:
        """Return pictures with their known answers."""
        ...


@runtime_checkable
class Pictured(Protocol):
    """What a hash type may offer besides: its hashes of a colour picture under every profile it knows."""

    def of_picture(self, rgb: NDArray[np.uint8]) -> Mapping[Profile, tuple[tuple[str, ...], int]]:
        """Return turns and quality of (rows, columns, 3) uint8 by profile; FULL is always there."""
        ...
