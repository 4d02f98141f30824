"""Flipped bits in a film's containers: the headers are set right, the frames come, and it is said."""

from __future__ import annotations

import io
import random
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.evidence import ebml
from entente.evidence.choosing import sampled
from entente.evidence.ebml import CLUSTER
from entente.evidence.mended import MOST, NEAR, TRIED, Mended
from entente.evidence.open import read
from entente.evidence.source import Source
from entente.evidence.videos import open_video
from entente.vocabulary.media import Sampling
from tests.evidence.drawn import clip

FRAMES, FLIPS, HEAD = 200, 100, 5000


class Bytes(Source):
    """A source of bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self.size = io.BytesIO(data), 0, len(data)
        self.given = 0

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        self._data.seek(self._at)
        count = self._data.readinto(buffer)
        self._at += count
        self.given += count
        return count


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = clip(tmp_path_factory.mktemp("film") / "a.mkv", container="matroska", seconds=FRAMES / 25)
    return path.read_bytes()


@pytest.fixture(scope="module")
def headers(film: bytes) -> list[ebml.Header]:
    """Every header of the film, as it was written."""

    def look(at: int, count: int) -> bytes:
        return film[at : at + count]

    found, at = [], 0
    while at < len(film):
        one = ebml.header(look, at)
        assert one is not None and ebml.holds(one, len(film))
        found.append(one)
        at = one.start if one.name in ebml.ENTERED else one.end
    return found


def _came(data: bytes) -> tuple[int, int, int]:
    """Return frames, errors and places set right."""
    video = open_video(Bytes(data), "matroska")
    times = {round(t, 3) for t, _ in sampled(video, 900, Sampling.EVERY)}
    return len(times), video.count.errors, video.mends


def _plain_loop(data: bytes) -> int:
    """Return the frames of the packet loop of PyAV's own manual, going on after what fails."""
    frames = 0
    with av.open(io.BytesIO(data)) as opened:
        for packet in opened.demux(video=0):
            try:
                frames += len(packet.decode())
            except av.FFmpegError:
                continue
    return frames


def _with(film: bytes, *flips: tuple[int, int]) -> bytes:
    damaged = bytearray(film)
    for at, bit in flips:
        damaged[at] ^= 1 << bit
    return bytes(damaged)


def test_a_whole_film_is_handed_on_as_it_is(film: bytes) -> None:
    mended = Mended(Bytes(film))
    assert mended.read() == film and mended.mends == 0
    assert _came(film) == (FRAMES, 0, 0)


@pytest.mark.parametrize("what", ["name", "size", "track", "lacing", "cluster", "cluster-size", "time-size"])
def test_each_header_that_a_bit_breaks_is_set_right(
    film: bytes, headers: list[ebml.Header], what: str
) -> None:
    blocks = [h for h in headers if h.name == ebml.SIMPLE]
    cluster = [h for h in headers if h.name == ebml.CLUSTER][1]
    time = [h for h in headers if h.name == ebml.TIME][1]
    block = blocks[70]
    flips = {
        "name": [(block.at, bit) for bit in range(8)],
        "size": [(block.at + 1 + i, bit) for i in range(block.start - block.at - 1) for bit in range(8)],
        "track": [(block.start, 1)],
        "lacing": [(block.start + 3, 1), (block.start + 3, 2)],
        "cluster": [(cluster.at + i, bit) for i in range(4) for bit in (0, 3, 7)],
        "cluster-size": [(cluster.at + 4 + i, bit) for i in (0, 5, 7) for bit in (0, 3, 7)],
        "time-size": [(time.at, 3), (time.at + 1, 0), (time.at + 1, 2)],
    }[what]
    for flip in flips:
        frames, _, mends = _came(_with(film, flip))
        assert frames == FRAMES and (what != "cluster-size") <= mends <= 2, flip


def test_two_headers_side_by_side_cost_no_more_than_their_own_frames(
    film: bytes, headers: list[ebml.Header]
) -> None:
    one, other = [h for h in headers if h.name == ebml.SIMPLE][80:82]
    frames, _, mends = _came(_with(film, (one.at, 6), (other.at, 5), (other.at + 1, 1)))
    assert frames >= FRAMES - 2 and mends


