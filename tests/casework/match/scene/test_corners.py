"""Features of a picture: bounded, spread, the same each time, and whole or refused when read back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.casework.match.scene import LEAST_FEATURES, Features, FeaturesDamaged, asked, features
from entente.casework.match.scene.corners import ASKED_MOST, HELD_MOST
from tests.casework.match.scene.drawn import scene

WHOLE = features(scene(6, 200, 200)).to_bytes()


def test_bytes_give_the_same_features_back() -> None:
    held = features(scene(1))
    back = Features.from_bytes(held.to_bytes())
    assert (back.width, back.height) == (640, 480)
    for name in ("places", "turns", "sizes", "words"):
        assert np.array_equal(getattr(back, name), getattr(held, name))


def test_a_held_picture_takes_at_most_16_kilobytes_however_large_it_is() -> None:
    held = features(np.kron(scene(2), np.ones((4, 4), np.uint8)))
    assert LEAST_FEATURES < len(held) <= HELD_MOST
    assert len(held.to_bytes()) <= 16_000


def test_the_same_plane_gives_the_same_bytes() -> None:
    assert features(scene(3)).to_bytes() == features(scene(3).copy()).to_bytes()


def test_a_busy_corner_does_not_take_all_the_features() -> None:
    plane = scene(4)
    plane[:240, :320] = np.random.default_rng(0).integers(0, 2, (240, 320), dtype=np.uint8) * 255
    at = features(plane).points
    busy = ((at < (320, 240)).all(axis=1)).mean()
    assert 0.1 < busy < 0.6


def test_a_picture_is_asked_in_more_detail_and_mirrored() -> None:
    both = asked(scene(5))
    assert len(features(scene(5))) < len(both.plain) <= ASKED_MOST
    assert not np.array_equal(both.plain.words, both.mirrored.words)


@pytest.mark.parametrize(
    "plane",
    [
        np.full((480, 640), 128, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.zeros((3000, 20), np.uint8),
        np.tile(np.linspace(0, 255, 640).astype(np.uint8), (480, 1)),
    ],
    ids=["one grey", "one pixel", "a strip", "a gradient"],
)
def test_a_featureless_picture_says_that_it_has_too_few(plane: np.ndarray) -> None:
    held = features(plane)
    assert held.too_few
    assert Features.from_bytes(held.to_bytes()).too_few


def test_it_refuses_what_is_no_luma_plane() -> None:
    with pytest.raises(ValueError, match="convert the picture to grey"):
        features(np.zeros((10, 10, 3), np.uint8))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_bytes_that_were_changed_or_cut_are_refused(data: st.DataObject) -> None:
    whole = bytearray(WHOLE)
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole) - 1))]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        back = Features.from_bytes(bytes(whole))
    except FeaturesDamaged as refused:
        assert "compute them again" in str(refused)
    else:  # only width and height are outside the checksum's reach, and they stay plausible
        assert back.width > 0 and back.height > 0
