"""vPDQ files: every shape that the tools write, what is wrong in them named, and written as they read."""

from __future__ import annotations

import io

import pytest

from entente.formats import ListRefused
from entente.formats import vpdq as format_of
from entente.formats.vpdq import VPDQ, looks_like_vpdq, write_signals, write_text
from entente.vocabulary.media import FrameHash
from entente.vocabulary.media_hash import HashEntry, RecordRefusal

ONE, TWO = "ab" * 32, "0123456789abcdef" * 4
FRAMES = (FrameHash(0.0, ONE, 100), FrameHash(1.5, TWO, 49), FrameHash(3.25, ONE, 0))


def _read(data: bytes) -> tuple[list[HashEntry], list[RecordRefusal]]:
    records = list(VPDQ.read(io.BytesIO(data)))
    return [r for r in records if isinstance(r, HashEntry)], [
        r for r in records if isinstance(r, RecordRefusal)
    ]


def test_what_is_written_as_text_is_read_back_and_has_the_tool_s_order() -> None:
    out = io.BytesIO()
    assert write_text(FRAMES, out) == 3
    assert out.getvalue().splitlines()[1] == f"1,49,{TWO},1.500".encode()
    entries, refusals = _read(out.getvalue())
    assert (entries, refusals) == ([HashEntry(1, frames=FRAMES)], [])


def test_what_is_written_as_signals_is_read_back_one_video_a_line() -> None:
    out = io.BytesIO()
    assert write_signals([FRAMES, FRAMES[:1]], out) == 2
    assert out.getvalue().startswith(f'["{ONE},100,0.000", '.encode())
    entries, refusals = _read(out.getvalue())
    assert [e.frames for e in entries] == [FRAMES, FRAMES[:1]] and not refusals


def test_the_library_reads_what_is_written_here() -> None:
    utility = pytest.importorskip(
        "threatexchange.extensions.vpdq.vpdq_util", reason="the vpdq extension is not built here"
    )
    out = io.BytesIO()
    write_signals([FRAMES], out)
    read = utility.json_to_vpdq(out.getvalue().decode())
    assert [(f.pdq_hex, f.quality, f.timestamp) for f in read] == [(f.pdq, f.quality, f.t) for f in FRAMES]
    ((entry,), _) = _read(utility.vpdq_to_json(read, indent=2).encode())
    assert entry.frames == FRAMES


def test_a_signal_over_several_lines_is_one_video() -> None:
    text = '[\n  "' + f"{ONE},100,0.000" + '",\n  "' + f"{TWO},49,1.500" + '"\n]\n'
    assert [e.frames for e in _read(text.encode())[0]] == [FRAMES[:2]]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"1,101,{ONE},1", "bad-frame"),
        (f"1,-1,{ONE},1", "bad-frame"),
        (f"1,50,{ONE[:-1]},1", "bad-pdq"),
        (f"1,50,{ONE[:-1]}g,1", "bad-pdq"),
        (f"1,50,{ONE},-1", "bad-frame"),
        (f"1,50,{ONE},nan", "bad-frame"),
        (f"1,50,{ONE},1e99", "bad-frame"),
        (f"1,50,{ONE}", "bad-frame"),
        ("1,50", "bad-frame"),
        (f"1,50,{ONE},1" + " " * 500 + "x", "bad-frame"),
    ],
)
def test_a_frame_that_cannot_be_read_is_named_with_its_line_and_the_others_stay(line: str, code: str) -> None:
    entries, refusals = _read(f"0,100,{ONE},0\n{line}\n2,49,{TWO},1.5\n".encode())
    assert [(r.line, r.code) for r in refusals] == [(2, code)]
    assert [e.frames for e in entries] == [FRAMES[:2]]


def test_a_broken_line_among_signals_costs_that_video_only() -> None:
    good = f'["{ONE},100,0.000"]\n'
    bad = ['["broken\n', '[7, "x,y", "a,b,c,d"]\n', "12\n", '["' + ONE + ',100,0.0"] tail\n']
    entries, refusals = _read((good + "".join(bad) + good).encode())
    assert [e.line for e in entries] == [1, 6]
    assert {r.line for r in refusals} == {2, 3, 4, 5}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"md5,category\n", b"\x00\x01\x02", b"x" * 70_000_000])
def test_what_is_no_vpdq_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(ListRefused) as refused:
        _read(data)
    assert refused.value.code in {"not-vpdq", "too-large"}


def test_a_video_of_too_many_frames_is_refused_and_not_held_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format_of, "MOST_FRAMES", 3)
    lines = "".join(f"{n},100,{ONE},{n}\n" for n in range(9))
    entries, refusals = _read((lines + f"0,100,{ONE},0\n").encode())
    assert [r.code for r in refusals] == ["too-long"] and [len(e.frames) for e in entries] == [1]


def test_its_first_characters_speak_for_it_and_no_other_list_s_do() -> None:
    for sample in VPDQ.examples():
        assert looks_like_vpdq(sample.data[:4096].decode())
    for other in ("{}", '{"value": []}', "md5;image id", "[1, 2]", f"{ONE}\n", "a,b,c,d", f"pdq {ONE}"):
        assert not looks_like_vpdq(other)


def test_frames_out_of_order_are_put_in_order() -> None:
    (entry,) = _read(f'["{ONE},100,5.0", "{TWO},90,1.0"]'.encode())[0]
    assert [f.t for f in entry.frames] == [1.0, 5.0]


def test_black_frames_are_left_out_and_a_video_of_nothing_else_is_refused() -> None:
    black = "".join(f"{n},0,{'0' * 64},{n}\n" for n in range(3))
    assert [r.code for r in _read(black.encode())[1]] == ["no-hash"]
    (entry,) = _read((black + f"3,100,{ONE},3\n").encode())[0]
    assert entry.frames == (FrameHash(3.0, ONE, 100),)
