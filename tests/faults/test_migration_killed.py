"""A desk of the first version is killed while it is brought up to date: old tables or new, with all rows.

``desk_0001.sql`` is such a desk: real acts of the first version, dumped, its log proved then.
"""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults import calls
from tests.faults.acts import content
from tests.faults.calls import Fault
from tests.faults.conftest import LONG
from tests.faults.imports import Import

FIRST = Path(__file__).with_name("desk_0001.sql")
KILLS = 400 if LONG else 6
BASE = "desk.sqlite3"
OLD = frozenset(re.findall(r"[0-9a-f]{32}", FIRST.read_text()))
WRITES = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "write")


def old_desk(ground: Import) -> None:
    """Put the first version's desk in place."""
    ground.put_back()
    for old in ground.desk.glob(f"{BASE}*"):
        old.unlink()
    base = sqlite3.connect(ground.desk / BASE)
    base.executescript(FIRST.read_text())
    base.execute("PRAGMA journal_mode=WAL")
    base.close()


def whole(at: Path) -> dict[str, Any]:
    """Return the schema and every row of a database, without the moments at which steps were made."""
    base = sqlite3.connect(at)
    try:
        assert base.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert base.execute("PRAGMA foreign_key_check").fetchall() == []
        told = base.execute("select type, name, tbl_name, sql from sqlite_master")
        schema = sorted(re.sub(r"\s*/\*.*?\*/", "", str(row)) for row in told)
        rows = content(base)
    finally:
        base.close()
    for row in rows["django_migrations"].values():
        row[3] = ""
    return {"schema": schema, "rows": {t: sorted(map(_known, r.values())) for t, r in rows.items()}}


def _known(row: list[Any]) -> str:
    """Return a row as text; identifiers that the first version did not have are made anew each time."""
    return re.sub(r"[0-9a-f]{32}", lambda m: m[0] if m[0] in OLD else "new", str(row))


@dataclass(frozen=True)
class WayUp:
    """The desk before, after each step and at the end of an undisturbed way up; the tables it ends with."""

    stages: list[dict[str, Any]]
    tables: dict[str, object]


@pytest.fixture(scope="module")
def way_up(ground, tmp_path_factory) -> WayUp:
    old_desk(ground)
    held = [whole(ground.desk / BASE)]
    steps = ground.warm.do("migrated_in_steps", str(tmp_path_factory.mktemp("stages")))
    assert steps
    held += [whole(Path(step)) for step in steps]
    # and what Django adds at the end of the whole way
    return WayUp([*held, whole(ground.desk / BASE)], tables(ground))


@pytest.fixture
def stages(way_up) -> list[dict[str, Any]]:
    return way_up.stages


def test_the_first_versions_desk_comes_up_with_all_its_rows_and_a_proved_log(ground, stages):
    before, after = stages[0]["rows"], stages[-1]["rows"]
    kept = [t for t in before if t in after and t not in {"django_migrations", "auth_permission"}]
    assert len(before["records_logentry"]) == len(after["records_logentry"]) > 20
    assert {t: len(before[t]) for t in kept if len(before[t]) > len(after[t])} == {}
    proof = ground.warm.do("command", "log", "verify")
    assert (proof["code"], proof["told"]["faults"]) == (0, []), proof
    assert proof["told"]["size"] == len(before["records_logentry"])


def test_a_new_desk_has_the_tables_of_one_that_came_up(ground, way_up):
    """A new desk is made in one step, from what the many steps of an old one lead to."""
    ground.put_back()
    new = tables(ground)
    # the first version's log-ins lie where it left them
    came_up = {t: w for t, w in way_up.tables.items() if "django_session" not in t}
    assert came_up == new


def tables(ground: Import) -> dict[str, object]:
    """Return each table with its columns, references and conditions, and each index and trigger by name."""
    base = sqlite3.connect(ground.desk / BASE)
    held: dict[str, object] = {}
    for kind, name, sql in base.execute("select type, name, sql from sqlite_master").fetchall():
        held[f"{kind} {name}"] = kind == "table" and (
            {c[1:] for c in base.execute(f"pragma table_info({name})")},
            {c[2:] for c in base.execute(f"pragma foreign_key_list({name})")},
            sorted(re.findall(r'CONSTRAINT "\w+" (?:CHECK|UNIQUE) .*?\)(?=[,)])', sql)),
        )
    base.close()
    return held


def test_no_verb_works_on_old_tables_but_the_one_that_renews_them(ground):
    old_desk(ground)
    run = [sys.executable, "-m", "entente.cli"]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ENTENTE", "DJANGO", "DATABASE"))}
    env["ENTENTE_DESK"] = str(ground.desk)
    asked = subprocess.run([*run, "log", "verify"], env=env, capture_output=True, text=True, check=False)
    assert asked.returncode == 2
    assert "`entente serve` brings them up to date" in asked.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = [*run, "serve", "--port", port, "--no-worker", "--json"]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE) as served:
        assert served.stdout and b"address" in served.stdout.readline()
        served.terminate()
    subprocess.run([*run, "log", "verify"], env=env, check=True, capture_output=True)


def test_a_killed_migration_leaves_the_old_or_the_new_and_goes_on(disturbed, stages):
    old_desk(disturbed)
    pid = disturbed.warm.begin("migrated", stopped=True)
    with calls.traced(pid, out=disturbed.trace):
        assert disturbed.warm.end()[0] == 0, disturbed.warm.errors.read_text()[-2000:]
    counts = calls.counted(disturbed.trace)
    points = [Fault(c, n, "kill") for c in WRITES for n in range(1, counts[c] + 1)]
    assert len(points) > 20
    seen = []
    for fault in calls.sampled(points, KILLS):
        old_desk(disturbed)
        pid = disturbed.warm.begin("migrated", stopped=True)
        with calls.traced(pid, out=disturbed.trace, inject=fault.injection, only=fault.call):
            code, _ = disturbed.warm.end()
        assert code == -9, str(fault)
        left = whole(disturbed.desk / BASE)
        seen.append(next((n for n, stage in enumerate(stages) if same(stage, left)), None))
        assert seen[-1] is not None, f"{fault}: neither the old tables nor the new"
        disturbed.warm.do("migrated")
        assert same(whole(disturbed.desk / BASE), stages[-1]), str(fault)
    assert len(set(seen)) > 1  # some were killed late enough to have made a step


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two desks have the same tables and rows; what Django itself keeps of its tables aside."""
    aside = {"auth_permission", "django_content_type", "sqlite_sequence"}
    rows = [{t: r for t, r in each["rows"].items() if t not in aside} for each in (one, other)]
    return one["schema"] == other["schema"] and rows[0] == rows[1]
