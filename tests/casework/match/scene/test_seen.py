"""Features leave the limited decoder as text, and come back as what they were or not at all."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

from entente.casework.match.scene import features
from entente.casework.match.scene.seen import TO_ASK, TO_HOLD, asked_of, held_of
from entente.evidence.open import read
from tests.evidence.drawn import clip, encoded, scene


def test_a_limited_decoder_finds_the_corners_of_a_picture(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(scene(480, 640), "PNG"))
    opened = read(tmp_path / "a.png", extract=(TO_HOLD, TO_ASK))
    assert not any("error" in answer for answer in opened.extracted.values()), opened.extracted
    held, both = held_of(opened.extracted[TO_HOLD]), asked_of(opened.extracted[TO_ASK])
    assert (held.width, held.height) == (640, 480) and not held.too_few
    assert len(both.plain) and len(both.mirrored)


def test_a_video_has_no_features_of_a_picture(tmp_path: Path) -> None:
    opened = read(clip(tmp_path / "a.mp4", seconds=2), extract=(TO_HOLD,))
    assert opened.extracted[TO_HOLD] == {"value": []}
    assert held_of(opened.extracted[TO_HOLD]) is None


@pytest.mark.parametrize(
    "answer", [{}, {"error": "died"}, {"value": 7}, {"value": ["?"]}, {"value": [b"\0" * 40]}, {"value": [7]}]
)
def test_an_answer_that_is_no_features_is_none(answer: dict) -> None:
    assert held_of(answer) is None


def test_features_that_were_changed_on_the_way_are_none() -> None:
    luma = np.ascontiguousarray(scene(240, 320)[:, :, 0])
    raw = bytearray(features(luma).to_bytes())
    raw[-1] ^= 1
    assert held_of({"value": [base64.b64encode(raw).decode()]}) is None
