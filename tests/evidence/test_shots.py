"""Cuts are told at their seconds, flashes and quick cameras are none; the sheet is one small grey picture."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from entente.evidence import film
from entente.vocabulary.media import Refusal
from tests.evidence.drawn import clip, scene


def filmed(path: Path, pictures: list[np.ndarray]) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 240, "yuv420p", 2_000_000
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def told(path: Path) -> film.Sheet:
    sheet = film.sheet(path)
    assert isinstance(sheet, film.Sheet), sheet
    return sheet


@pytest.mark.parametrize(("container", "codec"), [("mp4", "libx264"), ("webm", "libvpx-vp9")])
def test_every_cut_is_told_at_its_second_and_each_shot_is_on_the_sheet(tmp_path, container, codec):
    sheet = told(clip(tmp_path / "film", container=container, codec=codec, seconds=5, gop=250))
    assert sheet.starts == pytest.approx((0, 2, 4), abs=0.03)
    assert sheet.until == pytest.approx(4.96, abs=0.05)
    shots = np.searchsorted([2, 4], sheet.shown)
    assert set(shots.tolist()) == {0, 1, 2}


def test_the_sheet_is_one_grey_jpeg_of_small_pictures(tmp_path):
    sheet = told(clip(tmp_path / "film.mp4", seconds=4))
    picture = Image.open(io.BytesIO(sheet.picture))
    assert (picture.mode, picture.format) == ("L", "JPEG")
    assert max(picture.size) <= film.LARGEST_SHEET
    assert picture.width == 4 * (160 + 8) + 8


def test_a_flash_a_quick_camera_and_a_slow_fade_are_no_cuts(tmp_path):
    room, other = scene(seed=3), scene(seed=4)
    steady = [room] * 40
    flash = [*steady[:20], np.full_like(room, 255), np.full_like(room, 250), *steady[22:]]
    quick = [np.roll(room, 12 * i, axis=1) for i in range(40)]
    fade = [(room * (1 - k / 50) + other * (k / 50)).astype(np.uint8) for k in range(51)]
    for name, pictures in (("flash", flash), ("quick", quick), ("fade", fade)):
        assert told(filmed(tmp_path / f"{name}.mp4", pictures)).starts == (0.0,), name
    hard = told(filmed(tmp_path / "hard.mp4", [*flash, *([other] * 30)]))
    assert hard.starts == pytest.approx((0, 1.6), abs=0.01)


def test_what_was_not_looked_at_in_the_time_is_said(tmp_path):
    sheet = film.sheet(clip(tmp_path / "film.mp4", seconds=6), limit_s=0.02)
    assert isinstance(sheet, Refusal) or sheet.until < 5


def test_a_film_of_one_frame_and_a_file_that_is_none(tmp_path):
    one = told(filmed(tmp_path / "one.mp4", [scene()]))
    assert (one.starts, one.shown) == ((0.0,), (0.0,))
    (tmp_path / "none.mp4").write_bytes(b"nothing")
    assert isinstance(film.sheet(tmp_path / "none.mp4"), Refusal)


def test_a_film_that_breaks_off_is_shown_as_far_as_it_goes(tmp_path):
    path = clip(tmp_path / "film.mkv", container="matroska", codec="mpeg4", seconds=6)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    sheet = told(path)
    assert 2.5 < sheet.until < 5 and sheet.starts[1] == pytest.approx(2, abs=0.03)
