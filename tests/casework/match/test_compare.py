"""Comparison: the verdict, and in words why."""

from __future__ import annotations

import numpy as np
import pytest

from entente.casework.match.compare import HeldLists, Query
from entente.casework.match.hashes import TURNS
from entente.casework.match.hashes.pdq import PDQ
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import EMPTY_FILE_HASHES, HashEntry, Profile, Transform, Verdict

LUMA = PDQ.examples()[0].luma
TURNED, QUALITY = PDQ.of_luma(LUMA)
ASKED = {Profile.FULL: TURNED}
MD5, SHA256 = "ab" * 16, "cd" * 32


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
    rng = np.random.default_rng(5)
    frames = [rng.bytes(32).hex() for _ in range(60)]
    held = HeldLists()
    held.add_video("films", "7", [FrameHash(float(t), h, 90) for t, h in enumerate(frames)])
    other = [FrameHash(float(t), rng.bytes(32).hex(), 90) for t in range(10)]
    excerpt = [FrameHash(10.0 + t, frames[30 + t], 90) for t in range(10)]
    compared = held.compare(Query(frames=(*other, *excerpt)))
    (segment,) = compared.segments
    assert (segment.query_start, segment.query_end) == (10.0, 19.0)
    assert (segment.match_start, segment.match_end) == (30.0, 39.0)
    assert compared.hits[0].because.text.startswith("10 of 20 frames are near entry 7 of list films")


def test_a_still_scene_gives_one_segment_not_one_for_each_shift() -> None:
    frame = np.random.default_rng(6).bytes(32).hex()
    held = HeldLists()
    held.add_video("films", "1", [FrameHash(float(t), frame, 90) for t in range(10)])
    compared = held.compare(Query(frames=tuple(FrameHash(float(t), frame, 90) for t in range(10))))
    assert (compared.segments[0].query_start, compared.segments[0].query_end) == (0.0, 9.0)
    assert len(compared.segments) == 1


def test_a_picture_of_a_list_found_in_a_video_names_the_second() -> None:
    compared = _held(HashEntry(4, pdq=TURNED[0])).compare(Query(frames=(FrameHash(12.5, TURNED[0], 90),)))
    assert "12.5 s" in compared.hits[0].because.text
    assert compared.segments == ()
