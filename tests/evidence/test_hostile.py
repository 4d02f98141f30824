"""Hostile files: a recorded, typed result each; no fall, no reach, no hang, no glut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from entente.evidence import open as door
from entente.evidence.open import read
from entente.evidence.pictures import Refused
from entente.evidence.sandbox import Sandbox
from entente.evidence.source import Source
from entente.evidence.videos import READERS, open_video
from entente.vocabulary.media import RefusalCode
from tests.evidence import hostile
from tests.evidence.corpus import media
from tests.evidence.drawn import clip, encoded, png_header, scene
from tests.evidence.hostile import MOST_BYTES, Figure, benign, mutants, tried

HELD = media()
MUTANTS = 10_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 400


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(2)
    yield made
    made.close()


def held(figure: Figure, what: str) -> None:
    print("\n" + "\n".join(figure.lines(what)))
    assert figure.crashes == 0
    assert figure.escapes == 0, [o for o in figure.outcomes if "SIGSYS" in o.reason]
    assert not figure.late
    assert figure.peak <= MOST_BYTES


@pytest.mark.skipif(not HELD, reason="no hostile corpora here: `make corpus` fetches them")
def test_every_hostile_file_of_debian_s_sources_is_opened_or_refused(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    wanted = HELD if MUTANTS > 400 else HELD[::4]
    held(tried(((p.name, p) for p in wanted), sandbox, tmp_path), "hostile")


def test_mutants_are_opened_or_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    made = benign(tmp_path)
    figure = tried(mutants(made, MUTANTS), sandbox, tmp_path)
    held(figure, "mutants")
    assert len(figure.outcomes) == MUTANTS
    assert figure.of("opened") and figure.of("damaged"), "the damage is neither nothing nor everything"


def test_the_benign_ones_they_are_made_of_are_opened(sandbox: Sandbox, tmp_path: Path) -> None:
    figure = tried(benign(tmp_path), sandbox, tmp_path)
    assert figure.codes == {"opened": len(hostile.PICTURES) + len(hostile.CLIPS) + 1}


@pytest.mark.parametrize("ending", ["mp4", "mkv", "jpg", "txt"])
@pytest.mark.parametrize("text", ["playlist", "concat", "dash", "sdp", "pointing-mov", "image-list"])
def test_a_text_that_points_at_another_file_opens_none(
    sandbox: Sandbox, tmp_path: Path, ending: str, text: str
) -> None:
    secret = clip(tmp_path / "secret.ts", container="mpegts", codec="mpeg2video", seconds=1.0)
    says = {
        "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{secret}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile {secret}\n",
        "dash": f"<?xml version='1.0'?><MPD><Period><BaseURL>{secret}</BaseURL></Period></MPD>",
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\na=control:{secret}\n",
        "pointing-mov": f"[reference]\nRef1={secret}\n",
        "image-list": f"concat:{secret}|{secret}",
    }[text]
    for before in ("", "\ufeff", "\n\n", " "):
        path = tmp_path / f"named.{ending}"
        path.write_text(before + says)
        opened = read(path, sandbox=sandbox)
        assert opened.refusal is not None
        assert opened.refusal.code in {RefusalCode.PLAYLIST, RefusalCode.NOT_MEDIA}
        assert not opened.frames


def test_a_film_whose_index_names_another_file_gets_nothing_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    """QuickTime lets a track's data lie in another file (14496-12, 8.7.2): 'url ' and 'alis' in 'dref'."""
    secret = clip(tmp_path / "secret.mov", container="mov", codec="mpeg4", seconds=1.0)
    data = secret.read_bytes()
    at = data.index(b"dref")
    entry = data.index(b"url ", at)
    outside = bytearray(data)
    outside[entry + 4 : entry + 8] = bytes(4)  # no longer "in this file"
    path = tmp_path / "outside.mov"
    path.write_bytes(bytes(outside))
    opened = read(path, sandbox=sandbox)
    assert opened.refusal is None or "SIGSYS" not in opened.refusal.reason


@pytest.mark.parametrize(
    ("width", "height"), [(50_000, 50_000), (13_000, 13_000), (65_000, 65_000), (80_000_001, 1)]
)
def test_a_flood_of_pixels_is_refused_before_one_is_decoded(
    sandbox: Sandbox, tmp_path: Path, width: int, height: int
) -> None:
    path = tmp_path / "flood.png"
    path.write_bytes(png_header(width, height))
    opened = read(path, sandbox=sandbox)
    assert opened.refusal is not None and opened.refusal.code is RefusalCode.TOO_LARGE


def test_a_picture_appended_to_another_kind_is_what_its_first_bytes_say(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "two.jpg"
    path.write_bytes(encoded(scene(), "PNG") + encoded(scene(seed=1), "JPEG"))
    assert read(path, sandbox=sandbox).container == "png"


@pytest.mark.parametrize("reader", sorted(READERS))
def test_no_reader_of_the_library_takes_a_list_even_when_it_is_forced_to(tmp_path: Path, reader: str) -> None:
    """Below the door: what ``identify`` would never let through is refused by the library's own settings."""
    secret = clip(tmp_path / "secret.ts", container="mpegts", codec="mpeg2video", seconds=1.0)
    for text in (f"#EXTM3U\n#EXTINF:10,\n{secret}\n", f"ffconcat version 1.0\nfile {secret}\n"):
        path = tmp_path / "list.mp4"
        path.write_text(text * 40)
        handle = os.open(path, os.O_RDONLY)
        try:
            with pytest.raises(Refused):
                open_video(Source(handle), reader)
        finally:
            os.close(handle)


@pytest.mark.parametrize("reader", ["hls", "concat", "dash", "image2", "lavfi", "sdp", "tty", "ass"])
def test_other_readers_of_the_library_are_never_used(tmp_path: Path, reader: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"#EXTM3U\n")
    handle = os.open(path, os.O_RDONLY)
    try:
        with pytest.raises(Refused, match="not read here"):
            open_video(Source(handle), reader)
    finally:
        os.close(handle)


@pytest.mark.parametrize(
    "head",
    [
        *(b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0"),
        bytes(257) + b"ustar\x0000",
    ],
)
def test_an_archive_is_a_refusal_that_says_what_to_do(sandbox: Sandbox, tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(head + bytes(600))
    opened = read(path, sandbox=sandbox)
    assert opened.refusal is not None and opened.refusal.code is RefusalCode.UNSUPPORTED
    assert "unpack it" in opened.refusal.reason and opened.sha256


def test_a_hanging_decoder_of_a_picture_or_a_small_film_is_over_within_twenty_seconds() -> None:
    assert door.PICTURE_S * 4 / 3 < 20
    assert door.VIDEO_S + door.VIDEO_S_EACH_MB < 20
