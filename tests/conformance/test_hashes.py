"""Every installed perceptual hash gives its own known answers and measures distance as a distance."""

from __future__ import annotations

import numpy as np
import pytest

from entente import plugins
from entente.casework.match.hashes import TURNS, HashType, Pictured
from entente.vocabulary.media_hash import Profile

HASHES = list(plugins.hashes().values())


def test_the_hash_type_of_the_house_is_found_like_a_strangers() -> None:
    assert "pdq" in plugins.hashes()


@pytest.mark.parametrize("kind", HASHES, ids=lambda h: h.name)
def test_it_offers_what_a_hash_type_must(kind: HashType) -> None:
    assert isinstance(kind, HashType)
    assert kind.version
    assert kind.near > 0
    assert kind.examples()


@pytest.mark.parametrize("kind", HASHES, ids=lambda h: h.name)
def test_its_examples_have_their_known_answers(kind: HashType) -> None:
    for example in kind.examples():
        turns, quality = kind.of_luma(example.luma)
        assert len(turns) == len(TURNS)
        assert (turns[0], quality) == (example.hash, example.quality)


@pytest.mark.parametrize("kind", HASHES, ids=lambda h: h.name)
def test_its_distance_is_symmetric_and_zero_only_to_itself(kind: HashType) -> None:
    turns, _ = kind.of_luma(kind.examples()[0].luma)
    for other in set(turns[1:]) - {turns[0]}:
        assert kind.distance(turns[0], other) == kind.distance(other, turns[0]) > 0
    assert kind.distance(turns[0], turns[0]) == 0


@pytest.mark.parametrize("kind", HASHES, ids=lambda h: h.name)
def test_its_turns_are_the_hashes_of_the_turned_picture(kind: HashType) -> None:
    luma = kind.examples()[0].luma
    turns, _ = kind.of_luma(luma)
    mirrored, _ = kind.of_luma(np.ascontiguousarray(luma[:, ::-1]))
    assert kind.distance(mirrored[0], turns[5]) <= kind.near // 2


@pytest.mark.parametrize("kind", [h for h in HASHES if isinstance(h, Pictured)], ids=lambda h: h.name)
def test_what_takes_colour_agrees_with_itself_on_grey(kind: HashType) -> None:
    assert isinstance(kind, Pictured)
    for example in kind.examples():
        under = kind.of_picture(np.dstack([example.luma] * 3))
        assert Profile.FULL in under and set(under) <= set(Profile)
        assert under[Profile.FULL] == kind.of_luma(example.luma)
        assert {len(turns) for turns, _ in under.values()} == {len(TURNS)}
