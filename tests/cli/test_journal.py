"""`entente hash --resume`: a killed run goes on, nothing is lost, nothing is done twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from entente.cli import main
from entente.cli.journal import Journal
from tests.evidence.drawn import encoded, scene

FILES = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(FILES):
        (tmp_path / "in" / f"{number:03d}.png").write_bytes(encoded(scene(120, 160, seed=number), "PNG"))
    return tmp_path / "in"


def _lines(journal: Path) -> list[dict]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def _run(folder: Path, journal: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict]:
    code = main(["hash", str(folder), "--resume", str(journal), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_second_run_does_nothing_again_and_one_more_file_only_that(folder, tmp_path, capsys) -> None:
    journal = tmp_path / "done.jsonl"
    assert _run(folder, journal, capsys) == (0, {"hashed": FILES, "before": 0, "refused": 0})
    first = journal.read_bytes()
    assert _run(folder, journal, capsys) == (0, {"hashed": 0, "before": FILES, "refused": 0})
    assert journal.read_bytes() == first
    (folder / "more.txt").write_text("no picture")
    assert _run(folder, journal, capsys) == (1, {"hashed": 1, "before": FILES, "refused": 1})
    (line,) = _lines(journal)[FILES:]
    assert line["refused"]["code"] == "not-media" and line["seen"][0] == 10
    assert _run(folder, journal, capsys)[1] == {"hashed": 0, "before": FILES + 1, "refused": 1}


def test_the_lines_are_those_of_the_contract(folder, tmp_path, capsys) -> None:
    journal = tmp_path / "done.jsonl"
    _run(folder, journal, capsys)
    held = {line["path"]: {k: v for k, v in line.items() if k != "seen"} for line in _lines(journal)}
    assert main(["hash", str(folder), "--json"]) == 0
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        assert held[line["path"]] == line


def test_a_run_that_is_killed_goes_on_where_it_stopped(folder, tmp_path, capsys) -> None:
    journal = tmp_path / "done.jsonl"
    command = [sys.executable, "-m", "entente.cli", "hash", str(folder), "--resume", str(journal)]
    killed = subprocess.Popen([*command, "--workers", "1"], start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and killed.poll() is None:
        if journal.exists() and journal.stat().st_size > 2000:
            break
        time.sleep(0.005)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    with journal.open("ab") as torn:
        torn.write(b'{"path": "' + os.fsencode(folder))  # as a disk leaves a line that was being written
    before = len(journal.read_bytes().splitlines()) - 1
    code, told = _run(folder, journal, capsys)
    assert 0 < before < FILES
    assert (code, told["before"], told["hashed"]) == (0, before, FILES - before)
    assert Counter(Path(line["path"]).name for line in _lines(journal)) == Counter(
        path.name for path in folder.iterdir()
    )


def test_decoders_that_are_killed_lose_no_file(folder, tmp_path, capsys) -> None:
    journal = tmp_path / "done.jsonl"
    command = [sys.executable, "-m", "entente.cli", "hash", str(folder), "--resume", str(journal), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as hashing:
        for _ in range(40):
            for pid in _children(hashing.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            time.sleep(0.05)
            if hashing.poll() is not None:
                break
        hashing.communicate(timeout=120)
    assert len({line["path"] for line in _lines(journal)}) == FILES  # each has its line, refused or not
    code, _ = _run(folder, journal, capsys)  # and those whose decoder was killed are done again
    last = {line["path"]: line for line in _lines(journal)}
    assert code == 0 and len(last) == FILES
    assert all("refused" not in line for line in last.values())


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def test_a_file_that_changed_is_done_again(folder, tmp_path, capsys) -> None:
    journal = tmp_path / "done.jsonl"
    _run(folder, journal, capsys)
    (folder / "000.png").write_bytes(encoded(scene(120, 160, seed=999), "PNG"))
    assert _run(folder, journal, capsys)[1]["hashed"] == 1


def test_a_journal_within_the_folder_is_not_hashed(folder, capsys) -> None:
    _run(folder, folder / "done.jsonl", capsys)
    assert _run(folder, folder / "done.jsonl", capsys)[1] == {"hashed": 0, "before": FILES, "refused": 0}


@pytest.mark.parametrize("text", ["not json\n", "[]\n", '{"path": "a"}\n', '{"path": 1, "seen": [1, 2]}\n'])
def test_another_file_is_not_written_to(folder, tmp_path, text: str, capsys) -> None:
    (tmp_path / "letter.txt").write_text(text)
    assert main(["hash", str(folder), "--resume", str(tmp_path / "letter.txt")]) == 2
    assert (tmp_path / "letter.txt").read_text() == text
    assert "name another file" in capsys.readouterr().err


def test_a_million_files_are_eight_megabytes_in_memory(tmp_path) -> None:
    journal = tmp_path / "done.jsonl"
    with journal.open("w") as out:
        for number in range(20_000):
            out.write(json.dumps({"path": f"/in/{number}.jpg", "seen": [number, number]}) + "\n")
    held = Journal(journal)
    assert held.before == 20_000 and held._done.nbytes == 160_000
    held.close()
