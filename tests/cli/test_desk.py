"""The desk from the command line, as real processes on a desk of its own: made, filled, killed, proved."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.evidence.drawn import encoded, scene

OPEN_A_CASE = """
import django; django.setup()
from datetime import UTC, datetime
from entente.casework.intake.service import open_case
from entente.records.models import Account
from entente.vocabulary.handling import Purpose
open_case(Account.objects.get().as_officer(), Purpose.VICTIM_IDENTIFICATION, number="NU-1",
          title="Operation Larch", victim_number="V-001", discovered_at=datetime.now(UTC))
"""
MANY = 150  # more than two batches


def begun(desk: Path, *words: str) -> subprocess.Popen:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ENTENTE", "DJANGO", "DATABASE"))}
    return subprocess.Popen(
        [sys.executable, "-m", "entente.cli", *words],
        env=env | {"ENTENTE_DESK": str(desk)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def entente(desk: Path, *words: str) -> tuple[int, str, str]:
    run = begun(desk, *words)
    out, err = run.communicate(timeout=120)
    return run.returncode, out, err


def told(desk: Path, *words: str, code: int = 0) -> dict:
    done, out, err = entente(desk, *words, "--json")
    assert done == code, err
    (line,) = out.splitlines()
    return json.loads(line)


def rows(desk: Path, sql: str) -> list[tuple]:
    with sqlite3.connect(f"file:{desk / 'desk.sqlite3'}?mode=ro", uri=True, timeout=20) as base:
        return base.execute(sql).fetchall()


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A new desk with one officer and one case; a test that changes it takes a copy."""
    folder = tmp_path_factory.mktemp("plain") / "desk"
    assert told(folder, "init", str(folder))["officer"] == "NU-1001"
    env = os.environ | {"ENTENTE_DESK": str(folder), "DJANGO_SETTINGS_MODULE": "entente.web.settings"}
    env.pop("DATABASE_URL", None)
    subprocess.run([sys.executable, "-c", OPEN_A_CASE], env=env, check=True, timeout=60)
    return folder


