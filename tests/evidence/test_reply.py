"""The caller checks what a decoder says: one wrong value and the whole answer is a refusal."""

from __future__ import annotations

import copy
import io
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from entente.evidence import reply
from entente.evidence.derive import SIDES, derived
from entente.evidence.reply import Nonsense
from entente.vocabulary.media import MediaKind
from tests.evidence.drawn import scene
from tests.evidence.planted import SENSE

FILM = {k: v for k, v in SENSE.items() if k != "hashes"} | {
    "duration": 4.0,
    "frames": [{"t": 1.5, "hashes": {"pdq": ["ab" * 32, 90]}}],
}


def test_what_our_decoders_say_is_taken() -> None:
    told = reply.description(SENSE | {"extracted": {"a:b": {"value": 1}}}, MediaKind.PICTURE, ["a:b"])
    assert told["pdq"] == "00" * 32 and len(told["pdq_turns"]["full"]) == 8 and told["extracted"]
    assert reply.description(FILM, MediaKind.VIDEO, [])["frames"][0].t == 1.5


def test_every_profile_and_the_hash_of_the_stored_pixels_are_taken() -> None:
    others = {"thumb512": ["11" * 32] * 8, "nearest512": ["22" * 32] * 8}
    hashes = {"pdq": {"turns": ["00" * 32] * 8, "quality": 9, "profiles": others, "raw": "33" * 32}}
    told = reply.description(SENSE | {"hashes": hashes}, MediaKind.PICTURE, [])
    assert {p: turns[0][:2] for p, turns in told["pdq_turns"].items()} == {
        "full": "00",
        "thumb512": "11",
        "nearest512": "22",
    }
    assert (told["pdq_raw"], told["pdq_rough"], told["pdq_quality"]) == ("33" * 32, False, 9)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("width", 0),
        ("width", -1),
        ("width", True),
        ("width", 1.5),
        ("width", "320"),
        ("width", 10**9),
        ("height", None),
        ("duration", math.inf),
        ("duration", math.nan),
        ("duration", -1),
        ("duration", "4"),
        ("partial", 1),
        ("errors", 1 << 60),
        ("decoded", None),
        ("tags", []),
        ("tags", {"a": 1}),
        ("tags", {"a": "x" * 5000}),
        ("tags", {"x" * 500: "a"}),
        ("tags", {str(i): "" for i in range(1000)}),
        ("hashes", {}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 7, "quality": 1}}),
        ("hashes", {"pdq": {"turns": ["zz" * 32] * 8, "quality": 1}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 7 + ["00"], "quality": 1}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 101}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "more": 1}}),
        ("hashes", {"pdq": None}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "profiles": {"full": ["00" * 32] * 8}}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "profiles": {"other": ["00" * 32] * 8}}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "profiles": {"thumb512": ["00" * 32]}}}),
        (
            "hashes",
            {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "profiles": {"thumb512": ["00" * 8] * 8}}},
        ),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "profiles": []}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "raw": "00" * 31}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "raw": 7}}),
        ("hashes", {"pdq": {"turns": ["00" * 32] * 8, "quality": 1, "rough": "yes"}}),
        ("frames", [{"t": 1.5, "hashes": {"pdq": ["ab" * 32, 90]}}]),
        ("frames", {}),
        ("extracted", {"not:asked": {"value": 1}}),
        ("extracted", {"a:b": {"value": 1, "error": ""}}),
        ("extracted", {"a:b": {}}),
        ("extracted", {"a:b": {"error": 5}}),
        ("more", 1),
    ],
)
def test_one_wrong_value_makes_it_nonsense(path: str, value: object) -> None:
    with pytest.raises(Nonsense):
        reply.description({**SENSE, path: value}, MediaKind.PICTURE, ["a:b"])


@pytest.mark.parametrize("frame", [{}, {"t": -1.0}, {"t": 0.0, "hashes": {"pdq": ["ab", 1]}}, 5, {"t": "1"}])
def test_one_wrong_frame_makes_it_nonsense(frame: object) -> None:
    with pytest.raises(Nonsense):
        reply.description({**FILM, "frames": [frame]}, MediaKind.VIDEO, [])


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*SENSE, "frames", "duration", "extracted", "x"]), ANY, max_size=4))
def test_whatever_is_put_into_an_answer_it_is_taken_or_nonsense(changed: dict[str, Any]) -> None:
    for base, kind in ((SENSE, MediaKind.PICTURE), (FILM, MediaKind.VIDEO)):
        try:
            told = reply.description(copy.deepcopy(base) | changed, kind, ["a:b"])
        except Nonsense:
            continue
        assert told["width"] * told["height"] <= reply.MOST_PIXELS
        assert told["duration"] is None or math.isfinite(told["duration"])


def copies() -> dict[str, bytes]:
    return {view: derived(scene(), view, None, 64) for view in SIDES}


def test_our_own_copies_are_taken() -> None:
    for view, blob in copies().items():
        assert reply.picture(blob, view, 64) == blob


def test_a_copy_with_more_than_a_picture_in_it_is_nonsense() -> None:
    made = copies()
    exif = io.BytesIO()
    tagged = Image.fromarray(scene())
    tagged.thumbnail((64, 64))
    tagged.save(exif, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0", comment=b"hidden")
    noted = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(noted, "PNG", pnginfo=_noted())
    for view, blob in (
        ("clear", exif.getvalue()),
        ("clear", made["clear"] + b"PK\x03\x04 a second file"),
        ("clear", made["clear"][:-2]),
        ("clear", made["edges"]),
        ("clear", b""),
        ("edges", made["clear"]),
        ("edges", noted.getvalue()),
        ("edges", made["edges"] + b"more"),
        ("edges", made["edges"][:-20]),
        ("edges", made["edges"][:40] + b"\0" + made["edges"][41:]),
    ):
        with pytest.raises(Nonsense):
            reply.picture(blob, view, 64)


def test_a_copy_larger_than_asked_for_is_nonsense() -> None:
    large = derived(scene(), "clear", None, 300)
    with pytest.raises(Nonsense):
        reply.picture(large, "clear", 64)
    with pytest.raises(Nonsense):
        reply.picture(large, "grey", 300)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_any_bytes_are_a_picture_or_nonsense(noise: bytes, at: int) -> None:
    for view, blob in copies().items():
        for changed in (noise, blob[:at] + noise + blob[at + len(noise) :], blob[:at]):
            try:
                assert reply.picture(changed, view, 64) == changed
            except Nonsense:
                continue


def _noted() -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("comment", "hidden")
    return info
