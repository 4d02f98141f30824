"""Runs every installed extractor on one medium; this is what the sandboxed decoder calls.

The extractors are loaded when this module is imported: a decoder may open no file once it is closed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from entente.casework.examine.extractors import FIND_ALL, Material, Picture, Written, missing_of
from entente.casework.examine.picture_models.extractor import all_extractors
from entente.casework.intake.metadata import normalise
from entente.vocabulary.clue import Clue, ClueKind

__all__ = ["EXTRACTORS", "FIND_ALL", "find_all", "found_in", "languages_in", "material_of"]

EXTRACTORS = all_extractors()


def made_ready(extractors: Mapping[str, Any]) -> dict[str, str]:
    """Have each load its models and tables; return why by the name of those that could not."""
    failed = {}
    for name, each in extractors.items():
        if hasattr(each, "ready") and not missing_of(each):
            try:
                each.ready()
            except Exception as error:  # a stranger's extractor may raise anything
                failed[name] = f"not ready: {type(error).__name__}: {error}"
    return failed


NOT_READY = made_ready(EXTRACTORS)


class Seen(Protocol):
    """What a decoder shows of a medium (``evidence.decode.Decoded``)."""

    kind: str
    tags: dict[str, str]
    frames: list[tuple[float, Picture]]
    sound: NDArray[np.float32] | None
    rate: int
    brightness: tuple[NDArray[np.float64], NDArray[np.float64]] | None


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
        brightness=seen.brightness,
    )


def find_all(seen: Seen) -> dict[str, list[dict[str, Any]]]:
    """Return ``clues`` (DESIGN section 5, without medium) and ``refused`` (extractor, reason) of a medium."""
    return found_in(material_of(seen))


def found_in(material: Material, extractors: Sequence[Any] | None = None) -> dict[str, list[dict[str, Any]]]:
    """Run the extractors whose needs are met.

    One that breaks, or gives something that is no clue, is named in ``refused`` and takes no other's clues
    with it.
    """
    clues: list[Clue] = []
    refused: list[dict[str, Any]] = []
    able = [e for e in (EXTRACTORS.values() if extractors is None else extractors) if not missing_of(e)]
    for reads_text in (False, True):  # what was written is known only after the first round
        if reads_text:
            material = replace(material, texts=_written(clues))
        for extractor in able:
            if ("text" in extractor.needs) is not reads_text or not _has(material, extractor.needs):
                continue
            if extractor.name in NOT_READY:
                refused.append({"extractor": extractor.name, "reason": NOT_READY[extractor.name]})
                continue
            try:
                clues += _numbered(extractor.find(material))
            except Exception as error:  # a stranger's extractor may raise anything
                refused.append({"extractor": extractor.name, "reason": f"{type(error).__name__}: {error}"})
    return {"clues": [clue.as_json() for clue in clues], "refused": refused}


def languages_in(stream: BinaryIO, told: dict[str, Any]) -> dict[str, Any]:
    """Return the weights of the longest lines of a plain text, one text a line; nothing of the text."""
    extractor = EXTRACTORS.get("language")
    if extractor is None or missing_of(extractor) or "language" in NOT_READY:
        return {"missing": True}
    lines = stream.read().decode("utf-8", "replace").splitlines()
    written = tuple(Written(line.strip(), "") for line in lines)
    return {"lines": [clue.value for clue in extractor.find(Material("text", texts=written))]}


def _written(clues: Sequence[Clue]) -> tuple[Written, ...]:
    """Return the lines among the clues."""
    return tuple(
        Written(str(c.value["string"]), str(c.value["script"]), c.region, c.start)
        for c in clues
        if c.kind is ClueKind.TEXT and isinstance(c.value, dict)
    )


def _has(material: Material, needs: frozenset[str]) -> bool:
    """Whether the medium has what an extractor needs."""
    have = {
        "metadata": bool(material.metadata),
        "picture": material.picture is not None or bool(material.frames),
        "sound": material.sound is not None and bool(material.rate),
        "text": bool(material.texts),
        "brightness": material.brightness is not None,
    }
    return all(have.get(need, False) for need in needs)


def _numbered(found: Sequence[Clue]) -> list[Clue]:
    """Return one extractor's clues, each with a source and an id that is unique within the medium."""
    return [
        replace(
            clue, id=clue.id or f"{clue.method}-{n}", source=clue.source or f"{clue.method} {clue.version}"
        )
        for n, clue in enumerate(found, 1)
    ]
