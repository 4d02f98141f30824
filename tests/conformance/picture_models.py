"""What a picture model must hold to, and a benign one that knows two kinds of light, for the tests alone."""

from __future__ import annotations

from collections.abc import Mapping

import h3.api.basic_str as h3
import numpy as np

from entente.casework.examine.picture_models import PictureExample, PictureModel
from entente.casework.examine.picture_models.extractor import PictureModelExtractor

SOUTH, NORTH = h3.latlng_to_cell(41.9, 12.5, 2), h3.latlng_to_cell(60.2, 24.9, 2)


def wall(level: int) -> np.ndarray:
    return np.full((40, 60, 3), level, np.uint8)


class BrightSouth:
    """Bright walls are southern, grey ones northern, black ones nowhere: of no use, and easy to check."""

    name, version, error_rate = "bright_south", "1", 0.4

    def look(self, picture: np.ndarray) -> Mapping[str, float]:
        mean = float(picture.mean())
        return {} if mean < 20 else {SOUTH: mean / 64, NORTH: 2 - mean / 64}

    def examples(self) -> list[PictureExample]:
        return [
            PictureExample(wall(220), SOUTH),
            PictureExample(wall(50), NORTH),
            PictureExample(wall(0), None),
        ]


def conforms(model: PictureModel) -> None:
    """Assert what every picture model has to keep; a stranger's test suite may call it."""
    assert isinstance(model, PictureModel)
    assert model.name and model.version
    assert 0 < model.error_rate < 1
    assert model.examples()
    for example in model.examples():
        said = dict(model.look(example.picture))
        assert said == dict(model.look(example.picture)), "the same picture, the same answer"
        assert all(h3.is_valid_cell(cell) and h3.get_resolution(cell) <= 5 for cell in said)
        assert all(np.isfinite(figure) for figure in said.values())
        assert (max(said, key=said.__getitem__) if said else None) == example.best
    assert PictureModelExtractor(model).name == f"picture_model.{model.name}"
