"""Posting times: three ways in which they are handed over, each bad line with its number, nothing guessed."""

from __future__ import annotations

import pytest

from entente.formats.posting_times import MOST, PostingTimes, TimesRefused
from entente.vocabulary.media_hash import RecordRefusal


def read(data: bytes, **how) -> tuple[list[str], list[tuple[int, str]]]:
    found = list(PostingTimes().read(data, **how))
    bad = [(r.line, r.code) for r in found if isinstance(r, RecordRefusal)]
    return [r.isoformat() for r in found if not isinstance(r, RecordRefusal)], bad


@pytest.mark.parametrize(("data", "times", "bad"), PostingTimes().examples())
def test_its_examples_are_read(data, times, bad):
    found, refused = read(data)
    assert (tuple(found), tuple(line for line, _ in refused)) == (times, bad)
    assert PostingTimes().losses


def test_a_time_without_offset_is_utc_only_where_the_officer_says_so():
    data = b"2026-05-04 09:30\n2026-05-04\n"
    assert read(data) == ([], [(1, "no-offset"), (2, "no-time")])
    assert read(data, utc=True) == (["2026-05-04T09:30:00+00:00"], [(2, "no-time")])


def test_a_bad_line_costs_itself_and_only_its_beginning_is_kept():
    data = b'posted_at,text\n2026-05-04T09:30Z,a\n"open\n' + b"x" * 200 + b"\n12,\n1e9,\ntrue,\n"
    found, bad = read(data)
    assert found == ["2026-05-04T09:30:00+00:00"]
    assert [line for line, _ in bad] == [3, 4, 5, 6, 7]
    (long,) = [r for r in PostingTimes().read(data) if getattr(r, "line", 0) == 4]
    assert "x" * 40 in long.reason and "x" * 41 not in long.reason


@pytest.mark.parametrize("data", [b"{}", b'{"x": 1}', b'["2026-05-04T09:30Z"', b"[" * 500, b'{"times": 4}'])
def test_json_without_a_list_of_times_is_refused_whole(data):
    with pytest.raises(TimesRefused):
        read(data)


def test_more_than_the_most_is_refused():
    with pytest.raises(TimesRefused, match="at most"):
        read(b"1777924800\n" * (MOST + 1))
