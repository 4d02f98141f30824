"""Memory for pixels that a decoder keeps: of one picture at a time, wiped after it, given back when idle."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from entente.evidence import canvas, decode
from entente.evidence.canvas import Canvas
from entente.evidence.child import IDLE_S
from entente.evidence.open import read
from entente.evidence.pictures import open_picture
from entente.evidence.sandbox import Sandbox
from tests.evidence.drawn import encoded, scene
from tests.evidence.processes import Watched


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(scene(), "JPEG", quality=92))
    return path


@pytest.fixture
def described(jpeg: Path) -> Iterator[int]:
    handle = os.open(jpeg, os.O_RDONLY)
    yield handle
    os.close(handle)
    decode.CANVAS.drop()


def test_it_is_lent_to_one_at_a_time_and_comes_back_wiped() -> None:
    kept = Canvas()
    first = kept.lend(1000)
    assert first is not None and not first.any()
    first[:] = 7
    assert kept.lend(10) is None
    kept.wipe()
    again = kept.lend(1000)
    assert again is not None and not again.any() and not first.any()
    assert np.shares_memory(first, again)


def test_it_keeps_no_more_than_it_may_and_gives_all_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas, "MOST", 5000)
    kept = Canvas()
    assert kept.lend(5001) is None and kept.lend(0) is None
    assert kept.lend(5000) is not None
    kept.drop()
    again = kept.lend(10)
    assert again is not None and not again.any()


def test_a_picture_on_a_canvas_is_the_picture_and_another_gets_its_own_memory() -> None:
    one, other = (encoded(scene()[::step], "JPEG", quality=90) for step in (1, 2))
    kept = Canvas()
    first, second = open_picture(one, "jpeg", kept), open_picture(other, "jpeg", kept)
    pixels, theirs = first.rgb(), second.rgb()
    assert not np.shares_memory(pixels, theirs)
    assert np.array_equal(pixels, open_picture(one, "jpeg").rgb())
    assert np.array_equal(theirs, open_picture(other, "jpeg").rgb())
    luma = first.luma()
    assert np.array_equal(first.rgb(), open_picture(one, "jpeg").rgb()) and luma.std() > 0
    kept.wipe()
    assert not pixels.any()


def test_a_picture_that_breaks_off_shows_nothing_of_the_one_before() -> None:
    whole = encoded(scene(), "JPEG", quality=92)
    other = encoded(255 - scene()[::-1], "JPEG", quality=92)
    kept = Canvas()
    open_picture(other, "jpeg", kept).rgb()
    kept.wipe()
    broken = open_picture(whole[: len(whole) // 2], "jpeg", kept)
    assert np.array_equal(broken.rgb(), open_picture(whole[: len(whole) // 2], "jpeg").rgb())
    assert broken.partial


def test_nothing_of_a_picture_is_left_when_its_job_is_done_or_failed(
    described: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []

    def looks(decoded: decode.Decoded) -> None:
        seen.append(decoded.rgb)
        assert decoded.rgb.std() > 1
        raise RuntimeError

    monkeypatch.setattr(decode, "_extracted", lambda names, what: looks(what))
    with pytest.raises(RuntimeError):
        decode.describe(described, kind="picture", container="jpeg", extract=["any"], limit_s=10)
    assert np.shares_memory(seen[0], decode.CANVAS.lend(seen[0].size))
    assert not seen[0].any()


def test_pictures_one_after_the_other_have_the_hashes_they_have_alone(tmp_path: Path) -> None:
    drawn = scene()
    pictures = {
        "large": encoded(np.tile(drawn, (3, 3, 1)), "JPEG", quality=90),
        "cut": encoded(np.tile(drawn, (3, 3, 1)), "JPEG", quality=90)[:9000],
        "small": encoded(drawn[:100, :90], "JPEG", quality=90),
        "other": encoded(255 - drawn, "JPEG", quality=90),
    }
    paths = [tmp_path / name for name in pictures]
    for path in paths:
        path.write_bytes(pictures[path.name])
    one, each = Sandbox(1), Sandbox(1, files_each=1)
    try:
        together = [read(path, sandbox=one) for path in (*paths, *paths)]
        alone = [read(path, sandbox=each) for path in (*paths, *paths)]
    finally:
        one.close()
        each.close()
    assert [(o.pdq, o.partial) for o in together] == [(o.pdq, o.partial) for o in alone]
    assert len({o.pdq for o in alone}) == len(pictures)


def test_an_idle_decoder_gives_the_memory_back_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "wide.jpg"
    path.write_bytes(encoded(np.tile(scene(), (8, 8, 1)), "JPEG", quality=80))  # 15 MB of pixels
    sandbox = Watched(1)
    try:
        first = read(path, sandbox=sandbox)
        (pid,) = sandbox.decoders()
        held = _resident(pid)
        deadline = time.monotonic() + IDLE_S + 10
        while _resident(pid) > held - (10 << 20) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert _resident(pid) <= held - (10 << 20)
        assert read(path, sandbox=sandbox).pdq == first.pdq and sandbox.decoders() == {pid}
    finally:
        sandbox.close()


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
