"""The law behind every query again, on a real PostgreSQL: the tests of guard, log and walls, unchanged.

The role is one that row-level security binds, and it owns the tables: as a desk should be set up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _programs() -> Path | None:
    """Return the folder of PostgreSQL's own programs, which Debian keeps off the path."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((p for p in places if (p / "initdb").exists()), None)


@pytest.fixture
def cluster() -> Iterator[str]:
    """A throw-away cluster on a socket of its own; yields its address for the desk's role."""
    psycopg = pytest.importorskip("psycopg")
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql): the guard ran on SQLite only")
    # as root, PostgreSQL refuses to run: its own user does
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="entente-pg-"))
    if as_postgres:
        shutil.chown(folder, "postgres")
    data, socket = folder / "data", folder
    quiet = {"stdout": subprocess.DEVNULL, "check": True, "timeout": 120}
    user = "postgres" if as_postgres else os.environ.get("USER", "postgres")
    subprocess.run([*as_postgres, programs / "initdb", "-D", data, "-A", "trust", "-U", user], **quiet)
    control = [*as_postgres, programs / "pg_ctl", "-D", data, "-w"]
    options = f"-c listen_addresses='' -c fsync=off -k {socket}"
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], **quiet)
    with psycopg.connect(dbname="postgres", user=user, host=str(socket), autocommit=True) as plain:
        plain.execute("CREATE ROLE entente LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS")
    try:
        yield f"postgres://entente@{str(socket).replace('/', '%2F')}/postgres"
    finally:
        subprocess.run([*control, "stop", "-m", "fast"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def test_the_guard_and_the_log_hold_on_postgresql(cluster):
    told = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("tests/records/test_guard.py", "tests/records/test_log.py", "tests/records/test_wall.py"),
            "tests/records/policies_on_postgres.py",
        ],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": cluster},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-1000:]
    assert " passed" in told.stdout
