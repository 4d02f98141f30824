"""Runs every installed extractor on one medium; this is what the sandboxed decoder calls.

The extractors are loaded when this module is imported: a decoder may open no file once it is closed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from entente import plugins
from entente.casework.examine.extractors import FIND_ALL, Material, Picture
from entente.casework.intake.metadata import normalise
from entente.vocabulary.clue import Clue

__all__ = ["EXTRACTORS", "FIND_ALL", "find_all", "found_in", "material_of"]

EXTRACTORS = dict(plugins.extractors())


class Seen(Protocol):
    """What a decoder shows of a medium (``evidence.decode.Decoded``)."""

    kind: str
    tags: dict[str, str]
    frames: list[tuple[float, Picture]]
    sound: NDArray[np.float32] | None
    rate: int


def material_of(seen: Seen) -> Material:
    """Return the decoded medium in the form that extractors take; its id is the caller's to add."""
    is_picture = seen.kind == "picture"
    return Material(
        medium="",
        metadata=normalise(seen.tags).as_json(),
        picture=seen.frames[0][1] if is_picture and seen.frames else None,
        frames=() if is_picture else tuple(seen.frames),
        sound=seen.sound,
        rate=seen.rate or None,
    )


def find_all(seen: Seen) -> dict[str, list[dict[str, Any]]]:
    """Return ``clues`` (DESIGN section 5, without medium) and ``refused`` (extractor, reason) of a medium."""
    return found_in(material_of(seen))


def found_in(material: Material, extractors: Sequence[Any] | None = None) -> dict[str, list[dict[str, Any]]]:
    """Run the extractors whose needs are met.

    One that breaks, or gives something that is no clue, is named in ``refused`` and takes no other's clues
    with it.
    """
    clues: list[dict[str, Any]] = []
    refused = []
    for extractor in EXTRACTORS.values() if extractors is None else extractors:
        if not _has(material, extractor.needs):
            continue
        try:
            clues += [_numbered(clue, n) for n, clue in enumerate(extractor.find(material), 1)]
        except Exception as error:  # a stranger's extractor may raise anything
            refused.append({"extractor": extractor.name, "reason": f"{type(error).__name__}: {error}"})
    return {"clues": clues, "refused": refused}


def _has(material: Material, needs: frozenset[str]) -> bool:
    """Whether the medium has what an extractor needs."""
    have = {
        "metadata": bool(material.metadata),
        "picture": material.picture is not None or bool(material.frames),
        "sound": material.sound is not None and bool(material.rate),
    }
    return all(have.get(need, False) for need in needs)


def _numbered(clue: Clue, number: int) -> dict[str, Any]:
    """Return the clue as JSON, with an id that is unique within its medium."""
    data = clue.as_json()
    data["id"] = data["id"] or f"{clue.method}-{number}"
    data["source"] = data["source"] or f"{clue.method} {clue.version}"
    return data
