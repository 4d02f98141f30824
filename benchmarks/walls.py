"""What the second wall costs: the same queries with both walls, with the first alone, and connections.

SQLite in a file always; PostgreSQL where its programs are installed. The peer of each line is the same query
behind the guard's condition only (SQLite: the table instead of the view; PostgreSQL: row security off).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import psycopg

from benchmarks.measure import Figure, wanted

CASES, ITEMS = 200, 100


def main() -> None:
    """Run both databases, each in a process of its own: a process has one set of settings."""
    small = wanted(__doc__ or "")
    if place := os.environ.get("ENTENTE_BENCH_WALLS"):
        measure(place, small)
        return
    command = [sys.executable, "-m", "benchmarks.walls", *(["--small"] if small else [])]
    subprocess.run(
        command, env={**os.environ, "ENTENTE_BENCH_WALLS": "SQLite", "DATABASE_URL": ""}, check=True
    )
    with cluster() as url:
        if url is None:
            sys.stdout.write("PostgreSQL is not installed: its walls were not measured\n")
            return
        there = {"ENTENTE_BENCH_WALLS": "PostgreSQL", "DATABASE_URL": url}
        subprocess.run(command, env={**os.environ, **there}, check=True)


def measure(place: str, small: bool) -> None:
    """Fill a desk and time each query in turns with and without the second wall."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "entente.web.settings"
    os.environ["ENTENTE_DESK"] = tempfile.mkdtemp()
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from entente.records import guard
    from entente.vocabulary.handling import Purpose

    call_command("migrate", verbosity=0)
    officer, case = fill(CASES // 10 if small else CASES)
    rounds = 30 if small else 200
    figure = Figure(f"The second wall on {place}", "first wall alone", [], [])
    with guard.scope(officer, Purpose.VICTIM_IDENTIFICATION):
        for what, ask in queries(case).items():
            both, first = alternate(ask, rounds)
            figure.add(what, f"{both * 1e3:.2f} ms", f"{first * 1e3:.2f} ms", f"{both / first:.2f}")
    figure.add("opening a connection", f"{statistics.median(opened(connection)) * 1e3:.2f} ms")
    figure.notes.append(
        f"{CASES // 10 if small else CASES} cases, {ITEMS} items each, the officer in half of them;"
        f" medians of {rounds} runs in turns."
    )
    figure.say()


def fill(cases: int) -> tuple[object, object]:
    """Write cases with items; the officer is a member of every other one. Return it and one of its cases."""
    from entente.records import clock, guard
    from entente.records.models import Account, Agency, Case, Media, Membership

    agencies = [
        Agency.objects.create(short=s, name=s, country=s, kind="national unit", contact="x")
        for s in ("IT", "DK")
    ]
    words = {"roles": ["examiner"], "purposes": ["victim-identification"], "agency": agencies[0]}
    account = Account.objects.create(username="IT-1", password="!", **words)
    with guard.system("fill a desk for a benchmark"):
        made = Case.objects.bulk_create(
            Case(
                owner=agencies[n % 2],
                number=f"{n}",
                title="T",
                victim_number="V-1",
                opened_by=account,
                opened_at=datetime(2026, 1, 1, tzinfo=UTC),
            )
            for n in range(cases)
        )
        Membership.objects.bulk_create(
            Membership(case=c, account=account, part="member", since=clock.now()) for c in made[::2]
        )
        Media.objects.bulk_create(
            (
                Media(
                    case=c, owner=agencies[n % 2], number=n, source="s", codes="H2" if n % 10 == 0 else "H0"
                )
                for c in made
                for n in range(ITEMS)
            ),
            batch_size=500,
        )
    return account.as_officer(), made[0]


def queries(case: object) -> dict[str, Callable[[], object]]:
    """What pages ask most."""
    from entente.records.models import Case, Media

    with_key = Media.objects.filter(case=case).first()
    assert with_key is not None
    return {
        "list of cases": lambda: list(Case.objects.all()),
        "items of a case": lambda: list(Media.objects.filter(case=case).values_list("pk", "number")),
        "one item by key": lambda: Media.objects.get(pk=with_key.pk),
        "one item with its case": lambda: Media.objects.select_related("case").get(pk=with_key.pk),
        "count of a case": lambda: Media.objects.filter(case=case).count(),
        "count of all": lambda: Media.objects.count(),
        "by start of a name": lambda: list(Case.objects.filter(number__startswith="1").values_list("pk")),
    }


def alternate(ask: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the median seconds with both walls and with the first alone, taken in turns."""
    both, first = [], []
    for _ in range(rounds):
        both.append(timed(ask))
        with first_alone():
            ask()  # prepared, told
            first.append(timed(ask))
        ask()
    return statistics.median(both), statistics.median(first)


def timed(ask: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    ask()
    return time.perf_counter() - start


@contextlib.contextmanager
def first_alone() -> Iterator[None]:
    """Take the second wall out of the way of this connection's reads."""
    from django.db import connection

    from entente.records import wall

    if connection.vendor == "sqlite":
        raw = connection.connection
        plain = {
            "readable": lambda table: table,
            "behind": lambda sql: sql,
        }
        raw.set_authorizer(None)
        with mock.patch.multiple(connection, **plain), mock.patch.object(type(raw), "marked", lambda s, q: q):
            yield
        raw.set_authorizer(connection.warden.allows)
        return
    with connection.cursor() as cursor:
        for table in ("records_case", "records_media", "records_membership"):
            cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    # nobody needs to be told anything
    with mock.patch.object(connection.connection.told, "tell", lambda *told: None):
        yield
    with connection.cursor() as cursor:
        for table in ("records_case", "records_media", "records_membership"):
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    assert wall.held() is not None


def opened(connection: object) -> list[float]:
    """Return the seconds of opening a connection, wall and all, a few times."""
    times = []
    for _ in range(20):
        connection.close()  # type: ignore[attr-defined]
        times.append(timed(connection.ensure_connection))  # type: ignore[attr-defined]
    return times


@contextlib.contextmanager
def cluster() -> Iterator[str | None]:
    """Start a throw-away PostgreSQL; yield its address for a role that row security binds, or nothing."""
    found = shutil.which("initdb")
    places = (
        [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    )
    if not places:
        yield None
        return
    programs, user = places[0], "postgres" if os.geteuid() == 0 else os.environ.get("USER", "postgres")
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="entente-pg-", dir="/tmp"))
    if as_postgres:
        shutil.chown(folder, "postgres")
    quiet = {"stdout": subprocess.DEVNULL, "check": True, "timeout": 120, "cwd": folder}
    control = [*as_postgres, programs / "pg_ctl", "-D", folder / "data", "-w"]
    subprocess.run(
        [*as_postgres, programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", user], **quiet
    )
    options = f"-c listen_addresses='' -k {folder}"
    subprocess.run([*control, "-o", options, "-l", folder / "log", "start"], **quiet)
    try:
        with psycopg.connect(dbname="postgres", user=user, host=str(folder), autocommit=True) as plain:
            plain.execute("CREATE ROLE entente LOGIN NOSUPERUSER NOBYPASSRLS")
            plain.execute("CREATE DATABASE desk OWNER entente")
        yield f"postgres://entente@{str(folder).replace('/', '%2F')}/desk"
    finally:
        subprocess.run([*control, "stop", "-m", "fast"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
