"""Comparison: the verdict, and in words why."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from entente.casework.match.compare import HeldLists, Query
from entente.casework.match.hashes import TURNS
from entente.casework.match.hashes.pdq import PDQ
from entente.casework.match.scene import asked, features
from entente.vocabulary.media import FrameHash, Segment
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES, HashEntry, Profile, Transform, Verdict

LUMA = PDQ.examples()[0].luma
TURNED, QUALITY = PDQ.of_luma(LUMA)
ASKED = {Profile.FULL: TURNED}
MD5, SHA256 = "ab" * 16, "cd" * 32


def _drawn(seed: int, height: int = 480, width: int = 640) -> np.ndarray:
    """A grey scene with many corners."""
    rng = np.random.default_rng(seed)
    luma = np.full((height, width), 128, np.uint8)
    for _ in range(160):
        top, left = int(rng.integers(0, height - 40)), int(rng.integers(0, width - 40))
        luma[top : top + int(rng.integers(10, 60)), left : left + int(rng.integers(10, 60))] = rng.integers(
            255
        )
    return luma


def _film(seed: int, seconds: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [rng.bytes(32).hex() for _ in range(seconds)]


def _shown(hashes: list[str], start: float = 0.0, step: float = 1.0) -> list[FrameHash]:
    return [FrameHash(start + step * at, value, 90) for at, value in enumerate(hashes)]


def _add_film(held: HeldLists, entry: str, frames: Iterable[FrameHash]) -> None:
    """Add a held video by its frames alone, as a list does."""
    held.add("films", [HashEntry(0, frames=tuple(frames), other={"record": entry})])


def _held(*entries: HashEntry) -> HeldLists:
    held = HeldLists()
    held.add("lakes", entries)
    return held


def test_an_equal_digest_is_exact_and_the_strongest_one_is_named() -> None:
    (hit,) = _held(HashEntry(17, md5=MD5, sha256=SHA256)).compare(Query(md5=MD5, sha256=SHA256)).hits
    assert hit.verdict is Verdict.EXACT
    assert hit.because.text == "Same SHA-256 as entry 17 of list lakes"


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_query_is_near_and_names_the_turn_that_brings_it_back(turn: Transform) -> None:
    back = TURNED[TURNS.index(turn)]  # the hash held is that of the query turned so
    compared = _held(HashEntry(3, pdq=back)).compare(Query(pdq_turns=ASKED, pdq_quality=QUALITY))
    hit = compared.hits[0]
    assert (hit.verdict, hit.distance, hit.transform) == (Verdict.NEAR, 0, turn)
    assert hit.because.text.startswith("PDQ distance 0 of 256 to entry 3 of list lakes")


def test_the_radius_is_inclusive_at_31_and_32_is_new() -> None:
    value = int(TURNED[0], 16)
    at_31, at_32 = (f"{value ^ ((1 << n) - 1):064x}" for n in (31, 32))
    query = Query(pdq_turns=ASKED, pdq_quality=100)
    assert _held(HashEntry(1, pdq=at_31)).compare(query).hits[0].distance == 31
    assert _held(HashEntry(1, pdq=at_32)).compare(query).verdict is Verdict.NEW


def test_low_quality_is_not_searched_by_likeness_and_says_so() -> None:
    compared = _held(HashEntry(1, pdq=TURNED[0])).compare(Query(pdq_turns=ASKED, pdq_quality=31))
    assert compared.verdict is Verdict.NEW
    assert "uality 31 is below 50: not searched" in compared.hits[0].because.text


@pytest.mark.parametrize(("quality", "verdict"), [(0, Verdict.NEW), (49, Verdict.NEW), (50, Verdict.NEAR)])
def test_below_a_quality_of_50_neither_side_is_searched(quality: int, verdict: Verdict) -> None:
    asked = _held(HashEntry(1, pdq=TURNED[0])).compare(Query(pdq_turns=ASKED, pdq_quality=quality))
    held = _held(HashEntry(1, pdq=TURNED[0], pdq_quality=quality))
    assert asked.verdict is verdict
    assert held.compare(Query(pdq_turns=ASKED, pdq_quality=100)).verdict is verdict


@pytest.mark.parametrize("empty", sorted(EMPTY_FILE_HASHES))
def test_an_empty_file_matches_nothing_even_where_a_list_carries_its_hash(empty: str) -> None:
    name = {32: "md5", 40: "sha1", 64: "sha256"}[len(empty)]
    compared = _held(HashEntry(1, **{name: empty})).compare(Query(**{name: empty}))
    assert compared.verdict is Verdict.NEW
    assert "empty" in compared.hits[0].because.text


def test_a_deleted_entry_is_silent_in_its_own_list_only() -> None:
    held = HeldLists()
    held.add(
        "one", [HashEntry(1, md5=MD5, pdq=TURNED[0]), HashEntry(2, md5=MD5, pdq=TURNED[0], deleted=True)]
    )
    query = Query(md5=MD5, pdq_turns=ASKED, pdq_quality=100)
    assert held.compare(query).verdict is Verdict.NEW
    held.add("two", [HashEntry(1, md5=MD5)])
    held.add("one", [HashEntry(3, md5=MD5, deleted=True)])
    assert [h.list_name for h in held.compare(query).hits] == ["two"]


def test_every_list_that_knows_it_is_named_exact_first() -> None:
    held = _held(HashEntry(1, pdq=TURNED[0]))
    held.add("rooms", [HashEntry(5, md5=MD5)])
    hits = held.compare(Query(md5=MD5, pdq_turns=ASKED, pdq_quality=100)).hits
    assert [(h.verdict, h.list_name) for h in hits] == [(Verdict.EXACT, "rooms"), (Verdict.NEAR, "lakes")]


def test_an_excerpt_of_a_held_video_gives_its_stretch_in_both() -> None:
    film = _film(5, 60)
    held = HeldLists()
    _add_film(held, "7", _shown(film))
    hit = held.compare(Query(frames=(*_shown(_film(6, 10)), *_shown(film[30:40], 10.0)))).hits[0]
    (stretch,) = hit.segments
    assert (stretch.query_start, stretch.query_end) == (10.0, 19.0)
    assert (stretch.match_start, stretch.match_end) == (30.0, 39.0)
    assert hit.because.text.startswith(
        "0:10.0 to 0:19.0 shows what entry 7 of list films shows from 0:30.0 to"
    )


def test_a_still_scene_gives_one_segment_not_one_for_each_shift() -> None:
    still = _film(6, 1) * 10
    held = HeldLists()
    _add_film(held, "1", _shown(still))
    hit = held.compare(Query(frames=tuple(_shown(still)))).hits[0]
    (stretch,) = hit.segments
    assert (stretch.query_start, stretch.query_end) == (0.0, 9.0)


@pytest.mark.parametrize("short_side", ["asked", "held"])
def test_a_video_of_two_seconds_is_known_by_nearly_all_of_its_frames(short_side: str) -> None:
    long, held = _film(7, 40), HeldLists()
    short = _shown(long[20:23], step=0.5)
    sides = {"asked": (_shown(long), short), "held": (short, _shown(long))}
    _add_film(held, "2", sides[short_side][0])
    hit = held.compare(Query(frames=tuple(sides[short_side][1]))).hits[0]
    assert hit.verdict is Verdict.NEAR
    assert hit.because.text.startswith("3 of 3 frames are in entry 2 of list films: too short")


def test_one_shared_title_card_makes_no_video_known() -> None:
    card, held = _film(8, 2), HeldLists()
    for number in range(4):
        _add_film(held, str(number), _shown(card + _film(20 + number, 30)))
    assert held.compare(Query(frames=tuple(_shown(card + _film(9, 30))))).verdict is Verdict.NEW


def test_a_picture_of_a_list_found_in_a_video_names_the_second() -> None:
    (hit,) = _held(HashEntry(4, pdq=TURNED[0])).compare(Query(frames=(FrameHash(12.5, TURNED[0], 90),))).hits
    assert "at 12.5 s" in hit.because.text
    assert hit.segments == (Segment(12.5, 12.5, 0.0, 0.0, 1),)


def test_a_picture_taken_from_a_held_video_names_its_second_and_its_turn() -> None:
    held, back = HeldLists(), TURNED[TURNS.index(Transform.MIRROR_Y)]
    _add_film(held, "8", [*_shown(_film(3, 5)), FrameHash(5.0, back, 90), *_shown(_film(4, 5), 6.0)])
    (hit,) = held.compare(Query(pdq_turns=ASKED, pdq_quality=QUALITY)).hits
    assert (hit.verdict, hit.transform) == (Verdict.NEAR, Transform.MIRROR_Y)
    assert "entry 8 of list films at 5.0 s after mirroring left to right" in hit.because.text
    assert hit.segments == (Segment(0.0, 0.0, 5.0, 5.0, 1),)


def test_a_hash_of_another_profile_is_met_and_its_profile_told() -> None:
    apart = f"{int(TURNED[0], 16) ^ ((1 << 40) - 1):064x}"
    query = Query(pdq_turns={**ASKED, Profile.THUMB512: (apart,) * 8}, pdq_quality=100)
    (hit,) = _held(HashEntry(1, pdq=apart, pdq_profile="thumb512")).compare(query).hits
    assert (hit.distance, hit.profile) == (0, Profile.THUMB512)
    assert hit.because.text.endswith("under the profile THUMB512")


def test_a_picture_displayed_turned_is_met_by_the_hash_of_its_stored_pixels() -> None:
    raw = "5a" * 32
    query = Query(pdq_turns=ASKED, pdq_quality=100, pdq_raw=raw)
    assert _held(HashEntry(1, pdq=raw)).compare(query).hits[0].distance == 0


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_that_no_hash_meets_is_a_scene_with_its_region(mirrored: bool) -> None:
    whole = _drawn(1)
    part = whole[60:400, 100:600]
    part = np.ascontiguousarray(part[:, ::-1] if mirrored else part)
    held = HeldLists()
    entries = [HashEntry(n, other={"record": f"{n}.png"}) for n in (1, 2)]
    held.add("kept", entries, scenes=[features(whole), features(_drawn(2))])
    (hit,) = held.compare(Query(scene=asked(part))).hits
    assert (hit.verdict, hit.entry, hit.distance) == (Verdict.SCENE, "1.png", None)
    assert hit.transform is (Transform.MIRROR_Y if mirrored else Transform.ORIGINAL)
    assert hit.because.method == "match.scene"
    shown, known = hit.regions
    left = 1 - shown.x - shown.w if mirrored else shown.x
    assert known.x * 640 == pytest.approx(100 + left * 500, abs=8)  # the same part in both
    assert known.y * 480 == pytest.approx(60 + shown.y * 340, abs=8)
    assert known.w * 640 == pytest.approx(shown.w * 500, abs=8)
    assert shown.w * shown.h > 0.3


def test_parts_are_not_looked_for_where_more_is_known() -> None:
    held = HeldLists()
    held.add("kept", [HashEntry(1, md5=MD5), HashEntry(2)], scenes=[None, features(_drawn(1))])
    compared = held.compare(Query(md5=MD5, scene=asked(_drawn(1))))
    assert [hit.verdict for hit in compared.hits] == [Verdict.EXACT]


def test_what_is_only_harmless_is_new_and_says_why() -> None:
    held = HeldLists()
    held.add("wallpapers", [HashEntry(3, sha256=SHA256)], harmless=True)
    compared = held.compare(Query(sha256=SHA256))
    assert (compared.verdict, compared.harmless) == (Verdict.NEW, True)
    assert compared.hits[0].because.text == (
        "Known as harmless: same SHA-256 as entry 3 of list wallpapers; no other list knows it"
    )


def test_a_known_list_stands_before_a_harmless_one_and_both_are_said() -> None:
    held = _held(HashEntry(1, sha256=SHA256))
    held.add("wallpapers", [HashEntry(3, sha256=SHA256)], harmless=True)
    compared = held.compare(Query(sha256=SHA256))
    assert (compared.verdict, compared.harmless) == (Verdict.EXACT, False)
    assert [hit.harmless for hit in compared.hits] == [False, True]
    assert "lakes knows it and wallpapers calls it harmless" in compared.contradictions[0].text


def test_a_likeness_to_something_harmless_hides_nothing() -> None:
    held = HeldLists()
    held.add("logos", [HashEntry(3, pdq=TURNED[0])], harmless=True)
    compared = held.compare(Query(pdq_turns=ASKED, pdq_quality=100))
    assert (compared.verdict, compared.harmless) == (Verdict.NEW, False)


def test_votes_against_an_entry_are_said() -> None:
    entry = HashEntry(1, md5=MD5, positive=2, negative=5)
    (said,) = _held(entry).compare(Query(md5=MD5)).contradictions
    assert "2 for, 5 against" in said.text


def test_the_same_md5_with_another_sha256_hides_nothing_and_is_said_where_it_is_known() -> None:
    entry, query = HashEntry(9, md5=MD5, sha256="ef" * 32), Query(md5=MD5, sha256=SHA256)
    compared = _held(entry).compare(query)
    assert compared.verdict is Verdict.EXACT
    assert "Same MD5 as entry 9 of list lakes, but another SHA-256" in compared.hits[0].because.text
    harmless = HeldLists()
    harmless.add("wallpapers", [entry], harmless=True)
    compared = harmless.compare(query)
    assert (compared.verdict, compared.harmless) == (Verdict.NEW, False)
    assert "but another SHA-256" in compared.notes[0].text


def test_a_hash_of_low_quality_is_held_by_digest_only() -> None:
    held = _held(HashEntry(1, md5=MD5, pdq=TURNED[0], pdq_quality=20))
    assert held.compare(Query(pdq_turns=ASKED, pdq_quality=100)).verdict is Verdict.NEW
    assert held.compare(Query(md5=MD5)).verdict is Verdict.EXACT


def test_a_version_is_named_and_a_later_one_takes_back_what_an_earlier_gave() -> None:
    held = HeldLists()
    held.add("lakes", [HashEntry(1, md5=MD5)], version="2026-10")
    hit = held.compare(Query(md5=MD5)).hits[0]
    assert (hit.list_version, hit.because.text) == (
        "2026-10",
        "Same MD5 as entry 1 of list lakes, version 2026-10",
    )
    held.add("lakes", [HashEntry(1, md5=MD5, deleted=True)], version="2026-11")
    assert held.compare(Query(md5=MD5)).verdict is Verdict.NEW
    held.add("lakes", [HashEntry(2, md5=MD5)], version="2026-12")
    assert held.compare(Query(md5=MD5)).hits[0].entry == "2"


def test_ten_thousand_entries_with_one_hash_are_all_told() -> None:
    held = _held(*(HashEntry(n, md5=MD5, pdq=TURNED[0]) for n in range(1, 10_001)))
    assert len(held.compare(Query(md5=MD5)).hits) == 10_000
    assert len(held.compare(Query(pdq_turns=ASKED, pdq_quality=100)).hits) == 10_000


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_or_no_entries_are_no_special_case(count: int) -> None:
    held = _held(*(HashEntry(n, pdq=TURNED[0]) for n in range(count)))
    hits = held.compare(Query(pdq_turns=ASKED, pdq_quality=100)).hits
    assert len([h for h in hits if h.verdict is Verdict.NEAR]) == count
