"""Makes an extractor of each installed picture model, so that it runs, fails and is named as any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from entente import plugins
from entente.casework.examine.extractors import ExtractorExample, Material, Picture, missing_of
from entente.casework.examine.picture_models import PictureModel
from entente.vocabulary.clue import Clue, ClueKind, group_of

MOST_FRAMES = 6  # of a video
MOST_CELLS = 50_000


class PictureModelExtractor:
    """One picture model as an extractor: a picture, or a few frames together, give one clue or none."""

    needs = frozenset({"picture"})

    def __init__(self, model: PictureModel) -> None:
        self.model = model
        self.name = f"picture_model.{model.name}"
        self.version = str(model.version)

    @property
    def missing(self) -> str:
        """What the model lacks here, or nothing."""
        return missing_of(self.model)

    def ready(self) -> None:
        """Have the model load what it needs."""
        if hasattr(self.model, "ready"):
            self.model.ready()

    def find(self, material: Material) -> list[Clue]:
        """Return one clue, or none where the model is silent on every picture."""
        looked = [cells for cells in map(self._look, _looked_at(material)) if cells]
        if not looked:
            return []
        value = {
            "model": self.model.name,
            "version": self.version,
            "error_rate": float(self.model.error_rate),
            "cells": together(looked),
        }
        count = f"{len(looked)} frames" if material.picture is None else "the picture"
        return [
            Clue(
                id="",
                kind=ClueKind.PICTURE_MODEL,
                value=value,
                group=group_of(ClueKind.PICTURE_MODEL),
                source="",
                medium=material.medium,
                because=f"{self.model.name} {self.version} says how well {count} would fit each cell; "
                f"by its own word it is wrong in {float(self.model.error_rate):.0%} of pictures",
                method=self.name,
                version=self.version,
            )
        ]

    def _look(self, picture: Picture) -> dict[str, float]:
        """Return what the model says of one picture, checked: its author is a stranger."""
        if not 0 < float(self.model.error_rate) < 1:
            raise ValueError(f"{self.model.name} declares no error rate between 0 and 1")
        said = self.model.look(picture)
        if len(said) > MOST_CELLS:
            raise ValueError(f"{self.model.name} names {len(said):,} cells; at most {MOST_CELLS:,} are taken")
        cells = {str(cell): float(figure) for cell, figure in said.items()}
        if not all(map(isfinite, cells.values())):
            raise ValueError(f"{self.model.name} gave a log-likelihood that is no finite number")
        return cells

    def examples(self) -> Sequence[ExtractorExample]:
        """Return the model's own examples as an extractor's; an answer is compared by its best cell."""
        return [
            ExtractorExample(Material("m", picture=e.picture), ())
            for e in self.model.examples()
            if e.best is None
        ]


def together(looked: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean log-likelihood of each cell: frames of one video are one look, not many.

    A cell that a frame does not name counts there as the least likely one that it does.
    """
    named = sorted({cell for cells in looked for cell in cells})
    least = [min(cells.values()) for cells in looked]
    return {
        cell: round(
            sum(cells.get(cell, low) for cells, low in zip(looked, least, strict=True)) / len(looked), 6
        )
        for cell in named
    }


def _looked_at(material: Material) -> list[Picture]:
    """Return the picture, or a few frames spread over the video."""
    if material.picture is not None:
        return [material.picture]
    count = min(MOST_FRAMES, len(material.frames))
    steps = np.linspace(0, len(material.frames) - 1, count).round().astype(int)
    return [material.frames[n][1] for n in steps]


def all_extractors() -> dict[str, Any]:
    """Return every installed extractor by name, and every picture model as one more."""
    models = [PictureModelExtractor(model) for model in plugins.picture_models().values()]
    return {**plugins.extractors(), **{each.name: each for each in models}}
