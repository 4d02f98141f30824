"""Every installed clue extractor finds in its own examples exactly the clues that it says."""

from __future__ import annotations

import pytest

from entente import plugins
from entente.casework.examine.extractors import NEEDS, ClueExtractor

EXTRACTORS = list(plugins.extractors().values())


def test_no_installed_plug_in_is_broken() -> None:
    assert plugins.broken() == ()


@pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda e: e.name)
def test_it_offers_what_an_extractor_must(extractor: ClueExtractor) -> None:
    assert isinstance(extractor, ClueExtractor)
    assert extractor.version
    assert extractor.needs <= NEEDS


@pytest.mark.parametrize("extractor", EXTRACTORS, ids=lambda e: e.name)
def test_its_examples_give_the_clues_that_it_says(extractor: ClueExtractor) -> None:
    assert extractor.examples()
    for example in extractor.examples():
        found = extractor.find(example.material)
        assert sorted((c.kind, repr(c.value)) for c in found) == sorted(
            (kind, repr(value)) for kind, value in example.expected
        )
        assert all(c.because and c.method and c.version for c in found)
