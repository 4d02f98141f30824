"""Every installed picture model keeps to its word; a stranger's becomes one clue and judges nothing."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from entente import plugins
from entente.casework.examine.extractors import ClueExtractor, Material
from entente.casework.examine.extractors.run import found_in
from entente.casework.examine.picture_models.extractor import PictureModelExtractor, all_extractors, together
from entente.casework.locate.engine import locate
from entente.vocabulary.clue import ClueKind, clue_from_json
from tests.conformance.picture_models import NORTH, SOUTH, BrightSouth, conforms, wall


@pytest.mark.parametrize("model", [*plugins.picture_models().values(), BrightSouth()], ids=lambda m: m.name)
def test_a_picture_model_keeps_to_its_word(model) -> None:
    conforms(model)


def test_none_comes_with_the_program() -> None:
    ours = [p for p in plugins.picture_models().values() if type(p).__module__.startswith("entente.")]
    assert ours == []
    assert set(plugins.extractors()) <= set(all_extractors())


def _point(package: str) -> EntryPoint:
    point = EntryPoint(
        "bright_south", "tests.conformance.picture_models:BrightSouth", "entente.picture_models"
    )
    vars(point)["dist"] = SimpleNamespace(name=package, version="1.0")
    return point


def test_one_is_found_by_its_entry_point_and_two_of_one_name_are_refused() -> None:
    assert isinstance(
        plugins.gather("picture_models", [_point("theirs")]).loaded["bright_south"], BrightSouth
    )
    with pytest.raises(plugins.PluginConflict, match=r"entente\.picture_models are named 'bright_south'"):
        plugins.gather("picture_models", [_point("ours"), _point("theirs")])


def test_what_it_says_becomes_one_clue_with_its_version_and_error_rate() -> None:
    extractor = PictureModelExtractor(BrightSouth())
    assert isinstance(extractor, ClueExtractor)
    (clue,) = extractor.find(Material("m", picture=wall(220)))
    assert (clue.kind, clue.method, clue.version) == (
        ClueKind.PICTURE_MODEL,
        "picture_model.bright_south",
        "1",
    )
    assert clue.value["error_rate"] == 0.4 and max(clue.value["cells"], key=clue.value["cells"].get) == SOUTH
    assert "40%" in clue.because
    assert extractor.find(Material("m", picture=wall(0))) == []


def test_the_frames_of_a_video_are_one_look() -> None:
    frames = tuple((n / 10, wall(level)) for n, level in enumerate((220, 220, 0, 50)))
    (clue,) = PictureModelExtractor(BrightSouth()).find(Material("m", frames=frames))
    looks = [BrightSouth().look(wall(level)) for level in (220, 220, 50)]
    assert clue.value["cells"] == together(looks)
    assert "3 frames" in clue.because


def test_a_cell_that_one_frame_does_not_name_counts_there_as_its_least() -> None:
    assert together([{SOUTH: 1.0, NORTH: -1.0}, {SOUTH: 3.0}]) == {SOUTH: 2.0, NORTH: 1.0}


class Broken(BrightSouth):
    """Says what is no number."""

    name = "broken"

    def look(self, picture):
        return {SOUTH: float("nan")}


class Faultless(BrightSouth):
    """Claims never to be wrong."""

    name, error_rate = "faultless", 0.0


def test_one_that_breaks_is_named_and_takes_no_other_with_it() -> None:
    three = [PictureModelExtractor(m) for m in (Broken(), Faultless(), BrightSouth())]
    found = found_in(Material("m", picture=wall(220)), three)
    assert [c["method"] for c in found["clues"]] == ["picture_model.bright_south"]
    assert {r["extractor"]: r["reason"] for r in found["refused"]}.keys() == {
        "picture_model.broken", "picture_model.faultless"
    }  # fmt: skip
    assert "error rate" in found["refused"][1]["reason"]


def test_its_clue_moves_the_region_no_further_than_its_error_rate() -> None:
    found = found_in(Material("m", picture=wall(220)), [PictureModelExtractor(BrightSouth())])
    clue = clue_from_json({**found["clues"][0], "reliability": 0.99})
    italy = {c.code: c.p for c in locate([clue]).countries}["IT"]
    prior = {c.code: c.p for c in locate([]).countries}["IT"]
    assert prior < italy < 1 - 0.4 * (1 - prior)
