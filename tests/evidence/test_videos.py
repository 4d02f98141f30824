"""Videos: every container, real times, gaps filled, damage counted."""

from __future__ import annotations

import io
import os
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from entente.casework.match.hashes.pdq import PDQ
from entente.evidence.open import read, render
from entente.vocabulary.media import MediaKind, RefusalCode, Sampling
from tests.evidence.drawn import clip, scene


def _distance(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


@pytest.mark.parametrize(
    ("container", "codec", "name"),
    [
        ("mp4", "libx264", "mp4"),
        ("mov", "libx264", "mov"),
        ("matroska", "libx264", "matroska"),
        ("webm", "libvpx-vp9", "webm"),
        ("avi", "mpeg4", "avi"),
        ("mpegts", "libx264", "mpegts"),
    ],
)
def test_every_container_gives_frames_without_a_gap_over_two_seconds(
    tmp_path: Path, container: str, codec: str, name: str
) -> None:
    opened = read(clip(tmp_path / "film.jpg", container=container, codec=codec, gop=125, seconds=8))
    assert opened.refusal is None
    assert (opened.kind, opened.container, opened.width, opened.height) == (MediaKind.VIDEO, name, 320, 240)
    assert opened.duration == pytest.approx(8, abs=0.2)
    times = [frame.t for frame in opened.frames]
    assert times == sorted(times) and times[0] == 0
    assert max(np.diff([*times, 8.0])) <= 2.25
    assert opened.decoded == opened.expected == len(times) and not opened.errors and not opened.partial


def test_a_frame_s_hash_is_the_hash_of_the_scene_at_its_time(tmp_path: Path) -> None:
    pdqhash = pytest.importorskip("pdqhash")
    opened = read(clip(tmp_path / "film.mp4", gop=250, seconds=8))
    for frame in opened.frames:
        i = round(frame.t * 25)
        bits, _ = pdqhash.compute(np.ascontiguousarray(np.roll(scene(seed=i // 50), 2 * i, axis=1)))
        assert _distance(frame.pdq, np.packbits(bits).tobytes().hex()) <= 16, frame


def test_deep_colour_is_brought_to_eight_bits(tmp_path: Path) -> None:
    eight = read(clip(tmp_path / "8.mp4", seconds=2))
    ten = read(clip(tmp_path / "10.mp4", seconds=2, pixels="yuv420p10le"))
    assert ten.refusal is None
    assert _distance(eight.frames[0].pdq, ten.frames[0].pdq) <= 12


def test_the_container_s_rotation_is_applied(tmp_path: Path) -> None:
    path = clip(tmp_path / "film.mp4", seconds=2)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # the matrix of a version 0 track header (ISO/IEC 14496-12, 8.3.2)
    one, zero, whole = (1 << 16).to_bytes(4, "big"), bytes(4), (1 << 30).to_bytes(4, "big")
    minus = (-(1 << 16)).to_bytes(4, "big", signed=True)
    assert data[at : at + 36] == one + zero * 3 + one + zero * 3 + whole
    data[at : at + 36] = zero + one + zero + minus + zero * 2 + (240 << 16).to_bytes(4, "big") + zero + whole
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(data)
    opened = read(turned)
    assert (opened.width, opened.height) == (240, 320)
    shown = np.asarray(Image.open(io.BytesIO(render(turned, "clear", t=0.0))))  # type: ignore[arg-type]
    assert np.abs(shown.astype(int) - np.rot90(scene(), -1)).mean() < 12  # a quarter turn clockwise


def test_an_mp4_without_its_index_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    data = clip(tmp_path / "film.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) * 6 // 10])
    opened = read(cut)
    assert opened.refusal is not None and opened.refusal.code is RefusalCode.DAMAGED
    assert "moov" in opened.refusal.reason and "same device" in opened.refusal.reason
    assert opened.sha256 and opened.container == "mp4"
    assert "mdat" in opened.tags["container:boxes"]


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("mp4", "libx264", {"movflags": "faststart"}),
        ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
        ("matroska", "libx264", {}),
        ("avi", "mpeg4", {}),
    ],
)
def test_a_film_cut_in_the_middle_gives_its_first_half_and_says_partial(
    tmp_path: Path, container: str, codec: str, options: dict[str, str]
) -> None:
    path = clip(tmp_path / "film", container=container, codec=codec, options=options, seconds=12)
    whole = read(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    opened = read(path)
    assert opened.refusal is None
    assert 0.3 * len(whole.frames) <= len(opened.frames) < len(whole.frames)
    first = {f.t: f.pdq for f in whole.frames}
    assert sum(first.get(f.t) == f.pdq for f in opened.frames) >= len(opened.frames) - 2
    if options != {"movflags": "frag_keyframe+empty_moov"}:  # there nothing tells a cut from an end
        assert opened.partial


def test_two_hundred_flipped_bits_cost_few_frames(tmp_path: Path) -> None:
    """Ten damages, together: what one costs hangs on where its bits fall, and x264 writes no film twice."""
    path = clip(tmp_path / "film.mkv", container="matroska", seconds=12)
    whole, data = read(path), path.read_bytes()
    kept = []
    for seed in range(10):
        damaged, rng = bytearray(data), np.random.default_rng(seed)
        for at in rng.integers(5000, len(data), 200):
            damaged[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        opened = read(path)
        assert opened.refusal is None
        assert opened.expected >= opened.decoded
        kept.append(len(opened.frames) / len(whole.frames))
    assert np.mean(kept) >= 0.85, kept


def test_a_film_inside_a_film_of_names_opens_no_other_file(tmp_path: Path) -> None:
    """A QuickTime reference film points at another file by name; it gives nothing of it."""
    other = clip(tmp_path / "other.mp4", seconds=1)
    reference = tmp_path / "reference.mov"
    url = os.fsencode(other) + b"\0"
    box = bytes(4) + b"url " + len(url).to_bytes(4, "big") + url
    for name in (b"rdrf", b"rmda", b"rmra", b"moov"):
        box = (8 + len(box)).to_bytes(4, "big") + name + box
    reference.write_bytes(box)
    opened = read(reference)
    assert opened.refusal is not None and not opened.frames


def test_what_the_container_says_comes_as_tags(tmp_path: Path) -> None:
    tags = {"creation_time": "2024-03-02T11:22:33Z", "location": "+41.8902+012.4922/", "title": "IMG_1.MOV"}
    opened = read(clip(tmp_path / "a.mp4", seconds=1, tags=tags))
    assert opened.tags["container:creation_time"].startswith("2024-03-02T11:22:33")
    assert opened.tags["container:location"].startswith("+41.8902+012.4922")
    assert opened.tags["video:codec"] == "h264"


def test_a_view_of_a_film_is_the_frame_at_its_time(tmp_path: Path) -> None:
    path = clip(tmp_path / "film.mp4", gop=250, seconds=6)
    shown = np.asarray(Image.open(io.BytesIO(render(path, "clear", t=3.0))))  # type: ignore[arg-type]
    assert np.abs(shown.astype(int) - np.roll(scene(seed=1), 150, axis=1)).mean() < 12
    late = render(path, "grey", t=999.0)
    assert isinstance(late, bytes)


@pytest.mark.parametrize(
    ("sampling", "widest", "frames"),
    [
        (Sampling.KEYS, 2.1, (4, 4)),  # the encoder sets one at each cut
        (Sampling.SPARSE, 0.65, (16, 24)),
        (Sampling.DENSE, 0.3, (40, 64)),
        (Sampling.EVERY, 0.041, (200, 200)),
    ],
)
def test_a_video_is_looked_at_as_closely_as_asked(
    tmp_path: Path, sampling: Sampling, widest: float, frames: tuple[int, int]
) -> None:
    opened = read(clip(tmp_path / "film.mp4", gop=125, seconds=8), sampling=sampling)
    times = [frame.t for frame in opened.frames]
    assert frames[0] <= len(times) <= frames[1]
    assert times == sorted(set(times)) and times[0] == 0 and max(np.diff(times)) <= widest
    assert opened.decoded == opened.expected == len(times) and not opened.partial


@pytest.mark.parametrize("codec", ["libx264", "libvpx-vp9", "mpeg4"])
def test_whatever_the_sampling_a_frame_is_the_one_of_its_time(tmp_path: Path, codec: str) -> None:
    film = clip(tmp_path / "a.mkv", container="matroska", codec=codec, seconds=3)
    every = {round(f.t, 3): f.pdq for f in read(film, sampling=Sampling.EVERY).frames}
    for sampling in (Sampling.KEYS, Sampling.SPARSE, Sampling.DENSE):
        for frame in read(film, sampling=sampling).frames:
            assert _distance(frame.pdq, every[round(frame.t, 3)]) <= 8, (sampling, frame.t)


def test_a_show_of_stills_with_seconds_between_its_frames_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "stills.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.gop_size = 1000
        stream.options = {"bf": "0"}
        for i in range(6):
            frame = av.VideoFrame.from_ndarray(scene(seed=i), format="rgb24")
            frame.pts = 125 * i  # five seconds each
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    opened = read(path, sampling=Sampling.SPARSE)
    assert [round(f.t) for f in opened.frames] == [0, 5, 10, 15, 20, 25]
    assert not opened.partial and opened.decoded == opened.expected == 6


@pytest.mark.parametrize("sampling", [Sampling.SPARSE, Sampling.DENSE, Sampling.EVERY])
def test_a_film_that_breaks_off_before_its_announced_end_is_partial(
    tmp_path: Path, sampling: Sampling
) -> None:
    data = clip(tmp_path / "film.mkv", container="matroska", gop=50, seconds=12).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    opened = read(tmp_path / "cut.mkv", sampling=sampling)
    assert opened.partial and 3 < opened.frames[-1].t < 9


def test_a_frame_s_hash_is_taken_without_what_pads_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "narrow.mp4"
    picture = scene(242, 310, seed=4)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 310, 242, "yuv420p"
        stream.options = {"crf": "8"}
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    expected = PDQ.of_rgb(picture)[0][0]
    assert all(_distance(f.pdq, expected) <= 6 for f in read(path, sampling=Sampling.EVERY).frames)
