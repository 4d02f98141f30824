"""All extractors on one medium: one that breaks takes nothing else with it."""

from __future__ import annotations

from entente.casework.examine.extractors import Material
from entente.casework.examine.extractors.metadata import MetadataExtractor
from entente.casework.examine.extractors.run import EXTRACTORS, found_in, made_ready
from entente.vocabulary.clue import clue_from_json


class Broken:
    name, version, needs = "broken", "1", frozenset({"metadata"})

    def find(self, material: Material) -> list:
        raise RuntimeError("out of ink")


class Deaf(Broken):
    name, needs = "deaf", frozenset({"sound"})


def test_a_broken_extractor_is_named_and_the_others_still_speak() -> None:
    answer = found_in(Material("m", {"offset_minutes": 60}), [Broken(), MetadataExtractor()])
    assert answer["refused"] == [{"extractor": "broken", "reason": "RuntimeError: out of ink"}]
    assert [clue["value"] for clue in answer["clues"]] == [60]


def test_an_extractor_is_not_asked_about_what_is_not_there() -> None:
    assert found_in(Material("m", {"offset_minutes": 60}), [Deaf()]) == {"clues": [], "refused": []}


def test_ids_are_unique_and_the_objects_read_back() -> None:
    material = Material(
        "m", {"offset_minutes": 60, "make": "Nordica", "taken_at": "2026-06-06T18:00:00+01:00"}
    )
    clues = found_in(material)["clues"]
    assert len({clue["id"] for clue in clues}) == len(clues) == 3
    assert [clue_from_json(clue).as_json() for clue in clues] == clues


def test_our_own_extractors_are_found_by_entry_point() -> None:
    ours = {"barcode", "flicker", "language", "mains_hum", "metadata", "phone_number", "text", "toponym"}
    assert ours <= set(EXTRACTORS)


class Unready(Deaf):
    name = "unready"

    def ready(self) -> None:
        raise OSError("no such model")


def test_one_that_cannot_be_made_ready_is_named_and_the_others_are() -> None:
    assert made_ready({"unready": Unready(), "deaf": Deaf()}) == {
        "unready": "not ready: OSError: no such model"
    }
