"""Hash types, compiled when this is imported: a decoder that only makes stills does without numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from entente import plugins
from entente.evidence.pictures import COLUMNS_REVERSED, ROWS_REVERSED, SWAPS, Picture, Scaled, turn
from entente.vocabulary.media_hash import Profile

FULL = Profile.FULL


def hashed(luma: NDArray[np.uint8]) -> dict[str, dict[str, Any]]:
    """Return every hash type's eight turns and quality of a luma plane (rows, columns)."""
    hashes = {}
    for name, each in plugins.hashes().items():
        turns, quality = each.of_luma(luma)
        hashes[name] = {"turns": list(turns), "quality": int(quality)}
    return hashes


def framed(plane: NDArray[np.uint8], columns: int) -> dict[str, tuple[str, int]]:
    """Return every hash type's hash and quality of a frame's luma plane (rows, at least ``columns``)."""
    hashes: dict[str, tuple[str, int]] = {}
    for name, each in plugins.hashes().items():
        if hasattr(each, "of_frame"):
            value, quality = each.of_frame(plane, columns)
        else:
            turns, quality = each.of_luma(np.ascontiguousarray(plane[:, :columns]))
            value = turns[0]
        hashes[name] = (value, int(quality))
    return hashes


def pictured(picture: Picture, *, rough: bool = False) -> dict[str, dict[str, Any]]:
    """Return every hash type's turns and quality of a picture as displayed.

    A type that takes colour gives its other ``profiles`` besides, and ``raw``, the hash of the stored pixels,
    where they are displayed otherwise. ``rough`` hashes a JPEG decoded smaller where a type can: FULL alone,
    marked, for a first look.
    """
    hashes: dict[str, dict[str, Any]] = {}
    for name, each in plugins.hashes().items():
        if rough and hasattr(each, "of_scaled") and (scaled := picture.scaled()):
            hashes[name] = _roughly(each, scaled)
        elif hasattr(each, "of_picture"):
            hashes[name] = _in_colour(each, picture)
        else:
            turns, quality = each.of_luma(picture.luma())
            hashes[name] = {"turns": list(turns), "quality": int(quality)}
    return hashes


def _roughly(each: Any, scaled: Scaled) -> dict[str, Any]:
    """Return the turns of a JPEG decoded smaller; turned for display like its pixels would be."""
    luma, rows, columns = turn(scaled.luma, scaled.turned), scaled.rows, scaled.columns
    if scaled.turned >= SWAPS:
        rows, columns = columns, rows
    backwards = scaled.turned in ROWS_REVERSED, scaled.turned in COLUMNS_REVERSED
    turns, quality = each.of_scaled(luma, rows, columns, scaled.eighths, backwards)
    return {"turns": list(turns), "quality": int(quality), "rough": True}


def _in_colour(each: Any, picture: Picture) -> dict[str, Any]:
    under = each.of_picture(picture.rgb())
    turns, quality = under[FULL]
    others = {str(profile): list(told[0]) for profile, told in under.items() if profile != FULL}
    told = {"turns": list(turns), "quality": int(quality), "profiles": others}
    stored = picture.stored()
    raw = each.of_picture(stored)[FULL][0][0] if stored is not None else turns[0]
    return told | ({"raw": raw} if raw != turns[0] else {})


def _compile() -> None:
    """Go every way once before decoders are forked and limited."""
    hashed(np.zeros((96, 128), np.uint8))
    framed(np.zeros((96, 128), np.uint8), 120)
    framed(np.zeros((64, 64), np.uint8), 64)
    plain = np.zeros((1100, 1200, 3), np.uint8)
    plain[200:500, 300:700] = 90
    for shape in (plain, plain[:90, :120], plain[:64, :64], plain[:1, :9]):
        for each in plugins.hashes().values():
            if hasattr(each, "of_picture"):
                each.of_picture(turn(shape, 1))
    for each in plugins.hashes().values():
        if hasattr(each, "of_scaled"):
            each.of_scaled(np.zeros((96, 128), np.uint8), 768, 1024, 1)


_compile()
