"""The residual is the published one to 1e-5, in colours and in brightness, at sizes even and odd."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.link_camera import published
from demo.sensors import Sensor

from entente.casework.link.camera.residual import TooSmall, centre, residual
from entente.casework.link.camera.wavelet import BACK_HIGH, BACK_LOW, HIGH, LOW, down, halved, up


@pytest.mark.parametrize("size", [(128, 192), (131, 160), (200, 257)], ids=str)
def test_it_is_the_published_residual(size: tuple[int, int]) -> None:
    picture = Sensor(1, 1, size).picture(1)
    for seen in (picture, picture[..., 1].copy()):
        ours, theirs = residual(seen), published(seen)
        assert ours.shape == size and ours.dtype == np.float32
        assert np.abs(ours - theirs).max() <= 1e-5
        assert 0.2 < theirs.std() < 5


def test_up_takes_back_what_down_did() -> None:
    plane = np.random.default_rng(1).normal(0, 50, (61, 84)).astype(np.float32)
    bands = down(plane, LOW, HIGH)
    assert bands.shape == (4, halved(61), halved(84))
    back = np.empty_like(plane)
    up(bands, back, BACK_LOW, BACK_HIGH)
    assert np.abs(back - plane).max() < 1e-3


def test_an_even_plane_has_no_details_and_no_residual() -> None:
    even = np.full((128, 130), 90, np.uint8)
    assert np.abs(down(even, LOW, HIGH)[1:]).max() < 1e-3
    assert np.abs(residual(even)).max() < 1e-4


def test_rows_and_columns_of_each_colour_site_have_no_mean() -> None:
    plane = np.random.default_rng(2).normal(3, 1, (31, 42)).astype(np.float32)
    centre(plane)
    for a in (0, 1):
        for b in (0, 1):
            site = plane[a::2, b::2]
            assert np.abs(site.mean(axis=0)).max() < 1e-6 and np.abs(site.mean(axis=1)).max() < 1e-6


def test_a_picture_too_small_says_so() -> None:
    with pytest.raises(TooSmall, match="100 x 200 pixels, and 128"):
        residual(np.zeros((200, 100, 3), np.uint8))


def test_nothing_is_changed_in_the_picture() -> None:
    picture = Sensor(1, 1, (128, 128)).picture(1)
    before = picture.copy()
    residual(picture)
    assert (picture == before).all()