@pytest.fixture
def desk(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "desk"))


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    folder = tmp_path / "phone"
    folder.mkdir()
    for n in range(3):
        (folder / f"{n}.png").write_bytes(encoded(scene(seed=n), "PNG"))
    (folder / "copy of 0.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "letter.jpg").write_text("a letter")
    return folder


def test_a_desk_is_made_filled_and_proved(desk, plain, tmp_path, phone):
    assert plain.stat().st_mode & 0o077 == 0
    assert desk.stat().st_mode & 0o077 == 0

    received = told(desk, "receive", str(phone), "--case", "NU-1", "--source", "a phone", code=1)
    job = received.pop("job")
    assert len(job) == 36
    assert received == {"files": 5, "new": 3, "duplicate": 1, "refused": 1, "known": 0}
    again = told(desk, "receive", str(phone), "--case", "NU-1", "--source", "a phone")
    assert again["known"] == 5

    hashed = told(desk, "hash", str(phone / "0.png"))
    listed = tmp_path / "list.csv"
    listed.write_text(f"md5,category\n{hashed['md5']},1\nzzz,2\n")
    words = ("lists", "import", str(listed), "--format", "hashlist", "--name", "ours")
    imported = told(desk, *words, code=1)
    assert (imported["added"], imported["read"]) == (1, 3)
    assert {r["line"] for r in imported["refused"]} == {3}
    assert told(desk, "worker", "--until-empty")["jobs_done"] >= 1
    assert rows(desk, "select count(*) from records_media where known = 'exact'") == [(1,)]

    (held,) = told(desk, "lists", "show")["lists"]
    assert (held["name"], held["versions"], held["entries"], held["knows"]) == ("ours", ["1"], 1, "material")
    assert told(desk, "lists", "remove", "--name", "ours")["removed"] == "ours"
    assert told(desk, "worker", "--until-empty")["jobs_done"] >= 1
    assert rows(desk, "select count(*) from records_media where known = 'exact'") == [(0,)]
    assert rows(desk, "select count(*) from records_listedhash") == [(0,)]

    proof = told(desk, "log", "verify")
    assert set(proof) == {"size", "root", "witnessed", "faults"}
    assert proof["faults"] == []
    checked = told(desk, "fsck")
    points = rows(desk, "select count(*) from records_scenepoints where key <> ''")[0][0]
    assert points == 3, "what each new picture shows was looked at by itself"
    assert (checked["originals"], checked["changed"], checked["missing"]) == (7 + points, [], [])
    assert checked["log_size"] == proof["size"]


def test_a_log_in_a_file_is_proved_without_a_desk_and_a_changed_one_is_found(desk, tmp_path):
    written = tmp_path / "log.jsonl"
    size = told(desk, "log", "write", str(written))["size"]
    assert told(tmp_path / "no desk", "log", "verify", str(written))["size"] == size
    sealed = written.read_text()
    assert "collect" in sealed and "open a case" not in sealed, "why stands behind a commitment"
    first = sealed.split("\n", 2)
    for changed in (sealed.replace("collect", "consult", 1), f"{first[0]}\n{first[2]}"):
        written.write_text(changed)
        assert told(tmp_path / "no desk", "log", "verify", str(written), code=1)["faults"]
    written.write_text("")
    code, _, says = entente(desk, "log", "verify", str(written))
    assert code == 2
    assert "is not a log" in says
    assert "Traceback" not in says


def test_a_changed_log_and_a_changed_original_are_named(desk, phone):
    told(desk, "receive", str(phone / "0.png"), str(phone / "1.png"), "--case", "NU-1", "--source", "a phone")
    ((number, key),) = rows(desk, "select number, key from records_media where number = 2")
    original = desk / "evidence" / key[:2] / key[2:4] / key
    data = bytearray(original.read_bytes())
    data[len(data) // 2] ^= 1
    original.chmod(0o600)
    original.write_bytes(data)
    checked = told(desk, "fsck", code=1)
    assert [c.split(" item ")[1] for c in checked["changed"]] == [str(number)]
    original.unlink()
    assert len(told(desk, "fsck", code=1)["missing"]) == 1
    with sqlite3.connect(desk / "desk.sqlite3") as base:
        base.execute("update records_logentry set body = replace(body, 'collect', 'consult') where seq = 2")
    assert any("entry 2 was changed" in f for f in told(desk, "log", "verify", code=1)["faults"])


def test_the_doctor_names_each_part_and_a_desk_that_is_not_there(desk, tmp_path):
    code, out, err = entente(desk, "doctor", "--json")
    found = {f["what"]: f for f in json.loads(out)["findings"]}
    assert all(found[w]["there"] for w in ("desk", "folder", "tables", "decoder", "SQLite")), err
    assert code == (0 if all(f["there"] for f in found.values()) else 1)
    code, out, _ = entente(tmp_path / "none", "doctor", "--json")
    missing = {f["what"]: f["says"] for f in json.loads(out)["findings"] if not f["there"]}
    assert code == 1
    assert "entente init" in missing["desk"]


@pytest.mark.parametrize(
    "words",
    [
        ("receive", "/no/such/file", "--case", "NU-1", "--source", "x"),
        ("receive", ".", "--case", "NU-2", "--source", "x"),
        ("receive", ".", "--case", "NU-1", "--source", "x", "--as", "NU-0000"),
        ("receive", ".", "--case", "NU-1", "--source", "x", "--purpose", "curiosity"),
        ("lists", "import", "/no/such/file", "--format", "hashlist", "--name", "x"),
        ("lists", "import", "--name", "x"),
        ("lists", "remove", "--name", "no such list"),
        ("lists", "show", "--purpose", "curiosity"),
        ("frobnicate",),
    ],
)
def test_a_wrong_use_is_a_sentence_and_exit_2(opened_once, words):
    code, out, says = entente(opened_once, *words)
    assert code == 2
    assert out == ""
    assert "Traceback" not in says
    assert len(says.split()) > 3


@pytest.mark.parametrize("verb", ["serve", "demo"])
def test_a_taken_port_is_said_before_any_work(opened_once, tmp_path, verb):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        desk = opened_once if verb == "serve" else tmp_path / "story"
        code, out, says = entente(opened_once, verb, "--port", port, "--desk", str(desk))
    assert (code, out) == (2, "")
    assert f"port {port}" in says and "choose another port" in says
    assert not (tmp_path / "story").exists()


def test_an_open_desk_says_where(opened_once):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    process = begun(opened_once, "serve", "--no-worker", "--port", str(port))
    try:
        assert f"http://localhost:{port}/" in process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_desk_that_is_told_to_end_takes_its_worker_along(opened_once):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    process = begun(opened_once, "serve", "--port", str(port))
    try:
        assert process.stdout.readline()
        until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0)
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
        with pytest.raises(ProcessLookupError):  # nobody is left in the session that it began
            os.killpg(process.pid, 0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture(scope="module")
def opened_once(plain, tmp_path_factory) -> Path:
    return Path(shutil.copytree(plain, tmp_path_factory.mktemp("once") / "desk"))


def state(desk: Path) -> tuple[set[tuple], int, int]:
    """Return what is held without the numbers, which follow the order of the work."""
    items = rows(desk, "select sha256, refusal, pdq, codes, origin, source from records_media")
    places = rows(desk, "select count(*) from records_occurrence")[0][0]
    return set(items), len(items), places


def test_an_intake_killed_half_way_and_run_again_ends_as_an_unbroken_one(plain, tmp_path):
    folder = tmp_path / "phone"
    folder.mkdir()
    for n in range(MANY):
        (folder / f"{n}.png").write_bytes(encoded(scene(60, 80, seed=n), "PNG"))
    (folder / "letter.jpg").write_text("a letter")
    words = ("receive", str(folder), "--case", "NU-1", "--source", "a phone")
    broken, whole = (Path(shutil.copytree(plain, tmp_path / name)) for name in ("broken", "whole"))

    run = begun(broken, *words)
    until = time.monotonic() + 60
    while not rows(broken, "select count(*) from records_media")[0][0] and time.monotonic() < until:
        time.sleep(0.005)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate(timeout=20)
    halfway = rows(broken, "select count(*) from records_media")[0][0]
    assert 0 < halfway <= MANY
    assert told(broken, "log", "verify")["faults"] == []

    letter = rows(broken, "select count(*) from records_media where refusal = 'not-media'") == [(1,)]
    again = told(broken, *words, code=0 if letter else 1)
    assert again["known"] == halfway
    told(whole, *words, code=1)
    assert state(broken) == state(whole)
    checked = told(broken, "fsck")
    assert (checked["originals"], checked["changed"], checked["missing"]) == (MANY + 1, [], [])
    assert checked["without_a_row"] == 0


def test_a_link_is_for_an_account_without_keys_of_its_own_agency_and_with_roles_that_fit(tmp_path):
    folder = tmp_path / "desk"
    assert told(folder, "init", str(folder))["officer"] == "NU-1001"
    for words, says in [
        (("--short", "XX", "--officer", "NU-1001"), "another agency"),
        (("--officer", "NU-9001", "--role", "administrator", "--role", "examiner"), "no other role"),
        (("--officer", "NU-1002", "--role", "coordinator"), "no coordinator"),
    ]:
        code, out, err = entente(folder, "init", str(folder), *words)
        assert (code, out) == (2, "") and says in err
    with sqlite3.connect(folder / "desk.sqlite3") as tables:
        (pk,) = tables.execute("select id from records_account where username = 'NU-1001'").fetchone()
        columns = "(user_id, type, data, created_at) values (?, 'totp', '{}', '2026-01-01')"
        tables.execute(f"insert into mfa_authenticator {columns}", (pk,))
    code, _, err = entente(folder, "init", str(folder))
    assert code == 2 and "--reset-keys" in err
    assert told(folder, "init", str(folder), "--reset-keys")["log_in_once"].startswith("/enter/")
    assert told(folder, "init", str(folder))["log_in_once"]
