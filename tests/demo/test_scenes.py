"""The drawn house: real files, the same each time, and what the story needs is in them."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from demo import scenes
from entente.casework.match.hashes.pdq import PDQ

register_heif_opener()


def luma(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("L"))


def distance(a: str, b: str) -> int:
    return (int(a, 16) ^ int(b, 16)).bit_count()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder, start = tmp_path_factory.mktemp("found"), time.process_time()
    manifest = scenes.draw_found(folder)
    return manifest, time.process_time() - start


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return scenes.draw_known(tmp_path_factory.mktemp("known"))


def test_the_found_folder_is_drawn_in_fifteen_seconds_of_one_core(drawn) -> None:
    assert drawn[1] < 15


def test_it_holds_forty_pictures_three_clips_and_four_damaged_files(drawn) -> None:
    manifest = drawn[0]
    kinds = [entry.kind for entry in manifest.entries]
    assert (kinds.count("picture"), kinds.count("clip"), kinds.count("damaged")) == (40, 3, 4)
    assert sorted(p.name for p in manifest.folder.iterdir()) == sorted(e.name for e in manifest.entries)


def test_every_picture_is_rich_enough_to_be_searched(drawn) -> None:
    manifest = drawn[0]
    poor = [
        entry.name
        for entry in manifest.entries
        if entry.kind == "picture" and PDQ.of_luma(luma(manifest.path(entry)))[1] < 50
    ]
    assert poor == []


def test_two_cameras_left_their_serial_and_one_early_lead_is_a_stranger(drawn) -> None:
    manifest = drawn[0]
    serials = {e.device.serial for e in manifest.of("original") if e.device and e.kind == "picture"}
    assert serials == {scenes.PHONE.serial, scenes.CAMERA.serial}
    for entry in manifest.of("original"):
        if entry.kind == "picture" and not entry.name.endswith(".HEIC"):
            inner = Image.open(manifest.path(entry)).getexif().get_ifd(0x8769)
            assert inner.get(0xA431) == (entry.device.serial if entry.device else None)
            assert inner.get(0x9011) == ("+02:00" if entry.device else None)


def test_the_same_seed_gives_the_same_pictures(tmp_path, drawn) -> None:
    manifest = drawn[0]
    name, view, device = scenes.FOUND[4]
    scenes._taken(tmp_path / name, view, device, scenes.FIRST + scenes.timedelta(minutes=28))
    assert (tmp_path / name).read_bytes() == (manifest.folder / name).read_bytes()


def test_things_are_where_the_manifest_says(drawn) -> None:
    """The poster's midnight blue lettering and the star's cushion are found inside their boxes."""
    manifest = drawn[0]
    entry = next(e for e in manifest.entries if e.name == "IMG_0412.JPG")
    picture = np.asarray(Image.open(manifest.path(entry)).convert("RGB"))
    rows, columns = picture.shape[:2]
    x, y, w, h = entry.things["star-cushion"]
    part = picture[int(y * rows) : int((y + h) * rows), int(x * columns) : int((x + w) * columns)].astype(int)
    navy = (part[..., 2] - part[..., 0] > 15) & (part[..., 2] < 130)
    assert navy.mean() > 0.5


def test_exact_copies_of_known_scenes_are_exact(drawn, known) -> None:
    manifest = drawn[0]
    entries = {entry.paths[0]: entry for entry in scenes.known_hashes(known.folder)}
    assert len(entries) == scenes.KNOWN
    for copy in manifest.of("known"):
        digest = hashlib.sha256(manifest.path(copy).read_bytes()).hexdigest()
        assert (digest == entries[copy.copy_of].sha256) is (copy.change == "exact")


def test_altered_known_copies_are_near_and_nothing_else_is(drawn, known) -> None:
    manifest = drawn[0]
    entries = {entry.paths[0]: entry.pdq for entry in scenes.known_hashes(known.folder)}
    for entry in manifest.entries:
        if entry.kind == "picture":
            turns, _ = PDQ.of_luma(luma(manifest.path(entry)))
            near = {name for name, pdq in entries.items() if min(distance(t, pdq) for t in turns) <= 31}
            assert near == ({entry.copy_of} if entry.role == "known" else set()), entry.name


def test_the_known_scenes_are_not_near_each_other(known) -> None:
    hashes = [entry.pdq for entry in scenes.known_hashes(known.folder)]
    assert min(distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) > 31


def test_twenty_elements_of_which_six_are_gone(drawn) -> None:
    manifest = drawn[0]
    listed = scenes.elements()
    assert len({element.key for element in listed}) == 20
    assert sum(not element.present for element in listed) == 6
    truth = {entry.name: entry.things for entry in manifest.entries}
    for element in listed:
        assert truth[element.picture][element.key] == element.region


def test_the_search_sees_the_fourteen_and_none_of_the_six(tmp_path) -> None:
    manifest = scenes.draw_search(tmp_path)
    seen = set().union(*(entry.things for entry in manifest.entries))
    assert seen == {element.key for element in scenes.elements() if element.present}


def test_partners_hold_what_the_story_needs(tmp_path) -> None:
    held = scenes.draw_partner_media(tmp_path)
    assert {country: len(m.entries) for country, m in held.items()} == {
        "DK": 3,
        "AU": 1,
        "CA": 1,
        "FR": 1,
        "NL": 1,
    }
    canada = Image.open(held["CA"].path(held["CA"].entries[0])).getexif().get_ifd(0x8769)
    assert canada[0xA431] == scenes.PHONE.serial


def test_seized_files_are_of_all_three_sorts(tmp_path) -> None:
    manifest = scenes.draw_seized(tmp_path, 60)
    assert {role: len(manifest.of(role)) for role in ("original", "copy", "unrelated")} == {
        "original": 6, "copy": 6, "unrelated": 48,
    }  # fmt: skip
    assert len({hashlib.sha256(p.read_bytes()).digest() for p in tmp_path.iterdir()}) == 60


def test_no_two_landscapes_are_near(tmp_path) -> None:
    manifest = scenes.draw_seized(tmp_path, 60)
    hashes = [PDQ.of_luma(luma(manifest.path(e)))[0][0] for e in manifest.of("unrelated")]
    assert min(distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) > 31


def test_the_mp4_is_of_the_phone_and_two_rooms(drawn) -> None:
    clip = cv2.VideoCapture(str(drawn[0].folder / "VID_0419.MP4"))
    assert clip.get(cv2.CAP_PROP_FRAME_COUNT) == 120
