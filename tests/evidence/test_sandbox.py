"""The sandbox: whatever a decoder does, the caller gets a value and the next file a fresh decoder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entente.evidence import calls, wire
from entente.evidence.open import read, render
from entente.evidence.sandbox import Sandbox, SandboxFailed
from entente.vocabulary.media import RefusalCode
from tests.evidence import planted
from tests.evidence.drawn import clip, encoded, scene
from tests.evidence.processes import Watched

PLANTED = "tests.evidence.planted:"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(2)
    yield made
    made.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(scene(), "PNG"))
    return path


def test_an_extractor_sees_the_picture_and_its_answer_comes_back(sandbox: Sandbox, picture: Path) -> None:
    opened = read(picture, extract=[PLANTED + "looks"], sandbox=sandbox)
    value = opened.extracted[PLANTED + "looks"]["value"]
    assert value["shape"] == [240, 320, 3]
    assert value["mean"] == pytest.approx(float(scene().mean()))


def test_an_extractor_hears_a_film_and_sees_frames_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", seconds=4, sound=True)
    value = read(path, extract=[PLANTED + "looks"], sandbox=sandbox).extracted[PLANTED + "looks"]["value"]
    assert value["rate"] == 8000
    assert value["loudest_hz"] == pytest.approx(440, abs=2)
    assert len(value["frames"]) >= 3 and value["frames"][0] == 0


def test_an_endless_reader_is_stopped_in_time_and_the_hashes_stay(sandbox: Sandbox, picture: Path) -> None:
    start = time.perf_counter()
    opened = read(picture, extract=[PLANTED + "loops"], limit_s=1.0, sandbox=sandbox)
    assert 1 <= time.perf_counter() - start < 5
    assert opened.refusal is None and opened.pdq and opened.sha256
    assert "stopped after 1 s" in opened.extracted[PLANTED + "loops"]["error"]


def test_a_reader_that_dies_is_named_by_signal_and_the_hashes_stay(sandbox: Sandbox, picture: Path) -> None:
    opened = read(picture, extract=[PLANTED + "dies"], sandbox=sandbox)
    assert "SIGSEGV" in opened.extracted[PLANTED + "dies"]["error"]
    assert opened.pdq == read(picture, sandbox=sandbox).pdq


def test_the_refusal_itself_names_timeout_and_signal(sandbox: Sandbox, picture: Path) -> None:
    with picture.open("rb") as stream:
        arguments = {"kind": "picture", "container": "png", "limit_s": 1.0}
        for name, code, word in (
            ("loops", RefusalCode.TIMEOUT, "after 2 s"),
            ("dies", RefusalCode.DECODER_DIED, "SIGSEGV"),
            ("floods", RefusalCode.DECODER_DIED, "died"),
        ):
            planted = (PLANTED + name,)
            asked = arguments | {"extract": list(planted)}
            limit = 2 if name == "loops" else 20
            answer = sandbox.ask(stream.fileno(), "describe", asked, limit_s=limit, needs=planted)
            assert answer.refusal is not None and answer.refusal.code is code, name
            assert word in answer.refusal.reason


def test_a_fault_and_a_glutton_cost_only_themselves(sandbox: Sandbox, picture: Path) -> None:
    names = [PLANTED + "raises", PLANTED + "eats", PLANTED + "looks"]
    opened = read(picture, extract=names, sandbox=sandbox)
    assert opened.extracted[names[0]] == {"error": "RuntimeError: a planted fault"}
    assert "MemoryError" in opened.extracted[names[1]]["error"]
    assert "value" in opened.extracted[names[2]]


@pytest.mark.skipif(bool(calls.MISSING), reason=f"no filter of system calls here: {calls.MISSING}")
@pytest.mark.parametrize("act", planted.FORBIDDEN, ids=lambda act: act.__name__)
@pytest.mark.parametrize("threads", [False, True], ids=["alone", "threads"])
def test_a_decoder_that_reaches_out_is_ended_by_the_filter(
    sandbox: Sandbox, picture: Path, act: Callable[..., object], threads: bool
) -> None:
    start = time.perf_counter()
    with picture.open("rb") as stream:
        asked = {"kind": "picture", "container": "png", "limit_s": 10.0, "extract": [PLANTED + act.__name__]}
        answer = sandbox.ask(
            stream.fileno(),
            "describe",
            asked,
            limit_s=10,
            needs=(PLANTED + act.__name__,),
            threads=threads,
        )
    assert answer.refusal is not None and answer.refusal.code is RefusalCode.DECODER_DIED
    assert "SIGSYS" in answer.refusal.reason
    assert time.perf_counter() - start < 20
    assert read(picture, sandbox=sandbox).pdq, "the next file is opened"


def test_such_a_decoder_costs_its_extractor_and_not_the_hashes(sandbox: Sandbox, picture: Path) -> None:
    opened = read(picture, extract=[PLANTED + "opens_a_file"], sandbox=sandbox)
    assert opened.refusal is None and opened.pdq
    assert "SIGSYS" in opened.extracted[PLANTED + "opens_a_file"]["error"]


def test_the_environment_is_empty_and_what_was_not_imported_never_is(sandbox: Sandbox, picture: Path) -> None:
    names = [PLANTED + n for n in ("reads_the_environment", "imports_late", "starts_a_thread")]
    found = read(picture, extract=names, sandbox=sandbox).extracted
    assert [found[n]["value"] for n in names] == [[], "ModuleNotFoundError", "can't start new thread"]


def test_memory_eaten_piece_by_piece_ends_the_decoder_below_its_limit(picture: Path) -> None:
    """It never gives up by itself: the limit keeps the machine, the clock ends the decoder."""
    sandbox = Sandbox(1)
    try:
        read(picture, sandbox=sandbox)
        start = time.perf_counter()
        opened = read(picture, extract=[PLANTED + "eats_slowly"], limit_s=3.0, sandbox=sandbox)
        assert opened.pdq and time.perf_counter() - start < 20
        assert "error" in opened.extracted[PLANTED + "eats_slowly"]
    finally:
        sandbox.close()


@pytest.mark.parametrize("lie", planted.LIES)
def test_a_decoder_that_speaks_out_of_turn_is_a_refusal_and_the_next_file_gets_its_own_answer(
    sandbox: Sandbox, picture: Path, lie: str
) -> None:
    names = (PLANTED + "says_" + lie,)
    with picture.open("rb") as stream:
        asked = {"kind": "picture", "container": "png", "limit_s": 1.0, "extract": list(names)}
        answer = sandbox.ask(stream.fileno(), "describe", asked, limit_s=1, needs=names)
    assert answer.refusal is not None
    assert answer.refusal.code in {RefusalCode.DECODER_DIED, RefusalCode.TIMEOUT}
    after = read(picture, sandbox=sandbox)
    assert after.refusal is None and after.pdq != "00" * 32


def test_a_decoder_says_which_layers_hold(sandbox: Sandbox, picture: Path) -> None:
    with picture.open("rb") as stream:
        held = sandbox.ask(stream.fileno(), "layers", {}, limit_s=10).data["layers"]
    assert {"session", "environment", "limits", "no-new-privileges"} <= set(held)
    assert ("system calls" in held) == (not calls.MISSING)


def test_an_extractor_that_does_not_exist_is_said_at_once(sandbox: Sandbox, picture: Path) -> None:
    with pytest.raises(SandboxFailed, match="no_such"):
        read(picture, extract=["tests.evidence.planted:no_such"], sandbox=sandbox)


def test_many_threads_share_it_and_each_gets_its_own_answer(sandbox: Sandbox, tmp_path: Path) -> None:
    paths = []
    for i in range(24):
        path = tmp_path / f"{i}.png"
        path.write_bytes(encoded(scene(seed=i), "PNG"))
        paths.append(path)
    alone = [read(path, sandbox=sandbox).pdq for path in paths]
    with ThreadPoolExecutor(6) as pool:
        together = [o.pdq for o in pool.map(lambda p: read(p, sandbox=sandbox), paths)]
    assert alone == together and len(set(alone)) == 24


def test_the_warm_process_killed_from_outside_is_replaced(picture: Path) -> None:
    sandbox = Watched(1)
    before = read(picture, sandbox=sandbox)
    os.kill(sandbox.warm(), signal.SIGKILL)
    time.sleep(0.2)
    after = [read(picture, sandbox=sandbox) for _ in range(2)]
    assert after[-1].pdq == before.pdq
    sandbox.close()


def test_closing_it_leaves_no_process_behind(picture: Path) -> None:
    sandbox = Watched(2)
    read(picture, sandbox=sandbox)
    pids = [sandbox.warm(), *sandbox.decoders()]
    assert len(pids) == 2
    sandbox.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in pids):
        time.sleep(0.05)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_decoder_is_retired_after_its_share_of_files(picture: Path) -> None:
    sandbox = Watched(1, files_each=2)
    pids = []
    for _ in range(4):
        read(picture, sandbox=sandbox)
        pids.append(sandbox.decoders())
    sandbox.close()
    assert [len(each) for each in pids] == [1, 0, 1, 0] and pids[0] != pids[2]


def test_a_message_over_the_limit_or_without_sense_breaks_the_wire() -> None:
    header = wire.HEADER.pack
    for sent in (header(5, 1 << 31), header(3, 0) + b"[1]", header(3, 0) + b"NaN", b"\0"):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(sent)
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises(wire.Broken):
                wire.receive(ours)


def test_a_python_file_in_the_working_folder_is_not_imported(tmp_path: Path, picture: Path) -> None:
    """Evidence folders hold anything, also a numpy.py; the sandbox is often started from one."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('imported from the working folder')")
    code = f"from entente.cli import main; raise SystemExit(main(['hash', {str(picture)!r}]))"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=False)
    assert done.returncode == 0


def test_threads_that_wait_for_a_slot_are_served_in_the_end(picture: Path) -> None:
    sandbox = Sandbox(1)
    results: list[str | None] = []

    def one() -> None:
        results.append(read(picture, sandbox=sandbox).pdq)

    threads = [threading.Thread(target=one) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sandbox.close()
    assert len(results) == 5 and len(set(results)) == 1


def test_a_still_needs_no_hash_types_and_a_new_warm_process_has_them_before_its_decoders(
    picture: Path,
) -> None:
    made = Watched(1, files_each=1)  # each decoder is forked anew

    def hashes() -> bool:
        return "llvmlite" in Path(f"/proc/{made.warm()}/maps").read_text()

    try:
        assert isinstance(render(picture, "grey", sandbox=made), bytes)
        assert not hashes(), "stills loaded the hash types"
        assert read(picture, sandbox=made).pdq
        assert hashes()
        before = made.warm()
        os.kill(before, signal.SIGKILL)
        assert isinstance(render(picture, "grey", sandbox=made), bytes)
        assert made.warm() != before and hashes()
    finally:
        made.close()