def test_a_name_that_is_new_and_whole_is_passed_over(film: bytes, headers: list[ebml.Header]) -> None:
    block = [h for h in headers if h.name == ebml.SIMPLE][50]
    strange = bytearray(film)
    strange[block.at] = 0xD0  # four bits from a block's name
    mended = Mended(Bytes(bytes(strange)))
    assert mended.read() == strange and mended.mends == 0


def test_of_many_flipped_bits_never_fewer_frames_than_a_plain_loop_and_nearly_all(film: bytes) -> None:
    came = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        places = rng.integers(HEAD, len(film), FLIPS)
        damaged = _with(film, *((int(at), int(rng.integers(8))) for at in places))
        frames, errors, mends = _came(damaged)
        assert frames >= _plain_loop(damaged), seed
        assert frames == FRAMES or errors or mends, "what is lost is said"
        came.append(frames)
    assert np.mean(came) >= 0.99 * FRAMES, came


def test_whatever_is_broken_the_walk_ends(film: bytes) -> None:
    chance = random.Random(3)
    for _ in range(30):
        damaged = bytearray(film[: chance.randrange(100, len(film))])
        for _ in range(chance.choice([1, 30, 3000])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        mended = Mended(Bytes(bytes(damaged)))
        assert len(mended.read()) == len(damaged) and mended.mends <= MOST


def _track(number: int, *said: bytes) -> bytes:
    held = b"\xd7\x81" + bytes([number]) + b"".join(said)
    return bytes(ebml.sized(b"\xae", len(held), 1) or b"") + held


def _begun(*tracks: bytes) -> bytes:
    """Return the beginning of a file of some tracks, up to its first block."""
    held = b"".join(tracks)
    return (
        bytes(ebml.sized(ebml.EBML, 0, 1) or b"")
        + ebml.endless(ebml.SEGMENT, 1)
        + bytes(ebml.sized(ebml.TRACKS, len(held), 1) or b"")
        + held
        + ebml.endless(CLUSTER, 1)
    )


BLOCK, LACED = b"\xa3\x85\x81\0\0\x80x", b"\xa3\x89\x81\0\0\x84\x01\x01\x01xy"
VIDEO, MAY_BE_LACED = b"\x83\x81\x01", b"\x9c\x81\x01"
SHORT = (ebml.sized(CLUSTER, 1, 1) or b"") + BLOCK  # a cluster that says it ends within its block


def test_what_is_rare_and_whole_is_handed_on_as_it_is() -> None:
    cluster = bytes(ebml.sized(CLUSTER, 2 * len(BLOCK), 1) or b"") + 2 * BLOCK
    for whole in (
        _begun(_track(1, VIDEO)) + (cluster + b"\xec\x82\0\0") * 4,  # a void beside each cluster
        _begun(_track(1, VIDEO, MAY_BE_LACED)) + LACED * 4,
        _begun(_track(1)) + LACED * 4,  # a track that does not say may be laced
        _begun(_track(1, VIDEO)) + (BLOCK * 4 + b"\xa3\x84\x81\0\0\x80") * 3,  # a block that shows nothing
        _begun(_track(1, VIDEO))
        + (cluster + b"\x1bS\x86g\x81x" + b"\x1cS\xbbk\x81x") * 3,  # a new name, and cues
    ):
        mended = Mended(Bytes(whole))
        assert mended.read() == whole and mended.mends == 0
    laced = _begun(_track(1, VIDEO)) + LACED * 4
    assert Mended(Bytes(laced)).read() == laced.replace(b"\x84", b"\x80")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.integers(0, 45), st.integers(0, 1 << 56), st.integers(1, 8))
