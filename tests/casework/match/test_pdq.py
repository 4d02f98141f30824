"""PDQ: equal to the reference bit for bit, and its turns mean what the vocabulary says."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pdqhash
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from entente.casework.match.hashes import TURNS, every_turn, kernel, running_sums
from entente.casework.match.hashes.pdq import PDQ
from entente.casework.match.hashes.profiles import made_small, read_only
from entente.vocabulary.media_hash import PDQ_NEAR, HashRefused, NoHash, Profile, Transform, demand_pdq

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


def _blurred(rows: int, columns: int, seed: int, cells: int = 6) -> np.ndarray:
    """A picture of soft colours, of any size: few cells leave little but rounding in fine coefficients."""
    coarse = np.random.default_rng(seed).integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((columns, rows), Image.Resampling.BICUBIC))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 2**32 - 1))
def test_pictures_of_any_size_equal_the_reference_bit_for_bit(rows: int, columns: int, seed: int) -> None:
    rgb = _blurred(rows, columns, seed)
    turns, quality = PDQ.of_rgb(rgb)
    assert (turns[0], quality) == _reference(rgb)


def test_a_picture_without_any_step_is_the_references_too() -> None:
    for value in (0, 7, 255):
        rgb = np.full((90, 130, 3), value, np.uint8)
        turns, quality = PDQ.of_rgb(rgb)
        assert (turns[0], quality) == _reference(rgb) and quality == 0


def test_where_in_doubt_the_references_own_sums_are_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated, made = [], running_sums.slow_samples
    repeating = lambda *a: (repeated.append(a[0].shape), made(*a))[1]  # noqa: E731
    monkeypatch.setattr(running_sums, "slow_samples", repeating)
    scenes = [_blurred(200 + n, 300, n, cells=40) for n in range(12)]
    quick = [PDQ.of_rgb(scene) for scene in scenes]
    assert len(repeated) < 4  # a few pictures of a hundred
    monkeypatch.setattr(kernel, "GAP_DOUBT", 1e9)
    assert [PDQ.of_rgb(scene) for scene in scenes] == quick
    assert len(repeated) >= 12


def test_the_banded_way_and_the_running_sums_differ_by_less_than_a_doubt() -> None:
    for seed, (rows, columns) in enumerate([(97, 1213), (700, 33), (1500, 1100)]):
        flat = read_only(_blurred(rows, columns, seed)).reshape(rows, -1)
        quick = kernel.samples(flat, 3, *kernel.band(rows), *kernel.band(columns))
        slow = running_sums.slow_samples(flat, 3)
        made = [kernel.transformed(each, kernel.COSINES) for each in (quick, slow)]
        assert np.abs(made[0] - made[1]).max() < kernel.GAP_DOUBT / 4
        assert np.abs(quick - slow).max() * 2 / 2.55 < kernel.STEP_DOUBT


def test_all_eight_turns_are_the_references_eight() -> None:
    # It turns against the clock, as the published variants do.
    its = ["ORIGINAL", "ROTATE_270", "ROTATE_180", "ROTATE_90", "MIRROR_X", "MIRROR_Y", "TRANSPOSE"]
    for seed in range(8):
        rgb = _blurred(301, 211, seed)
        vectors, _ = pdqhash.compute_dihedral(rgb)
        turns, _ = PDQ.of_rgb(rgb)
        for name, vector in zip([*its, "ANTITRANSPOSE"], vectors, strict=True):
            reference = np.packbits(np.asarray(vector, dtype=np.uint8)).tobytes().hex()
            assert PDQ.distance(turns[TURNS.index(Transform[name])], reference) <= 2, name


# --- profiles -------------------------------------------------------------------------------------------

# Of the Python reference's own tests (facebook/ThreatExchange, pdq/python): pictures made small by Pillow.
THUMB512 = {
    "bridge-1-original": "d8f8f0cce0f4a84f0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22",
    "bridge-2-rotate-90": "38a50efd71c83f429013d68d0ffffc52e34e0e15ada952a9d29684214aa9e5af",
    "bridge-3-rotate-180": "2dadda64b5a142e5d362209057da895ae63b8c7fc277b4b766b319361f893188",
    "bridge-4-rotate-270": "a5f0a457248995e8c9065c275aaa54d8b61ba4bdf8fcfc0387c32f8b0bfc4f05",
    "bridge-5-flipx": "d8f80f31e0f417b00e37f5dd028f980fb36ed12a9662c1e233e64c634e9c64dd",
    "bridge-6-flipy": "0dad259bb1a1bd18d362576556da32a1e63b7380c2374b4866b3c6c91b89ce77",
    "bridge-7-flip-plus-1": "f0a5e10271dcc0bd9c5309720fff018de34ef1e8ada9a956d2967ade1ea91a50",
    "bridge-8-flip-minus-1": "69f05aa8a4996a17c146a2da5aaaab07b61b5b60f8fc07fc83c3d0740bfcb0fa",
}
# Of the browser module's tests (pdq/wasm): the nearest pixel of 512 by 512.
NEAREST512 = {
    "aaa-orig": "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22",
    "blur-a-little": "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22",
    "blur-a-lot": "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22",
    "high-contrast": "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22",
    "high-saturation": "d8f8f0cee0f4a84f0637022a038f67f0b36e2ed596631e1d33e6339c4e9c9b22",
    "sharpen-a-little": "d8f8f0cee0f4a84f0e370222038f67f0b36e2ed596231e1d33e6b39c4e9c9b22",
    "shrink-a-little": "d8f8f0cee0f4a84f0e370a22038f67f0b36e2ed596621e1d33e6339c4e9c9b22",
    "shrink-a-lot": "d0f8f1ccc0f4a84d0a370a3a228f67f0b36e2ed5b6623e1d33e6339c4e9c9b22",
    "square-128x128": "d8f8f1eec0f4a84f0e37022a078f63f0b36e2ed596621e1d33e6239c4e9c9b22",
    "square-256x256": "d8f8f0cec4f4a84f0637022a078f67f0b36e2ee5b6621e1d33e6239c4e9c9b22",
    "square-512x512": "d8f8f0cec0f4a84f0637022a278f67f0b36e2ed596621e1d33e6339c4e9c9b22",
}
# Of the Java reference's tests: no change of size.
FULL = {
    "bridge-1-original": "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    "bridge-2-rotate-90": "30a10efd71cc3d429013d48d0ffffc52e34e0e17ada952a9d29685211ea9e5af",
}


@needs_data
@pytest.mark.parametrize(
    ("profile", "folder", "published"),
    [
        (Profile.FULL, "dih", FULL),
        (Profile.THUMB512, "dih", THUMB512),
        (Profile.NEAREST512, "bridge-mods", NEAREST512),
    ],
    ids=["full", "thumb512", "nearest512"],
)
def test_each_profile_gives_its_published_hashes_bit_for_bit(
    profile: Profile, folder: str, published: dict[str, str]
) -> None:
    for stem, expected in published.items():
        rgb = _rgb(DATA / folder / f"{stem}.jpg")
        assert PDQ.of_rgb(rgb, profile)[0][0] == expected, stem
        assert PDQ.distance(PDQ.of_picture(rgb)[profile][0][0], expected) <= 4, stem


@needs_data
def test_profiles_differ_enough_that_a_list_has_to_say_which_it_holds() -> None:
    under = [PDQ.of_picture(_rgb(path)) for path in sorted((DATA / "dih").glob("*.jpg"))]
    apart = [PDQ.distance(u[Profile.FULL][0][0], u[Profile.THUMB512][0][0]) for u in under]
    assert max(apart) >= 6


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 2600), st.integers(1, 2600), st.integers(0, 2**32 - 1))
def test_the_thumbnail_is_pillows_pixel_for_pixel(rows: int, columns: int, seed: int) -> None:
    rgb = _blurred(rows, columns, seed)
    expected = Image.fromarray(rgb)
    expected.thumbnail((512, 512))
    assert np.array_equal(made_small(rgb, Profile.THUMB512), np.asarray(expected))


@pytest.mark.parametrize("shape", [(900, 1400), (2300, 1000), (515, 517), (4, 900), (3000, 4000)])
def test_the_thumbnails_hash_in_one_step_is_near_the_thumbnails_hash(shape: tuple[int, int]) -> None:
    rgb = _blurred(*shape, seed=shape[0], cells=40)
    exact, quality = PDQ.of_rgb(rgb, Profile.THUMB512)
    turns, its = PDQ.of_picture(rgb)[Profile.THUMB512]
    assert PDQ.distance(exact[0], turns[0]) <= 4 and abs(quality - its) <= 1


@pytest.mark.parametrize("shape", [(9, 300_000), (300_000, 9), (5, 2_000_000)])
def test_a_strip_of_any_length_is_hashed_in_little_time_and_memory(shape: tuple[int, int]) -> None:
    strip = np.zeros((*shape, 3), np.uint8)
    strip[shape[0] // 3 :, shape[1] // 4 :] = 200
    begun = time.process_time()
    under = PDQ.of_picture(strip)
    assert time.process_time() - begun < 10
    assert under[Profile.THUMB512] == PDQ.of_rgb(strip, Profile.THUMB512) == (("0" * 64,) * 8, 0)
    assert under[Profile.FULL] == PDQ.of_rgb(strip) and under[Profile.FULL][0][0].strip("0")


def test_a_small_picture_has_one_hash_under_all_profiles() -> None:
    under = PDQ.of_picture(_blurred(512, 300, 5))
    assert under[Profile.FULL] == under[Profile.THUMB512] == under[Profile.NEAREST512]


# --- the decoder's luma plane, and decoding at a smaller scale --------------------------------------------


def _jpeg(rgb: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _jpegs() -> list[bytes]:
    drawn = [_jpeg(_blurred(rows, columns, rows, cells=40)) for rows, columns in ((1201, 1607), (2999, 4003))]
    return drawn + [path.read_bytes() for path in _pictures()]


def test_a_jpegs_own_luma_plane_is_within_two_bits() -> None:
    for data in _jpegs():
        full, quality = PDQ.of_rgb(simplejpeg.decode_jpeg(data, "RGB"))
        plane, its = PDQ.of_luma(simplejpeg.decode_jpeg(data, "GRAY")[..., 0])
        assert PDQ.distance(full[0], plane[0]) <= 2 and abs(quality - its) <= 1


def test_a_jpeg_decoded_smaller_stays_within_four_bits_while_it_has_512_pixels_a_side() -> None:
    seen = 0
    for data in _jpegs():
        rows, columns = simplejpeg.decode_jpeg_header(data)[:2]
        full, quality = PDQ.of_rgb(simplejpeg.decode_jpeg(data, "RGB"))
        small = simplejpeg.decode_jpeg(data, "GRAY", min_height=512, min_width=512)[..., 0]
        eighths = next(n for n in range(1, 9) if -(-rows * n // 8) == small.shape[0])
        if eighths == 8:
            continue
        seen += 1
        turns, its = PDQ.of_scaled(small, rows, columns, eighths)
        assert PDQ.distance(full[0], turns[0]) <= 4 and abs(quality - its) <= 1
    assert seen >= 2


def test_a_scaled_plane_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="500 x 750"):
        PDQ.of_scaled(np.zeros((500, 751), np.uint8), 1000, 1500, 4)
    with pytest.raises(ValueError, match="64 pixels a side"):
        PDQ.of_scaled(np.zeros((63, 63), np.uint8), 500, 500, 1)


# --- bad input ------------------------------------------------------------------------------------------


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


def test_a_hash_of_another_length_has_no_distance() -> None:
    for wrong in ("", "00" * 31, "00" * 33):
        with pytest.raises(HashRefused, match="64 hex digits"):
            PDQ.distance("00" * 32, wrong)


@pytest.mark.parametrize(
    ("value", "quality", "code", "mend"),
    [
        ("ab" * 31, 90, NoHash.WRONG_LENGTH, "copy it whole"),
        ("ab" * 33, None, NoHash.WRONG_LENGTH, "copy it whole"),
        ("", None, NoHash.WRONG_LENGTH, "copy it whole"),
        ("g" + "a" * 63, None, NoHash.NOT_HEX, "copy it again"),
        ("\u0661" * 64, None, NoHash.NOT_HEX, "copy it again"),  # a digit, but of another script
        ("0" * 64, 100, NoHash.BLANK, "leave it out"),
        ("F" * 64, None, NoHash.BLANK, "leave it out"),
        ("ab" * 32, 49, NoHash.LOW_QUALITY, "SHA-256"),
    ],
)
def test_what_is_no_hash_to_search_is_refused_with_its_mend(
    value: str, quality: int | None, code: NoHash, mend: str
) -> None:
    with pytest.raises(HashRefused, match=mend) as refused:
        demand_pdq(value, quality)
    assert refused.value.code is code


def test_a_hash_of_good_or_unknown_quality_is_taken() -> None:
    demand_pdq("ab" * 32)
    demand_pdq("AB" * 32, 50)


def test_a_query_asks_each_distinct_hash_once_and_no_blank_one() -> None:
    full = [f"{n + 1:064x}" for n in range(8)]
    thumb = [full[0], "0" * 64, "f" * 64, *(f"{n + 20:064x}" for n in range(5))]
    asked = every_turn({"thumb512": thumb, "full": full}, raw="ab" * 32)
    assert [value for _, _, value in asked] == [*full, *thumb[3:], "ab" * 32]
    assert asked[0] == (Profile.FULL, Transform.ORIGINAL, full[0])
    assert asked[8] == (Profile.THUMB512, TURNS[3], thumb[3])
    assert every_turn({}) == []
    with pytest.raises(HashRefused, match="copy it whole"):
        every_turn({"full": ["ab"] * 8})


@pytest.mark.parametrize("seed", range(8))
def test_a_frames_hash_is_that_of_its_picture_to_a_bit_in_doubt(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = int(rng.integers(5, 700)), int(rng.integers(5, 900))
    luma = _samples_of(rng, rows, columns)
    padded = np.full((rows, columns + 37), 255, np.uint8)
    padded[:, :columns] = luma
    value, quality = PDQ.of_frame(padded, columns)
    turns, expected = PDQ.of_luma(luma)
    assert (int(value, 16) ^ int(turns[0], 16)).bit_count() <= 2 and abs(quality - expected) <= 1


def test_a_frame_too_small_has_no_hash() -> None:
    assert PDQ.of_frame(np.zeros((4, 64), np.uint8), 60) == ("0" * 64, 0)


def _samples_of(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """A picture of large shapes and some grain."""
    y, x = np.mgrid[0:rows, 0:columns]
    picture = 90 + 60 * np.sin(x / columns * rng.uniform(2, 9)) + 50 * np.cos(y / rows * rng.uniform(2, 9))
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
