"""Lets the extractors see what a limited decoder opened; it finds ``clues_of`` by its dotted name."""

from __future__ import annotations

from typing import Any

from entente.casework.examine.extractors import Material
from entente.casework.examine.extractors.run import find_all

DOTTED = "entente.casework.examine.see:clues_of"


def clues_of(decoded: Any) -> dict[str, list[dict[str, Any]]]:
    """Return what every extractor of pictures and sound finds; ``decoded`` is the decoder's ``Decoded``.

    Metadata is left out: it is read from the stored row, where it is normalised.
    """
    picture = decoded.frames[0][1] if decoded.kind == "picture" and decoded.frames else None
    frames = () if picture is not None else tuple(decoded.frames)
    return find_all(Material("", {}, picture, frames, decoded.sound, decoded.rate or None))