def test_a_header_is_read_as_it_was_written_and_never_beyond_the_bytes(
    data: bytes, at: int, size: int, width: int
) -> None:
    found = ebml.header(lambda at, count: data[at : at + count], at)
    assert found is None or (
        at + 2 <= found.start <= len(data) and (found.end == -1 or found.end >= found.start)
    )
    assert all(0x81 <= number <= 0xFE for number in ebml.tracks_of(data + _track(3)))
    put = ebml.sized(ebml.SIMPLE, size, width)
    assert (put is None) == (size >= (1 << 7 * width) - 1)
    if put:
        read = ebml.header(lambda at, count: put[at : at + count], 0)
        assert read == (0, ebml.SIMPLE, 1 + width, 1 + width + size)
    read = ebml.header(lambda at, count: ebml.endless(CLUSTER, width)[at : at + count], 0)
    assert read == (0, CLUSTER, 4 + width, -1)


PIECES = [
    *(BLOCK, LACED, SHORT, BLOCK * 4, CLUSTER, ebml.endless(CLUSTER, 8), b"\xe7\x81\0", b"\x1a", b"\x10"),
    *(_begun(_track(1, VIDEO)), _begun(_track(64)), b"\xd0\x83abc", b"\xec\x01" + b"\xff" * 7),
    b"\xa0\x87\xa1\x85\x81\0\0\0x",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"", _begun(_track(1, VIDEO)), _begun(_track(1), _track(2))]),
    st.lists(st.tuples(st.sampled_from(PIECES) | st.binary(max_size=9), st.integers(1, 40)), max_size=12),
    st.integers(1, 5000),
)
def test_any_bytes_are_handed_on_as_many_and_little_of_them_is_changed(
    begun: bytes, pieces: list[tuple[bytes, int]], at_once: int
) -> None:
    data = begun + b"".join(piece * times for piece, times in pieces)
    mended = Mended(Bytes(data))
    came = b"".join(iter(lambda: mended.read(at_once), b""))
    assert len(came) == len(data) and mended.mends <= MOST
    changed = sum(one != other for one, other in zip(came, data, strict=True))
    assert changed <= ebml.LONGEST * mended.mends
    mended.seek(0)
    assert len(mended.read()) == len(data)


@pytest.mark.parametrize(
    "piece",
    [SHORT, b"\xd0\x83abc" + BLOCK * 4, b"\xd0\x83abcd" + BLOCK * 4, BLOCK * 3 + b"\xd1"],
    ids=["short", "new", "longer", "chained"],
)
def test_no_more_is_set_right_or_read_than_damage_calls_for(piece: bytes) -> None:
    source = Bytes(_begun(_track(1, VIDEO)) + piece * 8000)
    mended = Mended(source)
    assert len(mended.read()) == source.size and mended.mends <= MOST
    assert source.given < source.size + (1 + TRIED) * 3 * NEAR, "not a window for each piece"


def test_what_a_decoder_fills_in_is_told(tmp_path: Path, film: bytes, headers: list[ebml.Header]) -> None:
    key = [h for h in headers if h.name == ebml.SIMPLE][50]
    (tmp_path / "a.mkv").write_bytes(_with(film, *((at, 4) for at in range(key.start + 400, key.end, 97))))
    opened = read(tmp_path / "a.mkv", sampling=Sampling.EVERY)
    assert opened.decoded == FRAMES and opened.partial and int(opened.tags["video:concealed"]) > 0


def _moving(path: Path, how: str) -> Path:
    """Write 200 frames with the options of x264."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.options = {"x264-params": how}
        for i in range(200):
            plane = np.roll(np.add.outer(np.arange(240), np.arange(320)) % 200, 3 * i, axis=1)
            frame = av.VideoFrame.from_ndarray(np.dstack([plane.astype(np.uint8)] * 3), format="rgb24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def test_every_key_frame_of_open_groups_is_seen(tmp_path: Path) -> None:
    path = _moving(tmp_path / "a.mp4", "open-gop=1:keyint=25:min-keyint=25:bframes=3:scenecut=0")
    opened = read(path, sampling=Sampling.KEYS)
    assert opened.decoded == opened.expected == 8 and not opened.partial


def test_a_film_refreshed_row_by_row_is_whole(tmp_path: Path) -> None:
    opened = read(_moving(tmp_path / "a.mp4", "intra-refresh=1:keyint=25"))
    assert opened.decoded == opened.expected >= 16 and not opened.partial
