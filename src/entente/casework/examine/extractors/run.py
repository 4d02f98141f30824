"""Runs every installed extractor on one medium; this is what the sandboxed child calls.

The extractors are loaded when this module is imported, because the child may open no file once it is closed in.
"""

from __future__ import annotations

from typing import Any

from entente import plugins
from entente.casework.examine.extractors import Material
from entente.vocabulary.clue import Clue

EXTRACTORS = dict(plugins.extractors())


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


def find_all(material: Material) -> dict[str, list[dict[str, Any]]]:
    """Return ``clues`` (DESIGN section 5) and ``refused`` (extractor, reason) of one medium.

    An extractor that breaks is named in ``refused`` and takes no other's clues with it.
    """
    clues: list[dict[str, Any]] = []
    refused = []
    for name, extractor in EXTRACTORS.items():
        if not _has(material, extractor.needs):
            continue
        try:
            found = extractor.find(material)
        except Exception as error:  # a stranger's extractor may raise anything
            refused.append({"extractor": name, "reason": f"{type(error).__name__}: {error}"})
            continue
        clues += [_numbered(clue, number) for number, clue in enumerate(found, 1)]
    return {"clues": clues, "refused": refused}
