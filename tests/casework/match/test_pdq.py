"""PDQ: equal to the reference bit for bit, and its turns mean what the vocabulary says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from entente.casework.match.hashes import TURNS
from entente.casework.match.hashes.pdq import PDQ
from entente.vocabulary.media_hash import PDQ_NEAR, Transform

DATA = Path(__file__).parents[4] / "shared" / "data" / "pdq"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the bridge pictures of ../shared/data are absent")

# Published by facebook/ThreatExchange with the eight variants of one bridge photo.
PUBLISHED = {
    "bridge-1-original": "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22",
    "bridge-2-rotate-90": "b0a10efd71cc3f429413d48d0ffffe12e34e0e17ada952a9d29684210aa9e5af",
    "bridge-3-rotate-180": "adad5a64b5a142e55362a09057dacd5ae63b847fc23794b766b319361fc93188",
    "bridge-4-rotate-270": "a5f4a457a48995e8c9065c275aaa5498b61ba4bdf8fcf80387c32f8b0bfc4f05",
    "bridge-5-flipx": "f8f80f31e0f417b00e37f5cd028f980fb36ed02a9662c1e233e6cc634e9c64dd",
    "bridge-6-flipy": "8dad2599b1a1bd1853625f6553da32a1e63b7280c2374b4866b366c91bc9ce77",
    "bridge-7-flip-plus-1": "f0a1f102f1dcc0bd9c5309720fff018de34ef1e8ada9a956d2967ade0ea91a50",
    "bridge-8-flip-minus-1": "a5f05ba8a4896a17c106a3da5aaaab07b61b5b42f8fc07fc83c3d0740bfcb0fa",
}
# How each variant has to be turned to meet the original: the published "rotate-90" was turned anticlockwise,
# its "flipx" reverses rows.
MEETS_ORIGINAL = {
    "bridge-1-original": Transform.ORIGINAL,
    "bridge-2-rotate-90": Transform.ROTATE_90,
    "bridge-3-rotate-180": Transform.ROTATE_180,
    "bridge-4-rotate-270": Transform.ROTATE_270,
    "bridge-5-flipx": Transform.MIRROR_X,
    "bridge-6-flipy": Transform.MIRROR_Y,
    "bridge-7-flip-plus-1": Transform.TRANSPOSE,
    "bridge-8-flip-minus-1": Transform.ANTITRANSPOSE,
}
TURN_ARRAY = {
    Transform.ORIGINAL: lambda a: a,
    Transform.ROTATE_90: lambda a: np.rot90(a, -1),
    Transform.ROTATE_180: lambda a: np.rot90(a, 2),
    Transform.ROTATE_270: lambda a: np.rot90(a, 1),
    Transform.MIRROR_X: lambda a: a[::-1],
    Transform.MIRROR_Y: lambda a: a[:, ::-1],
    Transform.TRANSPOSE: lambda a: a.T,
    Transform.ANTITRANSPOSE: lambda a: a[::-1, ::-1].T,
}


def _reference(rgb: np.ndarray) -> tuple[str, int]:
    vector, quality = pdqhash.compute(rgb)
    return np.packbits(np.asarray(vector, dtype=np.uint8)).tobytes().hex(), quality


def _pictures() -> list[Path]:
    return sorted(DATA.glob("*/*.jpg"))


def _rgb(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


@needs_data
@pytest.mark.parametrize("path", _pictures(), ids=lambda p: p.stem)
def test_hash_and_quality_equal_the_reference_on_each_bridge_picture(path: Path) -> None:
    rgb = _rgb(path)
    turns, quality = PDQ.of_rgb(rgb)
    assert (turns[0], quality) == _reference(rgb)


@needs_data
@pytest.mark.parametrize("stem", PUBLISHED)
def test_each_variant_meets_its_published_hash(stem: str) -> None:
    turns, _ = PDQ.of_rgb(_rgb(DATA / "dih" / f"{stem}.jpg"))
    assert PDQ.distance(turns[0], PUBLISHED[stem]) <= 16


@needs_data
@pytest.mark.parametrize("stem", MEETS_ORIGINAL)
def test_each_variant_meets_the_original_by_one_turn_only(stem: str) -> None:
    turns, _ = PDQ.of_rgb(_rgb(DATA / "dih" / f"{stem}.jpg"))
    original = PUBLISHED["bridge-1-original"]
    near = [t for t, h in zip(TURNS, turns, strict=True) if PDQ.distance(h, original) <= PDQ_NEAR]
    assert near == [MEETS_ORIGINAL[stem]]


@needs_data
def test_mild_changes_of_one_picture_stay_near() -> None:
    original = PDQ.of_rgb(_rgb(DATA / "bridge-mods" / "aaa-orig.jpg"))[0][0]
    for path in sorted((DATA / "bridge-mods").glob("*.jpg")):
        assert PDQ.distance(PDQ.of_rgb(_rgb(path))[0][0], original) <= PDQ_NEAR, path.name


@needs_data
@pytest.mark.parametrize("turn", TURNS)
def test_a_turn_is_the_hash_of_the_picture_turned_so(turn: Transform) -> None:
    luma = np.asarray(Image.open(DATA / "bridge-mods" / "aaa-orig.jpg").convert("L"))
    turned = PDQ.of_luma(TURN_ARRAY[turn](luma))[0][0]
    assert PDQ.distance(turned, PDQ.of_luma(luma)[0][TURNS.index(turn)]) <= 8


@settings(max_examples=30, deadline=None)
@given(st.integers(64, 300), st.integers(64, 300), st.integers(0, 2**32 - 1))
def test_drawn_pictures_of_any_size_equal_the_reference(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 6), dtype=np.uint8)).resize((columns, rows))
    rgb = np.dstack([np.asarray(coarse)] * 3)
    turns, quality = PDQ.of_rgb(rgb)
    expected, expected_quality = _reference(rgb)
    # Below 64 pixels a side samples repeat and coefficients tie exactly: which bits they give means nothing.
    # The reference adds in running float32 sums, so a coefficient at the median itself may fall either way.
    assert PDQ.distance(turns[0], expected) <= 2
    assert abs(quality - expected_quality) <= 1


def test_a_read_only_plane_and_a_slice_give_the_same_hash_as_a_copy() -> None:
    wide = np.random.default_rng(3).integers(0, 256, (200, 400), dtype=np.uint8)
    view = wide[::2, 10:300]
    copy = view.copy()
    copy.flags.writeable = False
    assert PDQ.of_luma(view) == PDQ.of_luma(copy)


def test_a_side_under_five_pixels_has_quality_zero() -> None:
    turns, quality = PDQ.of_luma(np.full((4, 100), 7, np.uint8))
    assert set(turns) == {"0" * 64}
    assert quality == 0


def test_it_refuses_a_colour_picture_given_as_luma() -> None:
    with pytest.raises(ValueError, match="of_rgb"):
        PDQ.of_luma(np.zeros((8, 8, 3), np.uint8))
